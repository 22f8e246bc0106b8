"""From delivered to struck off the outbox: by the broker's word, or in mode `confirmed` by the central store's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from edge.actions import Priority
from edge.store.outbox import OutboxKey, OutboxRow, Receipt
from edge.uplink.confirmed import Confirmations

Acknowledge = Callable[[Sequence[OutboxKey]], Receipt | None]

_FORGET_S = 30.0


class _Settling(NamedTuple):
    receipt: Receipt
    since: float


class Settlement:
    """Hands what is done to the writer. `key in settlement`: it is still in the outbox, but needs no sending."""

    def __init__(self, acknowledge: Acknowledge, confirmations: Confirmations | None) -> None:
        self._acknowledge = acknowledge
        self._confirmations = confirmations
        self._done: list[OutboxKey] = []
        self._settling: deque[_Settling] = deque()
        self._settled: set[OutboxKey] = set()

    def __contains__(self, key: OutboxKey) -> bool:
        return key in self._settled or (self._confirmations is not None and key in self._confirmations)

    def begin(self) -> None:
        """A new connection."""
        if self._confirmations is not None:
            self._confirmations.begin()

    @property
    def blocked(self) -> bool:
        """Whether the writer has still to take what is done: let it catch up."""
        return bool(self._done)

    def has_room(self, priority: Priority) -> bool:
        """Whether one more event may be on its way to the central store."""
        return self._confirmations is None or self._confirmations.room(priority)

    def delivered(self, row: OutboxRow, now: float) -> None:
        """The broker has it."""
        if self._confirmations is not None and not self._confirmations.covers(row):
            self._confirmations.sent(row, now)
        else:
            self._strike(row.key)

    def is_needless(self, row: OutboxRow) -> bool:
        """Whether the central store has the event already; then it is struck off."""
        if self._confirmations is None or not self._confirmations.covers(row):
            return False
        self._strike(row.key)
        return True

    def settle(self, now: float) -> bool:
        """Pass on what is done. Returns whether the outbox is to be sent once more, from its start."""
        again = False
        if self._confirmations is not None:
            for key in self._confirmations.take(now):
                self._strike(key)
            again = self._confirmations.stalled(now)
        if self._done and (receipt := self._acknowledge(self._done)):
            self._settling.append(_Settling(receipt, now))
            self._done = []
        # A receipt that stays open belongs to a writer that has been replaced; its rows will be sent again.
        while self._settling and (self._settling[0].receipt.done or now - self._settling[0].since > _FORGET_S):
            self._settled.difference_update(self._settling.popleft().receipt.keys)
        return again

    def _strike(self, key: OutboxKey) -> None:
        self._done.append(key)
        self._settled.add(key)
