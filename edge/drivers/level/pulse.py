"""An HC-SR04 kind of ranger: the echo is as long as the way, in time. Through gpiozero's DistanceSensor.

Not by its `distance`: that is the median of the last echoes, and of a sensor that has died it stays what it was. Each
ping of its thread is taken as it comes.
"""

from __future__ import annotations

import warnings
from typing import Any

from edge.bin_events import Reading
from edge.config.sensors import PulseSensor
from edge.drivers.gpio import MakeFactory, lgpio_factory
from edge.errors import HardwareError
from edge.runtime.mailbox import LatestSlot


class PulseRanger:
    """A LevelSensor. `make_factory`: lgpio's on a Pi, the mock one in tests."""

    def __init__(self, settings: PulseSensor, make_factory: MakeFactory = lgpio_factory) -> None:
        self._settings = settings
        self._make_factory = make_factory
        self._pings: LatestSlot[Reading] = LatestSlot()
        self._factory: Any = None
        self._errors: tuple[type[Exception], ...] = (OSError,)
        self._sensor: Any = None

    def open(self) -> None:
        from gpiozero import DistanceSensorNoEcho, GPIOZeroError, PWMSoftwareFallback

        self._factory, errors = self._make_factory()
        self._errors = (GPIOZeroError, OSError, *errors)
        # A ping without an echo is an answer here, and pigpio, which the other asks for, does not know the Pi 5.
        warnings.simplefilter("ignore", DistanceSensorNoEcho)
        warnings.simplefilter("ignore", PWMSoftwareFallback)
        try:
            self._sensor = self._listening()
        except self._errors as error:
            self.close()
            raise HardwareError(
                f"a pin of the ranger cannot be claimed: {error}", hint="another program may hold it; check the numbers"
            ) from error

    def _listening(self) -> Any:
        from gpiozero import DistanceSensor

        settings, pings = self._settings, self._pings

        class Pings(DistanceSensor):  # type: ignore[misc]
            """Hands out what each ping gave; gpiozero calls this on its own thread, about ten times a second."""

            def _read(self) -> float | None:
                share: float | None = super()._read()
                if share is not None:  # else the echo line did not move: nobody is there
                    distance_mm = share * settings.most_mm
                    inside = settings.least_mm <= distance_mm < settings.most_mm
                    pings.put(Reading(distance_mm=distance_mm if inside else None))
                return share

        return Pings(
            echo=settings.echo_pin,
            trigger=settings.trigger_pin,
            queue_len=1,
            max_distance=settings.most_mm / 1000.0,
            threshold_distance=settings.most_mm / 2000.0,
            partial=True,
            pin_factory=self._factory,
        )

    def read(self, timeout_s: float) -> Reading | None:
        if self._sensor is None:
            raise HardwareError("the ranger is not open", hint="open() comes first")
        self._pings.get(0.0)  # from some time after the last reading: the past
        return self._pings.get(timeout_s)

    def close(self) -> None:
        sensor, self._sensor = self._sensor, None
        factory, self._factory = self._factory, None
        try:
            if sensor is not None:
                sensor.close()
        except self._errors as error:
            raise HardwareError(f"the ranger did not close: {error}", hint="its pins stay claimed") from error
        finally:
            if factory is not None:
                factory.close()
