"""When the event database may be maintained: the four moments at which the writer lends its file.

All are on the writer's thread and outside any transaction. What they raise of SQLite's errors and OSError is dealt
with as a refusal of the disk.
"""

from __future__ import annotations

from typing import Protocol

from edge.store.ledger import Ledger


class Maintenance(Protocol):
    """Uses `ledger.connection` for its own transactions, and `ledger.record` for changes together with their event."""

    def opened(self, ledger: Ledger) -> None:
        """A file was opened, and the first transaction in it has been made."""
        ...

    def rest(self, ledger: Ledger) -> None:
        """Nothing waits to be stored. Called after every transaction and four times a second without one, so it is to
        return at once when nothing is due, and to do only a little at a time when something is.
        """
        ...

    def full(self, ledger: Ledger) -> bool:
        """There is no room for the next transaction. Returns whether some was made, so that it is tried again."""
        ...

    def closing(self, ledger: Ledger) -> None:
        """Everything handed over is stored; the file is about to be closed."""
        ...
