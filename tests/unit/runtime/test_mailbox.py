from __future__ import annotations

import threading

from edge.runtime.mailbox import Inbox, LatestSlot, NextSlot


def test_the_slot_keeps_the_newest_and_counts_the_rest() -> None:
    slot: LatestSlot[int] = LatestSlot()
    for number in range(5):
        slot.put(number)
    assert (slot.get(0.0), slot.get(0.0), slot.replaced) == (4, None, 4)


def test_a_full_inbox_refuses_and_says_so() -> None:
    inbox: Inbox[int] = Inbox(2)
    assert [inbox.put(number) for number in range(3)] == [True, True, False]
    assert (inbox.refused, len(inbox)) == (1, 2)
    assert [inbox.get(0.0) for _ in range(3)] == [0, 1, None]
    assert inbox.put(3)


def test_a_waiting_reader_is_woken_by_an_item_and_by_wake() -> None:
    inbox: Inbox[int] = Inbox(1)
    got: list[int | None] = []
    reader = threading.Thread(target=lambda: got.append(inbox.get(30.0)))
    reader.start()
    inbox.put(7)
    reader.join(10.0)
    # a wake may come before the reader waits: only repeated waking is certain to end the wait
    second = threading.Thread(target=lambda: got.append(inbox.get(30.0)))
    second.start()
    while second.is_alive():
        inbox.wake()
        second.join(0.01)
    assert got == [7, None]


def test_only_who_waits_is_given_the_next_item() -> None:
    slot: NextSlot[int] = NextSlot()
    got: list[int | None] = []
    slot.put(1)
    assert slot.get(0.0) is None  # nobody had asked for it
    reader = threading.Thread(target=lambda: got.append(slot.get(30.0)))
    reader.start()
    while reader.is_alive():
        slot.put(2)
        reader.join(0.01)
    assert got == [2]
    slot.put(3)
    assert slot.get(0.0) is None and slot._item is None  # and nothing is held


def test_who_waits_for_the_next_item_can_be_woken() -> None:
    slot: NextSlot[int] = NextSlot()
    got: list[int | None] = []
    reader = threading.Thread(target=lambda: got.append(slot.get(30.0)))
    reader.start()
    while reader.is_alive():
        slot.wake()
        reader.join(0.01)
    assert got == [None]
