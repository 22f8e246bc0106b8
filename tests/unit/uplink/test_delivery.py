from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from edge.actions import Priority
from edge.store.outbox import OutboxKey, OutboxRow, Receipt
from edge.store.reader import EventReader
from edge.uplink.delivery import Delivery
from edge.uplink.holds import Holds

SUCCESS, NO_SUBSCRIBERS, NOT_AUTHORISED, TOO_LARGE = 0x00, 0x10, 0x87, 0x95


class FakeStore(EventReader):
    """An outbox in memory, and the writer that strikes rows off it when it is told to."""

    def __init__(self) -> None:
        self.epoch = "epoch-1"
        self.last = 0
        self.rows: list[OutboxRow] = []
        self.receipts: list[Receipt] = []
        self.takes_receipts = True

    def add(self, priority: Priority, kind: str = "access.granted", count: int = 1) -> None:
        for _ in range(count):
            self.last += 1
            position = self.last
            key = OutboxKey(self.epoch, int(priority), position)
            self.rows.append(OutboxRow(key, position, f"id-{position}", kind, b"{}"))

    def outbox(self, priority: Priority, after_position: int, limit: int, but: Collection[str] = ()) -> list[OutboxRow]:
        fits = (row for row in self.rows if row.key.priority == priority and row.key.position > after_position)
        return [row for row in fits if row.type not in but][:limit]

    def acknowledge(self, keys: Sequence[OutboxKey]) -> Receipt | None:
        if not self.takes_receipts:
            return None
        self.receipts.append(Receipt(keys))
        return self.receipts[-1]

    def strike(self) -> None:
        for receipt in self.receipts:
            self.rows = [row for row in self.rows if row.key not in receipt.keys]
            receipt.done = True
        self.receipts = []


class Rig:
    def __init__(self) -> None:
        self.store = FakeStore()
        self.said: list[str] = []
        self.now = 0.0
        self.delivery = Delivery(
            self.store,
            self.store.acknowledge,
            Holds(lambda _low, high: high),
            lambda kind, code: self.said.append(f"{kind} refused 0x{code:02x}"),
            lambda kind: self.said.append(f"{kind} accepted"),
        )

    def take(self, at_most: int = 10_000) -> list[OutboxRow]:
        found: list[OutboxRow] = []
        while len(found) < at_most and (row := self.delivery.next(self.now)) is not None:
            found.append(row)
        return found

    def seqs(self, at_most: int = 10_000) -> list[int]:
        return [row.seq for row in self.take(at_most)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_alarms_first_then_by_priority_oldest_first(rig: Rig) -> None:
    for priority in (Priority.TELEMETRY, Priority.ACCESS, Priority.ALARM, Priority.WASTE, Priority.ALARM):
        rig.store.add(priority)
    rig.delivery.begin()
    assert rig.seqs() == [3, 5, 2, 4, 1]


def test_an_alarm_that_comes_during_a_long_backlog_is_next(rig: Rig) -> None:
    rig.store.add(Priority.TELEMETRY, count=1000)
    rig.delivery.begin()
    assert rig.seqs(10) == list(range(1, 11))
    rig.store.add(Priority.ALARM)
    rig.delivery.stored()
    assert rig.seqs(2) == [1001, 11]


def test_each_row_is_sent_once_per_connection(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=500)
    rig.delivery.begin()
    assert rig.seqs(300) == list(range(1, 301))
    rig.delivery.stored()
    assert rig.seqs() == list(range(301, 501))
    assert rig.seqs() == []
    rig.delivery.broke(0.0, blame=True)
    rig.delivery.begin()
    assert rig.seqs() == list(range(1, 501))


def test_a_success_is_handed_to_the_writer_and_not_sent_again_before_it_is_struck(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.delivery.begin()
    first, second, third = rig.take()
    rig.delivery.answer(first, SUCCESS, 0.0)
    rig.delivery.answer(second, NO_SUBSCRIBERS, 0.0)
    rig.delivery.settle(0.0)
    assert rig.store.receipts[0].keys == (first.key, second.key)
    rig.delivery.broke(0.0, blame=True)
    rig.delivery.begin()  # while the writer is busy
    assert rig.take() == [third]
    rig.store.strike()
    rig.delivery.settle(1.0)
    rig.delivery.broke(1.0, blame=False)
    rig.delivery.begin()
    assert rig.take() == [third]
    assert (rig.delivery.acknowledged, rig.delivery.refused) == (2, 0)


def test_a_writer_that_takes_no_receipts_holds_up_the_sending(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.delivery.begin()
    (first,) = rig.take(1)
    rig.store.takes_receipts = False
    rig.delivery.answer(first, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    assert rig.seqs() == []
    rig.store.takes_receipts = True
    rig.delivery.settle(1.0)
    assert rig.seqs() == [2, 3]


def test_a_receipt_of_a_writer_that_died_is_forgotten_and_the_row_sent_again(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.delivery.begin()
    (row,) = rig.take()
    rig.delivery.answer(row, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    rig.delivery.settle(31.0)
    rig.delivery.begin()
    assert rig.take() == [row]


def test_a_refused_type_is_kept_and_tried_later_and_the_others_go_on(rig: Rig) -> None:
    rig.store.add(Priority.ALARM, "door.forced", 3)
    rig.store.add(Priority.ACCESS, "access.granted", 3)
    rig.delivery.begin()
    refused = rig.take(2)
    for row in refused:
        rig.delivery.answer(row, NOT_AUTHORISED, 0.0)
    rig.delivery.settle(0.0)
    assert rig.seqs() == [4, 5, 6]
    rig.store.add(Priority.ALARM, "door.forced")
    rig.store.add(Priority.ALARM, "bin.fire")
    rig.delivery.stored()
    assert rig.seqs() == [8]
    rig.delivery.settle(30.0)
    assert rig.seqs() == [1, 2, 3, 7]
    assert rig.said == ["door.forced refused 0x87"]
    assert rig.delivery.refused == 2


def test_when_the_refusal_is_over_it_is_said(rig: Rig) -> None:
    rig.store.add(Priority.ALARM, "door.forced")
    rig.delivery.begin()
    (row,) = rig.take()
    rig.delivery.answer(row, NOT_AUTHORISED, 0.0)
    rig.delivery.settle(30.0)
    (row,) = rig.take()
    rig.delivery.answer(row, SUCCESS, 31.0)
    assert rig.said == ["door.forced refused 0x87", "door.forced accepted"]


def test_one_event_too_large_does_not_hold_its_type(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.delivery.begin()
    large, *others = rig.take()
    rig.delivery.answer(large, TOO_LARGE, 0.0)
    for row in others:
        rig.delivery.answer(row, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    rig.store.strike()
    rig.store.add(Priority.ACCESS)
    rig.delivery.stored()
    assert rig.seqs() == [4]
    rig.delivery.begin()
    assert large in rig.take()


def test_a_replaced_file_is_read_from_its_start(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=300)
    rig.delivery.begin()
    assert len(rig.take()) == 300
    rig.store.epoch = "epoch-2"
    rig.store.rows, rig.store.last = [], 0
    rig.store.add(Priority.ACCESS, count=5)
    rig.delivery.stored()
    assert rig.seqs() == [1, 2, 3, 4, 5]


def reconnect(rig: Rig) -> list[int]:
    """Break the connection with everything under way, and see what the next one sends at first."""
    rig.delivery.broke(rig.now, blame=True)
    rig.delivery.begin()
    return rig.seqs()


def test_what_breaks_the_connection_again_and_again_is_found_and_left_out(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=5)
    rig.delivery.begin()
    assert rig.seqs() == [1, 2, 3, 4, 5]
    assert reconnect(rig) == [1, 2, 3, 4, 5]
    assert reconnect(rig) == [1]  # from here on one by one
    assert reconnect(rig) == [1]
    assert reconnect(rig) == [1]
    rig.delivery.broke(rig.now, blame=True)
    assert rig.said == ["access.granted refused 0x00"]
    rig.delivery.begin()
    for seq in (2, 3, 4, 5):
        (row,) = rig.take()
        assert row.seq == seq
        rig.delivery.answer(row, SUCCESS, rig.now)
        rig.delivery.settle(rig.now)
    rig.store.strike()
    rig.store.add(Priority.ACCESS, count=3)
    rig.delivery.stored()
    assert rig.seqs() == [6, 7, 8]  # nobody suspects these
    rig.now += 601.0
    rig.delivery.broke(rig.now, blame=True)
    rig.delivery.begin()
    (row,) = rig.take(1)
    assert row.seq == 1
    rig.delivery.answer(row, SUCCESS, rig.now)
    assert rig.said[1:] == ["access.granted accepted"]


def test_nothing_joins_a_suspect_on_its_way(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.delivery.begin()
    rig.take()
    assert reconnect(rig) == [1]
    assert reconnect(rig) == [1]
    rig.store.add(Priority.ALARM)
    rig.delivery.stored()
    assert rig.seqs() == []


def test_an_event_is_not_blamed_for_what_something_else_broke(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.delivery.begin()
    for _ in range(10):
        assert rig.seqs() == [1]
        rig.delivery.broke(rig.now, blame=False)
        rig.delivery.begin()
    assert rig.said == []
