"""`edge pass revoke`: a signed order to each gate that is named; the gates tell each other."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli.broker_options import add_broker_options
from edge.cli.command import ask, told, wait_seconds
from edge.cli.common import Subparsers, emit
from edge.errors import DataError, HardwareError, UsageError

_ORDER = "pass.revoke"


def register(kinds: Subparsers) -> None:
    """Add `revoke`."""
    text = "end a pass before its time; the gates tell each other"
    parser = kinds.add_parser("revoke", help=text, description=text)
    parser.add_argument("shown", metavar="NUMBER|TOKEN|FILE.png", help="its number, its text, or a picture of it")
    parser.add_argument(
        "--device", action="append", required=True, metavar="SITE/DEVICE", help="a gate to tell; again for more"
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key to sign with")
    parser.add_argument("--kid", required=True, metavar="NAME", help="how the gates know it: its name in [office] keys")
    parser.add_argument("--counter-file", type=Path, metavar="FILE", help="of the key (FILE.counter beside it)")
    add_broker_options(parser, "where to send it", required=True)
    parser.add_argument("--wait", type=wait_seconds, default=10.0, metavar="S", help="for each answer (10)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run_revoke)


def run_revoke(args: argparse.Namespace) -> int:
    """Exit code 1 when a gate refused, 3 when one did not answer; the others have been told all the same."""
    order = _order(args)
    for device in args.device:
        if device.count("/") != 1:
            raise UsageError(f"--device {device} is no device", hint="write it like willow-court/gate-1")
    answers: dict[str, Any] = {}
    lines: list[str] = []
    codes = [0]
    for device in args.device:
        one = argparse.Namespace(**{**vars(args), "name": _ORDER, "device": device, "approve": None})
        try:
            answers[device] = ask(one, order)
        except HardwareError as error:
            answers[device] = {"result": "unknown", "reason": error.message}
            lines.append(f"{device}: {error}")
            codes.append(error.exit_code)
        else:
            lines.append(told(device, answers[device]))
            codes.append(0 if answers[device].get("result") == "applied" else 1)
    emit(args, {**order, "answers": answers}, "\n".join(lines))
    return max(codes)


def read_token(text: str) -> bytes:
    """The text itself, or what the code in a picture says."""
    if text.count(".") == 2:
        return text.strip().encode()
    from edge.passes.token import MOST_BYTES
    from edge.vision.codes import read_codes
    from edge.vision.picture_file import load_picture

    codes = read_codes(load_picture(Path(text)), MOST_BYTES)
    if not codes:
        raise DataError(f"{text}: no QR code is found in it", hint="photograph it nearer, and straight")
    return codes[0]


def _order(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of the order. Anybody's pass can be revoked, but only one that our own key has signed is believed
    its expiry: an altered one could have the gates forget the order at once.
    """
    from edge.commands.sign import read_signer_key
    from edge.passes.token import read
    from edge.store.roster_records import is_id
    from edge.tokens import BadTokenError

    key = read_signer_key(args.key)
    if is_id(args.shown):
        return {"pass": args.shown}
    token = read_token(args.shown)
    try:
        shown = read(token, {args.kid: key.public_key()})
    except BadTokenError:
        return {"pass": _claimed_number(token)}
    return {"pass": shown.number, "until": shown.expires or 0}


def _claimed_number(token: bytes) -> str:
    import jwt

    from edge.store.roster_records import is_id

    try:
        number = jwt.decode(token.decode("ascii"), options={"verify_signature": False}).get("n")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise DataError("that is no pass", hint="give its number, its text, or a picture of it") from error
    if not is_id(number):
        raise DataError("that is no pass", hint="give its number, its text, or a picture of it")
    return str(number)
