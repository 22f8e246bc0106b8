"""A waste station on GPIO pins.

Only `sample` writes to pins: what is asked for is carried out, with its end stops and anti-pinch, in the fast loop,
and on no other thread. A loop that failed half-way switches every motor off before it says so.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from edge.actions import BinLamp
from edge.bin_events import Button
from edge.config.station import Bin, Station
from edge.drivers.gpio import Input, Lines, MakeFactory, lgpio_factory
from edge.drivers.station import BinInputs, StationInputs
from edge.drivers.station.bin_wires import BinWires
from edge.drivers.station.thermometer import Thermometers
from edge.errors import HardwareError

# A sample takes a millisecond; one that still holds the pins after this long hangs.
TURN_S = 0.1


class _TurnError(HardwareError):
    """Somebody else hangs in a call of the pins."""


class GpioStationPort:
    """`make_factory`: lgpio's on a Pi, the mock one in the simulator."""

    def __init__(self, station: Station, bins: Mapping[str, Bin], make_factory: MakeFactory = lgpio_factory) -> None:
        self._wiring = station.wiring
        self._settings = bins
        self._lines = Lines("the station", make_factory)
        self._turn = threading.Lock()
        self._bins: dict[str, BinWires] = {}
        self._near: Input | None = None
        self._smoke: Input | None = None
        self._buttons: dict[Button, Input] = {}
        self._failure = ""
        files = {name: Path(one.wiring.temperature_path) for name, one in bins.items() if one.wiring.temperature_path}
        self._thermometers = Thermometers(files)

    def open(self) -> None:
        wiring, lines = self._wiring, self._lines
        lines.open()
        with lines.reaching(
            "a pin of the station", "another program may hold it; check the numbers under [station.wiring] and [bins]"
        ):
            for name, settings in self._settings.items():
                self._bins[name] = BinWires(settings, self._lines_of(name))
            self._near = lines.input(wiring.presence_pin, wiring.presence_near, when_cut=False)
            self._smoke = lines.input(wiring.smoke_pin, wiring.smoke_level, when_cut=True)
            pins = {Button.YES: wiring.yes_pin, Button.NO: wiring.no_pin, Button.LOUD: wiring.loud_pin}
            inputs = {which: lines.input(pin, wiring.button_pressed, when_cut=False) for which, pin in pins.items()}
            self._buttons = {which: one for which, one in inputs.items() if one is not None}
        self._thermometers.start()

    def _lines_of(self, name: str) -> Lines:  # noqa: ARG002 - in the simulator each bin has pins of its own
        return self._lines

    def move_lid(self, name: str, *, open: bool) -> None:
        self._move((name,), f"the lid of {name}", open=open)

    def light(self, name: str, lamp: BinLamp) -> None:
        with self._my_turn(f"the lamp of {name}"):
            self._bin(name).lamp = lamp

    def open_all(self) -> None:
        self._move(tuple(self._settings), "a lid", open=True)

    def _move(self, names: tuple[str, ...], what: str, *, open: bool) -> None:
        with self._my_turn(what):
            for wires in [self._bin(name) for name in names]:
                wires.move(open=open)  # an order to open is carried out when the pins can be reached again
            if self._failure:
                raise HardwareError(f"{what} cannot be driven: {self._failure}", hint="open it by hand")

    def sample(self, mono_s: float) -> StationInputs:
        try:
            return self._sample_in_turn(mono_s)
        except _TurnError:
            # Another thread hangs in the pins: a motor that it has left on must not run on.
            self._halt()
            raise

    def _sample_in_turn(self, mono_s: float) -> StationInputs:
        with self._my_turn("the station's inputs"):
            try:
                with self._lines.reaching("the station's pins", "see the wiring guide"):
                    inputs = self._sample(mono_s)
            except HardwareError as error:
                self._failure = error.message
                self._halt()
                raise
            self._failure = ""
            return inputs

    def _sample(self, mono_s: float) -> StationInputs:
        return StationInputs(
            near=self._near() if self._near else None,
            smoke=self._smoke() if self._smoke else None,
            pressed=frozenset(which for which, pressed in self._buttons.items() if pressed()),
            bins=MappingProxyType({name: self._sample_bin(name, mono_s) for name in self._bins}),
        )

    def _sample_bin(self, name: str, mono_s: float) -> BinInputs:
        return self._bins[name].sample(mono_s, *self._temperature(name))

    def _temperature(self, name: str) -> tuple[float | None, str]:
        return self._thermometers.now(name)

    def _halt(self) -> HardwareError | None:
        """Every motor off, as far as the pins can be reached; what went wrong first otherwise."""
        first = None
        for name, wires in self._bins.items():
            try:
                with self._lines.reaching(f"the lid of {name}", "cut its motor's power if it moves"):
                    wires.halt()
            except HardwareError as error:
                first = first or error
        return first

    def close(self) -> None:
        """Motors off, servos free, then every line released. Safe to call at any time, also after a failed `open`."""
        self._thermometers.stop()
        if self._lines.factory is None:
            return
        # Whoever hangs in a sample must not keep the motors running.
        waited = self._turn.acquire(timeout=TURN_S)
        try:
            failure = self._halt()
            self._release()
        finally:
            if waited:
                self._turn.release()
        if failure is not None:
            raise failure

    def _release(self) -> None:
        self._lines.close()
        self._bins, self._buttons = {}, {}
        self._near = self._smoke = None

    def _bin(self, name: str) -> BinWires:
        if self._lines.factory is None:
            raise HardwareError("the station is not open yet", hint="open() comes first")
        if name not in self._bins:
            raise HardwareError(f"there is no bin {name!r}", hint="[bins] names them")
        return self._bins[name]

    @contextlib.contextmanager
    def _my_turn(self, what: str) -> Iterator[None]:
        """One call at a time: a sampling thread that was given up may wake beside its successor."""
        if not self._turn.acquire(timeout=TURN_S):
            raise _TurnError(f"{what} cannot be reached: a call hangs in the pins", hint="restart the daemon")
        try:
            yield
        finally:
            self._turn.release()
