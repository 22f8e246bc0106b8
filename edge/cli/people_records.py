"""`edge people list, show, change, revoke, erase`: the records of the roster."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from functools import partial

from edge.cli.common import emit, open_state
from edge.cli.people import Parts
from edge.cli.people_profile import apply_options, as_json, as_line, check_names, moment
from edge.clock import SystemClock
from edge.errors import DataError, UsageError
from edge.people.erase import ErasureIncompleteError, erase
from edge.store.roster import Roster


def run_list(args: argparse.Namespace, parts: Parts) -> int:
    """Everybody; exit code 4 when somebody's rows are damaged."""
    state = open_state(args)
    model_id = parts.model_id(state)
    with Roster.open(state.dir, read_only=True) as roster:
        people, faults = roster.people()
    lines = [as_line(person, model_id) for person in people]
    lines.extend(f"{fault.person}  DAMAGED: {fault.what}" for fault in faults)
    found = {
        "model": model_id,
        "people": [as_json(person, model_id) for person in people],
        "faults": [asdict(fault) for fault in faults],
    }
    emit(args, found, "\n".join(lines) or "nobody is enrolled")
    return DataError.exit_code if faults else 0


def run_show(args: argparse.Namespace, parts: Parts) -> int:
    """One person, with the consent receipt."""
    state = open_state(args)
    with Roster.open(state.dir, read_only=True) as roster:
        person = roster.get(args.id)
    consent = person.profile.consent
    found = as_json(person, parts.model_id(state))
    found["consent"] = {
        "statement": consent.statement,
        "text_version": consent.text_version,
        "recorded_by": consent.recorded_by,
        "recorded": moment(consent.recorded_us),
    }
    emit(args, found, "\n".join(f"{key}: {value}" for key, value in found.items() if value not in (None, "", [])))
    return 0


def run_change(args: argparse.Namespace, parts: Parts) -> int:
    """Change what the options name."""
    state = open_state(args)
    warnings = check_names(args, state)
    with Roster.open(state.dir) as roster:
        person = roster.change(args.id, partial(apply_options, args), SystemClock()().wall_us)
    model_id = parts.model_id(state)
    text = "\n".join([as_line(person, model_id), *(f"warning: {text}" for text in warnings)])
    emit(args, {**as_json(person, model_id), "warnings": warnings}, text)
    return 0


def run_revoke(args: argparse.Namespace, _parts: Parts) -> int:
    """Revoke, or take it back."""
    if not args.undo and not args.reason.strip():
        raise UsageError("--reason is empty", hint="say why, the office will want to know")
    reason = "" if args.undo else args.reason
    with Roster.open(open_state(args).dir) as roster:
        person = roster.change(args.id, lambda old: replace(old, revoked_reason=reason), SystemClock()().wall_us)
    found = {"person": person.person, "revoked": person.profile.revoked, "changed": moment(person.changed_us)}
    emit(args, found, f"{person.person} is {'revoked' if person.profile.revoked else 'admitted again'}")
    return 0


def run_erase(args: argparse.Namespace, _parts: Parts) -> int:
    """Erase and print the proof; exit code 1 when something is left."""
    if not args.yes and not _agreed(f"Erase {args.id} for ever? Type yes: "):
        raise UsageError("nothing was erased", hint="answer yes, or give --yes")
    with Roster.open(open_state(args).dir) as roster:
        try:
            proof = erase(roster, args.id, SystemClock()())
        except ErasureIncompleteError as error:
            emit(args, error.proof.as_json(), str(error))
            return error.exit_code
    text = (
        f"{proof.person} is erased, {proof.time}: key {proof.key_fingerprint or 'unreadable'} destroyed;"
        f" of {proof.pieces} pieces {proof.found_before} were found before and {proof.found_after} after,"
        f" in {proof.bytes_searched} bytes of {', '.join(proof.files)}"
    )
    emit(args, proof.as_json(), text)
    return 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"
