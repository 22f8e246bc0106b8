"""Card readers: what tells which card is held before it. Every implementation bounds its reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Card:
    """A card as edge/cards.py names it. One that stays before the reader may be told again and again."""

    name: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of a reader that has some: any of 0123456789*#, in the order of the presses."""

    keys: str = field(repr=False)


Shown = Card | Keys


class CardReader(Protocol):
    """One reader."""

    @property
    def secured(self) -> bool:
        """Whether what it says cannot be recorded on the way and played back."""
        ...

    @property
    def refused(self) -> int:
        """How many bytes it sent that nobody could understand, since it was made."""
        ...

    def open(self) -> None:
        """Raises HardwareError when it is not there, DataError when its key is none; takes 4 s at most."""
        ...

    def read(self, timeout_s: float) -> Sequence[Shown]:
        """What was shown within `timeout_s`, which may be nothing; one that has to be asked may take half a second.
        Raises HardwareError when the reader is gone.
        """
        ...

    def close(self) -> None: ...
