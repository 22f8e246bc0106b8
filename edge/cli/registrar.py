"""`edge registration serve, sign, revoke`: the office's end of a registration over the network."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.broker_options import add_broker_options, broker_of
from edge.cli.common import Subparsers, emit
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.install.registering.authority import Authority

DAYS, MOST_DAYS = 730, 3650


def register(kinds: Subparsers) -> None:
    """Add them to `registration`."""
    text = "answer new devices, until a signal"
    serve = kinds.add_parser("serve", help=text, description=text)
    add_broker_options(serve, "where they ask", required=True)
    serve.add_argument("--public", type=Path, required=True, metavar="FILE", help="the office's public key")
    serve.add_argument("--kid", required=True, metavar="NAME", help="the name of that key")
    serve.add_argument("--book", type=Path, required=True, metavar="DIR", help="where used tokens are remembered")
    serve.add_argument("--log", choices=["debug", "info", "warning", "error"], default="info", help="(info)")
    serve.set_defaults(run=run_serve)
    text = "sign what a device has asked for"
    sign = kinds.add_parser("sign", help=text, description=text)
    sign.add_argument("device", metavar="SITE/DEVICE")
    sign.add_argument("--fingerprint", metavar="TEXT", help="of its key, as read at the device: sign no other")
    sign.set_defaults(run=run_sign)
    text = "shut a device out: it gets no certificate any more"
    revoke = kinds.add_parser("revoke", help=text, description=text)
    revoke.add_argument("device", metavar="SITE/DEVICE")
    revoke.add_argument("--out", type=Path, required=True, metavar="DIR", help="holds DIR/SITE/DEVICE.…")
    revoke.add_argument("--undo", action="store_true", help="let it in again")
    revoke.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    revoke.set_defaults(run=run_revoke)
    for parser, needed in ((serve, False), (sign, True)):
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="holds DIR/SITE/DEVICE.…")
        what = "" if needed else "; without it a person signs"
        parser.add_argument("--authority", type=Path, required=needed, metavar="FILE", help=f"its certificate{what}")
        parser.add_argument("--authority-key", type=Path, required=needed, metavar="FILE", help="its private key")
        parser.add_argument("--days", type=_days, default=DAYS, metavar="N", help=f"a certificate holds ({DAYS})")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run_serve(args: argparse.Namespace) -> int:
    from edge.install.registering.desk import Desk
    from edge.install.registering.serving import Serving
    from edge.runtime.logs import set_up
    from edge.runtime.systemd import notify
    from edge.store.identity import read_signer

    set_up(args.log)
    desk = Desk({args.kid: read_signer(args.public)}, args.book, args.out, _authority(args))
    serving = Serving(broker_of(args), desk)
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    told = False
    try:
        while not stopping:
            serving.step()
            if serving.connected and not told:
                told = True
                notify("READY=1")
    finally:
        serving.close()
    counts = dict(sorted(serving.counts.items()))
    text = ", ".join(f"{name} {count}" for name, count in counts.items()) or "nobody asked"
    emit(args, {"answered": counts}, text)
    return 0


def run_sign(args: argparse.Namespace) -> int:
    """Exit code 4 where the device has not asked, or with another key than the fingerprint's."""
    from edge.errors import DataError
    from edge.install.registering.desk import SIGNING, place_of, sign
    from edge.install.registration import key_fingerprint

    authority = _authority(args)
    assert authority is not None
    _check_device(args.device)
    try:
        found = key_fingerprint(place_of(args.out, args.device, SIGNING).read_bytes())
    except OSError as error:
        raise DataError(f"{args.device} has not asked: {error.strerror}", hint="see --out") from error
    if args.fingerprint is not None and args.fingerprint.strip().lower() != found:
        raise DataError(
            f"the key on file has the fingerprint {found}, and not {args.fingerprint}",
            hint="somebody else asked in this device's name: sign nothing, and find out who",
        )
    place = sign(args.out, args.device, authority)
    text = f"{args.device}, fingerprint {found}: signed, {place}"
    emit(args, {"device": args.device, "fingerprint": found, "certificate": str(place)}, text)
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Exit code 4 where no such device is on file."""
    from edge.install.registering.desk import revoke

    _check_device(args.device)
    revoke(args.out, args.device, undo=args.undo)
    text = (
        "may have certificates again" if args.undo else "gets no certificate any more; shut it out at the broker, too"
    )
    emit(args, {"device": args.device, "revoked": not args.undo}, f"{args.device} {text}")
    return 0


def _check_device(name: str) -> None:
    if name.count("/") != 1:
        raise UsageError(f"{name!r} is no device", hint="write it like riverside/gate-north")


def _authority(args: argparse.Namespace) -> Authority | None:
    from edge.install.registering.authority import Authority

    if (args.authority is None) != (args.authority_key is None):
        raise UsageError("--authority and --authority-key go together", hint="give both, or neither")
    return None if args.authority is None else Authority(args.authority, args.authority_key, args.days)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_DAYS} days")
    return days
