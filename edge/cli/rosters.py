"""`edge roster publish`: a roster of the office, sealed for the gates of a zone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.broker_options import add_broker_options, broker_of
from edge.cli.common import Subparsers, add_common, emit, open_state
from edge.errors import DataError, EdgeError, UsageError

if TYPE_CHECKING:
    from edge.cli.office import OfficeLine
    from edge.people.sync_desk import Issue
    from edge.people.sync_office import Signer

_LOOK_S = 1.0
_GATHER_S = 5.0  # all gates of a zone miss the same, and ask within a few seconds
_WHOLE_EVERY_S = 60.0
_PACE_S = 0.1  # between two parts: a gate writes one in less
Send = Callable[[bytes, bool], None]


def register(commands: Subparsers) -> None:
    """Add `roster` and its subcommand."""
    roster = commands.add_parser("roster", help="one roster for all gates of a zone")
    below = roster.add_subparsers(dest="roster_command", required=True, metavar="COMMAND")
    text = "publish what has changed on a roster of the office, sealed for the gates of a zone"
    parser = below.add_parser("publish", help=text, description=text)
    add_common(parser)
    parser.add_argument("--site", required=True, metavar="SITE", help="the site's name")
    parser.add_argument("--zone", default="main", metavar="ZONE", help="the zone, as in [office] zone (main)")
    parser.add_argument("--key", required=True, type=Path, metavar="FILE", help="the private key to sign with")
    parser.add_argument("--kid", required=True, metavar="NAME", help="how the gates know it: its name in [office] keys")
    parser.add_argument(
        "--devices", required=True, type=Path, metavar="DIR", help="the gates' public sealing keys, DEVICE.pem each"
    )
    parser.add_argument("--whole", action="store_true", help="the whole roster, also when nothing has changed")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the messages there instead of publishing them")
    parser.add_argument("--serve", action="store_true", help="stay, publish every change, answer gates that ask")
    add_broker_options(parser, "where to publish it")
    parser.set_defaults(run=run_publish)


def run_publish(args: argparse.Namespace) -> int:
    """Exit code 4 when damaged people were left out."""
    if (args.out is None) == (args.broker is None) or (args.serve and not args.broker):
        raise UsageError("give --broker or --out, and --serve with --broker only", hint="--broker HOST:PORT")
    state = open_state(args).dir
    topic = f"edge/v1/{args.site}/roster/{args.zone}"
    if args.out is not None:
        issued = _issue(args, state, whole=args.whole)
        _write(args.out, issued)
    else:
        from edge.cli.office import OfficeLine

        wants = f"edge/v1/{args.site}/+/roster/want" if args.serve else ""
        with OfficeLine(broker_of(args), wants) as line:
            issued = _issue(args, state, whole=args.whole)
            _send(line, topic, issued)
            if args.serve:
                _serve(args, state, line, topic)
    result = _told(issued, topic)
    faults = [f"left out {fault.person}: {fault.what}" for fault in issued.left_out]
    emit(args, result, "\n".join([_line(issued), *faults]))
    return DataError.exit_code if issued.left_out else 0


def _serve(args: argparse.Namespace, state: Path, line: OfficeLine, topic: str) -> None:
    """Until interrupted. A gate that asks again because something failed is answered again."""
    from edge.store.roster import Roster

    due_s = next_s = float("-inf")
    asked = False
    with Roster.open(state, read_only=True) as roster:
        revision = roster.revision()
        while True:
            heard = line.next(_LOOK_S)
            if heard is not None and heard[0].split("/")[3] in _signer(args).devices and not asked:
                asked, due_s = True, max(time.monotonic() + _GATHER_S, next_s)
            whole = asked and time.monotonic() >= due_s
            try:
                if whole or roster.revision() != revision:
                    revision = roster.revision()
                    issued = _issue(args, state, whole=whole)
                    _send(line, topic, issued)
                    sys.stderr.write(_line(issued) + "\n")
            except EdgeError as error:
                sys.stderr.write(f"edge: {error}\n")
            if whole:
                asked, next_s = False, time.monotonic() + _WHOLE_EVERY_S


def _issue(args: argparse.Namespace, state: Path, *, whole: bool) -> Issue:
    from edge.people.sync_desk import issue

    return issue(state, args.zone, _signer(args), int(time.time()), all_of_it=whole)


def _signer(args: argparse.Namespace) -> Signer:
    """Read anew each time: a gate that is added needs no restart of this."""
    from edge.commands.sign import read_signer_key
    from edge.people.sync_office import Signer
    from edge.store.identity import read_recipient

    found = {path.name.removesuffix(".pem").removesuffix(".pub"): path for path in sorted(args.devices.glob("*.pem"))}
    devices = {name: read_recipient(path) for name, path in found.items()}
    if not devices:
        raise UsageError(f"{args.devices}: no DEVICE.pem in it", hint="each gate's sealing key, from edge keys show")
    return Signer(args.kid, read_signer_key(args.key), args.site, devices)


def _send(line: OfficeLine, topic: str, issued: Issue) -> None:
    for number, part in enumerate(issued.parts):
        if number:
            time.sleep(_PACE_S)
        line.publish(topic, part)
    line.publish(topic, issued.retained, retain=True)


def _write(folder: Path, issued: Issue) -> None:
    from edge.store.keys import write_new

    for name, content in _files(issued):
        if not write_new(folder / name, content):
            raise UsageError(f"{folder / name} exists already", hint="name a new folder")


def _files(issued: Issue) -> Iterator[tuple[str, bytes]]:
    for number, part in enumerate(issued.parts, start=1):
        yield f"{issued.version}-{number:04d}.jws", part
    yield f"{issued.version}-retained.jws", issued.retained


def _told(issued: Issue, topic: str) -> dict[str, Any]:
    return {
        "topic": topic,
        "version": issued.version,
        "base": issued.base,
        "changed": issued.changed,
        "removed": issued.removed,
        "revoked": issued.revoked,
        "messages": len(issued.parts) + 1,
        "bytes": sum(map(len, issued.parts)) + len(issued.retained),
        "left_out": [fault.person for fault in issued.left_out],
    }


def _line(issued: Issue) -> str:
    if not issued.parts:
        return f"version {issued.version}: nothing has changed"
    size = sum(map(len, issued.parts)) / 1e6
    counts = f"{issued.changed} changed, {issued.removed} removed, {issued.revoked} revoked"
    return f"version {issued.version}: {counts}; {len(issued.parts)} messages, {size:.2f} MB"
