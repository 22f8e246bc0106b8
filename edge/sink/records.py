"""What the sink keeps: events, what was told to be lost, what was refused, and whose keys are known.

Times named `received` and `seen` are the sink's own clock, in microseconds since 1970.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_REFUSED = 1000
MOST_CONFLICTS = 1000  # of one device


class Chain(NamedTuple):
    """One epoch of one device; `source` is `/{site}/{device}`."""

    source: str
    epoch: str


class Key(NamedTuple):
    """The one place of one event."""

    source: str
    epoch: str
    seq: int


class Row(NamedTuple):
    """An event; `body` the very bytes that the device stored."""

    source: str
    epoch: str
    seq: int
    id: str
    type: str
    time: str
    received: int
    body: bytes

    @property
    def key(self) -> Key:
        return Key(self.source, self.epoch, self.seq)


class Covered(NamedTuple):
    """Numbers of a chain that are stored or told to be lost, both ends included."""

    source: str
    epoch: str
    first: int
    last: int

    @property
    def chain(self) -> Chain:
        return Chain(self.source, self.epoch)


class Evicted(NamedTuple):
    """Events that the device could not keep, as its event `told_by` (an id) of type storage.evicted tells."""

    source: str
    epoch: str
    first: int
    last: int
    reason: str
    told_by: str


class Conflict(NamedTuple):
    """Another body for a place that was taken already: tampering, or two devices with one name."""

    source: str
    epoch: str
    seq: int
    sha256: str
    received: int
    body: bytes


class Refusal(NamedTuple):
    """A message, or one event of a batch, that is not taken. `size` in bytes; the body may be cut off."""

    received: int
    topic: str
    reason: str
    size: int
    body: bytes


class KnownKey(NamedTuple):
    """A device's public signing key, 32 bytes, as the device published it."""

    source: str
    signing: bytes
    first_seen: int
    last_seen: int


class Overview(NamedTuple):
    """One chain at a glance: `covered` events are stored or told to be lost, `repeated` came once more, `conflicts` are
    what then differed.
    """

    source: str
    epoch: str
    last_received: int
    repeated: int
    covered: int
    conflicts: int

    @property
    def chain(self) -> Chain:
        return Chain(self.source, self.epoch)
