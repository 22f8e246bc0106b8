"""Pins through gpiozero, with the pin factory named explicitly, for every driver that has wires on the header.

Without a named factory gpiozero falls back from one library to the next, and a missing lgpio shows as a device
that does nothing. Inputs are read as levels, never by gpiozero's edge callbacks: its debounce drops edges
(gpiozero issue 1039) and its callbacks would run on foreign threads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

from edge.errors import HardwareError

MakeFactory = Callable[[], tuple[Any, tuple[type[Exception], ...]]]
"""Makes a pin factory, and names the exceptions of the library below it."""


def lgpio_factory() -> tuple[Any, tuple[type[Exception], ...]]:
    """gpiozero's factory on the kernel's GPIO character device."""
    hint = "apt-get install python3-lgpio, and let the service's user into the group gpio"
    try:
        import lgpio
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        raise HardwareError(f"GPIO is not available: {error}", hint=hint) from error
    try:
        return LGPIOFactory(), (lgpio.error,)
    except lgpio.error as error:
        raise HardwareError(f"the GPIO chip cannot be opened: {error}", hint=hint) from error


def mock_factory() -> tuple[Any, tuple[type[Exception], ...]]:
    """gpiozero's mock pins, which take servo pulses too; each call makes 28 pins of their own."""
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    return MockFactory(pin_class=MockPWMPin), ()


class Input:
    """One input line. Calling it tells whether it is at the level that the configuration names."""

    def __init__(self, device: Any, inverted: bool) -> None:
        self._device = device
        self._inverted = inverted

    def __call__(self) -> bool:
        # gpiozero's value is 1 at the level opposite to the pull.
        return bool(self._device.value) != self._inverted


class OpenDrain:
    """A line that is pulled low or left alone, and never driven high: several may be joined."""

    def __init__(self, device: Any) -> None:
        self._pin = device.pin
        self.float()

    def low(self) -> None:
        self._pin.output_with_state(0)

    def float(self) -> None:
        self._pin.input_with_pull("floating")


_left: list[tuple[Any, Any]] = []


class Lines:
    """The pins of one port: claimed one by one after `open`, released together by `close`. `what`: whose pins."""

    def __init__(self, what: str, make_factory: MakeFactory = lgpio_factory) -> None:
        self._what = what
        self._make_factory = make_factory
        self._errors: tuple[type[Exception], ...] = (OSError,)
        self._devices: list[Any] = []
        self.factory: Any = None

    def open(self) -> None:
        from gpiozero import GPIOZeroError

        self.factory, errors = self._make_factory()
        self._errors = (GPIOZeroError, OSError, *errors)

    def output(self, pin: int, *, active_high: bool = True, on: bool = False) -> Any:
        """An output that is off from the start, or `on`; None for pin -1."""
        from gpiozero import DigitalOutputDevice

        if pin < 0:
            return None
        return self._keep(DigitalOutputDevice(pin, active_high=active_high, initial_value=on, pin_factory=self.factory))

    def pulses(self, pin: int) -> Any:
        """An output for servo pulses, of which none are sent yet."""
        from gpiozero import PWMOutputDevice

        device = self._keep(PWMOutputDevice(pin, pin_factory=self.factory))
        device.frequency = None
        return device

    def input(self, pin: int, level: Literal["high", "low"], *, when_cut: bool) -> Input | None:
        """An input, asked whether it is at `level`; None for pin -1. `when_cut`: the answer when its wire is cut, by
        the pull resistor's direction.
        """
        from gpiozero import DigitalInputDevice

        if pin < 0:
            return None
        pull_up = (level == "high") == when_cut
        return Input(self._keep(DigitalInputDevice(pin, pull_up=pull_up, pin_factory=self.factory)), when_cut)

    def open_drain(self, pin: int) -> OpenDrain:
        """A line that floats, and can be pulled low."""
        from gpiozero import GPIODevice

        return OpenDrain(self._keep(GPIODevice(pin, pin_factory=self.factory)))

    def _keep(self, device: Any) -> Any:
        self._devices.append(device)
        return device

    def close(self, leave: Any = None) -> None:
        """Release every line; whoever claimed the outputs has switched them off before. Safe to call at any time.

        `leave`: an output that keeps its level, and its line, until the process ends.
        """
        if self.factory is None:
            return
        with self.reaching("a pin", "another program may hold it"):
            for device in self._devices:
                if device is not leave:
                    device.close()
            if leave is None:
                self.factory.close()
            else:
                _left.append((leave, self.factory))  # forgotten, gpiozero's objects close themselves
        self.factory = None
        self._devices = []

    @contextlib.contextmanager
    def reaching(self, what: str, hint: str) -> Iterator[None]:
        """What goes wrong inside is told as a HardwareError about `what`."""
        if self.factory is None:
            raise HardwareError(f"{what}: {self._what} is not open yet", hint="open() comes first")
        try:
            yield
        except self._errors as error:
            raise HardwareError(f"{what} cannot be reached: {error}", hint=hint) from error
