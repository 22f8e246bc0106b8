"""Notices when the wall clock becomes known or is set anew, so that what happened before can be placed in time.

A Raspberry Pi has no clock of its own: after a cold boot without network its wall clock is years off, for hours
perhaps. Every event carries the monotonic clock too, and both clocks tick and are slewed alike (clock_gettime(2)), so
their difference changes only when the wall clock is set. One difference, once it is known to be right, places all
events of the boot.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.clock import Clock
from edge.events import ClockKnown, Event

log = logging.getLogger(__name__)

STEP_US = 1_000_000
"""A clock that was set by more than this is told; a leap second is not."""

LOOK_S = 1.0
_WAIT_S = 0.25
_CLOSE_S = 50e-6
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at once: wall time less monotonic time, in microseconds, and whether a time server is followed."""

    offset_us: int
    synced: bool


def read(clock: Clock) -> Reading:
    """The clocks' difference. Whoever is interrupted between the two readings gets a wrong one, which two readings
    that lie further apart betray: of several the closest pair counts.
    """
    first = clock()
    best, best_s = first, float("inf")
    for _ in range(_TRIES):
        second = clock()
        if second.mono_s - first.mono_s < best_s:
            best, best_s = first, second.mono_s - first.mono_s
        if best_s <= _CLOSE_S:
            break
        first = second
    return Reading(best.wall_us - round(best.mono_s * 1e6), best.quality != "unsynced")


def left_unplaced(newest: bytes, bootid: str) -> bool:
    """Whether an earlier run in this boot ended under an unsynchronised clock, judged by the newest stored event (its
    envelope as JSON): then what it stored is still to be placed.
    """
    try:
        event = json.loads(newest)
        return bool(event["bootid"] == bootid and event["clock"] == "unsynced")
    except (ValueError, LookupError, TypeError):  # erased: then nothing of it is to be placed either
        return False


class ClockWatch:
    """What is known of this boot's wall clock. Survives the worker that looks.

    Make it before anything is stored. `owed`: see `left_unplaced`.
    """

    def __init__(self, bootid: str, first: Reading, *, owed: bool = False) -> None:
        self._bootid = bootid
        self._last_us = self._told_us = first.offset_us
        self._synced = first.synced and not owed
        self._known = self._synced
        self.corrections = 0

    def look(self, now: Reading) -> ClockKnown | None:
        """What is to be told, once for each transition: the clock became synchronised, or was set by more than a
        second. Set by hand after it had been known, it is not believed until it is synchronised again.
        """
        before_us, was_synced = self._last_us, self._synced
        self._last_us, self._synced = now.offset_us, now.synced
        found = now.synced and not was_synced
        stepped = abs(now.offset_us - self._told_us) > STEP_US and (now.synced or not self._known)
        if not (found or stepped):
            return None
        self._known |= now.synced
        self._told_us = now.offset_us
        self.corrections += 1
        return ClockKnown(self._bootid, now.offset_us, was_off_us=before_us - now.offset_us)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {
            "known": self._known,
            "source": "network" if self._synced else "network, lost" if self._known else "none",
            "corrections": self.corrections,
            "figures": {"offset_us": self._last_us},
        }


class Timekeeper:
    """The worker: one look a second. `tell` is the fault desk's, which loses nothing on a full inbox."""

    def __init__(self, watch: ClockWatch, clock: Clock, tell: Callable[[Event], object]) -> None:
        self._watch = watch
        self._clock = clock
        self._tell = tell
        self._stop = threading.Event()
        self._next_s = float("-inf")

    def start(self) -> None:
        """The first step looks."""

    def step(self) -> None:
        wait_s = self._next_s - self._clock().mono_s
        if wait_s > 0:
            self._stop.wait(min(_WAIT_S, wait_s))
            return
        self._next_s = self._clock().mono_s + LOOK_S
        known = self._watch.look(read(self._clock))
        if known is not None:
            log.warning("the wall clock was off by %+.3f s", known.was_off_us / 1e6)
            self._tell(known)

    def stop(self) -> None:
        """Nothing is held."""

    def wake(self) -> None:
        self._stop.set()
