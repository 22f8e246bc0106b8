"""What the device has on record, read beside the running daemon: how far it is, what waits, whether all is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.record import links
from edge.store.schema import EVENTS_NAME
from edge.store.verify import check_chains

_LOST = frozenset({"missing", "altered", "rewritten"})


@dataclass(frozen=True, slots=True)
class Record:
    """`seq` of the newest event in `epoch`; `waiting`: stored and not yet acknowledged by the broker; `missing`: places
    of the chain that are not as they were written.
    """

    epoch: str
    seq: int
    waiting: int
    missing: int


def read_record(state_dir: Path, audience: str) -> Record:
    """Raises HardwareError where there is none, or it is not for this user."""
    reader = EventReader(state_dir / EVENTS_NAME)
    try:
        newest = History(reader).latest(1)
        found = check_chains(links(reader), audience=audience)
        missing = sum(one.kind in _LOST for one in found.findings) + found.more
        epoch, seq = (newest[0].epoch, newest[0].seq) if newest else ("", 0)
        return Record(epoch, seq, sum(reader.backlog().values()), missing)
    finally:
        reader.close()


def told_since(state_dir: Path, before: Record, kind: str) -> int:
    """How many events of this type came after that record."""
    reader = EventReader(state_dir / EVENTS_NAME)
    try:
        latest = History(reader).latest(500, kind)
        return sum(one.epoch != before.epoch or one.seq > before.seq for one in latest)
    finally:
        reader.close()
