"""What the worker makes of raw levels, on a station whose inputs the test sets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.actions import BinLamp
from edge.bin_events import (
    Button,
    ButtonPressed,
    DropSensed,
    HandSensed,
    LidMoved,
    LidPosition,
    PresenceChanged,
    SmokeSensed,
    TemperatureRead,
)
from edge.config.station import Bin, Station
from edge.config.wiring import SimulatedLid, StationWiring
from edge.drivers.debounce import STABLE_S
from edge.drivers.station import BinInputs, StationInputs
from edge.drivers.station.bin_inputs import SMOKE_STABLE_S, TEMPERATURE_EVERY_S
from edge.drivers.station.drops import LONGEST_S, REJOINS_S, Drops
from edge.drivers.station.simulated import SimulatedStationPort
from edge.drivers.station.worker import MOST_OWED, StationInputsWorker
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.runtime.faults import FaultDesk

LOOK_S = 0.02


class Wires:
    """A station port whose inputs the test sets; None: unreadable."""

    def __init__(self) -> None:
        self.inputs: StationInputs | None = StationInputs(bins={"paper": BinInputs()})

    def open(self) -> None: ...
    def move_lid(self, name: str, *, open: bool) -> None: ...
    def light(self, name: str, lamp: BinLamp) -> None: ...
    def open_all(self) -> None: ...
    def close(self) -> None: ...

    def sample(self, mono_s: float) -> StationInputs:
        if self.inputs is None:
            raise HardwareError(f"gone at {mono_s}")
        return self.inputs


class Watched:
    """A worker with its clock, and what it posted."""

    def __init__(self) -> None:
        self.wires, self.now_s, self.posted, self.full = Wires(), 10.0, list[Event](), False
        self.desk = FaultDesk(self.post, lambda: self.now_s)
        self.worker = self.make()

    def make(self) -> StationInputsWorker:
        return StationInputsWorker(self.wires, ["paper"], self.post, self.desk, lambda: self.now_s)

    def post(self, event: Event) -> bool:
        if not self.full:
            self.posted.append(event)
        return not self.full

    def look(self, seconds: float = LOOK_S) -> list[Event]:
        """Look fifty times a second for so long, and return what was posted."""
        self.posted.clear()
        for _ in range(max(1, round(seconds / LOOK_S))):
            self.now_s += LOOK_S
            self.worker.look()
        return list(self.posted)

    def station(self, **levels: Any) -> None:
        assert self.wires.inputs is not None
        self.wires.inputs = replace(self.wires.inputs, **levels)

    def paper(self, **levels: Any) -> None:
        assert self.wires.inputs is not None
        self.station(bins={"paper": replace(self.wires.inputs.bins["paper"], **levels)})


def test_what_is_not_wired_is_not_told() -> None:
    watched = Watched()
    assert watched.look(60.0) == []
    assert watched.desk.present() == {}


def test_levels_are_told_once_when_they_are_stable() -> None:
    watched = Watched()
    watched.station(near=False, smoke=False)
    watched.paper(lid=LidPosition.CLOSED, hand=False, smoke=False)
    assert set(watched.look(1.0)) == {
        PresenceChanged(False),
        SmokeSensed("", False),
        SmokeSensed("paper", False),
        LidMoved("paper", LidPosition.CLOSED),
        HandSensed("paper", False),
    }
    for level in (True, False) * 4:  # bouncing
        watched.station(near=level, smoke=level)
        watched.paper(hand=level, smoke=level)
        assert watched.look() == []
    watched.station(near=True, smoke=True)
    watched.paper(hand=True, lid=LidPosition.BLOCKED, smoke=True)
    assert watched.look() == []
    assert set(watched.look(STABLE_S + LOOK_S)) == {
        PresenceChanged(True),
        HandSensed("paper", True),
        LidMoved("paper", LidPosition.BLOCKED),
    }
    assert set(watched.look(SMOKE_STABLE_S)) == {SmokeSensed("", True), SmokeSensed("paper", True)}
    assert watched.look(10.0) == []


def test_a_lid_whose_place_is_unknown_is_not_told() -> None:
    watched = Watched()
    watched.paper(lid=LidPosition.OPEN)
    watched.look(1.0)
    watched.paper(lid=None)
    assert watched.look(1.0) == []


def test_a_press_is_told_once_however_long_it_lasts() -> None:
    watched = Watched()
    watched.station(pressed=frozenset({Button.YES, Button.LOUD}))
    watched.paper(open_pressed=True)
    pressed = watched.look(30.0)
    assert set(pressed) == {ButtonPressed(Button.YES), ButtonPressed(Button.LOUD), ButtonPressed(Button.OPEN, "paper")}
    assert len(pressed) == 3
    watched.station(pressed=frozenset())
    assert watched.look(1.0) == []
    watched.station(pressed=frozenset({Button.YES}))
    assert watched.look(1.0) == [ButtonPressed(Button.YES)]


# --- drops


def beam(pattern: str) -> int:
    """How many drops a beam tells of: `#` broken for one look, `-` whole."""
    drops = Drops()
    return sum(drops.look(one == "#", index * LOOK_S) for index, one in enumerate(pattern))


WHOLE = "-" * 10


@pytest.mark.parametrize(
    ("pattern", "drops"),
    [
        (WHOLE * 5, 0),
        (WHOLE + "#" + WHOLE, 1),
        (WHOLE + "#####" + WHOLE, 1),
        (WHOLE + "#-##--#" + WHOLE, 1),  # it tumbles
        (WHOLE + "###" + WHOLE + "###" + WHOLE, 2),
        (WHOLE + "#" * round(LONGEST_S / LOOK_S - 1) + WHOLE, 1),
        (WHOLE + "#" * round(LONGEST_S / LOOK_S + 2) + WHOLE, 0),
        ("#####" + WHOLE, 0),  # it was broken before anybody looked
        ("#####" + WHOLE + "###" + WHOLE, 1),
        (WHOLE + "####", 0),  # not over yet
    ],
)
def test_one_break_of_the_beam_is_one_drop(pattern: str, drops: int) -> None:
    assert beam(pattern) == drops


def test_a_spike_between_two_looks_is_no_drop() -> None:
    drops = Drops()
    looks = [(False, 0.0), (True, 1.0), (False, 1.002), (False, 1.1), (False, 1.2)]
    assert not any(drops.look(broken, at_s) for broken, at_s in looks)


def test_a_drop_is_told_and_counted() -> None:
    watched = Watched()
    watched.paper(beam_broken=False)
    watched.look(0.1)
    watched.paper(beam_broken=True)
    watched.look(0.1)
    watched.paper(beam_broken=False)
    assert watched.look(REJOINS_S + 2 * LOOK_S) == [DropSensed("paper")]
    assert watched.worker.status()["figures"]["drops"] == {"paper": 1}


def test_a_blocked_beam_is_a_fault_and_no_drop() -> None:
    watched = Watched()
    watched.paper(beam_broken=False)
    watched.look(0.1)
    watched.paper(beam_broken=True)
    assert [type(event) for event in watched.look(LONGEST_S + 0.1)] == [ComponentFailed]
    assert list(watched.desk.present()) == ["beam.paper"]
    assert watched.look(60.0) == []
    watched.paper(beam_broken=False)
    assert [type(event) for event in watched.look(1.0)] == [ComponentRecovered]


# --- temperature


def test_the_temperature_is_told_seldom_or_when_it_changes() -> None:
    watched = Watched()
    watched.paper(celsius=20.0)
    assert watched.look() == [TemperatureRead("paper", 20.0)]
    told = watched.look(10.0)
    assert len(told) == pytest.approx(10.0 / TEMPERATURE_EVERY_S, abs=1)
    watched.look(0.1)
    watched.paper(celsius=20.4)
    assert watched.look() == []
    watched.paper(celsius=20.5)
    assert watched.look() == [TemperatureRead("paper", 20.5)]


# --- a full inbox


def test_a_full_inbox_loses_nothing_and_keeps_the_order() -> None:
    watched = Watched()
    watched.paper(lid=LidPosition.OPEN, beam_broken=False)
    watched.look(1.0)
    watched.full = True
    watched.paper(lid=LidPosition.BLOCKED)
    watched.look(0.1)
    watched.paper(open_pressed=True)
    watched.look(0.1)
    watched.paper(lid=LidPosition.OPEN, open_pressed=False, beam_broken=True)
    watched.look(0.1)
    watched.paper(beam_broken=False)
    watched.look(0.3)
    watched.full = False
    assert watched.look() == [
        LidMoved("paper", LidPosition.BLOCKED),
        ButtonPressed(Button.OPEN, "paper"),
        LidMoved("paper", LidPosition.OPEN),
        DropSensed("paper"),
    ]
    assert watched.look(1.0) == []


def test_what_is_owed_is_bounded_and_the_last_level_is_told_all_the_same() -> None:
    watched = Watched()
    watched.full = True
    for hand in (True, False) * MOST_OWED:
        watched.paper(hand=hand)
        watched.look(STABLE_S + 2 * LOOK_S)
    assert watched.worker.status()["figures"]["owed"] == MOST_OWED
    watched.paper(hand=True)
    watched.look(1.0)
    watched.full = False
    told = watched.look(1.0)
    assert len(told) <= MOST_OWED + 1
    assert told[-1] == HandSensed("paper", True)


def test_no_drop_is_lost_beyond_what_is_owed() -> None:
    watched = Watched()
    watched.paper(beam_broken=False)
    watched.look(0.1)
    watched.full = True
    for _ in range(MOST_OWED + 10):
        watched.paper(beam_broken=True)
        watched.look(2 * LOOK_S)
        watched.paper(beam_broken=False)
        watched.look(REJOINS_S + 2 * LOOK_S)
    watched.full = False
    assert watched.look(1.0).count(DropSensed("paper")) == MOST_OWED + 10


# --- faults


def test_an_unreadable_station_is_told_once_and_everything_anew_afterwards() -> None:
    watched = Watched()
    watched.station(near=True)
    watched.paper(lid=LidPosition.OPEN, hand=False)
    watched.look(1.0)
    before = watched.wires.inputs
    watched.wires.inputs = None
    assert [type(event) for event in watched.look(1.0)] == [ComponentFailed]
    assert list(watched.desk.present()) == ["station"]
    watched.wires.inputs = before
    events = watched.look(1.0)
    assert isinstance(events[0], ComponentRecovered)
    assert set(events[1:]) == {
        PresenceChanged(True),
        LidMoved("paper", LidPosition.OPEN),
        HandSensed("paper", False),
    }


@pytest.mark.parametrize(
    ("levels", "well", "component"),
    [
        ({"lid_fault": "not open after 8 s"}, {"lid_fault": ""}, "lid.paper"),
        ({"thermometer_fault": "does not answer"}, {"thermometer_fault": ""}, "thermometer.paper"),
    ],
)
def test_what_is_wrong_at_a_bin_is_told_once_and_once_when_it_is_over(
    levels: dict[str, Any], well: dict[str, Any], component: str
) -> None:
    watched = Watched()
    watched.look()
    watched.paper(**levels)
    (failed,) = watched.look(10.0)
    assert isinstance(failed, ComponentFailed)
    assert failed.component == component
    watched.paper(**well)
    (recovered,) = watched.look(10.0)
    assert isinstance(recovered, ComponentRecovered)
    assert recovered.component == component


def test_a_successor_ends_the_faults_of_its_predecessor() -> None:
    watched = Watched()
    watched.paper(lid_fault="not open after 8 s")
    watched.look()
    watched.paper(lid_fault="")
    watched.worker = watched.make()
    watched.look()
    assert watched.desk.present() == {}


# --- with the simulated station, from what somebody does to what is posted


def test_a_visit_to_the_simulated_station() -> None:
    bins = {"paper": Bin("recyclable", lid=SimulatedLid("simulated", travel_s=0.5))}
    port = SimulatedStationPort(Station(wiring=StationWiring(simulated=True)), bins)
    port.open()
    watched = Watched()
    watched.worker = StationInputsWorker(port, bins, watched.post, watched.desk, lambda: watched.now_s)
    watched.look(1.0)
    port.come_near()
    port.press(Button.OPEN, "paper")
    assert watched.look(0.1) == [PresenceChanged(True), ButtonPressed(Button.OPEN, "paper")]
    port.move_lid("paper", open=True)
    lid = [event for event in watched.look(1.0) if isinstance(event, LidMoved)]
    assert [event.position for event in lid] == [LidPosition.MOVING, LidPosition.OPEN]
    port.drop("paper")
    port.drop("paper")
    assert watched.look(1.5).count(DropSensed("paper")) == 2
    port.move_lid("paper", open=False)
    watched.look(0.3)
    port.hold_hand("paper")
    told = [event for event in watched.look(1.0) if isinstance(event, LidMoved | HandSensed)]
    assert told == [
        LidMoved("paper", LidPosition.BLOCKED),
        HandSensed("paper", True),
        LidMoved("paper", LidPosition.OPEN),
    ]
    assert watched.worker.status()["lids"] == {"paper": LidPosition.OPEN}
    port.close()
