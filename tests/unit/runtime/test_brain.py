from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from edge.actions import Action, DriveRelay, Report
from edge.clock import Now
from edge.events import Event, ExitPressed, Gesture, GestureBegun, GestureSeen, OrderGiven, PinChecked, PinVerdict, Tick
from edge.runtime.brain import NO_ENTRY, Brain, Posted
from edge.runtime.dispatch import Dispatcher
from edge.runtime.mailbox import Inbox

OFF = DriveRelay(on=False)


class Hand(Dispatcher):
    """Only writes down what it is to do."""

    def __init__(self) -> None:
        self.done: list[Action] = []

    def carry_out(self, actions: tuple[Action, ...], now: Now) -> None:  # type: ignore[override]
        assert now == NOW
        self.done += actions


@dataclass
class Counting:
    """A core whose state is the number of events; answers with `answer`."""

    answer: tuple[Action, ...] = ()
    deadline: float | None = 0.0  # long past: a step does not wait
    fails: bool = False
    seen: list[Event] = field(default_factory=list)

    def step(self, state: int, event: Event, now: Now) -> tuple[int, tuple[Action, ...]]:
        assert now == NOW
        if self.fails:
            raise RuntimeError("a mistake in the core")
        self.seen.append(event)
        return state + 1, self.answer

    def next_deadline(self, state: int) -> float | None:
        return self.deadline if state >= 0 else None

    def made_safe(self, state: int, now: Now) -> tuple[int, tuple[Action, ...]]:
        assert now == NOW
        return state, (OFF,)


NOW = Now(50.0, 1_000_000)


class Bench:
    def __init__(self, core: Counting) -> None:
        self.core = core
        self.hand = Hand()
        self.inbox: Inbox[Posted] = Inbox(10)
        self.watched: list[tuple[Report, float]] = []
        self.brain = self.make(0)

    def make(self, state: int) -> Brain[int]:
        watch = lambda report, origin_s: self.watched.append((report, origin_s))  # noqa: E731
        return Brain(lambda: self.core, state, self.inbox, lambda: NOW, self.hand, watch)


def test_an_event_becomes_a_new_state_and_its_actions() -> None:
    report = Report("access.exit")
    bench = Bench(Counting(answer=(DriveRelay(on=True), report)))
    bench.inbox.put(Posted(ExitPressed(), 49.5))
    bench.brain.step()
    assert bench.core.seen == [ExitPressed()]
    assert bench.brain.state == 1
    assert bench.hand.done == [DriveRelay(on=True), report]
    assert bench.watched == [(report, 49.5)]
    assert bench.brain.to_relay_ms.count == 1


def test_an_order_that_was_not_taken_up_in_time_is_not_carried_out() -> None:
    bench = Bench(Counting())
    bench.inbox.put(Posted(OrderGiven("unlock", "c-1"), NOW.mono_s - 2.1))
    bench.inbox.put(Posted(OrderGiven("unlock", "c-2"), NOW.mono_s - 1.9))
    bench.brain.step()
    bench.brain.step()
    assert bench.core.seen == [Tick(), OrderGiven("unlock", "c-2")]
    assert bench.brain.stale == 1


@pytest.mark.parametrize("event", [GestureBegun(1, Gesture.LOOK_UP), GestureSeen(1, Gesture.LOOK_UP, "p")])
def test_a_gesture_of_a_while_ago_answers_nothing_that_was_asked_since(event: Event) -> None:
    bench = Bench(Counting())
    bench.inbox.put(Posted(event, NOW.mono_s - 2.1))
    bench.brain.step()
    assert bench.core.seen == [Tick()]


def test_of_a_pin_that_comes_too_late_the_duress_is_left() -> None:
    bench = Bench(Counting())
    for verdict in (PinVerdict.RIGHT, PinVerdict.DURESS):
        bench.inbox.put(Posted(PinChecked(7, "p", verdict), NOW.mono_s - 2.1))
        bench.brain.step()
    assert bench.core.seen == [Tick(), PinChecked(NO_ENTRY, "p", PinVerdict.DURESS)]


def test_an_empty_inbox_at_a_deadline_is_a_tick_and_no_latency() -> None:
    bench = Bench(Counting(answer=(DriveRelay(on=True),)))
    bench.brain.step()
    assert bench.core.seen == [Tick()]
    assert bench.brain.to_relay_ms.count == 0


def test_only_energising_counts_as_a_way_to_the_relay() -> None:
    bench = Bench(Counting(answer=(OFF,)))
    bench.inbox.put(Posted(ExitPressed(), 0.0))
    bench.brain.step()
    assert bench.brain.to_relay_ms.count == 0


def test_starting_and_stopping_make_the_door_safe() -> None:
    bench = Bench(Counting())
    bench.brain.start()
    assert bench.hand.done == [OFF]
    bench.brain.stop()
    assert bench.hand.done == [OFF, OFF]


def test_a_failed_run_leaves_the_last_good_state_to_its_successor() -> None:
    bench = Bench(Counting())
    bench.brain.step()
    bench.core.fails = True
    with pytest.raises(RuntimeError, match="a mistake"):
        bench.brain.step()
    assert bench.brain.state == 1
    bench.core.fails = False
    successor = bench.make(bench.brain.state)
    successor.start()
    successor.step()
    assert (successor.state, bench.hand.done) == (2, [OFF])
