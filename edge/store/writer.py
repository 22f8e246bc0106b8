"""The one thread that writes events: group commit without lingering, and what happens when the disk refuses.

The brain hands events over and never waits. Whatever has gathered while one transaction was being made durable is
the next transaction. An event counts as stored only after its COMMIT; while the disk is full or broken, events
wait in memory, the fault is reported once, and what the memory could not hold is itself recorded.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.actions import Report
from edge.clock import Now
from edge.runtime.faults import OnFault, OnRecovered
from edge.store.database import DamagedError, is_damage, set_aside
from edge.store.envelope import Accepted, Origin, evicted, well_formed
from edge.store.faults import DiskState, is_shortage
from edge.store.intake import Intake
from edge.store.ledger import Ledger, Stored
from edge.store.outbox import OutboxKey, Receipt
from edge.store.uuid7 import Uuid7

log = logging.getLogger("edge.store")

BATCH = 500  # rows in one transaction, so that an alarm never waits long behind others
_WAIT_S = 0.25
_RECEIPTS = 200  # acknowledgements kept while the disk refuses; beyond that the uplink keeps its own


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """`seq`: the last one stored in `epoch`. `waiting`: accepted and not yet stored. `lost`: since the start."""

    epoch: str
    seq: int
    waiting: int
    lost: int
    fault: str


class StoreWriter:
    """A worker. `submit`, `acknowledge`, `wake` and `status` may be called from other threads.

    `on_stored()` is called after each COMMIT of new events; `on_fault(component, what, detail)` and
    `on_recovered(component)` at transitions. All three run on the writer's thread and must not block.
    """

    def __init__(
        self,
        path: Path,
        site: str,
        device: str,
        boot_id: str,
        on_stored: Callable[[], None],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        *,
        intake: Intake | None = None,
        capacity: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._origin = Origin(site, device, boot_id)
        self._on_stored = on_stored
        self._disk = DiskState(on_fault, on_recovered)
        self._monotonic = monotonic
        self._wall_s = wall_s
        # What a predecessor had accepted and not stored is taken over with its intake.
        self.intake = Intake(capacity) if intake is None else intake
        self._hand: list[Accepted] = []
        self._receipts: deque[Receipt] = deque()
        self._new_id = Uuid7()
        self._ledger: Ledger | None = None
        self._lost = 0

    def submit(self, report: Report, now: Now) -> None:
        """Hand an event over. Never waits for the disk, never raises; what overflows becomes an event later."""
        self.intake.put(report, now)

    def acknowledge(self, keys: Sequence[OutboxKey]) -> Receipt | None:
        """Strike delivered rows off the outbox. None: not now, offer them again."""
        if len(self._receipts) >= _RECEIPTS:
            return None
        receipt = Receipt(keys)
        self._receipts.append(receipt)
        self.intake.wake()
        return receipt

    def status(self) -> StoreStatus:
        ledger = self._ledger
        epoch, seq = (ledger.epoch, ledger.last_seq) if ledger else ("", 0)
        return StoreStatus(epoch, seq, len(self.intake) + len(self._hand), self._lost, self._disk.fault)

    def start(self) -> None:
        """Open the file; a damaged one is set aside. Raises DataError for a file of a newer version and
        HardwareError where SQLite cannot be durable; a disk that refuses is no reason not to start.
        """
        self._write()

    def step(self) -> None:
        wait_s = min(self._disk.wait_s(self._monotonic()), _WAIT_S)
        if wait_s > 0:
            self.intake.pause(wait_s)
            return
        if not self._hand:
            self._hand = self._accept(self.intake.take(0.0 if self._receipts else _WAIT_S, BATCH))
        if self._hand or self._receipts or self._disk.fault:
            self._write()

    def stop(self) -> None:
        """Store what has been handed over, if the disk lets us, and close the file. What is left goes back into the
        intake, for a successor.
        """
        working = True
        try:
            while working:
                self._hand = self._hand or self._accept(self.intake.take(0.0, BATCH))
                working = bool(self._hand or self._receipts) and self._write()
        finally:
            self.intake.give_back([(event.report, event.now) for event in self._hand])
            self._hand = []
            if len(self.intake):
                log.error("stopping with %d events that could not be stored", len(self.intake))
            self._checkpoint()
            self._close()

    def wake(self) -> None:
        self.intake.wake()

    def _accept(self, taken: Sequence[tuple[Report, Now]]) -> list[Accepted]:
        accepted = []
        for given, now in taken:
            report, problem = well_formed(given)
            if problem:
                self._disk.report("event malformed", f"{report.data['type']}: {problem}")
            accepted.append(Accepted(report, now, self._new_id(now.wall_us)))
        return accepted

    def _write(self) -> bool:
        """One transaction, after opening the file if need be. Returns whether the disk took it."""
        # By index, since the uplink may append meanwhile.
        receipts = [self._receipts[i] for i in range(len(self._receipts))]
        try:
            stored = self._transact([key for receipt in receipts for key in receipt.keys])
        except (sqlite3.Error, OSError) as error:
            if not is_shortage(error):
                self._close()
            self._disk.failed(error, self._monotonic())
            if self.intake.dropping:
                self._disk.losing()
            return False
        last, self._hand = self._hand[-1:], []
        for receipt in receipts:
            receipt.done = True
            self._receipts.popleft()
        if stored.first_seq <= stored.last_seq:
            log.debug("stored seq=%d..%d epoch=%s", stored.first_seq, stored.last_seq, stored.epoch)
            self._on_stored()
        self._disk.works()
        if last and (losses := self.intake.take_losses()).count:
            self._lost += losses.count
            self._hand = self._accept([(evicted(losses), last[0].now)])
        return True

    def _transact(self, delivered: Sequence[OutboxKey]) -> Stored:
        try:
            return self._open().write(self._hand, delivered)
        except (DamagedError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
                raise
            self._close()
            date = datetime.fromtimestamp(self._wall_s(), UTC)
            name = set_aside(self._path, f"{date:%Y%m%dT%H%M%SZ}").name
            self._disk.report("database damaged", f"{error}; kept as {name}, a new one is begun")
            return self._open().write(self._hand, delivered)

    def _open(self) -> Ledger:
        if self._ledger is not None and not self._ledger.is_in_place():
            self._close()
            self._disk.report("database removed", f"{self._path} is gone; a new one is begun")
        if self._ledger is None:
            self._ledger = Ledger(self._path, self._origin)
        return self._ledger

    def _checkpoint(self) -> None:
        if self._ledger is not None:
            try:
                self._ledger.checkpoint()
            except sqlite3.Error as error:
                log.warning("the write-ahead log stays until the next start: %s", error)

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
