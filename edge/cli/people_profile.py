"""The options that describe a person: put into a profile, checked against the configuration, shown again."""

from __future__ import annotations

import argparse
import getpass
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from edge.cli.common import State
from edge.errors import UsageError
from edge.store.roster_records import Consent, Person, Profile


def apply_options(args: argparse.Namespace, profile: Profile) -> Profile:
    """The profile with what the options name; an empty value clears. Raises UsageError or DataError."""
    changes: dict[str, Any] = {}
    for option in ("name", "note", "number"):
        if getattr(args, option) is not None:
            changes[option] = getattr(args, option)
    for option in ("groups", "schedules"):
        if getattr(args, option) is not None:
            changes[option] = _names(getattr(args, option))
    for option in ("valid_from", "valid_until"):
        if getattr(args, option) is not None:
            changes[option] = _day(option, getattr(args, option))
    return replace(profile, **changes)


def receipt(args: argparse.Namespace, now_us: int) -> Consent:
    """That the person agreed. Raises UsageError when nothing is said of it."""
    if not args.consent:
        raise UsageError("--consent is missing", hint='for instance --consent "signed form 2026-11-22"')
    by = args.by or os.environ.get("SUDO_USER") or getpass.getuser()
    return Consent(args.consent, args.consent_text, by, now_us)


def check_names(args: argparse.Namespace, state: State) -> list[str]:
    """Warnings about groups that the configuration does not limit. Raises UsageError for an unknown schedule,
    which would open nothing; without a configuration nothing is checked.
    """
    if state.config is None:
        return []
    access = state.config.access
    for name in _names(args.schedules or ""):
        if name not in access.schedules:
            known = ", ".join(sorted(access.schedules)) or "none"
            raise UsageError(f"there is no schedule {name!r}", hint=f"the configuration has: {known}")
    return [
        f"the configuration says nothing of the group {name!r}, so its members are refused: "
        "list it under [access.groups], with [] for any hour"
        for name in _names(args.groups or "")
        if name not in access.groups
    ]


def as_json(person: Person, model_id: str) -> dict[str, Any]:
    """A person as JSON values, without consent, the numbers of templates, and hashes."""
    profile = person.profile
    models = Counter(template.model for template in person.templates)
    return {
        "person": person.person,
        "name": profile.name,
        "groups": list(profile.groups),
        "schedules": list(profile.schedules),
        "valid_from": profile.valid_from and profile.valid_from.isoformat(),
        "valid_until": profile.valid_until and profile.valid_until.isoformat(),
        "revoked": profile.revoked,
        "revoked_reason": profile.revoked_reason,
        "note": profile.note,
        "number": profile.number,
        "cards": list(profile.cards),
        "pin": bool(profile.pin_hash),
        "duress_pin": bool(profile.duress_hash),
        "ways": list(profile.ways),
        "look_alike": profile.look_alike,
        "slow": profile.slow,
        "enrolled": moment(person.enrolled_us),
        "changed": moment(person.changed_us),
        "templates": dict(models),
        "renewal_needed": bool(models) and model_id not in models,
    }


def as_line(person: Person, model_id: str) -> str:
    """A person on one line, for people."""
    profile = person.profile
    parts = [person.person, profile.name]
    parts.extend(profile.groups)
    parts.extend(profile.schedules)
    if profile.valid_from or profile.valid_until:
        parts.append(f"{profile.valid_from or ''}..{profile.valid_until or ''}")
    if profile.revoked:
        parts.append(f"REVOKED: {profile.revoked_reason}")
    if profile.cards:
        parts.append(f"cards: {len(profile.cards)}")
    if profile.pin_hash:
        parts.append("PIN")
    parts.extend(profile.ways)
    if profile.look_alike:
        parts.append("look-alike")
    if person.templates and all(template.model != model_id for template in person.templates):
        parts.append("renewal needed")
    return "  ".join(parts)


def moment(us: int) -> str:
    """Microseconds since 1970 UTC as ISO 8601."""
    return datetime.fromtimestamp(us / 1e6, tz=UTC).isoformat(timespec="seconds")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        name = option.replace("_", "-")
        raise UsageError(f"--{name} {text!r} is no date", hint="write it like 2026-11-22") from error
