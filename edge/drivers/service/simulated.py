"""A service button that is not there: the GPIO driver on a mock pin, and a finger."""

from __future__ import annotations

from edge.config.service import Service
from edge.drivers.gpio import mock_factory
from edge.drivers.service.gpio import GpioServiceButton

_PIN = 4


class SimulatedServiceButton(GpioServiceButton):
    """A ServiceButton that is pressed when `hold` says so."""

    def __init__(self) -> None:
        super().__init__(Service(button_pin=_PIN), mock_factory)

    def hold(self, *, down: bool) -> None:
        """Press it, or let go."""
        pin = self._lines.factory.pin(_PIN)
        if down:
            pin.drive_low()
        else:
            pin.drive_high()
