"""How large a message with several events may be, for a broker that may not say what it takes."""

from __future__ import annotations

import logging

from edge.store.outbox import OutboxRow

log = logging.getLogger("edge.uplink")

MOST_EVENTS = 64
_MOST_BYTES = 16_384
_LEAST_BYTES = 1_024
_STEP = 4
_OVERHEAD = 1_024  # topic, properties and headers beside the payload
_FIRST_S, _LONGEST_S = 30.0, 600.0


def payload(rows: tuple[OutboxRow, ...]) -> bytes:
    """A JSON array of the events, each exactly as it is stored (CloudEvents 1.0, JSON batch format)."""
    return b"[" + b",".join([row.body for row in rows]) + b"]"


class BatchSize:
    """The bytes that a batch's payload may have; 0 when events are to go one by one.

    A batch that is refused as too large, or a connection that breaks with batches under way, makes it a quarter;
    after half a minute, or longer each time, the next larger size is tried again.
    """

    def __init__(self) -> None:
        self._limit = _MOST_BYTES
        self._packet = _MOST_BYTES
        self._wait_s = _FIRST_S
        self._raise_at = 0.0

    def begin(self, largest_packet: int) -> None:
        """A new connection to a broker that takes packets of this size."""
        self._packet = max(0, min(_MOST_BYTES, largest_packet - _OVERHEAD))

    def bytes(self, now: float) -> int:
        if self._limit < _MOST_BYTES and now >= self._raise_at:
            self._limit = min(_MOST_BYTES, max(_LEAST_BYTES, self._limit * _STEP))
            self._raise_at = now + self._wait_s
        return min(self._limit, self._packet)

    def failed(self, now: float) -> None:
        """A batch did not get through."""
        smaller = self._limit // _STEP
        self._limit = smaller if smaller >= _LEAST_BYTES else 0
        self._raise_at = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, _LONGEST_S)
        log.warning("several events in one message did not get through: at most %d bytes for a while", self._limit)

    def worked(self) -> None:
        """A batch got through."""
        if self._limit == _MOST_BYTES:
            self._wait_s = _FIRST_S
