"""What systemd's watchdog is fed from: work that was done, and never a timer of its own.

Two things are asked. Every worker, brain, writer and uplink among them, has completed a step lately; that is the
supervisor's knowledge. And pictures go all the way from the camera to the eyes: each of the two may be alive by itself
while nothing passes between them, and nobody would notice but those who stand before a door that does not open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import LatestSlot

STALE_S = 30.0
"""Beyond any stall that the workers of camera and eyes notice themselves: 3 s without a picture, 12 s in a call."""


class FrameWatch:
    """How old the newest frame is that the eyes have taken. `excused`: the components whose fault explains that there
    is none. A camera that is missing is told, and tried again; starting afresh would not bring it back, and the card
    reader and the button would be away meanwhile.
    """

    def __init__(
        self,
        slot: LatestSlot[Any],
        faults: FaultDesk,
        excused: frozenset[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot = slot
        self._faults = faults
        self._excused = excused
        self._clock = clock
        self._since_s = clock()

    def age_s(self) -> float:
        """0 while a fault explains it, and for the time before the first frame since the last such fault."""
        now_s = self._clock()
        if self._excused & self._faults.present().keys():
            self._since_s = now_s
        return now_s - max(self._since_s, self._slot.taken_s)


class Heartbeats:
    """Asked once a second. `workers`: whether the supervisor finds them alive; `beats`: their ages, for the status."""

    def __init__(
        self, workers: Callable[[], bool], beats: Callable[[], dict[str, float]], frames: Sequence[FrameWatch]
    ) -> None:
        self._workers = workers
        self._beats = beats
        self._frames = frames

    def alive(self) -> bool:
        """Whether the watchdog is to be fed."""
        return all(frames.age_s() < STALE_S for frames in self._frames) and self._workers()

    def status(self) -> dict[str, float]:
        """The oldest of each kind, in seconds."""
        ages = [frames.age_s() for frames in self._frames]
        shown = {"oldest_step_s": max(self._beats().values(), default=0.0)}
        return shown | ({"frame_age_s": round(max(ages), 1)} if ages else {})
