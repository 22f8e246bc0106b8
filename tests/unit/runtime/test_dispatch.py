from __future__ import annotations

import pytest

from edge.actions import Announce, Answer, DriveRelay, Lamp, Report, ShowLamp, Speak, TakePicture
from edge.clock import Now
from edge.drivers.door import DoorInputs
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
