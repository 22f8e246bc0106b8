"""Events as devices write them, without a device."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from edge.sink.reading import Parcel

SITE, DEVICE, EPOCH = "riverside", "gate", "00112233aabbccdd"
SOURCE = f"/{SITE}/{DEVICE}"
BASE = f"edge/v1{SOURCE}"
RECEIVED = 1_700_000_100_000_000


def body(
    seq: int = 1, kind: str = "access.granted", data: Any = None, *, epoch: str = EPOCH, prevhash: str = ""
) -> bytes:
    """docs/events.md lists the fields."""
    fields = {
        "specversion": "1.0",
        "id": f"id-{epoch}-{seq}",
        "source": SOURCE,
        "type": kind,
        "subject": "p-1",
        "time": "2026-11-22T19:00:07.133155Z",
        "datacontenttype": "application/json",
        "epoch": epoch,
        "seq": seq,
        "bootid": "boot-1",
        "clock": "synced",
        "monotonic": "12345.678901",
        "priority": 1,
        "prevhash": prevhash or sha256(epoch.encode()).hexdigest(),
        "data": {} if data is None else data,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def chain(count: int, *, epoch: str = EPOCH) -> list[bytes]:
    """The first events of an epoch, each with the hash of the one before."""
    bodies: list[bytes] = []
    for seq in range(1, count + 1):
        bodies.append(body(seq, epoch=epoch, prevhash=sha256(bodies[-1]).hexdigest() if bodies else ""))
    return bodies


def altered(given: bytes, **fields: Any) -> bytes:
    """The event with other fields; None takes one away."""
    event = json.loads(given) | fields
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def parcel(*bodies: bytes) -> Parcel:
    """The events as they arrive in a batch."""
    made = Parcel()
    made.add(f"{BASE}/events", b"[" + b",".join(bodies) + b"]", RECEIVED)
    return made


def lost(seq: int, ranges: list[list[int]], *, epoch: str = EPOCH, of_epoch: str = EPOCH) -> bytes:
    """An event that tells of others that the device could not keep."""
    data = {"reason": "storage full", "count": 1, "epoch": of_epoch, "ranges": ranges}
    return body(seq, "storage.evicted", data, epoch=epoch)
