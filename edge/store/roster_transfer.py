"""People on their way out of a roster: a copy that they may read, and a sealed one for another device.

The sealed copy is a magic line, salt, nonce and an AES-256-GCM ciphertext under a key made from a passphrase.
Its cost parameters are fixed by the version and not read from the file, so a file cannot ask for much memory.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge.errors import DataError, UsageError
from edge.store.keys import KEY_BYTES, seal, unseal
from edge.store.roster_json import mapping, parse, profile_from_json, profile_to_json, time_us
from edge.store.roster_records import MAX_TEMPLATES, Person, Profile, Template, is_id

MAX_EXPORT_BYTES = 256 << 20
MIN_PASSPHRASE = 12
_MAGIC = b"edge people, sealed, 1\n"
_SALT_BYTES = 16
# 64 MiB and about half a second here: among the parameters that OWASP's password storage cheat sheet holds equal.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 16, 8, 2


@dataclass(frozen=True, slots=True, eq=False)
class Traveller:
    """A person as an export tells of them."""

    person: str
    profile: Profile
    templates: tuple[Template, ...]


def readable_copy(person: Person) -> dict[str, Any]:
    """Everything stored about a person as JSON values, for that person to read (a data-subject copy)."""
    return {
        "format": "edge person, readable, 1",
        "person": person.person,
        "profile": _without_hashes(profile_to_json(person.profile)),
        "revoked": person.profile.revoked,
        "enrolled": _moment(person.enrolled_us),
        "changed": _moment(person.changed_us),
        "templates": [
            {
                "network": template.model,
                "added": _moment(template.added_us),
                "numbers": [round(float(number), 7) for number in template.vector],
            }
            for template in person.templates
        ],
        "about": "A template is a list of numbers that a neural network computed from one picture of the face."
        " Pictures are not stored. A PIN is stored as a number computed from it, which is left out here, since whoever"
        " reads it could find the PIN.",
    }


def _without_hashes(profile: dict[str, Any]) -> dict[str, Any]:
    """Four to eight digits are found from their hash in minutes, and the readable copy is not encrypted."""
    hashes = {"pin": "pin_hash", "duress_pin": "duress_hash"}
    kept = {name: value for name, value in profile.items() if name not in hashes.values()}
    return kept | {name: bool(profile[field]) for name, field in hashes.items()}


def sealed_copy(people: Sequence[Person], passphrase: str) -> bytes:
    """People for another device's roster. Raises UsageError when the passphrase is short."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise UsageError(f"a passphrase needs {MIN_PASSPHRASE} characters", hint="five random words are a good one")
    payload = json.dumps({"people": [person_to_json(person) for person in people]}, ensure_ascii=False)
    salt = secrets.token_bytes(_SALT_BYTES)
    return _MAGIC + salt + seal(_cipher(passphrase, salt), payload.encode(), _MAGIC + salt)


def open_copy(content: bytes, passphrase: str) -> list[Traveller]:
    """The people in a sealed copy. Raises DataError for a wrong passphrase or anything that is no such copy."""
    if not content.startswith(_MAGIC) or len(content) > MAX_EXPORT_BYTES:
        raise DataError("no sealed export of edge", hint="make one with: edge people export --sealed")
    start = len(_MAGIC) + _SALT_BYTES
    head, sealed = content[:start], content[start:]
    try:
        plain = unseal(_cipher(passphrase, head[len(_MAGIC) :]), sealed, head)
    except DataError as error:
        raise DataError("the passphrase is wrong or the file was altered", hint="copy the file again") from error
    people = mapping(parse(plain)).get("people")
    if not isinstance(people, list):
        raise DataError("the export holds no list of people")
    return [person_from_json(value) for value in people]


def person_to_json(person: Person | Traveller) -> dict[str, Any]:
    """A person as JSON values, templates exact, for another device."""
    templates = [
        {
            "model": template.model,
            "added_us": template.added_us,
            "vector": base64.b64encode(template.vector.astype("<f4").tobytes()).decode(),
        }
        for template in person.templates
    ]
    return {"person": person.person, "profile": profile_to_json(person.profile), "templates": templates}


def person_from_json(value: object) -> Traveller:
    """The inverse. Raises DataError when anything is missing, of the wrong kind or out of bounds."""
    fields = mapping(value)
    person, templates = fields.get("person"), fields.get("templates")
    if not is_id(person) or not isinstance(templates, list) or len(templates) > MAX_TEMPLATES:
        raise DataError("a person in the export lacks an id, or has no or too many templates")
    return Traveller(
        person=str(person),
        profile=profile_from_json(fields.get("profile")),
        templates=tuple(_unpack_template(mapping(template)) for template in templates),
    )


def _unpack_template(fields: dict[str, Any]) -> Template:
    try:
        raw = base64.b64decode(str(fields.get("vector")), validate=True)
        vector = np.frombuffer(raw, dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise DataError("a template in the export is damaged") from error
    return Template(str(fields.get("model")), vector, time_us(fields.get("added_us")))


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return AESGCM(kdf.derive(passphrase.encode()))


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, tz=UTC).isoformat(timespec="seconds")
