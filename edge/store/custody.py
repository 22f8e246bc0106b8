"""The event database in the writer's hands: opened when it is needed, set aside when it is damaged, begun anew when it
was taken away, and lent to its maintenance. For the writer's thread.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge.store.database import DamagedError, is_damage, set_aside
from edge.store.envelope import Accepted, Origin
from edge.store.faults import DiskState, is_full
from edge.store.ledger import Ledger, Stored
from edge.store.maintenance import Maintenance
from edge.store.outbox import OutboxKey
from edge.store.uuid7 import Uuid7

log = logging.getLogger("edge.store")

_ATTEMPTS = 10  # at one transaction, each after the maintenance has made room


class Custody:
    """Raises sqlite3.Error and OSError where the disk refuses."""

    def __init__(
        self,
        path: Path,
        origin: Origin,
        new_id: Uuid7,
        disk: DiskState,
        maintenance: Maintenance | None,
        wall_s: Callable[[], float],
    ) -> None:
        self._path = path
        self._origin = origin
        self._new_id = new_id
        self._disk = disk
        self._maintenance = maintenance
        self._wall_s = wall_s
        self._fresh = False  # opened, and the maintenance not yet told
        self.ledger: Ledger | None = None

    def write(self, events: Sequence[Accepted], delivered: Sequence[OutboxKey]) -> Stored:
        """The transaction of `Ledger.write`, again and again while room can be made for it."""
        for _ in range(_ATTEMPTS):
            try:
                return self._write(events, delivered)
            except sqlite3.Error as error:
                if not (is_full(error) and self._make_room()):
                    raise
        return self._write(events, delivered)

    def append(self, events: Sequence[Accepted]) -> Stored | None:
        """One attempt in the file as it is, for who stands in for the writer. None where it is not open, or gone."""
        if self.ledger is None or not self.ledger.is_in_place():
            return None
        return self.ledger.write(events)

    def opened(self) -> Stored | None:
        """Tell the maintenance, once, that a file was opened. It has had a transaction by then, so that whatever an
        earlier attempt had left in it is known.
        """
        if not self._fresh:
            return None
        self._fresh = False
        return self._lend(lambda maintenance, ledger: maintenance.opened(ledger))

    def rest(self) -> Stored | None:
        """Nothing waits: let the maintenance do a little."""
        return self._lend(_rest)

    def closing(self) -> Stored | None:
        """The last word of the maintenance."""
        return self._lend(lambda maintenance, ledger: maintenance.closing(ledger))

    def checkpoint(self) -> None:
        """Empty the write-ahead log, if the disk lets us."""
        if self.ledger is not None:
            try:
                self.ledger.checkpoint()
            except sqlite3.Error as error:
                log.warning("the write-ahead log stays until the next start: %s", error)

    def close(self) -> None:
        """Close the file; the next transaction opens it again."""
        if self.ledger is not None:
            self.ledger.close()
            self.ledger = None

    def _make_room(self) -> bool:
        """Whether it is worth another attempt."""
        if self._maintenance is None or self.ledger is None:
            return False
        try:
            return self._maintenance.full(self.ledger)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._retire(error)
            return True  # in a new file

    def _lend(self, work: Callable[[Maintenance, Ledger], None]) -> Stored | None:
        if self._maintenance is None or self.ledger is None:
            return None
        before = self.ledger.last_seq
        try:
            work(self._maintenance, self.ledger)
        except sqlite3.DatabaseError as error:
            # It reads what no transaction touches. After a clean stop the file is not checked, so it is here that
            # damage done meanwhile shows first. The writer opens the new file as soon as it sees the fault.
            if not is_damage(error):
                raise
            self._retire(error)
            return None
        after = self.ledger.last_seq
        return Stored(self.ledger.epoch, before + 1, after) if after > before else None

    def _write(self, events: Sequence[Accepted], delivered: Sequence[OutboxKey]) -> Stored:
        try:
            return self._open().write(events, delivered)
        except (DamagedError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
                raise
            self._retire(error)
            return self._open().write(events, delivered)

    def _retire(self, error: DamagedError | sqlite3.DatabaseError) -> None:
        """Set the damaged file aside; the next transaction begins a new one."""
        self.close()
        date = datetime.fromtimestamp(self._wall_s(), UTC)
        name = set_aside(self._path, f"{date:%Y%m%dT%H%M%SZ}").name
        self._disk.report("database damaged", f"{error}; kept as {name}, a new one is begun")

    def _open(self) -> Ledger:
        if self.ledger is not None and not self.ledger.is_in_place():
            self.close()
            self._disk.report("database removed", f"{self._path} is gone; a new one is begun")
        if self.ledger is None:
            self.ledger, self._fresh = Ledger(self._path, self._origin, self._new_id), True
        return self.ledger


def _rest(maintenance: Maintenance, ledger: Ledger) -> None:
    ledger.look()
    maintenance.rest(ledger)
