"""`edge command NAME`: sign an order of the office, send it, wait for what the device says."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.broker_options import add_broker_options, broker_of
from edge.cli.common import Subparsers, add_common, emit, open_state
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.commands.sign import Signer

_RESET = "reset"


def register(commands: Subparsers) -> None:
    """Add `command`."""
    text = "sign an order for a device, send it, and wait for the answer"
    parser = commands.add_parser("command", help=text, description=text)
    parser.add_argument(
        "name", metavar="NAME", help="unlock, lockdown, release, announce…; reset: on the device itself"
    )
    parser.add_argument("--arg", action="append", default=[], metavar="K=V", help="an argument; V is JSON, or a text")
    parser.add_argument("--device", metavar="SITE/DEVICE", help="whom it is for")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the private key to sign with")
    parser.add_argument("--kid", metavar="NAME", help="how the device knows the key: its name in [office] keys")
    parser.add_argument("--approve", metavar="FILE:NAME", help="a second person's key and its name")
    parser.add_argument("--counter-file", type=Path, metavar="FILE", help="of the key (FILE.counter beside it)")
    parser.add_argument("--enrolment", type=Path, metavar="FILE", help="people.add: a sealed export of one person")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="of the export; otherwise asked for")
    parser.add_argument("--seal-to", type=Path, metavar="FILE", help="the device's public sealing key (edge keys show)")
    add_broker_options(parser, "where to send it; without it the token is printed")
    parser.add_argument("--wait", type=wait_seconds, default=10.0, metavar="S", help="for the answer (10)")
    add_common(parser)
    parser.set_defaults(run=run)


def wait_seconds(text: str) -> float:
    """For argparse: how long to wait for an answer."""
    if not 0.1 <= (number := float(text)) <= 600.0:
        raise argparse.ArgumentTypeError("a number from 0.1 to 600 is wanted")
    return number


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when it was applied, 1 when it was refused, 3 when nobody answered."""
    if args.name == _RESET:
        return _reset(args)
    from edge.commands.catalogue import CHALLENGE, COMMANDS

    missing = [option for option in ("device", "key", "kid") if getattr(args, option) is None]
    if args.name == CHALLENGE:
        missing = [option for option in ("device", "broker") if getattr(args, option) is None]
    if missing:
        raise UsageError(f"{', '.join(f'--{one}' for one in missing)} must be given", hint="see docs/office.md")
    if args.device.count("/") != 1:
        raise UsageError(f"--device {args.device} is no device", hint="write it like willow-court/gate-1")
    if args.name == CHALLENGE:
        return _challenge(args)
    if args.name not in COMMANDS:
        raise UsageError(f"there is no command {args.name!r}", hint=f"there are {', '.join(COMMANDS)}")
    arguments = _arguments(args)
    if problem := COMMANDS[args.name].problem(arguments):
        raise UsageError(f"{args.name}: {problem}", hint="give them as --arg name=value")
    if not args.broker:
        return _print(args, arguments)
    answer = ask(args, arguments)
    emit(args, answer, told(args.name, answer))
    return 0 if answer.get("result") == "applied" else 1


def _arguments(args: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in args.arg:
        name, sign, value = text.partition("=")
        if not sign or name in found:
            raise UsageError(f"--arg {text}: not of the form name=value, or given twice", hint="--arg seconds=10")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    if args.enrolment is not None:
        found["sealed"] = _sealed(args)
    return found


def _sealed(args: argparse.Namespace) -> str:
    from edge.cli.people_transfer import read_export, read_passphrase
    from edge.commands.people import seal_enrolment
    from edge.store.identity import read_recipient
    from edge.store.roster_transfer import open_copy

    if args.seal_to is None:
        raise UsageError("--seal-to must be given", hint="the device's sealing key, from edge keys show")
    people = open_copy(read_export(args.enrolment), read_passphrase(args, confirm=False))
    if len(people) != 1:
        raise UsageError(f"{args.enrolment} holds {len(people)} people", hint="export one: edge people export --id ID")
    return seal_enrolment(people[0], read_recipient(args.seal_to), args.device)


def _payload(args: argparse.Namespace, arguments: dict[str, Any], nonce: str = "") -> str:
    from edge.clock import SystemClock
    from edge.commands.sign import approved, command_token, next_counter

    wall_us = SystemClock()().wall_us
    counters = args.counter_file or args.key.with_name(f"{args.key.name}.counter")
    signer = _signer(args.key, args.kid)
    counter = next_counter(counters, wall_us)
    _, token = command_token(args.name, arguments, args.device, signer, counter, wall_us, nonce)
    if args.approve is None:
        return token
    file, sign, kid = args.approve.rpartition(":")
    if not sign:
        raise UsageError(f"--approve {args.approve}: a file and a name are wanted", hint="--approve second.pem:second")
    path = Path(file)
    counter = next_counter(path.with_name(f"{path.name}.counter"), wall_us)
    return approved(token, args.device, _signer(path, kid), counter, wall_us)


def _signer(path: Path, kid: str) -> Signer:
    from edge.commands.sign import Signer, read_signer_key

    return Signer(kid, read_signer_key(path))


def _print(args: argparse.Namespace, arguments: dict[str, Any]) -> int:
    payload = _payload(args, arguments)
    emit(args, {"topic": f"edge/v1/{args.device}/command/{args.name}", "token": payload}, payload)
    return 0


def ask(args: argparse.Namespace, arguments: dict[str, Any]) -> dict[str, Any]:
    """Sign the command that `args` name, send it, and the device's answer. Raises HardwareError when nobody answers."""
    from edge.cli.command_send import Line
    from edge.commands.catalogue import CHALLENGE

    with Line(broker_of(args), args.device, args.wait) as line:
        answer = line.ask(args.name, _payload(args, arguments).encode())
        if answer.get("reason") == "clock":  # it does not know the time: prove freshness by its nonce
            nonce = str(line.ask(CHALLENGE, b"").get("nonce", ""))
            answer = line.ask(args.name, _payload(args, arguments, nonce).encode())
    return answer


def told(what: str, answer: dict[str, Any]) -> str:
    """The answer in a line."""
    why = ": ".join(str(answer[key]) for key in ("reason", "detail") if answer.get(key))
    return f"{what}: {'applied' if answer.get('result') == 'applied' else 'refused'}{f' ({why})' if why else ''}"


def _challenge(args: argparse.Namespace) -> int:
    from edge.cli.command_send import Line

    with Line(broker_of(args), args.device, args.wait) as line:
        answer = line.ask(args.name, b"")
    emit(args, answer, str(answer.get("nonce", "no nonce")))
    return 0 if "nonce" in answer else 1


def _reset(args: argparse.Namespace) -> int:
    from edge.clock import SystemClock
    from edge.commands.standing import FILE, reset

    folder = open_state(args).dir
    standing = reset(folder, SystemClock()())
    text = "commands begin anew: those signed before now are refused, and no lockdown is in force; restart the daemon"
    emit(args, {"file": str(folder / FILE), "floor_s": standing.floor_s}, text)
    return 0
