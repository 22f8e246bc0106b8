"""Mode `confirmed`: an event leaves the outbox only when the central store has signed that it holds it.

A broker's PUBACK is no durability. The store signs watermarks: of one epoch, everything up to `through` and the runs
in `also`. What was acknowledged by the broker and is not yet confirmed waits here, bounded, and is sent again on a
new connection or when nothing is confirmed for a minute.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge import tokens
from edge.actions import Priority
from edge.errors import EdgeError
from edge.store.outbox import OutboxKey, OutboxRow
from edge.uplink.inbound import Inbound

log = logging.getLogger("edge.uplink")

KIND = "edge-watermark"
MOST = 20_000
_FOR_ALARMS = 1_000
_FIRST_WAIT_S, _LONGEST_WAIT_S = 60.0, 960.0
_EPOCHS = 8
_MOST_SPANS = 64
_MOST_MARKS = 16  # the central store tells what is far apart in several tokens, one after the other
_MOST_BITS = 1 << 16
# Unescaped quotes are never part of a JSON string, and `epoch` stands before `data`: see edge/store/envelope.py.
_EPOCH = re.compile(rb',"epoch":"([0-9a-zA-Z_-]+)"')


@dataclass(frozen=True, slots=True)
class Watermark:
    """The central store has every event of the epoch up to `through`, and those in `also`, ends included."""

    epoch: str
    through: int
    also: tuple[tuple[int, int], ...] = ()
    base: int = 0
    bits: bytes = b""

    def covers(self, seq: int) -> bool:
        if seq <= self.through or any(first <= seq <= last for first, last in self.also):
            return True
        place = seq - self.base
        return 0 <= place < 8 * len(self.bits) and bool(self.bits[place >> 3] >> (place & 7) & 1)


class Confirmations:
    """Which events the central store has. All calls on the uplink's thread."""

    def __init__(self, key: Ed25519PublicKey, audience: str) -> None:
        self._keys = _OneKey(key)
        self._audience = audience
        self._marks: dict[str, list[Watermark]] = {}
        self._waiting: dict[OutboxKey, tuple[str, int]] = {}
        self._news = False
        self._quiet_since = 0.0
        self._wait_s = _FIRST_WAIT_S
        self._complained: set[str] = set()
        self.refused = 0

    def __len__(self) -> int:
        """Events that the broker has and the central store has not confirmed."""
        return len(self._waiting)

    def __contains__(self, key: OutboxKey) -> bool:
        return key in self._waiting

    @property
    def silent(self) -> bool:
        """Whether the central store has confirmed nothing for so long that events were sent again."""
        return self._wait_s > _FIRST_WAIT_S

    def heard(self, message: Inbound) -> bool:
        """A handler for the watermark's topic: whatever is not a watermark for this device is counted and ignored."""
        try:
            _, claims = tokens.verify(message.payload, KIND, self._keys)
            mark = _read(claims, self._audience)
        except EdgeError as error:
            self.refused += 1
            self._complain("token", f"a watermark is refused: {error.message}")
            return True
        self._complained.discard("token")
        known = self._marks.get(mark.epoch)
        if known and mark.through < known[-1].through:
            self._complain(
                mark.epoch, f"the central store's watermark went back: {known[-1].through} to {mark.through}"
            )
            return True
        marks = self._marks.pop(mark.epoch, [])
        self._marks[mark.epoch] = [*marks[1 - _MOST_MARKS :], mark]
        if len(self._marks) > _EPOCHS:
            del self._marks[next(iter(self._marks))]
        self._news = True
        return True

    def covers(self, row: OutboxRow) -> bool:
        """Whether the central store has this event already."""
        return bool(self._marks) and self._has(_epoch_of(row), row.seq)

    def room(self, priority: Priority) -> bool:
        """Whether one more event may be sent; the last thousand places are for alarms."""
        return len(self._waiting) < (MOST if priority == Priority.ALARM else MOST - _FOR_ALARMS)

    def sent(self, row: OutboxRow, now: float) -> None:
        """The broker has acknowledged it."""
        if not self._waiting:
            self._quiet_since = now
        self._waiting[row.key] = (_epoch_of(row), row.seq)

    def take(self, now: float) -> list[OutboxKey]:
        """What has been confirmed since the last call."""
        if not self._news:
            return []
        self._news = False
        done = [key for key, (epoch, seq) in self._waiting.items() if self._has(epoch, seq)]
        for key in done:
            del self._waiting[key]
        if done or self.silent:  # it speaks again, and may be a new one that has to be given everything
            self._quiet_since, self._wait_s = now, _FIRST_WAIT_S
        return done

    def stalled(self, now: float) -> bool:
        """Whether everything that waits is to be sent again; it then waits no longer. The next time takes twice as
        long, so that a central store that is away does not cost the line.
        """
        if not self._waiting or now - self._quiet_since <= self._wait_s:
            return False
        log.info("%d events unconfirmed for %.0f s are sent again", len(self._waiting), self._wait_s)
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        self._waiting.clear()
        return True

    def begin(self) -> None:
        """A new connection: what the broker had, it may have lost."""
        self._waiting.clear()

    def _has(self, epoch: str, seq: int) -> bool:
        return any(mark.covers(seq) for mark in reversed(self._marks.get(epoch, ())))

    def _complain(self, about: str, text: str) -> None:
        if about not in self._complained and len(self._complained) <= _EPOCHS:
            self._complained.add(about)
            log.warning("%s", text)


class _OneKey(Mapping[str, Ed25519PublicKey]):
    """The central store's only key, whatever it calls it."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    def __getitem__(self, _name: str) -> Ed25519PublicKey:
        return self._key

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


def _read(claims: Mapping[str, Any], audience: str) -> Watermark:
    """The watermark in a token's claims. Raises BadTokenError."""
    epoch: Any = claims.get("epoch")
    through: Any = claims.get("through")
    also: Any = claims.get("also", [])
    if claims.get("aud") != audience:
        raise tokens.BadTokenError("it is for another device", hint="give each device a name of its own")
    if not isinstance(epoch, str) or len(epoch) > 64 or not _is_whole(through) or not isinstance(also, list):
        raise tokens.BadTokenError("its claims are not those of a watermark", hint="is the sink of the same version?")
    spans = also[:_MOST_SPANS]
    if not all(isinstance(span, list) and len(span) == 2 and all(map(_is_whole, span)) for span in spans):
        raise tokens.BadTokenError("its runs are no pairs of numbers", hint="is the sink of the same version?")
    bits: Any = claims.get("bits", [0, ""])
    try:
        base, text = bits
        bitmap = base64.urlsafe_b64decode(text)
    except (ValueError, TypeError) as error:
        raise tokens.BadTokenError("its bitmap is none", hint="is the sink of the same version?") from error
    if not _is_whole(base) or len(bitmap) > _MOST_BITS:
        raise tokens.BadTokenError("its bitmap is none", hint="is the sink of the same version?")
    return Watermark(epoch, through, tuple((first, last) for first, last in spans), base, bitmap)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _epoch_of(row: OutboxRow) -> str:
    """The epoch in the envelope: salvaged events keep theirs in a file that has another."""
    found = _EPOCH.search(row.body)
    return found.group(1).decode() if found else row.key.epoch
