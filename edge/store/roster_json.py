"""A person's profile as JSON: sealed so in the roster, and written so into exports.

Reading checks everything, since an export may come from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from edge.errors import DataError
from edge.store.roster_records import Consent, Profile

_MAX_TIME_US = 253_402_300_799_000_000  # the end of the year 9999, beyond which no date can be written

_BEFORE_CREDENTIALS: Mapping[str, Any] = MappingProxyType(
    {
        "number": "",
        "cards": [],
        "pin_hash": "",
        "duress_hash": "",
        "ways": [],
        "look_alike": False,
        "slow": False,
    }
)


def profile_to_json(profile: Profile) -> dict[str, Any]:
    """As JSON values."""
    consent = profile.consent
    return {
        "name": profile.name,
        "groups": list(profile.groups),
        "schedules": list(profile.schedules),
        "valid_from": profile.valid_from and profile.valid_from.isoformat(),
        "valid_until": profile.valid_until and profile.valid_until.isoformat(),
        "revoked_reason": profile.revoked_reason,
        "note": profile.note,
        "number": profile.number,
        "cards": list(profile.cards),
        "pin_hash": profile.pin_hash,
        "duress_hash": profile.duress_hash,
        "ways": list(profile.ways),
        "look_alike": profile.look_alike,
        "slow": profile.slow,
        "consent": {
            "statement": consent.statement,
            "text_version": consent.text_version,
            "recorded_by": consent.recorded_by,
            "recorded_us": consent.recorded_us,
        },
    }


def profile_from_json(value: object) -> Profile:
    """The inverse. Raises DataError when anything is missing, of the wrong kind or out of bounds; what a record from
    before there were cards and PINs lacks is none.
    """
    fields = {**_BEFORE_CREDENTIALS, **mapping(value)}
    consent = mapping(fields.get("consent"))
    return Profile(
        name=_text(fields, "name"),
        groups=_names(fields, "groups"),
        schedules=_names(fields, "schedules"),
        valid_from=_day(fields.get("valid_from")),
        valid_until=_day(fields.get("valid_until")),
        revoked_reason=_text(fields, "revoked_reason"),
        note=_text(fields, "note"),
        number=_text(fields, "number"),
        cards=_names(fields, "cards"),
        pin_hash=_text(fields, "pin_hash"),
        duress_hash=_text(fields, "duress_hash"),
        ways=_names(fields, "ways"),
        look_alike=_yes_or_no(fields, "look_alike"),
        slow=_yes_or_no(fields, "slow"),
        consent=Consent(
            statement=_text(consent, "statement"),
            text_version=_text(consent, "text_version"),
            recorded_by=_text(consent, "recorded_by"),
            recorded_us=time_us(consent.get("recorded_us")),
        ),
    )


def parse(text: bytes) -> object:
    """JSON values. Raises DataError when the bytes are none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError("is not JSON") from error
    return value


def mapping(value: object) -> dict[str, Any]:
    """The value, which is an object. Raises DataError otherwise."""
    if not isinstance(value, dict):
        raise DataError("an object with fields is missing")
    return value


def time_us(value: object) -> int:
    """The value, which is a time in microseconds since 1970 UTC. Raises DataError otherwise."""
    if type(value) is not int or not 0 <= value <= _MAX_TIME_US:
        raise DataError("a time is missing, no whole number, or out of bounds")
    return value


def pack(profile: Profile) -> bytes:
    """The bytes that get sealed."""
    return json.dumps(profile_to_json(profile), ensure_ascii=False, separators=(",", ":")).encode()


def unpack(plain: bytes) -> Profile:
    """The inverse of `pack`."""
    return profile_from_json(parse(plain))


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise DataError(f"{key} is missing or no text")
    return value


def _yes_or_no(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key)
    if not isinstance(value, bool):
        raise DataError(f"{key} is missing, or neither true nor false")
    return value


def _names(fields: dict[str, Any], key: str) -> tuple[str, ...]:
    value = fields.get(key)
    if not isinstance(value, list):
        raise DataError(f"{key} are missing or no list")
    return tuple(value)


def _day(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise DataError("a date does not look like 2026-11-22") from error
