"""The worker that writes events: group commit without lingering, and what happens when the disk refuses.

The brain hands events over and never waits; `put` does, until the COMMIT. Whatever has gathered while one transaction
was being made durable is the next transaction. An event counts as stored only after its
COMMIT; while the disk is full or broken, events wait in memory, the fault is reported once, and what the memory could
not hold is itself recorded.

At any moment one thread stores: the writer's own or, while that waits for events, a `put` that has no company and
takes its place for one transaction. Whoever waits anyway may as well write; it saves two changes of threads.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.actions import Priority, Report
from edge.clock import Now
from edge.runtime.faults import OnFault, OnRecovered
from edge.store.custody import Custody
from edge.store.envelope import Accepted, Origin, accept, evicted, prepare
from edge.store.faults import DiskState, NotStoredError, is_shortage
from edge.store.intake import Intake, Waiting
from edge.store.ledger import Stored
from edge.store.maintenance import Maintenance
from edge.store.outbox import OutboxKey, Receipt
from edge.store.ticket import Place, Ticket, call_in_turn
from edge.store.uuid7 import Uuid7

log = logging.getLogger("edge.store")

BATCH = 500  # rows in one transaction, so that an alarm never waits long behind others
BATCH_BYTES = 192 << 10  # and of their data: no room could be made for a transaction larger than the quota
_WAIT_S = 0.25
_ALONE = 8  # transactions of one event in a row, and its producer is alone: among many, batches would become smaller
_RECEIPTS = 200  # acknowledgements kept while the disk refuses; beyond that the uplink keeps its own


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """`seq`: the last one stored in `epoch`. `waiting`: accepted and not yet stored. `lost`: since the start.
    `waiting_to_send`: stored and not yet delivered, by the name of the priority.
    """

    epoch: str
    seq: int
    waiting: int
    lost: int
    fault: str
    waiting_to_send: Mapping[str, int]


class StoreWriter:
    """A worker. `submit`, `put`, `acknowledge`, `wake` and `status` may be called from other threads.

    `on_stored()` is called after each COMMIT of new events; `on_fault(component, what, detail)` and
    `on_recovered(component)` at transitions. All three run on the writer's thread, the first two also on that of a
    `put`, and must not block. `maintenance` runs on the writer's thread, and may use the ledger.
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
        maintenance: Maintenance | None = None,
        capacity: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._on_stored = on_stored
        self._disk = DiskState(on_fault, on_recovered)
        self._monotonic = monotonic
        # What a predecessor had accepted and not stored is taken over with its intake.
        self.intake = Intake(capacity) if intake is None else intake
        self._hand: list[Accepted] = []
        self._receipts: deque[Receipt] = deque()
        self._new_id = Uuid7()
        self._file = Custody(path, Origin(site, device, boot_id), self._new_id, self._disk, maintenance, wall_s)
        self._lost = 0
        self._alone = 0  # transactions of one event at most, in a row

    def submit(self, report: Report, now: Now) -> None:
        """Hand an event over. Never waits for the disk, never raises; what overflows becomes an event later."""
        self.intake.put(report, now)

    def put(self, report: Report, now: Now, timeout_s: float = 5.0) -> Stored:
        """Hand an event over and wait until it is durable; returns its place. Not for the writer's own thread.

        Raises NotStoredError when the disk does not take it in time. It is not withdrawn then: it stays in memory,
        as after `submit`, and is stored when the disk can. A disk that does not answer at all may hold the caller as
        it would hold the writer.
        """
        place = self.intake.borrow(self)
        if place is None:
            ticket = Ticket()
            self.intake.put(report, now, ticket)
            prepare(ticket, report)
        else:
            outcome = self._stand_in(place, report, now)
            if isinstance(outcome, Stored):
                return outcome
            ticket = outcome
        if not ticket.wait(timeout_s):
            raise NotStoredError(
                f"{report.type} is not on the disk: {self._disk.fault or f'no answer within {timeout_s:g} s'}",
                hint="the state of the component 'store' says what is wrong",
            )
        return Stored(ticket.epoch, ticket.seq, ticket.seq)

    def acknowledge(self, keys: Sequence[OutboxKey]) -> Receipt | None:
        """Strike delivered rows off the outbox. None: not now, offer them again."""
        if len(self._receipts) >= _RECEIPTS:
            return None
        receipt = Receipt(keys)
        self._receipts.append(receipt)
        self.intake.wake()
        return receipt

    def status(self) -> StoreStatus:
        ledger = self._file.ledger
        epoch, seq = (ledger.epoch, ledger.last_seq) if ledger else ("", 0)
        unsent = ledger.waiting if ledger else dict.fromkeys(Priority, 0)
        return StoreStatus(
            epoch,
            seq,
            len(self.intake) + len(self._hand),
            self._lost,
            self._disk.fault,
            {priority.name.lower(): count for priority, count in unsent.items()},
        )

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
            lender = self if self._alone >= _ALONE and not self._disk.fault else None
            taken = self.intake.take(0.0 if self._receipts else _WAIT_S, BATCH, lender)
            self._hand += self._accept(taken)  # to what could not be stored by a thread that stood in
        if self._hand or self._receipts or self._disk.fault:
            self._write()
        if not (self._hand or self._receipts or len(self.intake) or self._disk.fault):
            self._maintain(self._file.rest)

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
            self.intake.give_back([Waiting(0, event.report, event.now, event.ticket, event.id) for event in self._hand])
            self._hand = []
            if len(self.intake):
                log.error("stopping with %d events that could not be stored", len(self.intake))
            elif not self._disk.fault:
                self._maintain(self._file.closing)
            self._file.checkpoint()
            self._file.close()

    def wake(self) -> None:
        self.intake.wake()

    def _accept(self, taken: Sequence[Waiting]) -> list[Accepted]:
        return [
            self._accept_one(report, now, known_as or self._new_id(now.wall_us), ticket)
            for _, report, now, ticket, known_as in taken
        ]

    def _accept_one(self, report: Report, now: Now, event_id: str, ticket: Ticket | None = None) -> Accepted:
        event, problem = accept(report, now, event_id, ticket)
        if problem:
            self._disk.report("event malformed", f"{event.report.data['type']}: {problem}")
        return event

    def _write(self) -> bool:
        """One transaction, after opening the file if need be. Returns whether the disk took it."""
        # By index, since the uplink may append meanwhile.
        receipts = [self._receipts[i] for i in range(len(self._receipts))]
        events = self._hand[: _portion(self._hand)]
        try:
            stored = self._file.write(events, [key for receipt in receipts for key in receipt.keys])
        except (sqlite3.Error, OSError) as error:
            self._refused(error)
            return False
        self._done(events, stored)
        for receipt in receipts:
            receipt.done = True
            self._receipts.popleft()
        self._disk.works()
        if events and not self._hand and self.intake.dropping:
            losses = self.intake.take_losses()
            self._lost += losses.count
            self._hand = self._accept([Waiting(0, evicted(losses), events[-1].now)])
        self._maintain(self._file.opened)
        return True

    def _stand_in(self, place: Place, report: Report, now: Now) -> Stored | Ticket:
        """One transaction on the thread of a `put`, in place of the writer's. Only what goes as usual: faults, damage
        and maintenance are the writer's, to which the event is left in `_hand`, and with a ticket, if it was not
        stored.
        """
        hand = self._hand  # empty, or the writer would not be idle
        try:
            event = self._accept_one(report, now, self._new_id(now.wall_us))
            hand.append(event)
            try:
                stored = self._file.append(hand)
            except (sqlite3.Error, OSError) as error:
                log.info("left to the writer: %s", error)
                stored = None
            if stored is None:
                ticket = Ticket()
                hand[0] = event._replace(ticket=ticket)
                return ticket
            hand.clear()
            self._alone += 1
            self._announce(stored)
            return stored
        finally:
            if hand:
                self.intake.wake()
            self.intake.restore(place)

    def _done(self, events: Sequence[Accepted], stored: Stored) -> None:
        """These are durable."""
        del self._hand[: len(events)]
        self._alone = self._alone + 1 if len(events) <= 1 else 0
        # Before all else: somebody waits.
        call_in_turn(enumerate((event.ticket for event in events), stored.first_seq), stored.epoch)
        if stored.first_seq <= stored.last_seq:
            self._announce(stored)

    def _maintain(self, moment: Callable[[], Stored | None]) -> None:
        """Let the maintenance work on the file; what it stores is announced like everything else."""
        try:
            if (stored := moment()) is not None:
                self._announce(stored)
        except (sqlite3.Error, OSError) as error:
            self._refused(error)

    def _announce(self, stored: Stored) -> None:
        log.debug("stored seq=%d..%d epoch=%s", stored.first_seq, stored.last_seq, stored.epoch)
        self._on_stored()

    def _refused(self, error: sqlite3.Error | OSError) -> None:
        if not is_shortage(error):
            self._file.close()
        self._disk.failed(error, self._monotonic())
        if self.intake.dropping:
            self._disk.losing()


def _portion(events: Sequence[Accepted]) -> int:
    """How many of them go into one transaction; the same ones again when it is repeated."""
    size = 0
    for count, event in enumerate(events):
        size += len(event.data)
        if size > BATCH_BYTES and count:
            return count
    return len(events)
