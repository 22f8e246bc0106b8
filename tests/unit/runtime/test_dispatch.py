from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import (
    Announce,
    Answer,
    BinLamp,
    CheckPin,
    DriveRelay,
    KeepClip,
    KeepFailures,
    KeepItem,
    Lamp,
    LightBin,
    MoveLid,
    Report,
    ShowLamp,
    Speak,
    TakePicture,
)
from edge.clock import Now
from edge.drivers.door import DoorInputs
from edge.drivers.station import StationInputs
from edge.errors import HardwareError
from edge.runtime.dispatch import Dispatcher

NOW = Now(1.0, 2_000_000)


class Bench:
    """A door, a voice and a store that write down what they are told, in one list."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.broken = False
        note = self.done.append
        self.dispatcher = Dispatcher(self, self._say, lambda report, _now: note(report), note, note, note)

    def _say(self, speak: Speak) -> bool:
        self.done.append(speak)
        return True

    def open(self) -> None: ...

    def drive_relay(self, *, on: bool) -> None:
        if self.broken:
            raise HardwareError("no relay", hint="look at the wires")
        self.done.append(DriveRelay(on))

    def show_lamp(self, lamp: Lamp) -> None:
        self.done.append(ShowLamp(lamp))

    def sample(self, mono_s: float) -> DoorInputs:
        raise AssertionError(f"nobody asked for the inputs at {mono_s}")

    def close(self) -> None: ...


def test_pins_go_to_who_compares_them() -> None:
    done: list[object] = []
    nobody = lambda _: None  # noqa: E731
    orders = {"check_pin": done.append, "keep_failures": done.append}
    dispatcher = Dispatcher(None, lambda _: True, lambda _report, _now: None, nobody, nobody, nobody, **orders)
    check, keep = CheckPin(1, "a" * 16, "4711", {"keypad": 1}), KeepFailures({})
    dispatcher.carry_out([check, keep], NOW)
    assert done == [check, keep]
    Bench().dispatcher.carry_out([check, keep], NOW)  # without a keypad nobody listens


def test_actions_are_carried_out_in_their_order() -> None:
    bench = Bench()
    actions = (
        DriveRelay(True),
        ShowLamp(Lamp.GRANTED),
        Speak("granted"),
        Report("access.granted"),
        Announce({"en": "The lift is out of order."}),
        TakePicture("c-1"),
        Answer("c-1", True),
    )
    bench.dispatcher.carry_out(actions, NOW)
    assert bench.done == list(actions)


def test_only_changes_of_the_relay_are_counted() -> None:
    bench = Bench()
    for on in (False, True, True, False, False, True):
        bench.dispatcher.carry_out((DriveRelay(on),), NOW)
    assert (bench.dispatcher.relay_on, bench.dispatcher.relay_off) == (2, 1)
    assert bench.dispatcher.energised
    bench.dispatcher.safe()
    assert bench.done[-1] == DriveRelay(False)
    assert not bench.dispatcher.energised


def test_a_door_that_cannot_be_driven_does_not_lose_the_report() -> None:
    bench = Bench()
    bench.broken = True
    with pytest.raises(HardwareError, match="no relay"):
        bench.dispatcher.carry_out((DriveRelay(True), Speak("granted"), Report("access.granted")), NOW)
    assert bench.done == [Speak("granted"), Report("access.granted")]
    assert (bench.dispatcher.relay_on, bench.dispatcher.energised) == (0, False)


def test_an_order_whose_door_cannot_be_driven_is_answered_as_refused() -> None:
    bench = Bench()
    bench.broken = True
    with pytest.raises(HardwareError, match="no relay"):
        bench.dispatcher.carry_out((DriveRelay(True), Answer("c-1", True)), NOW)
    assert bench.done == [Answer("c-1", False, "hardware", "no relay")]


class Lids:
    """A station that writes down what it is told."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.broken = False

    def open(self) -> None: ...
    def close(self) -> None: ...

    def move_lid(self, name: str, *, open: bool) -> None:
        if self.broken:
            raise HardwareError("no motor", hint="look at the wires")
        self.done.append(MoveLid(name, open))

    def light(self, name: str, lamp: BinLamp) -> None:
        self.done.append(LightBin(name, lamp))

    def open_all(self) -> None:
        self.move_lid("all", open=True)

    def sample(self, mono_s: float) -> StationInputs:
        raise AssertionError(f"nobody asked for the inputs at {mono_s}")


class StationBench(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.lids = Lids()
        note = self.done.append
        self.dispatcher = Dispatcher(
            self,
            self._say,
            lambda report, _now: note(report),
            note,
            note,
            note,
            station=self.lids,
            keep_clip=note,
            keep_item=note,
        )


def test_a_stations_actions_reach_its_wires_and_its_camera() -> None:
    bench = StationBench()
    wires = (MoveLid("paper", True), LightBin("paper", BinLamp.GUIDE))
    kept = (KeepClip("waste.offhours", "d-1"), KeepItem(3, "d-1"))
    bench.dispatcher.carry_out((*wires, *kept), NOW)
    assert (bench.lids.done, bench.done) == (list(wires), list(kept))


def test_a_lid_that_cannot_be_driven_loses_nothing_else() -> None:
    bench = StationBench()
    bench.lids.broken = True
    later = (LightBin("paper", BinLamp.GUIDE), Speak("open"), Report("waste.dropped"))
    order = Answer("c-1", True)
    bench.dispatcher.carry_out((MoveLid("paper", True), *later, DriveRelay(True), order), NOW)
    assert bench.lids.done == [later[0]]
    assert bench.done[:-1] == [*later[1:], DriveRelay(True)]
    assert bench.done[-1] == replace(order, applied=False, reason="hardware", detail="no motor")


def test_without_a_station_nothing_of_one_is_done(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.dispatcher.carry_out((KeepClip("waste.offhours", "d-1"), KeepItem(3, "d-1")), NOW)
    with caplog.at_level("ERROR"):
        bench.dispatcher.carry_out((MoveLid("paper", True), MoveLid("paper", True)), NOW)
    assert [record.message for record in caplog.records] == ["the bin paper has no wires ([station] names them)"]


@pytest.mark.parametrize(("door_broken", "lids_broken"), [(False, False), (True, False), (False, True), (True, True)])
def test_door_and_lids_are_made_safe_whichever_of_them_fails(door_broken: bool, lids_broken: bool) -> None:
    bench = StationBench()
    bench.broken, bench.lids.broken = door_broken, lids_broken
    assert bench.dispatcher.safe() is not (door_broken or lids_broken)
    assert bench.done == ([] if door_broken else [DriveRelay(False)])
    assert bench.lids.done == ([] if lids_broken else [MoveLid("all", True)])
