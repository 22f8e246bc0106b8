"""What the roster holds of a person. No value of these types exists that breaks its bounds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from edge.cards import read_card
from edge.errors import DataError
from edge.events import Way
from edge.store.pin_hash import is_pin_hash

Vector = NDArray[np.float32]
"""An embedding of unit length, D float32."""

MAX_TEMPLATES = 10
"""Kept per person; the oldest make room. More pictures than this gain nothing measurable (models/README.md)."""
MAX_DIMENSION = 4096
_MAX_TEXT = 500
_MAX_NAMES = 32
MAX_CARDS = 8
_MAX_WAYS = 8
_NUMBER_DIGITS = range(3, 7)


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

    `groups` and `schedules` are names in the configuration's `[access]`. `number`: what they type before their PIN, 3
    to 6 digits. `cards`: as edge/cards.py names them. `pin_hash`, `duress_hash`: of the PIN, and of the one that opens
    and calls for help; empty where there is none. `ways`: their own factors instead of the configured ones, each like
    "face" or "card+pin". `look_alike`: a face alone does not tell them from somebody else. `slow`: they need the door
    longer.
    """

    name: str
    consent: Consent
    groups: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    revoked_reason: str = ""
    note: str = ""
    number: str = ""
    cards: tuple[str, ...] = ()
    pin_hash: str = field(default="", repr=False)
    duress_hash: str = field(default="", repr=False)
    ways: tuple[str, ...] = ()
    look_alike: bool = False
    slow: bool = False

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
        self._check_credentials()

    def _check_credentials(self) -> None:
        number = self.number
        if number and not (number.isascii() and number.isdigit() and len(number) in _NUMBER_DIGITS):
            raise DataError("a number has 3 to 6 digits", hint="like 1204; its owner types it before the PIN")
        if any(read_card(card) != card for card in self.cards):
            raise DataError("a card is not written as it is kept")
        if len(self.cards) > MAX_CARDS or len(set(self.cards)) != len(self.cards):
            raise DataError(f"more than {MAX_CARDS} cards, or one twice", hint="take one away first")
        if not all(hashed == "" or is_pin_hash(hashed) for hashed in (self.pin_hash, self.duress_hash)):
            raise DataError("a hash of a PIN is none, or has other parameters than ours")
        if self.duress_hash and not self.pin_hash:
            raise DataError("a duress PIN goes with a PIN", hint="set the PIN first")
        if any(way != check_way(way) for way in self.ways):
            raise DataError("a way is not written as it is kept")
        if len(self.ways) > _MAX_WAYS or len(set(self.ways)) != len(self.ways):
            raise DataError(f"more than {_MAX_WAYS} ways, or one twice", hint="name each once")

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


def check_way(text: object) -> str:
    """A way in as it is kept: its factors, each once, in the order of `edge.events.Way`. Raises DataError."""
    factors = text.split("+") if isinstance(text, str) else []
    if not factors or len(set(factors)) != len(factors) or not set(factors) <= set(Way):
        raise DataError(f"{text!r} is no way in", hint=f"like card+pin; the factors are: {', '.join(Way)}")
    return "+".join(factor for factor in Way if factor in factors)


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
