"""A simulated clock that may be off, set and synchronised at will: what is told must place every event rightly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Now
from edge.events import ClockKnown, Event
from edge.runtime.timekeeper import LOOK_S, STEP_US, ClockWatch, Reading, Timekeeper, left_unplaced, read

TRUE_US = 1_790_000_000_000_000  # the true time when the device was switched on
BOOTED_S = 7.25


@dataclass
class Machine:
    """A device whose monotonic clock is right and whose wall clock is whatever it was set to."""

    off_us: int
    synced: bool = False
    age_us: int = 0
    told: list[Event] = field(default_factory=list)
    stored: list[tuple[float, int]] = field(default_factory=list)
    """Events told under an unsynchronised clock: monotonic seconds, and when they truly happened."""

    def __post_init__(self) -> None:
        self.watch = ClockWatch("boot", read(self.clock))
        self.keeper = Timekeeper(self.watch, self.clock, self.told.append)

    @property
    def true_us(self) -> int:
        return TRUE_US + self.age_us

    def clock(self) -> Now:
        quality = "synced" if self.synced else "unsynced"
        return Now(BOOTED_S + self.age_us / 1e6, self.true_us + self.off_us, quality)  # type: ignore[arg-type]

    def event(self) -> None:
        now = self.clock()
        if now.quality == "unsynced":
            self.stored.append((now.mono_s, self.true_us))

    def pass_s(self, seconds: float) -> None:
        self.age_us += round(seconds * 1e6)

    def look(self) -> None:
        self.pass_s(LOOK_S + 0.001)
        self.keeper.step()

    @property
    def known(self) -> list[ClockKnown]:
        return [one for one in self.told if isinstance(one, ClockKnown)]


def test_a_cold_boot_without_a_network_is_placed_hours_later() -> None:
    machine = Machine(off_us=-TRUE_US)  # 1970
    for _ in range(5):
        machine.event()
        machine.pass_s(3600)
        machine.look()
    assert machine.known == []
    machine.off_us, machine.synced = 0, True
    machine.look()
    machine.look()
    (known,) = machine.known
    assert (known.bootid, known.was_off_us) == ("boot", -TRUE_US)
    for mono_s, true_us in machine.stored:
        assert round(mono_s * 1e6) + known.offset_us == true_us
    assert machine.watch.status()["known"]


def test_a_clock_that_was_right_all_along_is_told_once() -> None:
    machine = Machine(off_us=0)
    machine.synced = True
    for _ in range(3):
        machine.look()
    assert [one.was_off_us for one in machine.known] == [0]


def test_a_clock_that_is_synchronised_from_the_start_needs_no_telling() -> None:
    machine = Machine(off_us=0, synced=True)
    for _ in range(3):
        machine.look()
    assert machine.known == []


def test_what_an_earlier_run_of_this_boot_left_unplaced_is_placed_at_the_start() -> None:
    watch = ClockWatch("boot", Reading(5, True), owed=True)
    assert watch.look(Reading(5, True)) == ClockKnown("boot", 5, 0)
    assert watch.look(Reading(5, True)) is None


@pytest.mark.parametrize(
    ("newest", "owed"),
    [
        (b'{"bootid": "boot", "clock": "unsynced"}', True),
        (b'{"bootid": "boot", "clock": "synced"}', False),
        (b'{"bootid": "before", "clock": "unsynced"}', False),
        (b"\xff" * 32, False),
        (b"[]", False),
        (b"", False),
    ],
)
def test_whether_something_is_owed_shows_at_the_newest_event(newest: bytes, owed: bool) -> None:
    assert left_unplaced(newest, "boot") is owed


@pytest.mark.parametrize(("step_us", "told"), [(STEP_US, 0), (STEP_US + 1, 1), (-STEP_US - 1, 1)])
def test_a_step_of_more_than_a_second_is_told(step_us: int, told: int) -> None:
    watch = ClockWatch("boot", Reading(0, True))
    known = [one for _ in range(3) if (one := watch.look(Reading(step_us, True)))]
    assert [one.was_off_us for one in known] == [-step_us] * told


def test_small_steps_add_up() -> None:
    watch = ClockWatch("boot", Reading(0, True))
    told = [watch.look(Reading(600_000 * number, True)) for number in range(1, 5)]
    assert [one is not None for one in told] == [False, True, False, True]


def test_a_clock_set_by_hand_is_believed_only_while_nothing_better_is_known() -> None:
    watch = ClockWatch("boot", Reading(-(10**15), False))
    by_hand = watch.look(Reading(4_000_000, False))
    assert by_hand is not None
    assert by_hand.offset_us == 4_000_000
    assert watch.look(Reading(0, True)) == ClockKnown("boot", 0, 4_000_000)
    assert watch.look(Reading(9 * STEP_US, False)) is None  # set wrong: what was known stands
    assert watch.look(Reading(0, True)) == ClockKnown("boot", 0, 9 * STEP_US)


def test_an_interruption_between_the_two_clocks_is_seen_through() -> None:
    def readings() -> Iterator[Now]:
        yield Now(10.0, 110_000_000)
        yield Now(10.1, 110_300_000)  # 0.2 s lie between its two clocks
        yield Now(10.5, 110_500_000)
        while True:
            yield Now(10.500_02, 110_500_020)

    clock = iter(readings())
    assert read(lambda: next(clock)) == Reading(100_000_000, True)


def test_between_two_looks_nothing_is_read() -> None:
    machine = Machine(off_us=-TRUE_US)
    machine.look()
    machine.off_us, machine.synced = 0, True
    machine.keeper.wake()  # so that the step does not wait
    machine.keeper.step()
    assert machine.known == []


offsets_us = st.one_of(st.just(-TRUE_US), st.integers(-(10**15), 10**13), st.integers(-3 * STEP_US, 3 * STEP_US))
acts = st.one_of(
    st.tuples(st.just("event"), st.just(0)),
    st.tuples(st.just("pass"), st.integers(0, 10**11)),
    st.tuples(st.just("set"), offsets_us),  # by hand, which also ends being synchronised
    st.tuples(st.just("sync"), st.just(0)),
    st.tuples(st.just("lose"), st.just(0)),
)


@settings(deadline=None)
@given(off_us=offsets_us, synced=st.booleans(), steps=st.lists(acts, max_size=30))
def test_whatever_happens_every_unsynced_event_is_placed_within_a_millisecond(
    off_us: int, synced: bool, steps: list[tuple[str, int]]
) -> None:
    machine = Machine(off_us=0 if synced else off_us, synced=synced)
    ever = synced
    for act, value in steps:
        was_synced, told = machine.synced, len(machine.known)
        match act:
            case "event":
                machine.event()
            case "pass":
                machine.pass_s(value / 1e6)
            case "set":
                machine.off_us, machine.synced = value, False
            case "sync":
                machine.off_us, machine.synced = 0, True
            case "lose":
                machine.synced = False
        ever |= machine.synced
        machine.look()
        new = len(machine.known) - told
        assert new <= 1
        assert new == 1 or was_synced or not machine.synced, "it became synchronised"
        machine.look()
        assert len(machine.known) == told + new, "once is enough"
        if ever and machine.known:
            offset_us = machine.known[-1].offset_us
            assert all(abs(mono_s * 1e6 + offset_us - true_us) < 1000 for mono_s, true_us in machine.stored)
