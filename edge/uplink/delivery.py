"""Which events go next, and what becomes of them: the outbox's side of a connection.

Alarms go alone and first, and have places of the window to themselves. What has just happened goes before the
backlog, but leaves it one place of four. The backlog goes many events to a message. A row is sent once per
connection, and struck off the outbox when the broker's PUBACK says success, or the central store's watermark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from edge.actions import Priority
from edge.store.backlog import Backlog
from edge.store.outbox import OutboxKey, OutboxRow
from edge.uplink.batch import MOST_EVENTS, BatchSize
from edge.uplink.confirmed import Confirmations
from edge.uplink.congestion import Pace
from edge.uplink.holds import Holds
from edge.uplink.lanes import Lane, Lanes
from edge.uplink.session import FAILURE, PACKET_TOO_LARGE
from edge.uplink.settlement import Acknowledge, Settlement
from edge.uplink.suspects import Suspects

BATCH = "events"
"""What stands for the topic of the batches among the types: it has no dot, so no type is called so."""

_FOR_ALARMS = 4
_LIVE_IN_A_ROW = 3
_FAULTY_ROWS = 1000
# Refusals that concern one message and not its topic: packet too large, payload format invalid.
_OF_THE_ROW = frozenset({PACKET_TOO_LARGE, 0x99})


class Shipment(NamedTuple):
    """What goes into one message."""

    rows: tuple[OutboxRow, ...]
    since: float
    backlog: bool


def reserved(window: int) -> int:
    """Places of the window that only alarms may take: four, or a quarter of a small one."""
    return min(_FOR_ALARMS, max(1, window // 4)) if window > 1 else 0


class Delivery:
    """Reads the outbox for one connection after the other. `refused(type, code)` is called when a type, or one
    event of it, is refused anew (code 0: by breaking the connection), `accepted(type)` when one goes through that
    had been refused. With `confirmations` it is the central store that has the last word.
    """

    def __init__(
        self,
        reader: Backlog,
        acknowledge: Acknowledge,
        holds: Holds,
        refused: Callable[[str, int], None],
        accepted: Callable[[str], None],
        confirmations: Confirmations | None = None,
    ) -> None:
        self._settlement = Settlement(acknowledge, confirmations)
        self._holds = holds
        self._on_refused = refused
        self._on_accepted = accepted
        self._suspects = Suspects()
        self._pace = Pace()
        self._batch_size = BatchSize()
        self._lanes = Lanes(reader, self._is_busy, self._is_wanted, lambda: holds.held)
        self._now = 0.0
        self._reserved = 0
        self._live_in_a_row = 0
        self._messages = 0  # under way
        self._under_way: dict[OutboxKey, str] = {}
        self._faulty: dict[OutboxKey, None] = {}
        self._one_by_one: set[OutboxKey] = set()  # were in a batch that was refused
        self.acknowledged = 0
        self.refused = 0

    def begin(self, window: int, largest_packet: int) -> None:
        """A new connection: everything in the outbox is to be sent, save what only waits to be struck off."""
        self._faulty.clear()
        self._one_by_one.clear()
        self._reserved = reserved(window)
        self._pace.begin(window - self._reserved)
        self._batch_size.begin(largest_packet)
        self._settlement.begin()
        self._lanes.restart()

    def broke(self, now: float, *, blame: bool) -> None:
        """The connection ended; what was under way will be sent again. `blame`: nothing else can have broken it."""
        guilty = self._suspects.broke(self._under_way.keys(), now) if blame else None
        if guilty is not None:
            self._on_refused(self._under_way[guilty], 0)
        if blame and len(self._under_way) > self._messages:
            self._batch_size.failed(now)
        self._under_way.clear()
        self._messages = 0

    def stored(self) -> None:
        """The outbox may have grown."""
        self._lanes.stored()

    def start_over(self) -> None:
        """There is more in the outbox before what was read: all that is not under way nor done is to be sent."""
        self._lanes.restart()

    def next(self, room: int, now: float) -> Shipment | None:
        """What to send next, given so many free places; it is then under way. None: nothing, or not now.

        Raises NoStoreError.
        """
        if room <= 0 or self._settlement.blocked:
            return None
        self._now = now
        if (alarms := self._lanes.alarm()) is not None and self._settlement.has_room(Priority.ALARM):
            return self._single(alarms, backlog=False)
        if room <= self._reserved or not self._settlement.has_room(Priority.ACCESS):
            return None
        live = self._lanes.live()  # first, since it may turn into backlog
        backlog = self._lanes.backlog() if self._pace.room else None
        if live is not None and (backlog is None or self._live_in_a_row < _LIVE_IN_A_ROW):
            self._live_in_a_row = self._live_in_a_row + 1 if backlog is not None else 0
            return self._single(live, backlog=False)
        self._live_in_a_row = 0
        return self._several(backlog) if backlog is not None else None

    def read_ahead(self) -> None:
        """Read what will be sent next, while the broker has the word. Raises NoStoreError."""
        if not self._settlement.blocked:
            self._lanes.read_ahead()

    def answer(self, shipment: Shipment, code: int, now: float) -> None:
        """The broker's reason code for a message."""
        self._messages -= 1
        if shipment.backlog:
            self._pace.answered(shipment.since, now)
        for row in shipment.rows:
            del self._under_way[row.key]
        if code < FAILURE:
            self._accept(shipment.rows, now)
        elif len(shipment.rows) > 1:
            self._refuse_batch(shipment.rows, code, now)
        else:
            self._refuse(shipment.rows[0], code, now)

    def settle(self, now: float) -> None:
        """Hand what was acknowledged to the writer, and let held types have another try when it is time."""
        restart = self._settlement.settle(now)
        if self._holds.release(now) or restart:
            self._lanes.restart()

    def _is_busy(self, key: OutboxKey) -> bool:
        busy = key in self._under_way or key in self._settlement or key in self._faulty
        return busy or self._suspects.left_out(key, self._now)

    def _is_wanted(self, row: OutboxRow) -> bool:
        return row.type not in self._holds.held and not self._settlement.is_needless(row)

    def _single(self, lane: Lane, *, backlog: bool) -> Shipment | None:
        return None if self._must_wait(lane.page[0].key) else self._send([lane.page.popleft()], backlog)

    def _several(self, lane: Lane) -> Shipment | None:
        """As many rows as fit, or the one at the head if it is not to share a message."""
        most = self._batch_size.bytes(self._now)
        head = lane.page[0]
        if most == 0 or lane.priority == Priority.PICTURE or BATCH in self._holds.held or self._is_single(head.key):
            return self._single(lane, backlog=True)
        if self._must_wait(head.key):
            return None
        rows = [lane.page.popleft()]
        size = len(head.body) + 2
        while len(rows) < MOST_EVENTS and (row := self._lanes.head(lane)) is not None:
            size += len(row.body) + 1
            if size > most or self._is_single(row.key):
                break
            rows.append(lane.page.popleft())
        return self._send(rows, True)

    def _send(self, rows: list[OutboxRow], backlog: bool) -> Shipment:
        self._messages += 1
        self._under_way.update((row.key, row.type) for row in rows)
        if backlog:
            self._pace.sent()
        return Shipment(tuple(rows), self._now, backlog)

    def _is_single(self, key: OutboxKey) -> bool:
        return key in self._one_by_one or self._suspects.suspected(key)

    def _must_wait(self, key: OutboxKey) -> bool:
        """Whether this row, or the one under way, has to be alone."""
        if len(self._under_way) == 1 and self._suspects.must_go_alone(next(iter(self._under_way))):
            return True
        return bool(self._under_way) and self._suspects.must_go_alone(key)

    def _accept(self, rows: tuple[OutboxRow, ...], now: float) -> None:
        self.acknowledged += len(rows)
        for row in rows:
            self._settlement.delivered(row, now)
        if len(rows) > 1:
            self._batch_size.worked()
            if self._holds.accept(BATCH):
                self._on_accepted(BATCH)
            for row in rows:
                self._suspects.passed(row.key)
            return
        (row,) = rows
        self._one_by_one.discard(row.key)
        relieved = self._suspects.passed(row.key)
        if self._holds.accept(row.type) or relieved:
            self._on_accepted(row.type)

    def _refuse(self, row: OutboxRow, code: int, now: float) -> None:
        self.refused += 1
        self._one_by_one.discard(row.key)
        self._suspects.passed(row.key)
        if code in _OF_THE_ROW:
            self._faulty[row.key] = None
            if len(self._faulty) > _FAULTY_ROWS:
                del self._faulty[next(iter(self._faulty))]
            self._on_refused(row.type, code)
        elif self._holds.refuse(row.type, now):
            self._on_refused(row.type, code)

    def _refuse_batch(self, rows: tuple[OutboxRow, ...], code: int, now: float) -> None:
        """None of its events may suffer for the batch, nor for another one in it: they go one by one."""
        self._one_by_one.update(row.key for row in rows)
        self._lanes.give_back(rows)
        if code not in _OF_THE_ROW:
            if self._holds.refuse(BATCH, now):
                self._on_refused(BATCH, code)
        elif code == PACKET_TOO_LARGE:
            self._batch_size.failed(now)
