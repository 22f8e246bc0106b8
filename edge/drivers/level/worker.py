"""Reads one level sensor, period by period; one that is gone is tried again, for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event as Flag
from typing import Any

from edge.bin_events import LevelRead, Reading
from edge.drivers.level import LevelSensor
from edge.errors import EdgeError, HardwareError
from edge.runtime.faults import FaultDesk

log = logging.getLogger(__name__)

READ_S = 0.25
SILENT_S = 3.0
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class LevelWorker:
    """Faults are told as transitions, under the name `level.<bin>.<sensor>`; while one lasts the worker goes on trying
    with a bounded back-off. `post` returns False when the inbox is full: a reading is then dropped, since a newer one
    comes; that the sensor is absent is offered again.
    """

    def __init__(
        self,
        bin: str,
        sensor: str,
        make: Callable[[], LevelSensor],
        post: Callable[[LevelRead], bool],
        faults: FaultDesk,
        period_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.component = f"level.{bin}.{sensor}"
        self._bin = bin
        self._name = sensor
        self._make = make
        self._post = post
        self._faults = faults
        self._period_s = period_s
        self._clock = clock
        self._sensor: LevelSensor | None = None
        self._stop = Flag()
        self._next_s = self._asking_since_s = float("-inf")
        self._failing = self._seen = self._absent_untold = False
        self._tries = 0
        self._last: Reading | None = None
        self.readings = self.without_value = self.dropped = 0

    def start(self) -> None:
        """Opening is the first step's work: a sensor that is missing at boot is a fault, not a crash."""

    def step(self) -> None:
        if self._absent_untold:
            self._tell_absent()
        wait_s = self._next_s - self._clock()
        if wait_s > 0:
            self._stop.wait(min(wait_s, READ_S))
            return
        try:
            if self._sensor is None:
                self._open()
            else:
                self._read(self._sensor)
        except (EdgeError, OSError) as error:
            self._fault(error)

    def _open(self) -> None:
        sensor = self._make()
        self._sensor = sensor
        sensor.open()
        self._asking_since_s = self._clock()

    def _read(self, sensor: LevelSensor) -> None:
        reading = sensor.read(READ_S)
        now_s = self._clock()
        if self._stop.is_set():  # this run may have been given up while it hung in `read`
            return
        if reading is None:
            if now_s - self._asking_since_s > SILENT_S:
                raise HardwareError(f"no answer for {SILENT_S:g} s", hint="check the sensor's wires and power")
            return
        self._next_s = self._asking_since_s = now_s + self._period_s
        self._last = reading
        self.readings += 1
        self.without_value += reading.distance_mm is None and reading.load_g is None
        if self._failing:
            log.info("%s works again", self.component)
        if self._failing or not self._seen:  # the fault may be a predecessor's
            self._faults.recovered(self.component)
            self._failing, self._tries, self._seen, self._absent_untold = False, 0, True, False
        if not self._post(LevelRead(self._bin, self._name, reading)):
            self.dropped += 1

    def _fault(self, error: Exception) -> None:
        self._release()
        if self._stop.is_set():  # given up while it hung: the successor tells how the sensor is
            return
        if not self._failing:
            log.error("%s: %s", self.component, error)
            self._faults.fault(self.component, "no readings", str(error))
            self._failing, self._last = True, None
            self._tell_absent()
        self._next_s = self._clock() + RETRY_S[min(self._tries, len(RETRY_S) - 1)]
        self._tries += 1

    def _tell_absent(self) -> None:
        self._absent_untold = not self._post(LevelRead(self._bin, self._name, None))

    def _release(self) -> None:
        sensor, self._sensor = self._sensor, None
        if sensor is None:
            return
        try:
            sensor.close()
        except (EdgeError, OSError, RuntimeError) as error:
            log.warning("%s did not close cleanly: %s", self.component, error)

    def status(self) -> dict[str, Any]:
        """For the status board: whether the sensor answers and whether its last answer had a value, which change
        seldom; and the figures.
        """
        last = self._last
        figures: dict[str, Any] = {"readings": self.readings, "without_value": self.without_value}
        if last is not None:
            figures |= {"distance_mm": last.distance_mm, "load_g": last.load_g, "temperature_c": last.temperature_c}
        return {
            "working": last is not None,
            "value": last is not None and (last.distance_mm is not None or last.load_g is not None),
            "figures": figures | {"dropped": self.dropped},
        }

    def stop(self) -> None:
        self._release()

    def wake(self) -> None:
        self._stop.set()
