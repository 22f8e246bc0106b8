"""What the writer does besides writing: room, retention, erasure, salvage, checkpoints. A little at a time.

All of it runs on the writer's thread and connection, between two transactions, so that an alarm never waits longer
than one piece takes. What there is to tell is stored in the same transaction as what it tells of.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from edge.clock import Clock, Now
from edge.config.schema import Store
from edge.store.checkpoint import Checkpoints, Sign
from edge.store.erasure import Erasure
from edge.store.eviction import Eviction
from edge.store.faults import is_full
from edge.store.fill import tell_fill
from edge.store.ledger import Ledger
from edge.store.quota import Quota, free_bytes
from edge.store.retention import Retention
from edge.store.salvage import Salvage, set_aside_files

log = logging.getLogger("edge.store")

_TURN_S = 0.02  # of pieces one after the other; none takes longer than that
_IDLE_S = 5.0
_AFTER_TROUBLE_S = 30.0
_MAKE_ROOM_S = 0.1  # nothing can be stored meanwhile anyway
_LOG_WAIT_MS = 50
_PATIENCE_S = 60.0
_LAST_TOLD = 64


class Upkeep:
    """The writer's Maintenance. Raises sqlite3.Error as any use of the file does: what failed has not happened, and is
    tried again later. Trouble with the files beside the database is logged, and tried again later.

    `audience`: "{site}/{device}". `sign`: see `checkpoint.device_signer`. `on_backlog()` is called when events have
    joined the outbox before those that are there, so that the uplink goes through it from the start.
    """

    def __init__(
        self,
        path: Path,
        store: Store,
        audience: str,
        clock: Clock,
        sign: Sign,
        on_backlog: Callable[[], None] = lambda: None,
        *,
        free: Callable[[Path], int] = free_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._on_backlog = on_backlog
        self._quota = Quota(path, store.quota_mb, free)
        self._eviction = Eviction()
        self._retention = Retention(store)
        self._erasure = Erasure(path.parent)
        self._salvage = Salvage(path)
        self._checkpoints = Checkpoints(audience, sign)
        self._next = float("-inf")
        self._log_holds_erased = False
        self._trouble = ""
        self._short_since: float | None = None

    def opened(self, ledger: Ledger) -> None:
        """A file was opened or begun: limits are set on its connection, and everything is looked at anew."""
        now = self._clock()
        self._quota.opened(ledger.connection)
        self._guarded(lambda: self._salvage.opened(ledger, now))
        self._log_holds_erased = True  # possibly, since just before the power went
        self._next = now.mono_s

    def rest(self, ledger: Ledger) -> None:
        """Piece after piece of what is due, for a fiftieth of a second."""
        now = self._clock()
        if not self._quota.halted:
            self._short_since = None
        if now.mono_s < self._next:
            return
        self._next = now.mono_s + _AFTER_TROUBLE_S
        began, busy = self._monotonic(), True
        try:
            while busy and self._monotonic() - began < _TURN_S:
                done = self._guarded(lambda: self._piece(ledger, now))
                if done is None:
                    return
                busy = done
        except sqlite3.Error as error:
            if not is_full(error):
                raise
            if not self.full(ledger):
                return
        self._next = now.mono_s + (0.0 if busy else _IDLE_S)

    def full(self, ledger: Ledger) -> bool:
        """There is no room: let the least important go. Returns whether anything went."""
        now, began = self._clock(), self._monotonic()
        self._next = min(self._next, now.mono_s)
        if self._quota.halted and self._grows_again(ledger.connection):
            return True
        disk = self._quota.is_disk_short() or self._quota.halted
        if disk:
            self._guarded(lambda: self._quota.give_way(ledger.connection))
            self._empty_log(ledger.connection)

        def enough() -> bool:
            return self._quota.has_room(ledger.connection) or self._monotonic() - began > _MAKE_ROOM_S

        # Who else filled the disk may empty it again. Until then what happens waits in memory, and nothing that was
        # stored is given up for it.
        if disk and self._short_since is None:
            self._short_since = now.mono_s
        sparing = disk and self._short_since is not None and now.mono_s - self._short_since < _PATIENCE_S
        reason = "disk full" if disk else "quota"
        return self._eviction.make_room(ledger.connection, now.mono_s, reason, enough, sparing=sparing) > 0

    def closing(self, ledger: Ledger) -> None:
        """The device is shutting down: the last event signs everything before it."""
        now = self._clock()
        for _ in range(_LAST_TOLD):  # the rest after the next start
            if not self._eviction.tell(ledger, now):
                break
        self._checkpoints.make(ledger, now)
        self._salvage.close()

    def _grows_again(self, conn: sqlite3.Connection) -> bool:
        """Whether the disk has room again, so that the database may grow."""
        while self._guarded(lambda: self._quota.restore(conn)):
            pass
        return not self._quota.halted

    def _piece(self, ledger: Ledger, now: Now) -> bool:
        """One piece of what is most urgent. Returns whether there may be more to do at once."""
        if self._eviction.tell(ledger, now) or self._quota.restore(ledger.connection):
            return True
        if self._salvage.is_due():
            self._salvage.piece(ledger, now)
            if not self._salvage.is_due():
                self._on_backlog()
            return True
        tell_fill(ledger, self._quota, now)
        if self._erasure.is_due(now.mono_s):
            return self._erase(ledger, now)
        if self._retention.is_due(now):
            self._log_holds_erased |= bool(self._retention.piece(ledger.connection, now))
            return True
        if self._log_holds_erased:
            self._empty_log(ledger.connection)
        if self._checkpoints.is_due(now.mono_s):
            self._checkpoints.make(ledger, now)
        return False

    def _erase(self, ledger: Ledger, now: Now) -> bool:
        self._log_holds_erased |= bool(self._erasure.piece(ledger.connection, now.mono_s))
        if self._erasure.needs_a_newer_event:
            self._checkpoints.make(ledger, now)
        if self._erasure.is_through():
            self._empty_log(ledger.connection)
            if self._log_holds_erased:  # somebody is reading it just now
                return False
            self._erasure.finish(ledger, now, [file.name for file in set_aside_files(self._path)])
        return True

    def _empty_log(self, conn: sqlite3.Connection) -> None:
        """Write the log into the file and cut it off, unless somebody is reading just now; then later."""
        (patience,) = conn.execute("PRAGMA busy_timeout").fetchone()
        try:
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # what takes long, without waiting for anybody
            conn.execute(f"PRAGMA busy_timeout = {_LOG_WAIT_MS}").fetchall()
            (blocked, _, _) = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            if not is_full(error):
                raise
            blocked = 1
        finally:
            conn.execute(f"PRAGMA busy_timeout = {patience}").fetchall()
        self._log_holds_erased = bool(blocked)

    def _guarded(self, work: Callable[[], bool | None]) -> bool | None:
        """Do what touches files beside the database; None when the disk or its owner does not let us."""
        try:
            done = work()
        except OSError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.error("upkeep of the event database: %s", error)
            return None
        self._trouble = ""
        return bool(done)
