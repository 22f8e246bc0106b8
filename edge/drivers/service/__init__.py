"""The service button: a push button to ground inside the housing. It opens nothing but the device's own page."""

from __future__ import annotations

from typing import Protocol


class ServiceButton(Protocol):
    """One button. Every call may raise HardwareError."""

    def open(self) -> None:
        """Claim the line."""
        ...

    def pressed(self) -> bool:
        """The raw level now, not debounced. A cut wire reads as a button at rest."""
        ...

    def close(self) -> None:
        """Release the line. Safe to call at any time."""
        ...
