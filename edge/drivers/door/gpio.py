"""A door on GPIO pins."""

from __future__ import annotations

from typing import Any

from edge.actions import Lamp
from edge.config.schema import GpioDoor
from edge.drivers.door import DoorInputs
from edge.drivers.gpio import Input, Lines, MakeFactory, lgpio_factory


class GpioDoorPort:
    """`make_factory`: lgpio's on a Pi, the mock one in the simulator."""

    def __init__(self, wiring: GpioDoor, make_factory: MakeFactory = lgpio_factory) -> None:
        self._wiring = wiring
        self._lines = Lines("the door", make_factory)
        self._relay: Any = None
        self._contact: Input | None = None
        self._exit: Input | None = None
        self._lamps: dict[Lamp, Any] = {}

    def open(self) -> None:
        wiring, lines = self._wiring, self._lines
        lines.open()
        with lines.reaching("a pin of the door", "another program may hold it; check the numbers under [door]"):
            self._relay = lines.output(wiring.relay_pin, active_high=wiring.relay_active == "high")
            # A cut wire reads as an open door, and as a button at rest.
            self._contact = lines.input(wiring.contact_pin, wiring.contact_open, when_cut=True)
            self._exit = lines.input(wiring.exit_pin, wiring.exit_pressed, when_cut=False)
            lamps = ((Lamp.GRANTED, wiring.granted_lamp_pin), (Lamp.REFUSED, wiring.refused_lamp_pin))
            self._lamps = {lamp: lines.output(pin) for lamp, pin in lamps if pin >= 0}

    def drive_relay(self, *, on: bool) -> None:
        with self._lines.reaching("the lock relay", "see the wiring guide"):
            self._relay.value = on

    def show_lamp(self, lamp: Lamp) -> None:
        with self._lines.reaching("the lamp", "see the wiring guide"):
            for which, device in self._lamps.items():
                device.value = which is lamp

    def sample(self, mono_s: float) -> DoorInputs:  # noqa: ARG002 - the simulator needs the time
        with self._lines.reaching("the door's inputs", "see the wiring guide"):
            contact_open = None if self._contact is None else self._contact()
            pressed = self._exit is not None and self._exit()
        return DoorInputs(contact_open, pressed)

    def close(self) -> None:
        """Relay off, then every line released. Safe to call at any time, also after a failed `open`."""
        if self._lines.factory is None:
            return
        with self._lines.reaching("the door", "cut the lock's power if the door stays open"):
            if self._relay is not None:
                self._relay.off()
        self._lines.close()
        self._relay = self._contact = self._exit = None
        self._lamps = {}
