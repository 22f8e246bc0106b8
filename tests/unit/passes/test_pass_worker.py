"""A pass is one use however long it is held, is counted before it is told, and is refused once gates have talked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from edge.errors import HardwareError
from edge.events import PassShown
from edge.passes.token import issue
from edge.passes.uses import FILE
from edge.passes.view import AWAY_S
from edge.passes.worker import RETRY_S
from tests.unit.passes.pass_samples import (
    DAY_S,
    LOST,
    NOW_S,
    NUMBER,
    OFTEN,
    ONCE,
    PERSON,
    STRANGER,
    Desk,
    at,
    talk,
    token,
)

GONE = 2 * AWAY_S
FOREIGN = issue(ONCE, "eve", STRANGER).encode()

Open = Callable[..., Desk]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    desks: list[Desk] = []

    def make(gate: str = "gate-1") -> Desk:
        folder = tmp_path / gate
        folder.mkdir(exist_ok=True)
        desks.append(Desk(folder, gate))
        return desks[-1]

    yield make
    for desk in desks:
        desk.worker.stop()


def test_a_good_pass_is_told_once_with_its_holder(opened: Open) -> None:
    desk = opened()
    assert desk.show(token()) == [""]
    assert desk.events == [PassShown(NUMBER, PERSON, "", visitor=True)]
    assert desk.events[0].seen_s == desk.now.mono_s
    assert [desk.show(token()) for _ in range(30)] == [[]] * 30
    assert desk.show(after_s=GONE) == []
    assert desk.show(token()) == ["used_up"]


def test_two_frames_of_it_and_two_codes_in_one_frame_count_once(opened: Open) -> None:
    desk = opened()
    assert desk.show(token(uses=2), token(uses=2)) == [""]
    assert desk.show(token(uses=2)) == []
    assert desk.uses.known(NUMBER).used == 1


def test_without_a_limit_nothing_is_counted(opened: Open) -> None:
    desk = opened()
    assert [desk.show(token(OFTEN), after_s=GONE) for _ in range(3)] == [[""]] * 3
    assert desk.uses.told().used == {}


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (token(site="hilltop"), PassShown(NUMBER, PERSON, "wrong_site", True)),
        (token(zones=("pool",)), PassShown(NUMBER, PERSON, "wrong_zone", True)),
        (token(expires=NOW_S), PassShown(NUMBER, PERSON, "expired", True)),
        (token(not_before=NOW_S + 60), PassShown(NUMBER, PERSON, "not_yet_valid", True)),
    ],
)
def test_why_not(opened: Open, code: bytes, event: PassShown) -> None:
    desk = opened()
    assert desk.show(code) == [event.reason]
    assert desk.events == [event]
    assert desk.uses.known(NUMBER).used == 0


def test_an_unknown_time_refuses_what_has_dates(opened: Open) -> None:
    desk = opened()
    desk.now = LOST
    assert desk.show(token(), token(OFTEN)) == ["clock", ""]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"https://example.org", "malformed"),
        (b"x" * 5000, "malformed"),
        (b"", "malformed"),
        (FOREIGN, "foreign_signer"),
    ],
)
def test_a_code_that_is_no_pass_is_spoken_of_when_it_stays_and_once(opened: Open, code: bytes, reason: str) -> None:
    desk = opened()
    told = [event for _ in range(30) for event in desk.show(code)]
    assert told == [reason]
    assert desk.events == [PassShown("", "", reason)]  # nothing that a stranger wrote
    assert desk.show(code, after_s=GONE) == []  # carried past: not spoken of


def test_leafing_through_codes_is_one_showing(opened: Open) -> None:
    desk = opened()
    assert [event for number in range(50) for event in desk.show(b"%d" % number)] == ["malformed"]


def test_it_is_counted_before_it_is_told(opened: Open) -> None:
    """The power goes when the brain would have been told: the use is gone, and nobody got in."""
    desk = opened()
    desk.full = True
    assert desk.show(token()) == []
    other = opened()  # the same folder, after the power came back
    assert other.show(token()) == ["used_up"]


def test_a_full_inbox_is_told_later_and_in_order(opened: Open) -> None:
    desk = opened()
    desk.full = True
    desk.show(token(), token(OFTEN))
    desk.full = False
    assert desk.show() == ["", ""]
    assert [event.number for event in desk.events] == [NUMBER, OFTEN.number]


def test_a_successor_does_not_count_what_is_still_in_view(opened: Open) -> None:
    desk = opened()
    desk.show(token(uses=2))
    desk.renew()
    assert desk.show(token(uses=2)) == []
    assert desk.uses.known(NUMBER).used == 1


def test_used_at_one_gate_is_refused_at_the_other_once_they_have_talked(opened: Open) -> None:
    north, south = opened("gate-north"), opened("gate-south")
    assert north.show(token()) == [""]
    talk([north, south])
    assert south.show(token()) == ["used_up"]


def test_the_other_gate_remembers_it_without_the_network(opened: Open) -> None:
    north, south = opened("gate-north"), opened("gate-south")
    north.show(token())
    talk([north, south])
    south.worker.stop()
    assert opened("gate-south").show(token()) == ["used_up"]


def test_a_revoked_pass_opens_nowhere_and_is_said_so_to_all(opened: Open) -> None:
    north, south = opened("gate-north"), opened("gate-south")
    north.uses.revoke(OFTEN.number)
    assert north.show(token(OFTEN)) == ["revoked"]
    talk([north, south])
    assert south.show(token(OFTEN)) == ["revoked"]


def test_what_it_says_stands_from_the_start_and_changes_with_each_use(opened: Open) -> None:
    desk = opened()
    desk.show()
    assert len(desk.kept) == 1
    desk.show(token())
    desk.show()
    desk.show()
    assert len(desk.kept) == 2 and NUMBER.encode() in desk.kept[-1]
    desk.show(after_s=3600.0)
    assert len(desk.kept) == 3  # the hour


def test_what_expired_long_ago_is_forgotten(opened: Open) -> None:
    desk = opened()
    desk.show(token())
    desk.show(after_s=3 * DAY_S)
    desk.show()
    assert NUMBER.encode() not in desk.kept[-1]


def test_a_message_without_room_is_let_go_and_the_next_is_heard(opened: Open) -> None:
    desk = opened()
    for number in range(70):
        desk.hear(f"gate-{number}", b'{"hour":1,"used":{"%016d":[1,%d]},"revoked":{}}' % (number, NOW_S + DAY_S))
        desk.show()
    desk.hear("gate-3", b'{"hour":1,"used":{},"revoked":{"%s":0}}' % NUMBER.encode())
    assert desk.show(token()) == ["revoked"]


def test_a_disk_that_fails_opens_nothing_and_is_told_once(opened: Open, tmp_path: Path) -> None:
    desk = opened()
    path = tmp_path / "gate-1" / FILE
    path.mkdir()
    assert [desk.show(code, after_s=1.0) for code in (token(), token(OFTEN))] == [["storage"], ["storage"]]
    assert len(desk.told) == 1 and "passes are refused" in desk.told[0]
    desk.show(after_s=RETRY_S)
    assert len(desk.told) == 1
    path.rmdir()
    desk.show(after_s=RETRY_S)
    assert desk.told[1:] == ["passes works"]
    assert desk.show(token()) == [""]


def test_a_reader_that_cannot_be_loaded_is_a_fault_until_it_can(opened: Open) -> None:
    desk = opened()
    look = desk.worker._look

    def broken(_picture: object, _most: int) -> list[bytes]:
        raise HardwareError("zxing-cpp cannot be loaded")

    desk.worker._look = broken
    for _ in range(5):
        desk.show(token(), after_s=RETRY_S)
    assert [line for line in desk.told if "zxing" in line] == desk.told[1:] and len(desk.told) == 2
    desk.worker._look = look
    desk.show(after_s=RETRY_S)
    desk.show(after_s=RETRY_S)
    assert desk.told[2:] == ["passes works"]


def test_frames_are_looked_at_five_times_a_second(opened: Open) -> None:
    desk = opened()
    for _ in range(10):
        desk.show(after_s=0.1)
    assert desk.worker.status()["figures"]["looked"] == 5


class TwoGates(RuleBasedStateMachine):
    """Passes at two gates with power cuts and late messages. `granted` is what the brains were told."""

    @initialize(uses=st.integers(1, 3))
    def begin(self, uses: int) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.code, self.allowed = token(uses=uses), uses
        self.now = at(0.0)
        self.granted = [0, 0]
        self.desks = [self._open(number) for number in range(2)]

    def _open(self, gate: int) -> Desk:
        folder = Path(self.folder.name) / str(gate)
        folder.mkdir(exist_ok=True)
        return Desk(folder, f"gate-{gate}", self.now)

    def _show(self, gate: int, *codes: bytes, after_s: float = 0.3) -> None:
        self.now = at(after_s, self.now)
        desk = self.desks[gate]
        desk.now = self.now
        reasons = desk.show(*codes, after_s=0.0)
        self.granted[gate] += reasons.count("")
        assert self.granted[gate] <= self.allowed

    @rule(gate=st.integers(0, 1), frames=st.integers(1, 5))
    def hold(self, gate: int, frames: int) -> None:
        before = self.granted[gate]
        self._show(gate, self.code, after_s=GONE)
        for _ in range(frames):
            self._show(gate, self.code)
        assert self.granted[gate] - before <= 1

    @rule(gate=st.integers(0, 1))
    def power_cut(self, gate: int) -> None:
        self.desks[gate].worker.stop()
        self.desks[gate] = self._open(gate)

    @rule(gate=st.integers(0, 1))
    def power_cut_before_the_brain_knows(self, gate: int) -> None:
        self.desks[gate].full = True
        self._show(gate, self.code, after_s=GONE)
        self.power_cut(gate)

    @rule()
    def talk(self) -> None:
        for gate in range(2):
            self._show(gate)
        talk(self.desks)
        if sum(self.granted) >= self.allowed:
            before = list(self.granted)
            for gate in range(2):
                self._show(gate, self.code, after_s=GONE)
            assert self.granted == before

    def teardown(self) -> None:
        for desk in getattr(self, "desks", []):
            desk.worker.stop()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestTwoGates = TwoGates.TestCase
TestTwoGates.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
