from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.intake import MOST_PICTURES, Intake
from edge.store.ticket import Ticket, call_in_turn


def put(intake: Intake, number: int, priority: Priority = Priority.TELEMETRY) -> None:
    intake.put(Report("device.health", {"n": number}, "", priority), Now(0.0, number))


def numbers(intake: Intake, at_most: int = 100) -> list[int]:
    return [waiting.report.data["n"] for waiting in intake.take(0.0, at_most)]


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
    losses, kept = intake.take_losses(), list[int]()
    while some := numbers(intake):
        kept += some
    pictures = priorities.count(Priority.PICTURE)
    assert min(capacity, len(priorities) - max(pictures - MOST_PICTURES, 0)) == len(kept)
    assert len(kept) + losses.count == len(priorities)
    assert kept == sorted(kept)
    for priority in (priority for priority in Priority if priority != Priority.PICTURE):
        if sum(other <= priority for other in priorities) <= capacity:
            assert losses.by_priority[priority] == 0


def test_pictures_are_too_large_to_wait_in_great_numbers() -> None:
    intake, oldest = Intake(10_000), Ticket()
    put(intake, 0)
    intake.put(Report("picture.taken", {"n": 1}, "", Priority.PICTURE), Now(0.0, 1), oldest)
    for number in range(2, MOST_PICTURES + 3):
        put(intake, number, Priority.PICTURE)
    assert len(intake) == MOST_PICTURES + 1
    assert not oldest._bell.locked()  # whoever waits for it is told
    losses = intake.take_losses()
    assert (losses.by_priority, losses.first_us, losses.last_us) == ({Priority.PICTURE: 2}, 1, 2)
    assert numbers(intake) == [0, 3]
    assert numbers(intake) == [4]  # one at a time


def test_pictures_that_are_given_back_count_as_well() -> None:
    intake = Intake(10_000)
    put(intake, 1, Priority.PICTURE)
    taken = intake.take(0.0, 10)
    for number in range(2, MOST_PICTURES + 2):
        put(intake, number, Priority.PICTURE)
    assert not intake.dropping
    intake.give_back(taken)
    assert len(intake) == MOST_PICTURES
    assert intake.take_losses().by_priority == {Priority.PICTURE: 1}
    assert numbers(intake) == [2]


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


def test_a_wake_ends_a_pause_and_an_event_does_not() -> None:
    intake = Intake(10)
    ended = threading.Event()

    def pause() -> None:
        intake.pause(60.0)
        ended.set()

    pausing = threading.Thread(target=pause)
    pausing.start()
    put(intake, 1)
    assert not ended.is_set()
    intake.wake()
    pausing.join(60.0)
    assert ended.is_set()
    assert numbers(intake) == [1]


def test_whoever_waits_for_an_event_that_is_dropped_is_told_at_once() -> None:
    intake, ticket = Intake(1), Ticket()
    intake.put(Report("device.health"), Now(0.0, 1), ticket)
    assert ticket._bell.locked()
    put(intake, 2)
    assert not ticket._bell.locked()  # called
    assert not ticket.wait(0.0)  # and not to say that it is stored


def test_a_ticket_that_was_called_says_where_the_event_stands() -> None:
    assert not Ticket().wait(0.0)
    ticket = Ticket()
    ticket.call("e90c", 7)
    assert ticket.wait(60.0)
    assert (ticket.epoch, ticket.seq) == ("e90c", 7)


def test_many_hands_lose_nothing() -> None:
    intake, taken = Intake(100_000), list[int]()

    def give(first: int) -> None:
        for number in range(first, first + 500):
            put(intake, number)

    threads = [threading.Thread(target=give, args=(first,)) for first in range(0, 4000, 500)]
    for thread in threads:
        thread.start()
    while len(taken) < 4000:
        got = [waiting.report.data["n"] for waiting in intake.take(60.0, 64)]
        assert got
        taken += got
    for thread in threads:
        thread.join(60.0)
    assert sorted(taken) == list(range(4000))
    assert all([n for n in taken if n // 500 == hand] == list(range(500 * hand, 500 * hand + 500)) for hand in range(8))


def test_the_holders_of_one_commit_wake_each_other() -> None:
    tickets = [Ticket() for _ in range(5)]
    call_in_turn(enumerate([tickets[0], None, *tickets[1:]], 7), "e90c")
    assert [ticket._bell.locked() for ticket in tickets] == [False, True, True, True, True]
    for ticket in tickets:
        assert ticket.wait(0.0)
    assert [(ticket.epoch, ticket.seq) for ticket in tickets] == [("e90c", seq) for seq in (7, 9, 10, 11, 12)]


def test_holders_that_have_gone_hold_up_nobody() -> None:
    tickets = [Ticket() for _ in range(5000)]  # more than the interpreter goes deep
    for ticket in tickets[:-1]:
        assert not ticket.wait(0.0)
    call_in_turn(enumerate(tickets, 1), "e90c")
    assert tickets[-1].wait(0.0)


def test_a_holder_that_is_interrupted_wakes_the_next() -> None:
    class Interrupted:
        def __init__(self, bell: threading.Lock) -> None:
            self._bell = bell

        def acquire(self, **how: Any) -> bool:
            if "timeout" in how:
                raise KeyboardInterrupt
            return self._bell.acquire(blocking=False)

    first, second = Ticket(), Ticket()
    call_in_turn([(1, first), (2, second)], "e90c")
    first._bell = Interrupted(first._bell)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        first.wait(1.0)
    assert second.wait(0.0)


def test_many_holders_some_impatient_all_hear_of_it() -> None:
    for _ in range(20):
        tickets = [Ticket() for _ in range(32)]
        with ThreadPoolExecutor(32) as pool:
            heard = [pool.submit(ticket.wait, 60.0 if i % 3 else 0.0) for i, ticket in enumerate(tickets)]
            call_in_turn(enumerate(tickets, 1), "e90c")
            assert all(future.result() for i, future in enumerate(heard) if i % 3)
