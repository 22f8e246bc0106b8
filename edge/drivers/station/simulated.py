"""A station that is not there: the GPIO driver on mock pins, with lids that move as their motors do.

Every bin has pins of its own, all of them wired, whatever the configuration says of numbers and levels; of a lid its
kind and its times count. A scenario's methods may be called from any thread: they take effect at the next sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.bin_events import Button
from edge.config.station import Bin, Station
from edge.config.wiring import BinWiring, MotorLid, ServoLid, SimulatedLid, StationWiring
from edge.drivers.gpio import Lines, mock_factory
from edge.drivers.station import StationInputs
from edge.drivers.station.gpio import GpioStationPort

_OPENS, _CLOSES, _OPEN_STOP, _CLOSED_STOP, _STRAIN, _SERVO = 22, 23, 4, 5, 6, 24
_GUIDE, _WARNING, _HAND, _BEAM, _SMOKE, _BUTTON = 8, 9, 10, 11, 12, 13
_NEAR, _YES, _NO, _LOUD = 16, 17, 18, 19
_BIN = BinWiring(
    guide_lamp_pin=_GUIDE,
    warning_lamp_pin=_WARNING,
    hand_pin=_HAND,
    beam_pin=_BEAM,
    smoke_pin=_SMOKE,
    open_button_pin=_BUTTON,
)
_SWITCH = 0.03  # of the way: a lid leaves its end switch, and reaches it, a little before the end
_STATION = StationWiring(simulated=True, presence_pin=_NEAR, smoke_pin=_SMOKE, yes_pin=_YES, no_pin=_NO, loud_pin=_LOUD)
_STATION_BUTTONS = {Button.YES: _YES, Button.NO: _NO, Button.LOUD: _LOUD}

PRESS_S = 0.2
FALL_S = 0.1
"""How long an item breaks the beam."""
GAP_S = 0.3
"""How long the beam is whole before the next item: they come one after the other, not as one heap."""
START_C = 20.0


class SimulatedLidBody:
    """Where a lid is, from 0.0 closed to 1.0 open."""

    def __init__(self, travel_s: float) -> None:
        self._travel_s = travel_s
        self.place = 0.0
        self.jammed = False

    def move(self, elapsed_s: float, opens: bool, closes: bool) -> None:
        if not self.jammed:
            way = elapsed_s / self._travel_s * (int(opens) - int(closes))
            self.place = min(1.0, max(0.0, self.place + way))


class _SimulatedBin:
    """One bin's surroundings. `falling`: items on their way down."""

    def __init__(self, travel_s: float) -> None:
        self.body = SimulatedLidBody(travel_s)
        self.hand = self.smoke = False
        self.celsius = START_C
        self.falling = 0
        self.broken_until_s = self.whole_until_s = float("-inf")

    def beam_broken(self, now_s: float) -> bool:
        if now_s < self.broken_until_s:
            return True
        if self.falling and now_s >= self.whole_until_s:
            self.falling -= 1
            self.broken_until_s = now_s + FALL_S
            self.whole_until_s = now_s + FALL_S + GAP_S
            return True
        return False


class SimulatedStationPort(GpioStationPort):
    """Moves the mock pins whenever the inputs are sampled, by the time given. Lids begin closed."""

    def __init__(self, station: Station, bins: Mapping[str, Bin]) -> None:
        wired = {name: _wired(one) for name, one in bins.items()}
        super().__init__(replace(station, wiring=_STATION), wired, mock_factory)
        self._own = {name: Lines(f"bin {name}", mock_factory) for name in bins}
        self._around = {name: _SimulatedBin(_travel_s(one)) for name, one in bins.items()}
        self._near_now = self._smoke_now = False
        self._pressing: dict[tuple[Button, str], int] = {}
        self._pressed_until_s: dict[tuple[Button, str], float] = {}
        self._last_s: float | None = None

    def _lines_of(self, name: str) -> Lines:
        self._own[name].open()
        return self._own[name]

    def _release(self) -> None:
        super()._release()
        for lines in self._own.values():
            lines.close()

    def come_near(self) -> None:
        """Somebody steps up to the station."""
        self._near_now = True

    def leave(self) -> None:
        self._near_now = False

    def hold_hand(self, name: str, *, present: bool = True) -> None:
        """A hand comes into the opening of a bin, or leaves it."""
        self._around[name].hand = present

    def drop(self, name: str) -> None:
        """Something falls through the opening."""
        self._around[name].falling += 1

    def press(self, button: Button, name: str = "") -> None:
        """Somebody presses a button of the station or, with `Button.OPEN`, of a bin."""
        self._pressing[button, name] = 1

    def heat(self, name: str, celsius: float) -> None:
        """It gets warm, or cool again, in a bin."""
        self._around[name].celsius = celsius

    def smoke(self, name: str = "", *, present: bool = True) -> None:
        """Smoke in a bin or, without a name, in the station."""
        if name:
            self._around[name].smoke = present
        else:
            self._smoke_now = present

    def jam(self, name: str, *, jammed: bool = True) -> None:
        """The lid is stuck where it is, or free again."""
        self._around[name].body.jammed = jammed

    def lid_place(self, name: str) -> float:
        """Where a motor's lid is, from 0.0 closed to 1.0 open."""
        return self._around[name].body.place

    def lamps(self, name: str) -> tuple[bool, bool]:
        """Whether the guide lamp and the warning lamp are lit."""
        factory = self._own[name].factory
        return bool(factory.pin(_GUIDE).state), bool(factory.pin(_WARNING).state)

    def sample(self, mono_s: float) -> StationInputs:
        if self._lines.factory is not None:
            elapsed_s = 0.0 if self._last_s is None else mono_s - self._last_s
            self._last_s = mono_s
            self._happen(mono_s, elapsed_s)
        return super().sample(mono_s)

    def _happen(self, now_s: float, elapsed_s: float) -> None:
        for key in list(self._pressing):
            del self._pressing[key]
            self._pressed_until_s[key] = now_s + PRESS_S
        pin = self._lines.factory.pin
        _drive(pin(_NEAR), high=self._near_now)
        _drive(pin(_SMOKE), high=self._smoke_now)
        for button, number in _STATION_BUTTONS.items():
            _drive(pin(number), high=not self._is_pressed(button, "", now_s))
        for name, around in self._around.items():
            pin, body = self._own[name].factory.pin, around.body
            if isinstance(self._settings[name].lid, MotorLid):
                body.move(elapsed_s, bool(pin(_OPENS).state), bool(pin(_CLOSES).state))
                _drive(pin(_OPEN_STOP), high=body.place < 1.0 - _SWITCH)
                _drive(pin(_CLOSED_STOP), high=body.place > _SWITCH)
                _drive(pin(_STRAIN), high=False)
            _drive(pin(_HAND), high=around.hand)
            _drive(pin(_BEAM), high=around.beam_broken(now_s))
            _drive(pin(_SMOKE), high=around.smoke)
            _drive(pin(_BUTTON), high=not self._is_pressed(Button.OPEN, name, now_s))

    def _is_pressed(self, button: Button, name: str, now_s: float) -> bool:
        return now_s < self._pressed_until_s.get((button, name), float("-inf"))

    def _temperature(self, name: str) -> tuple[float | None, str]:
        return self._around[name].celsius, ""


def _drive(pin: Any, *, high: bool) -> None:
    if high:
        pin.drive_high()
    else:
        pin.drive_low()


def _travel_s(settings: Bin) -> float:
    lid = settings.lid
    if isinstance(lid, MotorLid):
        return lid.longest_s / 2
    return lid.travel_s if isinstance(lid, SimulatedLid) else 1.0


def _wired(settings: Bin) -> Bin:
    """The same bin on the simulator's own pins."""
    lid = settings.lid
    if isinstance(lid, ServoLid):
        lid = replace(lid, pin=_SERVO)
    elif isinstance(lid, MotorLid | SimulatedLid):
        lid = MotorLid(
            "motor", _OPENS, _CLOSES, _OPEN_STOP, _CLOSED_STOP, current_pin=_STRAIN, longest_s=2 * _travel_s(settings)
        )
    return replace(settings, wiring=_BIN, lid=lid)
