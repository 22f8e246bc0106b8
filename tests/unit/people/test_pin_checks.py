"""Comparing PINs: what is kept before, what is compared, and that everybody takes the same way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from people_samples import profile

from edge.actions import KEYPAD, CheckPin, KeepFailures
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event, PinChecked, PinVerdict
from edge.people.pins import LATE_S, RETRY_S, PinWorker
from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import Inbox
from edge.store import pin_failures
from edge.store.pin_failures import FILE_NAME, LOST, FailureFile, initial_failures
from edge.store.pin_hash import hash_pin, matches
from edge.store.roster import Roster

ANN, BOB = "a" * 16, "b" * 16
HASHES = {pin: hash_pin(pin) for pin in ("4711", "8064", "5926")}
PINS: Mapping[str, tuple[str, str]] = {ANN: (HASHES["4711"], HASHES["8064"]), BOB: (HASHES["5926"], "")}
# ANN has a PIN and a duress PIN, BOB a PIN; whoever else is meant has none, is revoked, or does not exist.


class Rig:
    def __init__(self, state: Path, compare: Callable[[str, str], bool] = matches) -> None:
        self.state = state
        self.now, self.full = 100.0, False
        self.posted: list[Event] = []
        self.compared: list[tuple[str, str]] = []
        self.orders: Inbox[CheckPin | KeepFailures] = Inbox(4)
        self._compare = compare
        self.worker = self.renewed()

    def renewed(self) -> PinWorker:
        desk = FaultDesk(self.post, lambda: self.now)
        lock = threading.Lock()
        self.worker = PinWorker(
            self.state, self.orders, lambda: PINS, self.post, desk, lock, compare=self.compare, clock=lambda: self.now
        )
        return self.worker

    def compare(self, pin: str, hashed: str) -> bool:
        self.compared.append((pin, hashed))
        return self._compare(pin, hashed)

    def post(self, event: Event) -> bool:
        if not self.full:
            self.posted.append(event)
        return not self.full

    def check(self, person: str, pin: str, failures: Mapping[str, int] | None = None) -> PinVerdict:
        self.compared = []
        self.orders.put(CheckPin(7, person, pin, {KEYPAD: 1} if failures is None else failures))
        self.worker.step()
        last = self.posted[-1]
        assert isinstance(last, PinChecked)
        assert (last.ticket, last.person) == (7, person)
        return last.verdict


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    rig = Rig(tmp_path / "state")
    with Roster.open(rig.state, create=True) as roster:
        for person in (ANN, BOB):
            roster.add(profile(), [], 1, person=person)
    rig.worker.start()
    return rig


def test_right_wrong_and_duress(rig: Rig) -> None:
    assert rig.check(ANN, "4711") is PinVerdict.RIGHT
    assert rig.check(ANN, "8064") is PinVerdict.DURESS
    assert rig.check(ANN, "5926") is PinVerdict.WRONG  # somebody else's
    assert rig.check(BOB, "5926") is PinVerdict.RIGHT
    assert rig.check("", "4711") is PinVerdict.WRONG


@pytest.mark.parametrize(
    ("person", "pin"),
    [
        (ANN, "4711"),
        (ANN, "8064"),
        (ANN, "1111"),
        (BOB, "5926"),
        (BOB, "1111"),
        ("c" * 16, "4711"),
        ("", "4711"),
        ("", "123456789"),
    ],
    ids=["right", "duress", "wrong", "right, no duress", "wrong, no duress", "revoked or no PIN", "nobody", "too long"],
)
def test_everybody_takes_the_same_way(rig: Rig, person: str, pin: str) -> None:
    """Two computations of the same cost, whoever it is and whatever comes out."""
    rig.check(person, pin)
    assert [typed for typed, _ in rig.compared] == [pin, pin]
    costs = {hashed.split("$")[1:4] == HASHES["4711"].split("$")[1:4] for _, hashed in rig.compared}
    assert costs == {True}
    assert all(len(hashed) == len(HASHES["4711"]) for _, hashed in rig.compared)


def test_the_count_is_on_the_disk_before_anything_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    state = tmp_path / "state"
    seen: list[dict[str, int]] = []

    def cut(_pin: str, _hashed: str) -> bool:
        seen.append(initial_failures(state))
        raise RuntimeError("the power goes")

    rig = Rig(state, cut)
    with Roster.open(state, create=True) as roster:
        roster.add(profile(), [], 1, person=ANN)
    rig.worker.start()
    rig.orders.put(CheckPin(1, ANN, "4711", {ANN: 3, KEYPAD: 5}))
    with pytest.raises(RuntimeError):
        rig.worker.step()
    assert seen == [{ANN: 3, KEYPAD: 5}]
    assert initial_failures(state) == {ANN: 3, KEYPAD: 5}  # what the next start begins with
    assert rig.posted == []  # nobody was told that the PIN was right


def test_counts_are_kept_and_set_back_by_order(rig: Rig) -> None:
    rig.check(ANN, "1111", {ANN: 2})
    assert initial_failures(rig.state) == {ANN: 2}
    rig.orders.put(KeepFailures({}))
    rig.worker.step()
    assert initial_failures(rig.state) == {}
    rig.renewed().start()
    assert rig.check(ANN, "4711") is PinVerdict.RIGHT


def test_what_stands_on_the_disk_is_not_written_again(rig: Rig) -> None:
    """What is typed in a lock-out counts nothing: whoever goes on typing does not wear out the card."""
    rig.check(ANN, "1111", {ANN: 5})
    written = (rig.state / FILE_NAME).stat().st_ino
    assert rig.check(ANN, "8064", {ANN: 5}) is PinVerdict.DURESS
    assert (rig.state / FILE_NAME).stat().st_ino == written
    rig.check(ANN, "1111", {ANN: 6})
    assert (rig.state / FILE_NAME).stat().st_ino != written


def test_what_cannot_be_kept_opens_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: FailureFile, _failures: Mapping[str, int]) -> None:
        raise HardwareError("no space left", hint="make room")

    with monkeypatch.context() as patch:
        patch.setattr(FailureFile, "write", full)
        assert rig.check(ANN, "4711") is PinVerdict.WRONG
        assert len(rig.compared) == 2  # and takes as long as ever
        assert rig.check(ANN, "8064") is PinVerdict.DURESS  # is told all the same
        assert rig.posted[-1] == PinChecked(7, ANN, PinVerdict.DURESS, opens=False)
    faults = [event for event in rig.posted if isinstance(event, ComponentFailed)]
    assert [(one.component, one.what) for one in faults] == [("pins", "the count of wrong PINs cannot be kept")]
    assert rig.check(ANN, "4711") is PinVerdict.RIGHT
    assert any(isinstance(event, ComponentRecovered) for event in rig.posted)


@pytest.mark.parametrize("how", ["damaged", "taken away"])
def test_lost_counts_open_nothing_until_somebody_has_looked(rig: Rig, how: str) -> None:
    rig.check(ANN, "1111", {ANN: 2})
    if how == "damaged":
        (rig.state / FILE_NAME).write_text("{}")
    else:
        (rig.state / FILE_NAME).unlink()
    rig.renewed().start()
    (fault,) = (event for event in rig.posted if isinstance(event, ComponentFailed))
    assert "lost" in fault.what
    assert "edge people pin unlock" in fault.detail
    for _ in range(3):
        rig.now += RETRY_S + 1
        assert rig.check(ANN, "4711", {}) is PinVerdict.WRONG
        rig.orders.put(KeepFailures({}))
        rig.worker.step()
    assert initial_failures(rig.state) == {KEYPAD: LOST}  # typing does not bring them back
    assert rig.worker.status()["working"] is False


def test_a_busy_roster_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    rig = Rig(tmp_path / "state")

    def busy(*_: object) -> FailureFile:
        raise HardwareError("another program is writing it", hint="try again")

    with monkeypatch.context() as patch:
        patch.setattr("edge.people.pins.open_failures", busy)
        rig.worker.start()
        assert rig.check(ANN, "4711") is PinVerdict.WRONG
    rig.now += RETRY_S
    assert rig.check(ANN, "4711") is PinVerdict.RIGHT
    assert pin_failures.FailureFile is FailureFile


def test_an_answer_without_room_is_offered_again_for_a_while(rig: Rig) -> None:
    rig.full = True
    rig.orders.put(CheckPin(1, ANN, "4711"))
    rig.worker.step()
    rig.full = False
    rig.worker.step()
    assert rig.posted[-1] == PinChecked(1, ANN, PinVerdict.RIGHT)
    rig.full = True
    rig.orders.put(CheckPin(2, ANN, "4711"))
    rig.worker.step()
    rig.now += LATE_S + 0.1
    rig.worker.step()
    rig.full = False
    rig.worker.step()
    assert rig.posted[-1] == PinChecked(1, ANN, PinVerdict.RIGHT)
    assert rig.worker.dropped == 1


def test_duress_without_room_is_offered_until_it_is_told(rig: Rig) -> None:
    rig.full = True
    rig.orders.put(CheckPin(1, ANN, "8064"))
    rig.worker.step()
    rig.now += 10 * LATE_S
    rig.worker.step()
    rig.full = False
    rig.worker.step()
    assert rig.posted[-1] == PinChecked(1, ANN, PinVerdict.DURESS)


def test_no_pin_gets_into_a_log(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig.check(ANN, "4711")
    rig.check("", "5926")
    told = caplog.text + repr(rig.posted) + repr(CheckPin(1, ANN, "4711"))
    assert "4711" not in told
    assert "5926" not in told
