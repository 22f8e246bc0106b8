"""`edge people export, import`: a copy for the person, a sealed one for another door."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any

from edge.cli.common import emit, open_state
from edge.cli.people import Parts
from edge.clock import SystemClock
from edge.errors import DataError, UsageError
from edge.people.alike import KnownFaces
from edge.people.takeover import TakenOver, take_over
from edge.store.keys import write_new
from edge.store.roster import Roster
from edge.store.roster_records import Fault
from edge.store.roster_transfer import MAX_EXPORT_BYTES, open_copy, readable_copy, sealed_copy


def run_export(args: argparse.Namespace, _parts: Parts) -> int:
    """Write one person or everybody; exit code 4 when damaged people had to be left out."""
    if args.all and args.readable:
        raise UsageError("--readable is for one person", hint="give --id, or --sealed for everybody")
    faults: list[Fault] = []
    with Roster.open(open_state(args).dir, read_only=True) as roster:
        if args.all:
            people, faults = roster.people()
        else:
            people = [roster.get(args.id)]
    if args.readable:
        content = json.dumps(readable_copy(people[0]), ensure_ascii=False, indent=1).encode()
    else:
        content = sealed_copy(people, read_passphrase(args, confirm=True))
    if not write_new(args.out, content):
        raise UsageError(f"{args.out} exists already", hint="name a new file")
    found: dict[str, Any] = {
        "file": str(args.out),
        "sealed": bool(args.sealed),
        "people": [person.person for person in people],
        "left_out": [fault.person for fault in faults],
    }
    text = f"{len(people)} exported to {args.out}"
    if args.readable:
        text += "; it is not encrypted: hand it to that person, then delete it"
    emit(args, found, "\n".join([text, *(f"left out {fault.person}: {fault.what}" for fault in faults)]))
    return DataError.exit_code if faults else 0


def run_import(args: argparse.Namespace, parts: Parts) -> int:
    """Take people over, and say whom they look like here; exit code 4 when some are here already and --replace was not
    given, or have a card or number that is somebody else's here.
    """
    state = open_state(args)
    travellers = open_copy(read_export(args.file), read_passphrase(args, confirm=False))
    model_id, limits = parts.model_id(state), parts.limits(state)
    taken: dict[str, TakenOver] = {}
    present, clashing = [], []
    with Roster.open(state.dir, create=True) as roster:
        people, faults = roster.people()
        here = {person.person for person in people} | {fault.person for fault in faults}
        known = KnownFaces(roster, model_id, limits)
        now_us = SystemClock()().wall_us
        for traveller in travellers:
            if traveller.person in here and not args.replace:
                present.append(traveller.person)
                continue
            try:
                taken[traveller.person] = take_over(roster, known, traveller, now_us, replacing=args.replace)
            except DataError as error:  # a card or number that is somebody else's here
                clashing.append({"person": traveller.person, "why": error.message})
                continue
            here.add(traveller.person)
        unseen = known.blind() if taken else ""
    renewal = [person for person, one in taken.items() if one.renewal]
    alike = [one.as_json(person) for person, one in taken.items() if one.likeness.others]
    warnings = [text for one in taken.values() for text in one.warnings] + ([unseen] if unseen else [])
    lines = [f"{len(taken)} imported"]
    lines.extend(f"{person} is here already; --replace takes the export's version" for person in present)
    lines.extend(f"{person} needs renewal: no template of {model_id}" for person in renewal)
    lines.extend(f"{one['person']} was left out: {one['why']}" for one in clashing)
    lines.extend(f"warning: {text}" for text in warnings)
    found: dict[str, Any] = {"imported": list(taken), "present": present, "clashing": clashing}
    found |= {"renewal_needed": renewal, "look_alikes": alike, "warnings": warnings}
    emit(args, found, "\n".join(lines))
    return DataError.exit_code if present or clashing else 0


def read_export(path: Path) -> bytes:
    """The content of an export, cut off above what one may have. Raises DataError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_EXPORT_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", hint="give the file of an export") from error


def read_passphrase(args: argparse.Namespace, *, confirm: bool) -> str:
    """From the file that the arguments name, or from the terminal. Raises UsageError."""
    if args.passphrase_file is not None:
        try:
            text: str = args.passphrase_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{args.passphrase_file}: no passphrase in it", hint="one line of text") from error
        return text.partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the passphrase", hint="give --passphrase-file")
    first = getpass.getpass("Passphrase: ")
    if confirm and getpass.getpass("Once more: ") != first:
        raise UsageError("the two differ", hint="try again")
    return first
