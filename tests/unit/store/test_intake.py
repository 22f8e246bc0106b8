from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.intake import Intake


def put(intake: Intake, number: int, priority: Priority = Priority.TELEMETRY) -> None:
    intake.put(Report("device.health", {"n": number}, "", priority), Now(0.0, number))


def numbers(intake: Intake, at_most: int = 100) -> list[int]:
    return [report.data["n"] for report, _ in intake.take(0.0, at_most)]


def test_events_leave_in_the_order_of_their_arrival_whatever_their_priority() -> None:
    intake = Intake(10)
    for number, priority in enumerate([Priority.TELEMETRY, Priority.ALARM, Priority.WASTE, Priority.ALARM]):
        put(intake, number, priority)
    assert numbers(intake, 3) == [0, 1, 2]
    assert numbers(intake) == [3]
    assert len(intake) == 0


def test_the_oldest_of_the_lowest_priority_goes_first() -> None:
    intake = Intake(3)
    put(intake, 1, Priority.ALARM)
    put(intake, 2, Priority.TELEMETRY)
    put(intake, 3, Priority.TELEMETRY)
    put(intake, 4, Priority.ACCESS)
    put(intake, 5, Priority.ACCESS)
    put(intake, 6, Priority.ALARM)
    assert numbers(intake) == [1, 5, 6]
    losses = intake.take_losses()
    assert losses.by_priority == {Priority.TELEMETRY: 2, Priority.ACCESS: 1}
    assert (losses.count, losses.first_us, losses.last_us) == (3, 2, 4)
    assert not intake.dropping


@given(st.lists(st.sampled_from(Priority), max_size=60), st.integers(1, 20))
def test_nothing_disappears_uncounted_and_nothing_urgent_goes_for_something_less_so(
    priorities: list[Priority], capacity: int
) -> None:
    intake = Intake(capacity)
    for number, priority in enumerate(priorities):
        put(intake, number, priority)
    losses = intake.take_losses()
    kept = [report.data["n"] for report, _ in intake.take(0.0, 100)]
    assert len(kept) == min(capacity, len(priorities))
    assert len(kept) + losses.count == len(priorities)
    assert kept == sorted(kept)
    for priority in Priority:
        if sum(other <= priority for other in priorities) <= capacity:
            assert losses.by_priority[priority] == 0


def test_a_wake_that_came_before_the_wait_is_not_lost() -> None:
    intake = Intake(10)
    intake.wake()
    assert intake.take(60.0, 10) == []
    intake.wake()
    intake.pause(60.0)


def test_an_event_interrupts_the_wait() -> None:
    intake = Intake(10)
    threading.Thread(target=put, args=(intake, 1)).start()
    assert len(intake.take(60.0, 10)) == 1


def test_what_is_given_back_comes_before_everything_else() -> None:
    intake = Intake(5)
    for number, priority in enumerate([Priority.TELEMETRY, Priority.ALARM, Priority.ACCESS]):
        put(intake, number, priority)
    taken = intake.take(0.0, 2)
    put(intake, 3)
    intake.give_back(taken)
    assert len(intake) == 4
    intake.give_back(intake.take(0.0, 3))
    assert numbers(intake) == [0, 1, 2, 3]


def test_giving_back_more_than_there_is_room_for_costs_the_lowest_priority() -> None:
    intake = Intake(2)
    put(intake, 1, Priority.ALARM)
    put(intake, 2, Priority.TELEMETRY)
    taken = intake.take(0.0, 2)
    put(intake, 3, Priority.ACCESS)
    intake.give_back(taken)
    assert numbers(intake) == [1, 3]
    assert intake.take_losses().count == 1
