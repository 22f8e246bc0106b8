"""Keypads: where people type. Every implementation bounds its reads, and none writes down what was typed."""

from __future__ import annotations

from typing import Protocol

KEYS = "0123456789*#"


class Keypad(Protocol):
    """One keypad."""

    @property
    def refused(self) -> int:
        """How many bytes or pictures of the matrix nobody could understand, since it was made."""
        ...

    def open(self) -> None:
        """Raises HardwareError when it is not there."""
        ...

    def read(self, timeout_s: float) -> str:
        """The keys pressed since the last call, of KEYS; waits at most `timeout_s` for the first. Raises HardwareError
        when the keypad is gone.
        """
        ...

    def close(self) -> None: ...
