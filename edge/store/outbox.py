"""What passes between the outbox and the uplink: a row to be sent, its key, the receipt for having sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class OutboxKey(NamedTuple):
    """One row of the outbox. `epoch` is that of the file it stands in: a key from a file that has since been set
    aside means nothing in the new one.
    """

    epoch: str
    priority: int
    position: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event that the broker has not acknowledged. `body` is the envelope's exact bytes."""

    key: OutboxKey
    seq: int
    id: str
    type: str
    body: bytes


class Receipt:
    """Rows to be struck off the outbox; `done` once that is durable."""

    __slots__ = ("done", "keys")

    def __init__(self, keys: Sequence[OutboxKey]) -> None:
        self.keys = tuple(keys)
        self.done = False
