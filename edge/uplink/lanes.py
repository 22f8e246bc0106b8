"""The outbox as lanes: alarms, what has just happened, and the backlog, each read page by page.

Live is what was stored after the connection began. When more of it waits than one page holds, it is no longer live:
it becomes backlog, which travels many events to a message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from edge.actions import Priority
from edge.store.backlog import Backlog
from edge.store.outbox import OutboxKey, OutboxRow
from edge.store.reader import NoStoreError

_PAGE = 256  # rows read at once; seven full batches
_PICTURES = 4  # pictures read at once: each may be a hundred times as long as another event
_AHEAD = 128
_BEFORE_ALL = -(1 << 62)  # what was salvaged from a damaged file stands before the first event
_LIVE = (Priority.ACCESS, Priority.WASTE, Priority.TELEMETRY)


@dataclass(slots=True)
class Lane:
    """Rows of one priority. `cursor`: read up to this position; `end`: nothing beyond it, for the backlog."""

    priority: Priority
    page_rows: int = _PAGE
    page: deque[OutboxRow] = field(default_factory=deque)
    cursor: int = 0
    end: int | None = None
    unread: bool = True

    def restart(self, cursor: int, end: int | None) -> None:
        self.page.clear()
        self.cursor, self.end, self.unread = cursor, end, True


class Lanes:
    """Gives the next row of each kind. A row is given once until `restart`, unless it is given back.

    `busy(key)` says that a row needs no sending at the time it is read, `wanted(row)` whether it is to be sent at the
    time it would be, `held()` which types are not to be read at all. All but `restart` raise NoStoreError.
    """

    def __init__(
        self,
        reader: Backlog,
        busy: Callable[[OutboxKey], bool],
        wanted: Callable[[OutboxRow], bool],
        held: Callable[[], Collection[str]],
    ) -> None:
        self._reader = reader
        self._busy = busy
        self._wanted = wanted
        self._held = held
        self._alarms = Lane(Priority.ALARM)
        self._live = [Lane(priority) for priority in _LIVE]
        self._backlog = [*(Lane(priority) for priority in _LIVE), Lane(Priority.PICTURE, _PICTURES)]
        self._epoch = ""

    def restart(self) -> None:
        """Everything in the outbox is to be sent; what is there by now is the backlog."""
        try:
            newest = self._reader.newest_position()
        except NoStoreError:  # the writer is still making it: nothing is old yet
            newest = 0
        self._epoch = self._reader.epoch
        self._alarms.restart(_BEFORE_ALL, None)
        for lane in self._live:
            lane.restart(newest, None)
        for lane in self._backlog:
            lane.restart(_BEFORE_ALL, None if lane.priority == Priority.PICTURE else newest)

    def stored(self) -> None:
        """The outbox may have grown."""
        for lane in (self._alarms, *self._live, self._backlog[-1]):
            lane.unread = True

    def alarm(self) -> Lane | None:
        """The lane of the alarms if a row stands at its head."""
        return self._alarms if self.head(self._alarms) is not None else None

    def live(self) -> Lane | None:
        """The most urgent lane of what has just happened."""
        return next((lane for lane in self._live if self.head(lane) is not None), None)

    def backlog(self) -> Lane | None:
        """The most urgent lane of the backlog. Pictures are always backlog, and go last."""
        return next((lane for lane in self._backlog if self.head(lane) is not None), None)

    def head(self, lane: Lane) -> OutboxRow | None:
        """The row at the head of a lane, which stays there; None if the lane is empty."""
        while lane.page or lane.unread:
            if not lane.page:
                self._read(lane)
            elif self._wanted(lane.page[0]):
                return lane.page[0]
            else:
                lane.page.popleft()
        return None

    def read_ahead(self) -> None:
        """Read while there is nothing else to do, so that the next free place need not wait for the disk."""
        for lane in self._backlog[:-1]:
            if lane.unread:
                if len(lane.page) < _AHEAD:
                    self._read(lane)
                return

    def give_back(self, rows: Sequence[OutboxRow]) -> None:
        """Put rows of one priority to the head of the backlog again."""
        lane = next(lane for lane in self._backlog if lane.priority == rows[0].key.priority)
        lane.page.extendleft(reversed(rows))

    def _read(self, lane: Lane) -> None:
        rows = self._reader.outbox(lane.priority, lane.cursor, lane.page_rows, self._held())
        if self._reader.epoch != self._epoch:
            known, self._epoch = self._epoch, self._reader.epoch
            if known:  # another file, whose positions have nothing to do with the cursors
                self.restart()
                return
        lane.unread = len(rows) == lane.page_rows
        if lane.unread and lane in self._live:
            self._turn_live_into_backlog()
            return
        if rows:
            lane.cursor = rows[-1].key.position
        if lane.end is not None and lane.cursor >= lane.end:
            rows = [row for row in rows if row.key.position <= lane.end]
            lane.cursor, lane.unread = lane.end, False
        lane.page.extend(row for row in rows if not self._busy(row.key))

    def _turn_live_into_backlog(self) -> None:
        newest = self._reader.newest_position()
        for lane in self._live:
            lane.restart(newest, None)
        for lane in self._backlog[:-1]:
            lane.end, lane.unread = newest, True
