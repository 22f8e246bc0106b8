"""A door on GPIO pins. The port itself frees the door in a fire: the brain may be wrong, late or dead."""

from __future__ import annotations

from threading import Lock
from typing import Any

from edge.actions import Lamp
from edge.config.schema import GpioDoor
from edge.drivers.door import DoorInputs
from edge.drivers.door.busy import Leaf
from edge.drivers.door.fire import FireLine
from edge.drivers.gpio import Input, Lines, MakeFactory, lgpio_factory
from edge.events import LineState


class GpioDoorPort:
    """`make_factory`: lgpio's on a Pi, the mock one in the simulator."""

    def __init__(self, wiring: GpioDoor, make_factory: MakeFactory = lgpio_factory) -> None:
        self._wiring = wiring
        self._lines = Lines("the door", make_factory)
        self._lock = Lock()  # the brain commands, another thread samples, a third makes safe
        self._forget()

    def _forget(self) -> None:
        self._commanded = False
        self._fire = FireLine()
        self._leaf = Leaf()
        self._relay: Any = None
        self._busy: Any = None
        self._contact: Input | None = None
        self._exit: Input | None = None
        self._wide_exit: Input | None = None
        self._tamper: Input | None = None
        self._other: Input | None = None
        self._fire_contacts: tuple[Input, Input] | None = None
        self._lamps: dict[Lamp, Any] = {}

    def open(self) -> None:
        wiring, lines = self._wiring, self._lines
        lines.open()
        with lines.reaching("a pin of the door", "another program may hold it; check the numbers under [door]"):
            self._busy = lines.output(wiring.busy_pin, active_high=wiring.busy_level == "high", on=True)
            self._relay = lines.output(wiring.relay_pin, active_high=wiring.relay_active == "high")
            self._open_fire_line()
            # A cut wire reads as an open door or housing, and as a button at rest.
            self._contact = lines.input(wiring.contact_pin, wiring.contact_open, when_cut=True)
            self._tamper = lines.input(wiring.tamper_pin, wiring.tamper_open, when_cut=True)
            self._other = lines.input(wiring.other_door_pin, wiring.other_door_open, when_cut=True)
            self._exit = lines.input(wiring.exit_pin, wiring.exit_pressed, when_cut=False)
            self._wide_exit = lines.input(wiring.wide_exit_pin, wiring.wide_exit_pressed, when_cut=False)
            lamps = ((Lamp.GRANTED, wiring.granted_lamp_pin), (Lamp.REFUSED, wiring.refused_lamp_pin))
            self._lamps = {lamp: lines.output(pin) for lamp, pin in lamps if pin >= 0}

    def _open_fire_line(self) -> None:
        """A closed contact pulls its pin to ground, so that a cut wire reads as an open contact."""
        pins = self._wiring.fire_rest_pin, self._wiring.fire_alarm_pin
        rest, alarm = (self._lines.input(pin, "low", when_cut=False) for pin in pins)
        if rest is not None and alarm is not None:
            self._fire_contacts = rest, alarm
            self._fire.begin(rest(), alarm())
            self._relay.value = self._fire.frees

    def drive_relay(self, *, on: bool) -> None:
        with self._lines.reaching("the lock relay", "see the wiring guide"), self._lock:
            self._commanded &= on
            self._settle(on)
            self._commanded = on  # only now: a release that failed must not come about later

    def _settle(self, on: bool) -> None:
        """The relay as it should be; the other door hears that ours is released before it is."""
        on = on or self._fire.frees
        if on and self._busy is not None:
            self._busy.on()
        self._relay.value = on

    def show_lamp(self, lamp: Lamp) -> None:
        with self._lines.reaching("the lamp", "see the wiring guide"):
            for which, device in self._lamps.items():
                device.value = which is lamp

    def sample(self, mono_s: float) -> DoorInputs:
        with self._lines.reaching("the door's inputs", "see the wiring guide"), self._lock:
            fire = self._look_at_fire_line(mono_s)  # first: no other input that fails may keep the door shut
            contact_open = None if self._contact is None else self._contact()
            self._tell_other_door(contact_open, mono_s)
            return DoorInputs(
                contact_open,
                exit_pressed=self._exit is not None and self._exit(),
                wide_exit_pressed=self._wide_exit is not None and self._wide_exit(),
                fire=fire,
                freed=self._fire.frees,
                tamper_open=None if self._tamper is None else self._tamper(),
                other_open=None if self._other is None else self._other(),
            )

    def _look_at_fire_line(self, mono_s: float) -> LineState | None:
        if self._fire_contacts is None:
            return None
        rest, alarm = self._fire_contacts
        self._fire.look(rest(), alarm(), mono_s)
        self._settle(self._commanded)
        return self._fire.state

    def _tell_other_door(self, contact_open: bool | None, mono_s: float) -> None:
        self._leaf.look(contact_open, mono_s)
        if self._busy is not None:
            self._busy.value = bool(self._relay.value) or not self._leaf.shut

    def close(self) -> None:
        """Relay off, then every line released. In a fire the relay's line is left as it is until the process ends:
        nobody can hold it longer. Safe to call at any time, also after a failed `open`.
        """
        if self._lines.factory is None:
            return
        freed = None
        with self._lines.reaching("the door", "cut the lock's power if the door stays open"), self._lock:
            if self._busy is not None:
                self._busy.on()
            if self._fire.frees:
                freed = self._relay
            elif self._relay is not None:
                self._relay.off()
        self._lines.close(leave=freed)
        self._forget()
