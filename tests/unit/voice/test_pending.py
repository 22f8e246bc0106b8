"""The queue of prompts: short, never blocking, urgent first."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from edge.voice.pending import STALE_S, Pending, Prompt


def said(pending: Pending, now_s: float = 0.0) -> list[str]:
    phrases = []
    while (one := pending.take(now_s)) is not None:
        phrases.append(one.prompt.phrase)
    return phrases


def test_first_come_first_said() -> None:
    pending = Pending(4)
    assert all(pending.put(Prompt(phrase), 0.0) for phrase in "abc")
    assert said(pending) == ["a", "b", "c"]


def test_urgent_ones_go_first_in_their_own_order() -> None:
    pending = Pending(6)
    for phrase, urgent in [("a", False), ("X", True), ("b", False), ("Y", True)]:
        pending.put(Prompt(phrase, urgent=urgent), 0.0)
    assert pending.first == Prompt("X", urgent=True)
    assert said(pending) == ["X", "Y", "a", "b"]
    assert pending.first is None


def test_the_same_twice_is_one() -> None:
    pending = Pending(4)
    assert pending.put(Prompt("a"), 0.0)
    assert pending.put(Prompt("b"), 0.0)
    assert pending.put(Prompt("a"), 1.0)
    assert said(pending) == ["a", "b"]
    assert pending.merged == 1
    assert pending.dropped == 0


def test_what_becomes_urgent_moves_up() -> None:
    pending = Pending(2)
    pending.put(Prompt("a"), 0.0)
    pending.put(Prompt("b"), 0.0)
    assert pending.put(Prompt("b", urgent=True), 0.0)
    assert pending.put(Prompt("b"), 0.0)
    assert said(pending) == ["b", "a"]
    assert (pending.merged, pending.dropped) == (2, 0)


def test_full_forgets_the_oldest_that_is_not_urgent() -> None:
    pending = Pending(3)
    for phrase, urgent in [("X", True), ("a", False), ("b", False)]:
        pending.put(Prompt(phrase, urgent=urgent), 0.0)
    assert pending.put(Prompt("c"), 0.0)
    assert pending.dropped == 1
    assert said(pending) == ["X", "b", "c"]


def test_full_of_urgent_ones_refuses() -> None:
    pending = Pending(2)
    pending.put(Prompt("X", urgent=True), 0.0)
    pending.put(Prompt("Y", urgent=True), 0.0)
    assert not pending.put(Prompt("a"), 0.0)
    assert not pending.put(Prompt("Z", urgent=True), 0.0)
    assert pending.dropped == 2
    assert said(pending) == ["X", "Y"]


def test_what_waited_too_long_is_not_said_but_an_alarm_is() -> None:
    pending = Pending(4)
    pending.put(Prompt("a"), 0.0)
    pending.put(Prompt("X", urgent=True), 0.0)
    pending.put(Prompt("b"), 1.0)
    assert said(pending, STALE_S + 0.5) == ["X", "b"]
    assert pending.dropped == 1


def test_waiting_ends_at_once_when_something_came_before_or_comes_meanwhile() -> None:
    pending = Pending(4)
    pending.put(Prompt("a"), 0.0)
    began = time.monotonic()
    pending.wait(20.0)
    thread = threading.Thread(target=pending.put, args=(Prompt("b"), 0.0))
    thread.start()
    pending.wait(20.0)
    thread.join(5.0)
    pending.wake()
    pending.wait(20.0)
    assert time.monotonic() - began < 5.0


def test_waiting_does_not_spin_over_what_is_known() -> None:
    pending = Pending(4)
    pending.put(Prompt("a"), 0.0)
    pending.wait(0.0)
    began = time.monotonic()
    pending.wait(0.05)
    assert time.monotonic() - began >= 0.04


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=40))
def test_it_never_outgrows_itself_and_never_loses_count(puts: list[tuple[str, bool]]) -> None:
    pending = Pending(3)
    for phrase, urgent in puts:
        pending.put(Prompt(phrase, urgent=urgent), 0.0)
        assert len(pending) <= 3
    waiting = []
    while (one := pending.take(0.0)) is not None:
        waiting.append(one.prompt)
    assert len({speak.phrase for speak in waiting}) == len(waiting)
    assert [speak.urgent for speak in waiting] == sorted((speak.urgent for speak in waiting), reverse=True)
    assert len(waiting) + pending.dropped + pending.merged == len(puts)
