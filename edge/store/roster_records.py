"""What the roster holds of a person. No value of these types exists that breaks its bounds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError

Vector = NDArray[np.float32]
"""An embedding of unit length, D float32."""

MAX_TEMPLATES = 10
"""Kept per person; the oldest make room. More pictures than this gain nothing measurable (models/README.md)."""
MAX_DIMENSION = 4096
_MAX_TEXT = 500
_MAX_NAMES = 32


@dataclass(frozen=True, slots=True)
class Consent:
    """The receipt: by what act the person agreed, to which version of the text, who recorded it and when.

    `recorded_us`: microseconds since 1970 UTC.
    """

    statement: str
    text_version: str
    recorded_by: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything about a person that says who they are or where they go; it lies sealed with their own key.

    `groups` and `schedules` are names in the configuration's `[access]`.
    """

    name: str
    consent: Consent
    groups: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    revoked_reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        consent = self.consent
        names = (*self.groups, *self.schedules)
        for text in (self.name, *names, consent.statement, consent.text_version, consent.recorded_by):
            check_text(text, empty=False)
        for text in (self.revoked_reason, self.note):
            check_text(text, empty=True)
        if len(names) > _MAX_NAMES:
            raise DataError(f"more than {_MAX_NAMES} groups and schedules", hint="name a group that covers them")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise DataError(f"valid until {self.valid_until}, but from {self.valid_from}", hint="swap the two dates")

    @property
    def revoked(self) -> bool:
        """A revoked person is kept, and refused at once; the reason is what revokes."""
        return bool(self.revoked_reason)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled picture of a face as the network `model` described it. `vector`: D float32 of unit length."""

    model: str
    vector: Vector
    added_us: int

    def __post_init__(self) -> None:
        check_text(self.model, empty=False)
        vector = self.vector
        usable = vector.dtype == np.float32 and vector.ndim == 1 and 0 < len(vector) <= MAX_DIMENSION
        # The largest number first: what passes cannot overflow in the product, and what is no number fails.
        if not (usable and float(np.abs(vector).max()) <= 1.01 and abs(float(vector @ vector) - 1.0) < 2e-3):
            raise DataError("a template must be one float32 vector of unit length", hint="normalise the embedding")


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A person as the roster tells of them. Times are microseconds since 1970 UTC."""

    person: str
    profile: Profile
    enrolled_us: int
    changed_us: int
    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A person whose rows are damaged or were altered: skipped, so refused at the gate, until mended."""

    person: str
    what: str


def new_id() -> str:
    """A random id of 64 bits in hexadecimal; it says nothing of the person."""
    return secrets.token_hex(8)


def is_id(text: object) -> bool:
    """Whether this is of the form that `new_id` makes."""
    return isinstance(text, str) and len(text) == 16 and all(letter in "0123456789abcdef" for letter in text)


def check_text(text: object, *, empty: bool) -> str:
    """A short printable text, as is. Raises DataError otherwise."""
    if not isinstance(text, str) or len(text) > _MAX_TEXT or not (text.isprintable() and (empty or text.strip())):
        raise DataError(
            f"a text is empty, longer than {_MAX_TEXT} characters or has control characters",
            hint="write it on one line",
        )
    return text
