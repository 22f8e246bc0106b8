"""`edge events …` and `edge outbox status`: the history on the device, read beside the running daemon."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from edge.cli.common import Subparsers, add_common, emit, open_state, positive
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.store.history import History, StoredEvent
    from edge.store.reader import EventReader

_TAIL_S = 0.5
_DATA_WIDTH = 160


def register(commands: Subparsers) -> None:
    """Add `events` with its subcommands, and `outbox`."""
    events = commands.add_parser("events", help="the history on this device")
    kinds = events.add_subparsers(dest="events_command", required=True, metavar="COMMAND")

    def add(
        under: Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        parser = under.add_parser(name, help=text, description=text)
        add_common(parser)
        parser.set_defaults(run=run)
        return parser

    listing = add(kinds, "list", "the newest events", run_list)
    listing.add_argument("--limit", type=positive, default=20, metavar="N", help="(20)")
    tail = add(kinds, "tail", "events as they happen, until interrupted; with --json one object a line", run_tail)
    for parser in (listing, tail):
        parser.add_argument("--type", default="", metavar="PREFIX", help='"access", "door.forced"')
        parser.add_argument("--subject", default="", metavar="ID", help="a person's id, or a component")
    one = add(kinds, "show", "one event, whole", run_show)
    one.add_argument("which", metavar="SEQ|ID")
    export = add(kinds, "export", "all events of a time, one a line; with --json one object", run_export)
    export.add_argument("--since", metavar="TIME", help="2026-11-22 or 2026-11-22T18:00:00Z")
    export.add_argument("--until", metavar="TIME", help="not included")
    add(kinds, "verify", "whether anything in the history is missing or was altered", run_verify)
    outbox = commands.add_parser("outbox", help="what waits to be sent")
    kinds = outbox.add_subparsers(dest="outbox_command", required=True, metavar="COMMAND")
    add(kinds, "status", "how many events wait, by priority", run_outbox)


@contextmanager
def _reading(args: argparse.Namespace) -> Iterator[EventReader]:
    from edge.store.reader import EventReader
    from edge.store.schema import EVENTS_NAME

    reader = EventReader(open_state(args).dir / EVENTS_NAME)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def _history(args: argparse.Namespace) -> Iterator[History]:
    from edge.store.history import History

    with _reading(args) as reader:
        yield History(reader)


def _envelope(event: StoredEvent) -> dict[str, Any]:
    """The event as it is sent, and `correctedtime` where the device learned later when it truly happened."""
    envelope: dict[str, Any] = json.loads(event.body)
    if event.corrected_us is not None:
        from edge.store.envelope import rfc3339

        envelope["correctedtime"] = rfc3339(event.corrected_us)
    return envelope


def _line(event: StoredEvent) -> str:
    body = _envelope(event)
    time = body.get("correctedtime", body["time"] + ("?" if event.clock == "unsynced" else " "))
    data = json.dumps(body["data"], ensure_ascii=False)
    if len(data) > _DATA_WIDTH:  # a sealed picture has 40 KB
        data = f"{data[:_DATA_WIDTH]}… (edge events show {event.id})"
    return f"{event.seq:>7}  {time:<28}  {event.type:<18} {event.subject:<18} {data}"


def run_list(args: argparse.Namespace) -> int:
    with _history(args) as history:
        found = history.latest(args.limit, args.type, args.subject)
    text = "\n".join(map(_line, found)) or "no events"
    emit(args, {"events": [_envelope(event) for event in found]}, text)
    return 0


def run_tail(args: argparse.Namespace) -> int:
    # An interrupt that is raised within a library's clean-up is swallowed there, and nobody would ever stop: a flag.
    signals: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: signals.append(number))
    with _history(args) as history:
        newest = history.latest(1)
        position = newest[-1].position if newest else 0
        while not signals:
            for event in history.after(position, 500, args.type, args.subject):
                line = json.dumps(_envelope(event), ensure_ascii=False) if args.json else _line(event)
                sys.stdout.write(line + "\n")
                position = event.position
            sys.stdout.flush()
            time.sleep(_TAIL_S)
    raise KeyboardInterrupt


def run_show(args: argparse.Namespace) -> int:
    with _history(args) as history:
        event = history.show(args.which)
    body: dict[str, Any] = _envelope(event)
    emit(args, body, json.dumps(body, indent=2, ensure_ascii=False))
    return 0


def run_export(args: argparse.Namespace) -> int:
    since, until = _micros(args.since, 0), _micros(args.until, 1 << 62) - 1
    # One object with --json, written piece by piece: a device may hold a year of events.
    before, between, after = ('{"events": [', ", ", "]}\n") if args.json else ("", "\n", "\n")
    sys.stdout.write(before)
    number = -1
    with _history(args) as history:
        for number, event in enumerate(history.export(since, until)):
            sys.stdout.write((between if number else "") + json.dumps(_envelope(event), ensure_ascii=False))
    sys.stdout.write(after if args.json or number >= 0 else "")
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Exit 1 when something is missing or altered that the device itself has not recorded as lost or erased."""
    from edge.store.selfcheck import check_own

    state = open_state(args)
    audience = f"{state.config.device.site}/{state.config.device.id}" if state.config is not None else ""
    with _reading(args) as reader:
        verdict = check_own(reader, state.dir, audience)
    lines = [
        f"{'everything is there as it was written' if verdict.holds else 'THE HISTORY DOES NOT HOLD'}:"
        f" {verdict.events} events, {verdict.erased} erased, {verdict.checkpoints} checkpoints,"
        f" the newest {verdict.last_checkpoint or 'never'}",
        *(
            f"{found.kind}  {found.epoch}  {found.first_seq}..{found.last_seq}  {found.detail}"
            for found in verdict.findings
        ),
        *([f"and {verdict.more} more"] if verdict.more else []),
    ]
    emit(args, verdict.as_json(), "\n".join(lines))
    return 0 if verdict.holds else 1


def _micros(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", hint="write it like 2026-11-22 or 2026-11-22T18:00:00Z") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1e6)


def run_outbox(args: argparse.Namespace) -> int:
    with _reading(args) as reader:
        backlog = {priority.name.lower(): count for priority, count in reader.backlog().items()}
    waiting = sum(backlog.values())
    text = "\n".join(f"{name:<10} {count}" for name, count in backlog.items())
    emit(args, {"waiting": waiting, "by_priority": backlog, "epoch": reader.epoch}, f"{waiting} waiting\n{text}")
    return 0
