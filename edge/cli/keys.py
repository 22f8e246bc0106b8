"""`edge keys make, show`: pairs of keys for those who give orders and for those who receive what is sealed."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from edge.cli.common import Subparsers, add_common, emit, open_state
from edge.errors import UsageError


def register(commands: Subparsers) -> None:
    """Add `keys` with its subcommands."""
    keys = commands.add_parser("keys", help="pairs of keys: to sign orders, to seal what only one may read")
    kinds = keys.add_subparsers(dest="keys_command", required=True, metavar="COMMAND")
    make = kinds.add_parser("make", help="a new pair, as two files", description="a new pair, as two files")
    make.add_argument(
        "--kind", choices=("signing", "sealing"), required=True, help="Ed25519 to sign, X25519 to seal to"
    )
    make.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="writes PREFIX.pem and PREFIX.pub.pem")
    make.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    make.set_defaults(run=run_make)
    show = kinds.add_parser("show", help="this device's public keys", description="this device's public keys")
    add_common(show)
    show.set_defaults(run=run_show)


def run_make(args: argparse.Namespace) -> int:
    """Two files that did not exist before; the private one is for its owner alone."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from edge.store.identity import pem
    from edge.store.keys import write_new

    key = Ed25519PrivateKey.generate() if args.kind == "signing" else X25519PrivateKey.generate()
    private, public = (args.out.with_name(f"{args.out.name}{end}") for end in (".pem", ".pub.pem"))
    if public.exists():
        raise UsageError(f"{public} exists already", hint="name a new pair")
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    if not write_new(private, secret):
        raise UsageError(f"{private} exists already", hint="name a new pair")
    write_new(public, pem(key.public_key()))
    public.chmod(0o644)
    found = {"kind": args.kind, "private": str(private), "public": str(public)}
    emit(args, found, f"{private}: keep it to yourself\n{public}: give it to those who have to know it")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """What enrolments for this device are sealed to, and what its checkpoints are verified with."""
    from edge.store.identity import pem, raw, sealing_key, signing_key
    from edge.store.keys import load_device_key

    key = load_device_key(open_state(args).dir)
    signing, sealing = signing_key(key).public_key(), sealing_key(key).public_key()
    publics = [("signing", raw(signing), pem(signing)), ("sealing", raw(sealing), pem(sealing))]
    found = {name: base64.urlsafe_b64encode(short).decode().rstrip("=") for name, short, _ in publics}
    found |= {f"{name}_pem": long.decode() for name, _, long in publics}
    emit(args, found, "\n".join(f"{name}:\n{found[f'{name}_pem']}" for name, _, _ in publics).rstrip())
    return 0
