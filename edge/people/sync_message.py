"""A part of a zone's roster, as it travels: signed by the office, readable only to the devices it was sealed for.

A message has one fresh content key, sealed to each device's public key (X25519); each person's record is encrypted with
it and bound to zone, person and version. In clear stand random ids, versions and names of devices.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge.errors import DataError
from edge.store.identity import open_sealed, seal_to
from edge.store.keys import KEY_BYTES, about, seal, unseal
from edge.store.roster_json import parse
from edge.store.roster_records import Person, Profile, is_id
from edge.store.roster_transfer import Traveller, person_from_json, person_to_json

TOKEN = "edge-roster"
MOST_BYTES = 200 * 1024
"""Of one message. A broker's default takes more; a slow line is not blocked for long."""
_HIGHEST = 1 << 53
_MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One person. `version`: of the roster in which the record last changed. `sealed`: base64; empty when there is
    nothing to send, but the person still belongs to the roster.
    """

    person: str
    version: int
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Part `part` (from 1) of `parts` of version `version` of a zone's roster.

    `base`: the version that this is the difference to; 0 says the whole roster; `version` itself says nothing but that
    it exists. `keys`: the sealed content key by device.
    """

    zone: str
    version: int
    base: int
    part: int = 1
    parts: int = 1
    changed: tuple[Entry, ...] = ()
    removed: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def claims(self, audience: str, issued_s: int) -> dict[str, Any]:
        """What is signed. `audience`: "{site}/{zone}"; `issued_s`: seconds since 1970."""
        changed = [
            {"person": one.person, "version": one.version, **({"sealed": one.sealed} if one.sealed else {})}
            for one in self.changed
        ]
        return {
            "aud": audience,
            "zone": self.zone,
            "version": self.version,
            "base": self.base,
            "part": self.part,
            "parts": self.parts,
            "changed": changed,
            "removed": list(self.removed),
            "revoked": list(self.revoked),
            "keys": dict(self.keys),
            "iat": issued_s,
        }


def read_claims(claims: Mapping[str, Any], site: str) -> Part:
    """The part that was signed for a zone of the site. Raises DataError for another's, or anything out of bounds."""
    version = _whole(claims.get("version"), 1, _HIGHEST)
    parts = _whole(claims.get("parts"), 1, _MOST_PARTS)
    keys = claims.get("keys")
    zone = claims.get("zone")
    if (
        not isinstance(zone, str)
        or not isinstance(keys, dict)
        or not all(isinstance(one, str) for one in keys.values())
    ):
        raise DataError("the zone or the keys are missing")
    if claims.get("aud") != f"{site}/{zone}":  # sites share signers and names of zones, as a rule
        raise DataError("the roster is another site's")
    return Part(
        zone=zone,
        version=version,
        base=_whole(claims.get("base"), 0, version),
        part=_whole(claims.get("part"), 1, parts),
        parts=parts,
        changed=tuple(_entry(one, version) for one in _list(claims.get("changed"))),
        removed=tuple(map(_id, _list(claims.get("removed")))),
        revoked=tuple(map(_id, _list(claims.get("revoked")))),
        keys=keys,
    )


def new_content_key(zone: str, version: int, devices: Mapping[str, X25519PublicKey]) -> tuple[bytes, dict[str, str]]:
    """A key for one message: plain, and sealed to each device."""
    key = secrets.token_bytes(KEY_BYTES)
    purpose = _key_about(zone, version)
    return key, {name: base64.b64encode(seal_to(public, key, purpose)).decode() for name, public in devices.items()}


def open_content_key(part: Part, device: str, own: X25519PrivateKey) -> bytes:
    """The key of a message. Raises DataError when it was not sealed for this device."""
    if device not in part.keys:
        raise DataError("not sealed for this device", hint="give its public key to `edge roster publish --devices`")
    return open_sealed(own, _raw(part.keys[device]), _key_about(part.zone, part.version))


def seal_record(key: bytes, zone: str, version: int, person: Person | Traveller) -> Entry:
    """A person's record for the devices that have the key."""
    plain = json.dumps(person_to_json(person), ensure_ascii=False, separators=(",", ":")).encode()
    sealed = seal(AESGCM(key), plain, _record_about(zone, person.person, version))
    return Entry(person.person, version, base64.b64encode(sealed).decode())


def open_record(key: bytes, zone: str, entry: Entry) -> Traveller:
    """The inverse. Raises DataError when it was altered, is another person's, or is no record."""
    about_it = _record_about(zone, entry.person, entry.version)
    traveller = person_from_json(parse(unseal(AESGCM(key), _raw(entry.sealed), about_it)))
    if traveller.person != entry.person:
        raise DataError("the record is another person's")
    return traveller


def has_consent(profile: Profile) -> bool:
    """Whether the person's consent is recorded, with the time; without it nothing of them leaves, or enters, a device.

    A profile cannot be without the words of it, but one that was made by other means may lack the time.
    """
    return profile.consent.recorded_us > 0


def _key_about(zone: str, version: int) -> bytes:
    return about("edge roster: content key", zone, version)


def _record_about(zone: str, person: str, version: int) -> bytes:
    return about("edge roster: record", zone, person, version)


def _entry(value: object, version: int) -> Entry:
    if not isinstance(value, dict) or not isinstance(value.get("sealed", ""), str):
        raise DataError("an entry is none")
    return Entry(_id(value.get("person")), _whole(value.get("version"), 1, version), value.get("sealed", ""))


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError("what is sealed is not base64") from error


def _id(value: object) -> str:
    if not is_id(value):
        raise DataError("an id is none")
    return str(value)


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise DataError("a list is missing")
    return value


def _whole(value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise DataError("a version or a number of parts is out of bounds")
    return value
