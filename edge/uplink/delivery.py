"""Which event goes next, and what becomes of it: the outbox's side of a connection.

Rows are read in the order of their priority, sent once per connection, and struck off the outbox only when the
broker's PUBACK says success.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from edge.actions import Priority
from edge.store.outbox import OutboxKey, OutboxRow, Receipt
from edge.store.reader import EventReader
from edge.uplink.holds import Holds
from edge.uplink.session import FAILURE
from edge.uplink.suspects import Suspects

Acknowledge = Callable[[Sequence[OutboxKey]], Receipt | None]

_PAGE = 200  # rows read at once per priority
_FORGET_S = 30.0
_FAULTY_ROWS = 1000
# Refusals that concern one message and not its topic: packet too large, payload format invalid.
_OF_THE_ROW = frozenset({0x95, 0x99})


class _Settling(NamedTuple):
    receipt: Receipt
    since: float


class Delivery:
    """Reads the outbox for one connection after the other. `refused(type, code)` is called when a type, or one
    event of it, is refused anew (code 0: by breaking the connection), `accepted(type)` when one goes through that
    had been refused.
    """

    def __init__(
        self,
        reader: EventReader,
        acknowledge: Acknowledge,
        holds: Holds,
        refused: Callable[[str, int], None],
        accepted: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._acknowledge = acknowledge
        self._holds = holds
        self._suspects = Suspects()
        self._on_refused = refused
        self._on_accepted = accepted
        self._pages: dict[Priority, deque[OutboxRow]] = {priority: deque() for priority in Priority}
        self._cursor = dict.fromkeys(Priority, 0)
        self._unread: set[Priority] = set()
        self._under_way: dict[OutboxKey, str] = {}
        self._answered: list[OutboxKey] = []
        self._settling: deque[_Settling] = deque()
        self._settled: set[OutboxKey] = set()  # answered or settling: still in the outbox, but done
        self._faulty: dict[OutboxKey, None] = {}
        self._epoch = ""
        self.acknowledged = 0
        self.refused = 0

    def begin(self) -> None:
        """A new connection: everything in the outbox is to be sent, save what only waits to be struck off."""
        self._faulty.clear()
        self._from_the_start()

    def broke(self, now: float, *, blame: bool) -> None:
        """The connection ended; what was under way will be sent again. `blame`: nothing else can have broken it."""
        guilty = self._suspects.broke(self._under_way.keys(), now) if blame else None
        if guilty is not None:
            self._on_refused(self._under_way[guilty], 0)
        self._under_way.clear()

    def stored(self) -> None:
        """The outbox may have grown."""
        self._unread.update(Priority)

    def next(self, now: float) -> OutboxRow | None:
        """The most urgent row to be sent, which is then under way; None if there is none. Raises NoStoreError."""
        if self._answered:  # the writer is not taking acknowledgements: let it catch up
            return None
        held = self._holds.held
        for priority in Priority:
            page = self._pages[priority]
            while page or priority in self._unread:
                if not page:
                    self._read(priority)
                elif self._is_done(page[0].key, now) or page[0].type in held:
                    page.popleft()
                elif self._must_wait(page[0].key):
                    return None
                else:
                    row = page.popleft()
                    self._under_way[row.key] = row.type
                    return row
        return None

    def answer(self, row: OutboxRow, code: int, now: float) -> None:
        """The broker's reason code for a row that was sent."""
        self._under_way.pop(row.key, None)
        relieved = self._suspects.passed(row.key)
        if code < FAILURE:
            self.acknowledged += 1
            self._answered.append(row.key)
            self._settled.add(row.key)
            if self._holds.accept(row.type) or relieved:
                self._on_accepted(row.type)
            return
        self.refused += 1
        if code in _OF_THE_ROW:
            self._faulty[row.key] = None
            if len(self._faulty) > _FAULTY_ROWS:
                del self._faulty[next(iter(self._faulty))]
            self._on_refused(row.type, code)
        elif self._holds.refuse(row.type, now):
            self._on_refused(row.type, code)

    def settle(self, now: float) -> None:
        """Hand what was acknowledged to the writer, and let held types have another try when it is time."""
        if self._answered and (receipt := self._acknowledge(self._answered)):
            self._settling.append(_Settling(receipt, now))
            self._answered = []
        # A receipt that stays open belongs to a writer that has been replaced; its rows will be sent again.
        while self._settling and (self._settling[0].receipt.done or now - self._settling[0].since > _FORGET_S):
            self._settled.difference_update(self._settling.popleft().receipt.keys)
        if self._holds.release(now):
            self._from_the_start()

    def _is_done(self, key: OutboxKey, now: float) -> bool:
        busy = key in self._under_way or key in self._settled
        return busy or key in self._faulty or self._suspects.left_out(key, now)

    def _must_wait(self, key: OutboxKey) -> bool:
        """Whether this row, or the one under way, has to be alone."""
        if len(self._under_way) == 1 and self._suspects.must_go_alone(next(iter(self._under_way))):
            return True
        return bool(self._under_way) and self._suspects.must_go_alone(key)

    def _read(self, priority: Priority) -> None:
        rows = self._reader.outbox(priority, self._cursor[priority], _PAGE, self._holds.held)
        if self._reader.epoch != self._epoch:  # another file, whose positions have nothing to do with the cursor
            self._epoch = self._reader.epoch
            self._from_the_start()
            return
        if len(rows) < _PAGE:
            self._unread.discard(priority)
        if rows:
            self._cursor[priority] = rows[-1].key.position
        self._pages[priority].extend(rows)

    def _from_the_start(self) -> None:
        for priority in Priority:
            self._pages[priority].clear()
            self._cursor[priority] = 0
        self._unread.update(Priority)
