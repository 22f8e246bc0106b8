"""Keeps the camera open and the newest frame in the slot; a camera that is gone is tried again, for ever."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Any, Protocol

from edge.drivers.camera import Camera, Frame
from edge.errors import EdgeError, HardwareError
from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import LatestSlot
from edge.runtime.steady import Steady

log = logging.getLogger(__name__)

COMPONENT = "camera"
READ_S = 0.25
STALLED_S = 3.0
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class Rate:
    """Events a second, over the last few seconds."""

    def __init__(self, keep: int = 40) -> None:
        self._times: deque[float] = deque(maxlen=keep)

    def count(self, now_s: float) -> None:
        self._times.append(now_s)

    def per_second(self, now_s: float) -> float:
        times = tuple(self._times)
        return (len(times) - 1) / max(now_s - times[0], 1e-3) if len(times) > 1 else 0.0


class Onlooker(Protocol):
    """Who else takes a frame when they want one."""

    def put(self, frame: Frame, /) -> None:
        """On the camera's thread; must not wait."""
        ...


class CameraWorker:
    """Faults are told as transitions; while one lasts the worker goes on trying with a bounded back-off.

    `keep_newest`: hold on to the last frame for who takes pictures; it is a megabyte or two. `name`: of the component
    in what is told of it. `onlookers`: who else takes a frame when they want one.
    """

    def __init__(
        self,
        make: Callable[[], Camera],
        slot: LatestSlot[Frame],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
        *,
        keep_newest: bool = True,
        name: str = COMPONENT,
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self._name = name
        self._onlookers = onlookers
        self._make = make
        self._slot = slot
        self._faults = faults
        self._clock = clock
        self._camera: Camera | None = None
        self._stop = Flag()
        self._last_frame_s = 0.0
        self._failing = self._seen = False
        self._tries = 0
        self._retry_at_s = float("-inf")
        self._rate = Rate()
        self._shown_fps = Steady(1.0, margin=1.5)
        self._keep = keep_newest
        self._size_px: list[int] | None = None
        self.newest: Frame | None = None
        self.frames = 0

    def start(self) -> None:
        """Opening is the first step's work: a camera that is missing at boot is a fault, not a crash."""

    def step(self) -> None:
        wait_s = self._retry_at_s - self._clock()
        if wait_s > 0:
            self._stop.wait(min(wait_s, READ_S))
            return
        try:
            if self._camera is None:
                self._open()
            else:
                self._read(self._camera)
        except (EdgeError, OSError) as error:
            self._fault(error)

    def _open(self) -> None:
        camera = self._make()
        self._camera = camera
        camera.open()
        self._last_frame_s = self._clock()

    def _read(self, camera: Camera) -> None:
        frame = camera.read(READ_S)
        now_s = self._clock()
        if self._stop.is_set():  # this run may have been given up while it hung in `read`
            return
        if frame is None:
            if now_s - self._last_frame_s > STALLED_S:
                raise HardwareError(f"no picture for {STALLED_S:g} s", hint="check the camera's cable and power")
            return
        self._last_frame_s = now_s
        self.frames += 1
        self._rate.count(now_s)
        self._size_px = [frame.picture.shape[1], frame.picture.shape[0]]
        if self._keep:
            self.newest = frame
        self._slot.put(frame)
        for onlooker in self._onlookers:
            onlooker.put(frame)
        if self._failing:
            log.info("camera works again")
        if self._failing or not self._seen:  # the fault may be a predecessor's
            self._faults.recovered(self._name)
            self._failing, self._tries, self._seen = False, 0, True

    def _fault(self, error: Exception) -> None:
        self._release()
        if self._stop.is_set():  # given up while it hung: the successor tells how the camera is
            return
        if not self._failing:
            log.error("camera: %s", error)
            self._faults.fault(self._name, "no pictures", str(error))
            self._failing = True
        self._retry_at_s = self._clock() + RETRY_S[min(self._tries, len(RETRY_S) - 1)]
        self._tries += 1

    def _release(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.close()
        except (EdgeError, OSError, RuntimeError) as error:
            log.warning("camera did not close cleanly: %s", error)

    def status(self) -> dict[str, Any]:
        """For the status board: whether pictures come, of which size (width, height), and how many a second lately:
        once so that it changes seldom, once exactly.
        """
        working = not self._failing and self.frames > 0
        fps = self._rate.per_second(self._clock()) if working else 0.0
        return {
            "working": working,
            "size_px": self._size_px,
            "fps": self._shown_fps(fps),
            "figures": {"frames": self.frames, "fps": round(fps, 1)},
        }

    def stop(self) -> None:
        self._release()

    def wake(self) -> None:
        self._stop.set()
