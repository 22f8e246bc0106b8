"""A door on GPIO pins, through gpiozero with its pin factory named explicitly.

Without a named factory gpiozero falls back from one library to the next, and a missing lgpio shows as a door
that does nothing. Inputs are read as levels, never by gpiozero's edge callbacks: its debounce drops edges
(gpiozero issue 1039) and its callbacks would run on foreign threads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from edge.actions import Lamp
from edge.config.schema import GpioDoor
from edge.drivers.door import DoorInputs
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


class GpioDoorPort:
    """`make_factory`: lgpio's on a Pi, the mock one in the simulator."""

    def __init__(self, wiring: GpioDoor, make_factory: MakeFactory = lgpio_factory) -> None:
        self._wiring = wiring
        self._make_factory = make_factory
        self._factory: Any = None
        self._errors: tuple[type[Exception], ...] = (OSError,)
        self._relay: Any = None
        self._contact: Any = None
        self._exit: Any = None
        self._lamps: dict[Lamp, Any] = {}

    def open(self) -> None:
        from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError

        wiring = self._wiring
        self._factory, errors = self._make_factory()
        self._errors = (GPIOZeroError, OSError, *errors)
        with self._faults("a pin of the door", "another program may hold it; check the numbers under [door]"):
            self._relay = DigitalOutputDevice(
                wiring.relay_pin,
                active_high=wiring.relay_active == "high",
                initial_value=False,
                pin_factory=self._factory,
            )
            # The pull makes a cut wire read as an open door, and as a button at rest.
            if wiring.contact_pin >= 0:
                pull_up = wiring.contact_open == "high"
                self._contact = DigitalInputDevice(wiring.contact_pin, pull_up=pull_up, pin_factory=self._factory)
            if wiring.exit_pin >= 0:
                pull_up = wiring.exit_pressed == "low"
                self._exit = DigitalInputDevice(wiring.exit_pin, pull_up=pull_up, pin_factory=self._factory)
            lamps = ((Lamp.GRANTED, wiring.granted_lamp_pin), (Lamp.REFUSED, wiring.refused_lamp_pin))
            for lamp, pin in lamps:
                if pin >= 0:
                    self._lamps[lamp] = DigitalOutputDevice(pin, pin_factory=self._factory)

    def drive_relay(self, *, on: bool) -> None:
        with self._faults("the lock relay", "see the wiring guide"):
            self._relay.value = on

    def show_lamp(self, lamp: Lamp) -> None:
        with self._faults("the lamp", "see the wiring guide"):
            for which, device in self._lamps.items():
                device.value = which is lamp

    def sample(self, mono_s: float) -> DoorInputs:  # noqa: ARG002 - the simulator needs the time
        with self._faults("the door's inputs", "see the wiring guide"):
            # gpiozero's value is 1 at the level opposite to the pull: contact made, button pressed.
            contact_open = None if self._contact is None else not self._contact.value
            pressed = self._exit is not None and bool(self._exit.value)
        return DoorInputs(contact_open, pressed)

    def close(self) -> None:
        """Relay off, then every line released. Safe to call at any time, also after a failed `open`."""
        if self._factory is None:
            return
        with self._faults("the door", "cut the lock's power if the door stays open"):
            if self._relay is not None:
                self._relay.off()
            for device in (self._relay, self._contact, self._exit, *self._lamps.values()):
                if device is not None:
                    device.close()
            self._factory.close()
        self._relay = self._contact = self._exit = self._factory = None
        self._lamps = {}

    @contextlib.contextmanager
    def _faults(self, what: str, hint: str) -> Iterator[None]:
        if self._factory is None:
            raise HardwareError(f"{what}: the door is not open yet", hint="open() comes first")
        try:
            yield
        except self._errors as error:
            raise HardwareError(f"{what} cannot be reached: {error}", hint=hint) from error
