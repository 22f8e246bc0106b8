"""`edge safe-state` on mock pins that stand for a crashed daemon's: whatever was on is off afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from door_samples import Wired
from gpiozero.pins.mock import MockFactory, MockPWMPin

from edge.__main__ import main
from edge.config.schema import GpioDoor, SimulatedDoor
from edge.config.station import Bin, Station
from edge.drivers.door import DoorPort
from edge.drivers.door.gpio import GpioDoorPort
from edge.drivers.station import StationPort
from edge.drivers.station.gpio import GpioStationPort
from edge.errors import HardwareError
from edge.events import LineState

DEVICE = """\
[device]
id = "d-1"
site = "s"
[camera]
driver = "folder"
path = "pictures"
[door]
driver = "gpio"
relay_pin = 17
relay_active = "low"
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
tls = false
"""
STATION = """\
[station.wiring]
presence_pin = 16
[bins.paper]
category = "recyclable"
lid = {driver = "motor", open_pin = 22, close_pin = 23, open_stop_pin = 4, closed_stop_pin = 5, current_pin = 6}
[bins.food]
category = "kitchen"
lid = {driver = "servo", pin = 24}
wiring = {hand_pin = 11}
[bins.other]
category = "other"
"""


BOTH = DEVICE.replace('site = "s"', 'site = "s"\nroles = ["gate", "bin"]')


class Board:
    """The pins of door and station, each through a handle of its own; `held`: another program holds them."""

    def __init__(self) -> None:
        self.factories: dict[str, Any] = {who: MockFactory(pin_class=MockPWMPin) for who in ("door", "station")}
        self.held: set[str] = set()
        # The factory forgets its pins when it is closed.
        of = {17: "door", 23: "station", 24: "station"}
        self.pin = {number: self.factories[who].pin(number) for number, who in of.items()}

    def door(self, settings: GpioDoor | SimulatedDoor) -> DoorPort:
        assert isinstance(settings, GpioDoor)
        return GpioDoorPort(settings, lambda: self._factory("door"))

    def station(self, station: Station, bins: dict[str, Bin]) -> StationPort:
        return GpioStationPort(station, bins, lambda: self._factory("station"))

    def _factory(self, who: str) -> tuple[Any, tuple[type[Exception], ...]]:
        if who in self.held:
            raise HardwareError("the GPIO chip cannot be opened", hint="stop the daemon")
        return self.factories[who], ()

    def driven(self, number: int) -> list[float]:
        """The first levels that this pin was driven to; a mock pin that was let go of falls to 0."""
        return [state.state for state in self.pin[number].states][:2]


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    monkeypatch.setattr("edge.parts.door.make_door", board.door)
    monkeypatch.setattr("edge.parts.station.make_station", board.station)
    # What a crashed daemon has left: the relay on, a servo's pulses and a closing motor.
    for number, level in ((17, 0), (23, 1), (24, 1)):
        pin = board.pin[number]
        pin.function = "output"
        pin.state = level
        pin.clear_states()
    return board


def run(folder: Path, text: str) -> int:
    (folder / "edge.toml").write_text(text)
    return main(["safe-state", "--config", str(folder / "edge.toml"), "--json"])


def test_a_gate_is_made_safe_as_ever(tmp_path: Path, board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, DEVICE) == 0
    assert json.loads(capsys.readouterr().out) == {"relay": "off", "driver": "gpio"}
    assert board.driven(17) == [0, 1]
    assert board.driven(23) == [1]  # not this device's


def test_the_lids_of_a_station_are_made_free(tmp_path: Path, board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, BOTH + STATION) == 0
    assert json.loads(capsys.readouterr().out) == {"relay": "off", "driver": "gpio", "lids": ["food", "paper"]}
    assert board.driven(23) == [1, 0]
    assert (board.pin[24].frequency, board.pin[24].state) == (None, 0)


@pytest.mark.parametrize(("held", "relay", "motor"), [("door", [0], [1, 0]), ("station", [0, 1], [1])])
def test_one_that_cannot_be_reached_does_not_keep_the_other_from_it(
    tmp_path: Path, board: Board, held: str, relay: list[int], motor: list[int]
) -> None:
    board.held = {held}
    assert run(tmp_path, BOTH + STATION) == 3
    assert (board.driven(17), board.driven(23)) == (relay, motor)


@pytest.mark.parametrize(
    ("state", "freed"), [(LineState.ALARM, True), (LineState.NORMAL, False), (LineState.OPEN, False)]
)
def test_in_a_fire_the_door_is_left_free(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: LineState,
    freed: bool,
) -> None:
    wired = Wired()
    wired.fire(state)
    relay = wired.pin(17)
    monkeypatch.setattr("edge.parts.door.make_door", lambda settings: GpioDoorPort(settings, wired.make))
    wires = "relay_pin = 17\nfire_rest_pin = 5\nfire_alarm_pin = 6"
    assert run(tmp_path, DEVICE.replace("relay_pin = 17", wires)) == 0
    told = json.loads(capsys.readouterr().out)
    if freed:
        assert told == {"relay": "on", "why": "a fire alarm", "driver": "gpio"}
        assert (relay.state, relay.function) == (0.0, "output")  # active low, and still held
    else:
        assert told == {"relay": "off", "driver": "gpio"}
        assert [step.state for step in relay.states][:2] == [0.0, 1.0]
        assert relay.function == "input"
