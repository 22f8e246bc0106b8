"""The service button on a GPIO pin."""

from __future__ import annotations

from edge.config.service import Service
from edge.drivers.gpio import Input, Lines, MakeFactory, lgpio_factory
from edge.errors import HardwareError


class GpioServiceButton:
    """A ServiceButton. `make_factory`: lgpio's on a Pi, the mock one in the simulator."""

    def __init__(self, settings: Service, make_factory: MakeFactory = lgpio_factory) -> None:
        self._settings = settings
        self._lines = Lines("the service button", make_factory)
        self._input: Input | None = None

    def open(self) -> None:
        self._lines.open()
        with self._lines.reaching("the service button's pin", "another program may hold it; see [service] button_pin"):
            self._input = self._lines.input(self._settings.button_pin, self._settings.button_pressed, when_cut=False)

    def pressed(self) -> bool:
        if self._input is None:
            raise HardwareError("the service button is not open yet", hint="open() comes first")
        with self._lines.reaching("the service button", "see the wiring guide"):
            return self._input()

    def close(self) -> None:
        self._input = None
        self._lines.close()
