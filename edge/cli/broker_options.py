"""The options of the office's commands that name a broker, and the broker that they mean."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.uplink.settings import Broker

_PORT, _PLAIN_PORT = 8883, 1883
NOT_LET_IN = "a certificate that it trusts (--cert-file, --key-file)? a right in its access list? its log says more"


def add_broker_options(parser: argparse.ArgumentParser, text: str, *, required: bool = False) -> None:
    """--broker, of which `text` says what it is for, and how to prove who we are there."""
    what = f"{text}; port {_PORT} unless given, {_PLAIN_PORT} with --no-tls"
    parser.add_argument("--broker", required=required, metavar="HOST:PORT", help=what)
    parser.add_argument("--no-tls", action="store_true", help="in the clear, for a broker on this machine")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="the authority of the broker's certificate")
    parser.add_argument("--cert-file", type=Path, metavar="FILE", help="our own certificate")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="its private key")
    parser.add_argument("--username", default="", metavar="NAME", help="at the broker")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="of that user")


def broker_of(args: argparse.Namespace, *, window: int = 100) -> Broker:
    """The broker that the options name, with `window` messages under way at once. Raises UsageError."""
    from edge.uplink.settings import Broker

    host, port = _address(args.broker, _PLAIN_PORT if args.no_tls else _PORT)
    return Broker(
        host,
        port,
        tls=not args.no_tls,
        ca_file=args.ca_file,
        cert_file=args.cert_file,
        key_file=args.key_file,
        username=args.username,
        password_file=args.password_file,
        window=window,
    )


def _address(text: str, default_port: int) -> tuple[str, int]:
    """`host`, `host:port`, `[::1]:port`."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        host, port = text, str(default_port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise UsageError(f"--broker {text} is no address", hint="write it like broker.example.org:8883")
    return host, int(port)
