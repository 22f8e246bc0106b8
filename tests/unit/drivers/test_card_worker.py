"""The card reader's worker: presentations, whose card it is, faults."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from edge.drivers.card import Card, Keys, Shown
from edge.drivers.card.presence import APART_S, GONE_S
from edge.drivers.card.worker import LATE_S, NOISE_BYTES, NOISE_OVER_S, RETRY_S, CardWorker
from edge.errors import DataError, HardwareError
from edge.events import CardShown, ComponentFailed, ComponentRecovered, Event
from edge.runtime.faults import FaultDesk

ANN, BOB = Card("w26:17-12345"), Card("w26:17-2")
Answer = Sequence[Shown] | Exception | int
"""What is shown, what goes wrong, or how many bytes of noise came."""


class Script:
    """A reader that answers each read as the test says."""

    def __init__(self, answers: list[Answer], opens: Exception | None = None, *, secured: bool = False) -> None:
        self.answers, self.opens, self.secured = answers, opens, secured
        self.refused = 0
        self.closed = False

    def open(self) -> None:
        if self.opens:
            raise self.opens

    def read(self, timeout_s: float) -> Sequence[Shown]:
        assert timeout_s <= 0.25
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            self.refused += answer
            return ()
        return answer

    def close(self) -> None:
        self.closed = True


class Rig:
    def __init__(self, *readers: Script) -> None:
        self.now, self.full = 100.0, False
        self.posted: list[Event] = []
        self.seen: list[float] = []
        self.pressed = ""
        queue = list(readers)
        owners = {ANN.name: "ann", BOB.name: ""}
        self.worker = CardWorker(
            lambda: queue.pop(0),
            lambda card: owners[card],
            lambda card: f"alias of {card}",
            self.post,
            self.press,
            FaultDesk(self.post, lambda: self.now),
            lambda: self.now,
        )

    def post(self, event: Event, seen_s: float = 0.0) -> bool:
        if self.full:
            return False
        self.posted.append(event)
        self.seen.append(seen_s)
        return True

    def press(self, keys: str) -> None:
        self.pressed += keys

    def step(self, times: int = 1, by_s: float = 0.3) -> None:
        for _ in range(times):
            self.now += by_s
            self.worker.step()

    @property
    def cards(self) -> list[str]:
        return [event.person for event in self.posted if isinstance(event, CardShown)]


def test_a_card_that_stays_is_one_event_and_one_that_comes_back_another() -> None:
    rig = Rig(Script([[ANN]] * 10 + [[]] + [[ANN]]))
    rig.step(10)
    assert rig.posted == [CardShown("ann", "card", False)]
    assert rig.seen == [100.3]
    assert [event.seen_s for event in rig.posted if isinstance(event, CardShown)] == [100.3]
    rig.now += GONE_S
    rig.step(2)
    assert rig.cards == ["ann", "ann"]


def test_an_unknown_card_is_told_the_same_way() -> None:
    rig = Rig(Script([[BOB], [ANN]], secured=True))
    rig.step(2)
    alias = f"alias of {BOB.name}"
    assert rig.posted == [CardShown("", "card", True, alias), CardShown("ann", "card", True)]
    assert rig.worker.status()["figures"]["unknown"] == 1


def test_cards_faster_than_people_show_them_are_counted_and_not_told() -> None:
    rig = Rig(Script([[ANN, BOB, ANN, BOB], [BOB]]))
    rig.step(1)
    assert rig.cards == ["ann"]
    rig.step(1, by_s=APART_S)
    assert rig.cards == ["ann", ""]
    assert rig.worker.status()["figures"]["too_fast"] == 2


def test_keys_go_to_the_keypad() -> None:
    rig = Rig(Script([[Keys("1"), Keys("2#")]]))
    rig.step()
    assert (rig.pressed, rig.posted) == ("12#", [])


def test_a_reader_that_is_gone_is_told_once_and_tried_for_ever() -> None:
    gone = HardwareError("gone", hint="plug it in")
    readers = [Script([], gone) for _ in range(30)]
    rig = Rig(Script([[], gone]), *readers, Script([[], [ANN]]))
    rig.step(2)
    assert rig.posted == [ComponentFailed("card", "cannot be read", str(gone))]
    rig.step(30, by_s=max(RETRY_S))
    assert len(rig.posted) == 1
    assert all(reader.closed for reader in readers)
    rig.step(2, by_s=max(RETRY_S))
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered, CardShown]


def test_between_two_tries_it_waits() -> None:
    rig = Rig(Script([], HardwareError("gone", hint="")))
    rig.worker.wake()  # so that the wait itself takes no time
    rig.step(5, by_s=0.0)  # a second reader would be missing in the script


def test_a_key_that_is_none_is_told_with_the_reason() -> None:
    rig = Rig(Script([], DataError("a key that everybody knows protects nothing", hint="make one")))
    rig.step()
    (failed,) = rig.posted
    assert isinstance(failed, ComponentFailed)
    assert "everybody knows" in failed.detail


def test_babble_is_told_once_and_over_when_it_makes_sense_again() -> None:
    rig = Rig(Script([NOISE_BYTES + 1] * 20 + [[ANN]]))
    rig.step(20)
    assert [type(event) for event in rig.posted] == [ComponentFailed]
    rig.step()
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered, CardShown]


def test_babble_that_ends_is_over_after_a_minute() -> None:
    rig = Rig(Script([NOISE_BYTES + 1, [], []]))
    rig.step(2)
    assert len(rig.posted) == 1
    rig.step(by_s=NOISE_OVER_S + 1)
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered]


def test_a_little_noise_now_and_then_is_no_fault() -> None:
    rig = Rig(Script([NOISE_BYTES // 2] * 50))
    rig.step(50, by_s=NOISE_OVER_S + 1)
    assert rig.posted == []


def test_what_the_brain_has_no_room_for_is_offered_again_and_dropped_when_it_is_too_late() -> None:
    rig = Rig(Script([[ANN], [], [], [BOB], [], []]))
    rig.full = True
    rig.step(2)
    rig.full = False
    rig.step()
    assert rig.cards == ["ann"]
    assert rig.seen == [100.3]
    rig.full = True
    rig.step(1)
    rig.step(by_s=LATE_S + 0.1)
    rig.full = False
    rig.step()
    assert rig.cards == ["ann"]
    assert rig.worker.dropped == 1


def test_a_run_that_was_given_up_says_nothing_more() -> None:
    rig = Rig(Script([[ANN]]))
    rig.worker.wake()
    rig.step()
    assert rig.posted == []


def test_no_card_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig = Rig(Script([[ANN], [BOB], [Keys("1234#")], HardwareError("gone", hint="")]))
    rig.step(4)
    assert rig.cards == ["ann", ""]
    assert "12345" not in caplog.text
    assert "1234#" not in caplog.text + repr(Keys("1234#"))


def test_a_stop_closes_the_reader() -> None:
    reader = Script([[]])
    rig = Rig(reader)
    rig.step()
    rig.worker.stop()
    assert reader.closed
