"""`edge people add`, `card …`, `pin …`, `ways`: who comes by card or PIN. No PIN is ever an argument, or printed."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.cards import read_card
from edge.cli.common import emit, open_state
from edge.cli.people import Parts
from edge.cli.people_profile import apply_options, as_json, as_line, check_names, receipt
from edge.clock import SystemClock
from edge.drivers.card import Card, CardReader
from edge.errors import DataError, HardwareError, UsageError
from edge.store.keys import load_device_key
from edge.store.pin_failures import NOTE, FailureFile
from edge.store.pin_hash import check_new_pin, hash_pin, matches
from edge.store.roster import Roster
from edge.store.roster_records import Profile, check_way

HOLD_S = 20.0
_LOOK_S = 0.25


def run_add(args: argparse.Namespace, parts: Parts) -> int:
    """Somebody without pictures."""
    if not args.name:
        raise UsageError("--name is missing", hint="the person's name")
    now_us = SystemClock()().wall_us
    profile = apply_options(args, Profile(args.name, receipt(args, now_us)))
    state = open_state(args)
    warnings = check_names(args, state)
    with Roster.open(state.dir, create=True) as roster:
        person = roster.get(roster.add(profile, [], now_us))
    model_id = parts.model_id(state)
    next_step = f"opens nothing yet: edge people card add {person.person}, edge people pin set {person.person}"
    lines = [as_line(person, model_id), *(f"warning: {text}" for text in warnings), next_step]
    emit(args, {**as_json(person, model_id), "warnings": warnings}, "\n".join(lines))
    return 0


def run_card_add(args: argparse.Namespace, parts: Parts) -> int:
    """A card, by its name or from the reader."""
    if (args.card is None) != args.reader:
        raise UsageError("give the card's id, or --reader", hint="like w26:17-12345")
    card = _held(parts.open_card_reader(open_state(args))) if args.reader else read_card(args.card)

    def edit(old: Profile) -> Profile:
        return old if card in old.cards else replace(old, cards=(*old.cards, card))

    return _change(args, parts, edit, {"card": card})


def run_card_remove(args: argparse.Namespace, parts: Parts) -> int:
    """Take it away."""
    card = read_card(args.card)

    def edit(old: Profile) -> Profile:
        if card not in old.cards:
            raise DataError(f"{card} is none of this person's cards", hint="edge people show lists them")
        return replace(old, cards=tuple(one for one in old.cards if one != card))

    return _change(args, parts, edit, {"card": card})


def run_pin_set(args: argparse.Namespace, parts: Parts) -> int:
    """A PIN from the terminal, or the first line of standard input."""
    pin = _asked("Duress PIN: " if args.duress else "PIN: ")

    def edit(old: Profile) -> Profile:
        check_new_pin(pin, old.number)
        other = old.pin_hash if args.duress else old.duress_hash
        if args.duress and not old.pin_hash:
            raise DataError("a duress PIN goes with a PIN", hint="set the PIN first: edge people pin set PERSON")
        if other and matches(pin, other):
            raise DataError("PIN and duress PIN must differ", hint="or every entry would call for help")
        hashed = hash_pin(pin)
        return replace(old, duress_hash=hashed) if args.duress else replace(old, pin_hash=hashed)

    return _change(args, parts, edit, {})


def run_pin_clear(args: argparse.Namespace, parts: Parts) -> int:
    """Without a PIN."""

    def edit(old: Profile) -> Profile:
        return replace(old, duress_hash="", pin_hash=old.pin_hash if args.duress else "")

    return _change(args, parts, edit, {})


def run_pin_unlock(args: argparse.Namespace, _parts: Parts) -> int:
    """No wrong PINs are counted any more."""
    state = open_state(args).dir
    key = load_device_key(state)
    with Roster.open(state, key=key) as roster:
        FailureFile(state, key).write({})
        roster.note(NOTE)
    emit(
        args,
        {"unlocked": True},
        "the counts of wrong PINs begin anew; restart the daemon, which remembers the old ones",
    )
    return 0


def run_ways(args: argparse.Namespace, parts: Parts) -> int:
    """By what, how long, and whether a face is enough."""
    if bool(args.ways) and args.configured:
        raise UsageError("--configured takes the place of ways", hint="give one or the other")
    changes: dict[str, Any] = {}
    if args.ways or args.configured:
        changes["ways"] = tuple(dict.fromkeys(check_way(way) for way in args.ways))
    for option in ("slow", "look_alike"):
        if getattr(args, option) is not None:
            changes[option] = getattr(args, option) == "yes"
    if not changes:
        raise UsageError("nothing to change", hint="for instance: edge people ways PERSON face card+pin")
    return _change(args, parts, lambda old: replace(old, **changes), {})


def _change(args: argparse.Namespace, parts: Parts, edit: Callable[[Profile], Profile], found: dict[str, Any]) -> int:
    state = open_state(args)
    with Roster.open(state.dir) as roster:
        person = roster.change(args.person, edit, SystemClock()().wall_us)
    model_id = parts.model_id(state)
    emit(args, {**as_json(person, model_id), **found}, as_line(person, model_id))
    return 0


def _held(reader: CardReader) -> str:
    """The card that is held before the reader within HOLD_S."""
    _tell("hold the card before the reader\n")
    reader.open()
    try:
        until_s = time.monotonic() + HOLD_S
        while time.monotonic() < until_s:
            for shown in reader.read(_LOOK_S):
                if isinstance(shown, Card):
                    return read_card(shown.name)
    finally:
        reader.close()
    raise HardwareError(f"no card within {HOLD_S:g} s", hint="is it of a kind that this reader reads?")


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(question)
    if getpass.getpass("Once more: ") != first:
        raise UsageError("the two differ", hint="try again")
    return first


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
