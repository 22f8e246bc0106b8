"""What is sealed, with which key, and to what it is bound.

The device key wraps a key per person; that key seals the profile and each template. Every column that stands in
clear is part of the associated data of some seal, so that nothing can be edited, or moved to another person.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge.errors import DataError
from edge.store.keys import KEY_BYTES, DeviceKey, about, seal, unseal
from edge.store.roster_json import pack, unpack
from edge.store.roster_records import Person, Profile, Template

VERSION = 1
"""Of the sealed form; part of the associated data."""


class Seals:
    """Seals and opens a roster's rows with one device key."""

    def __init__(self, key: DeviceKey) -> None:
        self._wrapping = AESGCM(key.derive("edge roster: wrap the key of a person"))

    def new_key(self, person: str) -> tuple[bytes, bytes]:
        """A fresh random key for a person: plain, and as it is stored."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, seal(self._wrapping, key, about("person key", VERSION, person))

    def unwrap(self, person: str, version: int, wrapped: bytes) -> bytes:
        """The key of a person. Raises DataError."""
        with _naming("key"):
            return unseal(self._wrapping, wrapped, about("person key", version, person))

    def open_person(self, row: Sequence[Any], templates: Sequence[Sequence[Any]]) -> Person:
        """A person from a row `person, version, enrolled_us, changed_us, revoked, wrapped_key, profile` and rows
        `person, template, model, added_us, sealed`. Raises DataError when one of them does not open.
        """
        person, version, enrolled_us, changed_us, revoked, wrapped, sealed = row
        cipher = AESGCM(self.unwrap(person, version, wrapped))
        with _naming("profile"):
            data = _profile_about(person, bool(revoked), enrolled_us, changed_us)
            profile = unpack(unseal(cipher, sealed, data))
        with _naming("template"):
            opened = tuple(_open_template(cipher, *template) for template in templates)
        return Person(person, profile, enrolled_us, changed_us, opened)


def seal_profile(key: bytes, person: str, profile: Profile, enrolled_us: int, changed_us: int) -> bytes:
    """A profile as it is stored."""
    return seal(AESGCM(key), pack(profile), _profile_about(person, profile.revoked, enrolled_us, changed_us))


def seal_template(key: bytes, person: str, name: str, template: Template) -> bytes:
    """A template as it is stored under the id `name`: little-endian float32."""
    data = _template_about(person, name, template.model, template.added_us)
    return seal(AESGCM(key), template.vector.astype("<f4").tobytes(), data)


@contextmanager
def _naming(part: str) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DataError(f"{part} {error.message}") from error


def _profile_about(person: str, revoked: bool, enrolled_us: int, changed_us: int) -> bytes:
    standing = "revoked" if revoked else "active"
    return about("profile", VERSION, person, standing, enrolled_us, changed_us)


def _template_about(person: str, name: str, model: str, added_us: int) -> bytes:
    return about("template", VERSION, person, name, model, added_us)


def _open_template(cipher: AESGCM, person: str, name: str, model: str, added_us: int, sealed: bytes) -> Template:
    plain = unseal(cipher, sealed, _template_about(person, name, model, added_us))
    return Template(model, np.frombuffer(plain, dtype="<f4").astype(np.float32, copy=False), added_us)
