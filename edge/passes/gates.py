"""What gates tell each other of passes: one retained message each, below its own name.

Nothing is signed, and nothing needs to be: all that it can do is to have a pass refused. A false one does that to
passes whose numbers its sender knows, and only a device of the site can send one; nobody can bring a used pass back to
life.
"""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

from edge.passes.token import LAST_SECOND, MOST_USES
from edge.passes.uses import MOST_GATES, MOST_PASSES, Said
from edge.store.roster_records import is_id
from edge.uplink.inbound import Inbound

log = logging.getLogger(__name__)

MOST_BYTES = 160_000
_HOUR_US = 3_600_000_000


def message(said: Said, wall_us: int) -> bytes:
    """What stands retained. It says the hour, so that a message which was lost on the way is made good within one."""
    plain = {
        "hour": wall_us // _HOUR_US,
        "used": {number: [count, until] for number, (count, until) in said.used.items()},
        "revoked": dict(said.revoked),
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def read(payload: bytes) -> Said:
    """What a gate says. Raises ValueError: one wrong entry, and the whole of it is wrong."""
    if len(payload) > MOST_BYTES:
        raise ValueError(f"{len(payload)} bytes, at most {MOST_BYTES} are read")
    try:
        plain = json.loads(payload)
        used, revoked = plain["used"], plain["revoked"]
        if max(len(used), len(revoked)) > MOST_PASSES:
            raise ValueError(f"more than {MOST_PASSES} passes")
        said = Said({number: _use(*one) for number, one in used.items()}, dict(revoked))
        if not all(map(is_id, [*said.used, *said.revoked])) or not all(map(_is_moment, said.revoked.values())):
            raise ValueError("not the number of a pass, or not a time")
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not what a gate says: {type(error).__name__}") from error
    return said


def _use(count: Any, until: Any) -> tuple[int, int]:
    if type(count) is not int or not 1 <= count <= MOST_USES or not _is_moment(until):
        raise ValueError("not a number of uses, or not a time")
    return count, until


def _is_moment(value: object) -> bool:
    return type(value) is int and 0 <= value <= LAST_SECOND


class Heard:
    """The newest message of each gate that has not been taken in yet. `take` is called on the uplink's thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def take(self, message: Inbound) -> bool:
        """From `edge/v1/{site}/{device}/passes`. False when there is no room."""
        parts = message.topic.split("/")
        if len(parts) != 5 or not parts[3] or not message.payload:  # empty: that a message was deleted
            return True
        with self._lock:
            if parts[3] not in self._waiting and len(self._waiting) >= MOST_GATES:
                return False
            self._waiting[parts[3]] = message.payload[: MOST_BYTES + 1]
        return True

    def next(self) -> tuple[str, Said] | None:
        """A gate and what it says; what cannot be read is left out."""
        while True:
            with self._lock:
                if not self._waiting:
                    return None
                gate = next(iter(self._waiting))
                payload = self._waiting.pop(gate)
            try:
                return gate, read(payload)
            except ValueError as error:
                log.warning("what %.64r tells of passes cannot be read: %s", gate, error)
