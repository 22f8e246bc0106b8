"""Counts that outlive the power, add up over the gates, and are bounded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.errors import DataError, HardwareError
from edge.passes import uses as module
from edge.passes.judge import Known
from edge.passes.uses import FILE, KEEP_S, MOST_GATES, Said, Uses
from tests.lossy_disk import Disk, powered
from tests.unit.passes.pass_samples import LOST, NOW_S, NUMBER, at

OTHER = "fedcba9876543210"
END = NOW_S + 60


@pytest.fixture
def uses(tmp_path: Path) -> Iterator[Uses]:
    opened = Uses(tmp_path, "gate-1")
    yield opened
    opened.close()


def again(uses: Uses) -> Uses:
    uses.close()
    return Uses(uses.path.parent, "gate-1")


def test_so_often_and_no_more_also_after_a_restart(uses: Uses) -> None:
    assert [uses.spend(NUMBER, END, 3) for _ in range(2)] == [True, True]
    later = again(uses)
    assert [later.spend(NUMBER, END, 3) for _ in range(2)] == [True, False]
    assert later.known(NUMBER) == Known(3)
    assert later.known(OTHER) == Known()
    later.close()


def test_uses_add_up_over_the_gates_whatever_the_order_of_messages(uses: Uses) -> None:
    for count in (2, 1, 2):
        assert uses.hear("gate-2", Said({NUMBER: (count, END)}))
    assert uses.hear("gate-3", Said({NUMBER: (1, END)}))
    assert uses.known(NUMBER) == Known(3)
    assert uses.spend(NUMBER, END, 4)
    assert not uses.spend(NUMBER, END, 4)
    assert uses.told() == Said({NUMBER: (1, END)})  # each gate speaks for itself alone
    assert again(uses).known(NUMBER) == Known(4)


def test_revoked_here_or_elsewhere_and_for_good(uses: Uses) -> None:
    uses.revoke(NUMBER)
    assert uses.hear("gate-2", Said(revoked={OTHER: END}))
    later = again(uses)
    assert later.known(NUMBER).revoked and later.known(OTHER).revoked
    assert later.told() == Said(revoked={NUMBER: 0})
    later.forget(at(10 * KEEP_S))
    assert later.known(NUMBER).revoked and not later.known(OTHER).revoked
    later.close()


def test_a_used_pass_that_is_revoked_stays_counted(uses: Uses) -> None:
    uses.spend(NUMBER, END, 5)
    uses.revoke(NUMBER, END)
    uses.spend(NUMBER, END, 5)
    assert uses.known(NUMBER) == Known(2, revoked=True)
    assert uses.told() == Said({NUMBER: (2, END)}, {NUMBER: END})


def test_expired_ones_are_forgotten_a_day_later_and_only_by_a_good_clock(uses: Uses) -> None:
    uses.spend(NUMBER, END, 1)
    uses.forget(at(60 + KEEP_S))
    uses.forget(LOST)
    assert uses.known(NUMBER) == Known(1)
    before = uses.version
    uses.forget(at(61 + KEEP_S))
    assert uses.known(NUMBER) == Known() and uses.version > before


def test_what_a_new_card_said_before_is_taken_in_again(uses: Uses) -> None:
    before = uses.version
    assert uses.hear("gate-1", Said({NUMBER: (1, END)}))
    assert uses.version > before
    assert not uses.spend(NUMBER, END, 1)
    version = uses.version
    assert uses.hear("gate-1", Said({NUMBER: (1, END)})) and uses.hear("gate-2", Said({OTHER: (1, END)}))
    assert uses.version == version  # nothing of our own is new


def test_there_is_room_for_so_many(uses: Uses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PASSES", 2)
    for number in range(2):
        assert uses.spend(f"{number:016}", END, 9)
        uses.revoke(f"{number:016}")
    with pytest.raises(DataError):
        uses.spend(NUMBER, END, 9)
    with pytest.raises(DataError):
        uses.revoke(NUMBER)
    assert uses.known(NUMBER) == Known()
    assert uses.spend(f"{0:016}", END, 9)  # what is counted already needs no room
    many = Said({f"{number:016x}": (1, END) for number in range(5)})
    assert not uses.hear("gate-2", many)
    assert uses.known(f"{4:016x}") == Known()


def test_so_many_gates_are_heard(uses: Uses) -> None:
    said = Said({NUMBER: (1, END)})
    assert [uses.hear(f"gate-{number}", said) for number in range(MOST_GATES + 3)].count(False) == 2
    assert uses.hear("gate-5", Said({OTHER: (1, END)}))
    assert uses.known(NUMBER).used == MOST_GATES + 1


def test_a_damaged_file_opens_nothing(tmp_path: Path) -> None:
    uses = Uses(tmp_path, "gate-1")
    for number in range(300):
        uses.spend(f"{number:016}", END, 1)
    uses.close()
    content = bytearray((tmp_path / FILE).read_bytes())
    content[:4096] = b"\x55" * 4096
    (tmp_path / FILE).write_bytes(content)
    for _ in range(2):
        with pytest.raises(DataError) as refused:
            uses.spend(f"{0:016}", END, 1)
    assert "move" in refused.value.hint
    (tmp_path / FILE).unlink()
    assert uses.spend(NUMBER, END, 1)
    uses.close()


def test_without_a_disk_nothing_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(HardwareError):
        Uses(tmp_path / "file", "gate-1").spend(NUMBER, END, 1)


def test_no_power_cut_gives_a_second_use(tmp_path: Path) -> None:
    """Whatever `spend` has granted before the cut is counted after it; at most the one under way is counted too."""
    granted = 0
    for index in range(25):
        chance = random.Random(f"pass {index}")
        before, after = tmp_path / f"{index}", tmp_path / f"{index}-after"
        before.mkdir()
        first = Uses(before, "gate-1")
        counts = {f"{number:016}": first.spend(f"{number:016}", END, 1000) + 0 for number in range(3)}
        first.close()
        disk = Disk(before, chance, cut_at=chance.randrange(1, 80))
        with powered(disk, f"uses-{tmp_path}-{index}"):
            second = Uses(before, "gate-1")
            for _ in range(200):
                number = f"{chance.randrange(5):016}"
                assert second.spend(number, END, 1000)
                counts[number] = counts.get(number, 0) + 1
        disk.come_back(after)
        third = Uses(after, "gate-1")
        found = {f"{number:016}": third.known(f"{number:016}").used for number in range(5)}
        third.close()
        assert all(found[number] >= count for number, count in counts.items()), index
        assert sum(found.values()) <= sum(counts.values()) + 1
        granted += sum(counts.values())
    assert granted > 150


class Gates(RuleBasedStateMachine):
    """Three gates that count one pass, talk late, restart, and lose their card. `spent` is the truth."""

    @initialize(uses=st.integers(1, 4))
    def begin(self, uses: int) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.allowed = uses
        self.gates = [self._open(number) for number in range(3)]
        self.standing: list[Said] = [Said()] * 3
        self.spent = [0, 0, 0]
        self.revoked = False
        self.heard_revoked = [False] * 3

    def _open(self, gate: int) -> Uses:
        folder = Path(self.folder.name) / str(gate)
        folder.mkdir(exist_ok=True)
        return Uses(folder, f"gate-{gate}")

    @rule(gate=st.integers(0, 2))
    def show(self, gate: int) -> None:
        known = self.gates[gate].known(NUMBER)
        granted = not known.revoked and self.gates[gate].spend(NUMBER, END, self.allowed)
        assert not (granted and self.heard_revoked[gate])
        self.spent[gate] += granted
        assert self.spent[gate] <= self.allowed

    @rule(gate=st.integers(0, 2))
    def publish(self, gate: int) -> None:
        self.standing[gate] = self.gates[gate].told()

    @rule(speaker=st.integers(0, 2), listener=st.integers(0, 2))
    def deliver(self, speaker: int, listener: int) -> None:
        assert self.gates[listener].hear(f"gate-{speaker}", self.standing[speaker])
        self.heard_revoked[listener] |= bool(self.standing[speaker].revoked)

    @rule(gate=st.integers(0, 2))
    def revoke(self, gate: int) -> None:
        self.gates[gate].revoke(NUMBER, END)
        self.revoked = self.heard_revoked[gate] = True

    @rule(gate=st.integers(0, 2))
    def restart(self, gate: int) -> None:
        self.gates[gate].close()
        self.gates[gate] = self._open(gate)

    @rule(gate=st.integers(0, 2))
    def replace_card(self, gate: int) -> None:
        """A new card, which hears from the broker what it said before it is shown any pass."""
        self.publish(gate)
        self.gates[gate].close()
        for path in (Path(self.folder.name) / str(gate)).iterdir():
            path.unlink()
        self.gates[gate] = self._open(gate)
        self.heard_revoked[gate] = False
        self.deliver(gate, gate)

    @rule()
    def talk(self) -> None:
        """Once all have talked, all know the same, and nobody grants what is used up or revoked."""
        for gate in range(3):
            self.publish(gate)
        for speaker in range(3):
            for listener in range(3):
                self.deliver(speaker, listener)
        found = {gate.known(NUMBER) for gate in self.gates}
        assert found == {Known(sum(self.spent), self.revoked)}

    @invariant()
    def no_gate_forgets_its_own(self) -> None:
        for gate, spent in zip(getattr(self, "gates", []), getattr(self, "spent", []), strict=True):
            assert gate.known(NUMBER).used >= spent

    def teardown(self) -> None:
        for gate in getattr(self, "gates", []):
            gate.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestGates = Gates.TestCase
TestGates.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
