"""The simulated station: wires that behave physically, seen through its port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.actions import BinLamp
from edge.bin_events import Button, LidPosition
from edge.config.station import Bin, Station
from edge.config.wiring import MotorLid, NoLid, ServoLid, SimulatedLid, StationWiring
from edge.drivers.station import StationInputs, StationPort
from edge.drivers.station.simulated import FALL_S, GAP_S, PRESS_S, SimulatedStationPort
from edge.parts.station import make_station

STATION = Station(wiring=StationWiring(simulated=True))
BINS = {
    "paper": Bin("recyclable", lid=SimulatedLid("simulated", travel_s=1.0)),
    "food": Bin("kitchen", lid=MotorLid("motor", 10, 11, 12, 13, longest_s=4.0)),
    "other": Bin("other", lid=ServoLid("servo", 14, travel_s=0.5)),
    "red": Bin("hazardous", lid=NoLid()),
}


class Scene:
    def __init__(self) -> None:
        port: StationPort = make_station(STATION, BINS)
        assert isinstance(port, SimulatedStationPort)
        self.port = port
        self.now_s = 50.0
        port.open()
        self.run(1.0)

    def run(self, seconds: float) -> StationInputs:
        for _ in range(max(1, round(seconds / 0.02))):
            self.now_s += 0.02
            inputs = self.port.sample(self.now_s)
        return inputs


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.port.close()


def test_at_rest(scene: Scene) -> None:
    inputs = scene.run(1.0)
    assert (inputs.near, inputs.smoke, inputs.pressed) == (False, False, frozenset())
    assert {name: one.lid for name, one in inputs.bins.items()} == {
        "paper": LidPosition.CLOSED,
        "food": LidPosition.CLOSED,
        "other": None,
        "red": None,
    }
    assert not any(one.hand or one.beam_broken or one.smoke or one.open_pressed for one in inputs.bins.values())


def test_lids_take_their_time(scene: Scene) -> None:
    scene.port.open_all()
    inputs = scene.run(0.5)
    assert 0.4 < scene.port.lid_place("paper") < 0.6
    assert 0.2 < scene.port.lid_place("food") < 0.3
    assert inputs.bins["paper"].lid is LidPosition.MOVING
    inputs = scene.run(2.0)
    assert [inputs.bins[name].lid for name in ("paper", "food", "other")] == [LidPosition.OPEN] * 3


def test_a_hand_sends_the_lid_back_and_a_jam_is_a_fault(scene: Scene) -> None:
    scene.port.move_lid("paper", open=True)
    scene.run(1.5)
    scene.port.move_lid("paper", open=False)
    scene.run(0.4)
    lowest = scene.port.lid_place("paper")
    scene.port.hold_hand("paper")
    assert scene.run(0.04).bins["paper"].lid is LidPosition.BLOCKED
    assert scene.port.lid_place("paper") >= lowest - 0.03
    assert scene.run(2.0).bins["paper"].lid is LidPosition.OPEN
    scene.port.hold_hand("paper", present=False)
    scene.port.jam("paper")
    scene.port.move_lid("paper", open=False)
    assert "not closed" in scene.run(4.0).bins["paper"].lid_fault


def test_what_falls_breaks_the_beam_once_each(scene: Scene) -> None:
    scene.port.drop("red")
    scene.port.drop("red")
    seen = [bool(scene.run(0.02).bins["red"].beam_broken) for _ in range(round((2 * (FALL_S + GAP_S) + 0.2) / 0.02))]
    breaks = sum(now and not before for before, now in zip([False, *seen], seen, strict=False))
    assert breaks == 2


def test_people_buttons_heat_and_smoke(scene: Scene) -> None:
    scene.port.come_near()
    scene.port.press(Button.YES)
    scene.port.press(Button.OPEN, "food")
    scene.port.heat("paper", 61.5)
    scene.port.smoke("paper")
    scene.port.smoke()
    inputs = scene.run(0.02)
    assert (inputs.near, inputs.smoke, inputs.pressed) == (True, True, {Button.YES})
    assert (inputs.bins["food"].open_pressed, inputs.bins["red"].open_pressed) == (True, False)
    assert (inputs.bins["paper"].celsius, inputs.bins["paper"].smoke, inputs.bins["food"].smoke) == (61.5, True, False)
    scene.port.leave()
    inputs = scene.run(PRESS_S + 0.02)
    assert (inputs.near, inputs.pressed, inputs.bins["food"].open_pressed) == (False, frozenset(), False)


def test_lamps_can_be_seen(scene: Scene) -> None:
    scene.port.light("paper", BinLamp.GUIDE)
    scene.port.light("food", BinLamp.FULL)
    scene.run(0.02)
    assert (scene.port.lamps("paper"), scene.port.lamps("food")) == ((True, False), (False, True))
