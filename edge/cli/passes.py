"""`edge pass issue, show, revoke`: passes that a gate reads from a phone or from paper."""

from __future__ import annotations

import argparse
import secrets
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.broker_options import add_broker_options
from edge.cli.command import ask, told, wait_seconds
from edge.cli.common import Subparsers, add_common, emit
from edge.errors import DataError, HardwareError, UsageError

if TYPE_CHECKING:
    from edge.passes.token import Pass

_REVOKE = "pass.revoke"


def register(commands: Subparsers) -> None:
    """Add `pass` with its subcommands."""
    passes = commands.add_parser("pass", help="passes for a gate's camera: sign, look at, revoke")
    kinds = passes.add_subparsers(dest="pass_command", required=True, metavar="COMMAND")
    _add_issue(kinds)
    _add_show(kinds)
    _add_revoke(kinds)


def _add_issue(kinds: Subparsers) -> None:
    text = "sign a pass, as text or as a picture with a QR code"
    parser = kinds.add_parser("issue", help=text, description=text)
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key to sign with")
    parser.add_argument("--kid", required=True, metavar="NAME", help="how the gates know it: its name in [office] keys")
    parser.add_argument("--site", required=True, metavar="SITE", help="the site's name")
    parser.add_argument("--holder", required=True, metavar="ID", help="the person whose it is, or who invites somebody")
    parser.add_argument("--visitor", action="store_true", help="it is for somebody whom the holder invites")
    parser.add_argument(
        "--zone", action="append", default=[], metavar="ZONE", help="where it holds; again for more; none: everywhere"
    )
    parser.add_argument(
        "--from", dest="begin", metavar="TIME", help="2026-12-01 or 2026-12-01T18:00, this computer's time"
    )
    parser.add_argument("--until", metavar="TIME", help="the same; a day is meant whole")
    parser.add_argument(
        "--uses", type=int, metavar="N", help="how often, over all gates together; any number without it"
    )
    parser.add_argument("--png", type=Path, metavar="FILE", help="write a picture there, which must not exist yet")
    parser.add_argument("--text", action="store_true", help="print the token and nothing else")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run_issue)


def _add_show(kinds: Subparsers) -> None:
    text = "what a pass says, and whether it holds now"
    parser = kinds.add_parser("show", help=text, description=text)
    parser.add_argument("shown", metavar="TOKEN|FILE.png", help="the text of a pass, or a picture of it")
    parser.add_argument("--public", type=Path, metavar="FILE", help="the signer's public key, with --kid")
    parser.add_argument(
        "--kid", metavar="NAME", help="the signer's name; without both, [office] keys of the configuration"
    )
    add_common(parser)
    parser.set_defaults(run=run_show)


def _add_revoke(kinds: Subparsers) -> None:
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


def run_issue(args: argparse.Namespace) -> int:
    """The token goes to standard output, the picture to its file."""
    from edge.commands.sign import read_signer_key
    from edge.passes.token import Pass, issue

    begin = _moment(args.begin, whole_day=False) if args.begin else None
    until = _moment(args.until, whole_day=True) if args.until else None
    if args.uses is not None and until is None:
        raise UsageError("--uses needs --until", hint="what is counted has to expire, or the counts would never")
    number, zones = secrets.token_hex(8), tuple(args.zone)
    try:
        shown = Pass(number, args.holder, args.site, args.visitor, zones, begin, until, args.uses)
        token = issue(shown, args.kid, read_signer_key(args.key))
    except DataError as error:
        raise UsageError(error.message, hint=error.hint) from error
    found = {**_plain(shown), "token": token}
    if args.png is not None:
        from edge.passes.picture import draw
        from edge.store.keys import write_new

        if not write_new(args.png, draw(token, _caption(shown))):
            raise UsageError(f"{args.png} exists already", hint="name a new file")
        found["png"] = str(args.png)
    emit(args, found, token if args.text else f"{_words(shown)}\n{token}")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Exit code 0 when it holds now, 1 when it does not, 4 when it is no pass of these keys."""
    from edge.clock import SystemClock
    from edge.passes.judge import Known, Place, refusal
    from edge.passes.token import read

    shown = read(_token(args.shown), _keys(args))
    here = Place(shown.site, shown.zones[0] if shown.zones else "")
    reason = refusal(shown, here, Known(), SystemClock()())
    text = (
        f"it does not hold now: {reason}" if reason else "it holds now, unless it was used up or revoked at the gates"
    )
    emit(args, {**_plain(shown), "holds": not reason, "reason": reason}, f"{_words(shown)}\n{text}")
    return 1 if reason else 0


def run_revoke(args: argparse.Namespace) -> int:
    """Exit code 1 when a gate refused, 3 when one did not answer; the others have been told all the same."""
    order = {"pass": args.shown} if _is_number(args.shown) else _claimed(_token(args.shown))
    answers: dict[str, Any] = {}
    code = 0
    for device in args.device:
        if device.count("/") != 1:
            raise UsageError(f"--device {device} is no device", hint="write it like willow-court/gate-1")
    for device in args.device:
        one = argparse.Namespace(**{**vars(args), "name": _REVOKE, "device": device, "approve": None})
        try:
            answers[device] = ask(one, order)
        except HardwareError as error:
            answers[device] = {"result": "unknown", "reason": error.message}
            code = error.exit_code
            continue
        code = code or (0 if answers[device].get("result") == "applied" else 1)
    lines = [told(device, answer) for device, answer in answers.items()]
    emit(args, {**order, "answers": answers}, "\n".join(lines))
    return code


def _is_number(text: str) -> bool:
    from edge.store.roster_records import is_id

    return is_id(text)


def _token(text: str) -> bytes:
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


def _claimed(token: bytes) -> dict[str, Any]:
    """Number and expiry of a pass that may be of anybody: to revoke it, nobody has to know the signer."""
    import jwt

    try:
        claims = jwt.decode(token.decode("ascii"), options={"verify_signature": False})
        number, until = claims["n"], claims.get("e", 0)
    except (jwt.PyJWTError, ValueError, KeyError, RecursionError) as error:
        raise DataError("that is no pass", hint="give its number, its text, or a picture of it") from error
    if not _is_number(number) or type(until) is not int:
        raise DataError("that is no pass", hint="give its number, its text, or a picture of it")
    return {"pass": number, "until": until}


def _keys(args: argparse.Namespace) -> dict[str, Any]:
    from edge.cli.common import DEFAULT_CONFIG
    from edge.config import load_config
    from edge.store.identity import read_signer

    if (args.public is None) != (args.kid is None):
        raise UsageError("--public and --kid belong together", hint="--public anna.pub.pem --kid anna")
    if args.public is not None:
        return {args.kid: read_signer(args.public)}
    config = load_config(args.config or DEFAULT_CONFIG)
    return {name: read_signer(file) for name, file in config.office.keys.items()}


def _moment(text: str, *, whole_day: bool) -> int:
    """Seconds since 1970; a day without a time is its beginning or, for `whole_day`, the beginning of the next."""
    try:
        moment = datetime.fromisoformat(text)
        if "T" not in text and " " not in text:
            moment = datetime.combine(moment.date() + timedelta(days=whole_day), time())
        return int((moment if moment.tzinfo else moment.astimezone()).timestamp())
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text} is no time", hint="write it like 2026-12-01 or 2026-12-01T18:00") from error


def _plain(shown: Pass) -> dict[str, Any]:
    return {
        "number": shown.number,
        "holder": shown.holder,
        "visitor": shown.visitor,
        "site": shown.site,
        "zones": list(shown.zones),
        "from": shown.not_before,
        "until": shown.expires,
        "uses": shown.uses,
    }


def _words(shown: Pass) -> str:
    whose = f"for a visitor of {shown.holder}" if shown.visitor else f"of {shown.holder}"
    return "\n".join([f"pass {shown.number} {whose}", *_limits(shown)])


def _caption(shown: Pass) -> list[str]:
    """For the picture: whoever finds it learns no name."""
    return [f"{shown.site}: pass {shown.number}", *_limits(shown)[1:]]


def _limits(shown: Pass) -> list[str]:
    where = f"{shown.site}, {', '.join(shown.zones) or 'everywhere'}"
    begin = f"from {_local(shown.not_before)} " if shown.not_before is not None else ""
    end = f"until {_local(shown.expires)}" if shown.expires is not None else "without an end"
    times = {None: "as often as you like", 1: "once"}.get(shown.uses, f"{shown.uses} times")
    return [where, f"{begin}{end}", times]


def _local(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d %H:%M %z}"
