"""A level sensor that is not there: the real ultrasonic driver, and a simulated module at the far end of its line."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from edge.bin_events import Reading
from edge.config.sensors import SimulatedSensor, UltrasonicSensor
from edge.drivers.level.instruments import SimulatedRanger
from edge.drivers.level.pseudo_terminal import PseudoTerminal, Simulated
from edge.drivers.level.trace import load_trace
from edge.drivers.level.ultrasonic import UltrasonicRanger
from edge.errors import HardwareError

_NOISE_MM = 1.5
"""Standard deviation of a good module before a flat surface; what never changes at all would pass for stuck."""


class SimulatedLevelSensor(Simulated[UltrasonicRanger]):
    """A LevelSensor. `ranger`, once open, takes faults. `clock`: monotonic seconds; the filling begins at `open`."""

    def __init__(self, settings: SimulatedSensor, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._settings = settings
        self._clock = clock
        self.ranger: SimulatedRanger | None = None

    def open(self) -> None:
        settings = self._settings
        ranger = SimulatedRanger(self._distance(), two_byte=settings.frame == "two-byte", asked=settings.request)
        self.ranger = ranger
        self._line = PseudoTerminal(ranger, self._clock)
        self._line.start()
        self._driver = UltrasonicRanger(
            UltrasonicSensor(
                "ultrasonic",
                self._line.path,
                frame=settings.frame,
                request=settings.request,
                least_mm=20.0,
                most_mm=10_000.0,
            )
        )
        self._driver.open()

    def read(self, timeout_s: float) -> Reading | None:
        if self._driver is None:
            raise HardwareError("the simulated sensor is not open", hint="open() comes first")
        return self._driver.read(timeout_s)

    def _distance(self) -> Callable[[float], float]:
        settings, began_s = self._settings, self._clock()
        if settings.trace is not None:
            trace = load_trace(settings.trace)
            return lambda mono_s: trace.at(mono_s - began_s)
        noise = random.Random(0)

        def filling(mono_s: float) -> float:
            share = (mono_s - began_s) % settings.fills_in_s / settings.fills_in_s
            flat_mm = settings.empty_mm + (settings.full_mm - settings.empty_mm) * share
            return flat_mm + noise.gauss(0.0, _NOISE_MM)

        return filling
