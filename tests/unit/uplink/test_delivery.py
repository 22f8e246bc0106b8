from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from edge.actions import Priority
from edge.store.backlog import Backlog
from edge.store.outbox import OutboxKey, OutboxRow, Receipt
from edge.uplink.batch import payload
from edge.uplink.delivery import BATCH, Delivery, Shipment, reserved
from edge.uplink.holds import Holds

SUCCESS, NO_SUBSCRIBERS, NOT_AUTHORISED, TOO_LARGE = 0x00, 0x10, 0x87, 0x95


class FakeStore(Backlog):
    """An outbox in memory, and the writer that strikes rows off it when it is told to."""

    def __init__(self) -> None:
        self.epoch = "epoch-1"
        self.last = 0
        self.was_read = False  # at the first connection everything is live
        self.rows: list[OutboxRow] = []
        self.receipts: list[Receipt] = []
        self.takes_receipts = True

    def add(self, priority: Priority, kind: str = "access.granted", count: int = 1, body: bytes = b"{}") -> None:
        for _ in range(count):
            self.last += 1
            position = self.last
            key = OutboxKey(self.epoch, int(priority), position)
            self.rows.append(OutboxRow(key, position, f"id-{position}", kind, body))

    def newest_position(self) -> int:
        was_read, self.was_read = self.was_read, True
        return self.last if was_read else 0

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
        self.shipments: dict[int, Shipment] = {}
        self.delivery = Delivery(
            self.store,
            self.store.acknowledge,
            Holds(lambda _low, high: high),
            lambda kind, code: self.said.append(f"{kind} refused 0x{code:02x}"),
            lambda kind: self.said.append(f"{kind} accepted"),
        )

    def begin(self, window: int = 100_000) -> None:
        self.delivery.begin(window, 1 << 28)

    def ship(self, at_most: int = 10_000, room: int = 100_000) -> list[Shipment]:
        found: list[Shipment] = []
        while len(found) < at_most and (shipment := self.delivery.next(room, self.now)) is not None:
            found.append(shipment)
        return found

    def drain(self) -> list[int]:
        """The seqs of everything there is, each message answered as it goes."""
        seqs: list[int] = []
        while shipments := self.ship(1):
            seqs += [row.seq for row in shipments[0].rows]
            self.delivery.answer(shipments[0], SUCCESS, self.now)
            self.delivery.settle(self.now)
        return seqs

    def take(self, at_most: int = 10_000) -> list[OutboxRow]:
        rows = []
        for shipment in self.ship(at_most):
            (row,) = shipment.rows
            self.shipments[row.seq] = shipment
            rows.append(row)
        return rows

    def answer(self, row: OutboxRow, code: int, now: float) -> None:
        self.delivery.answer(self.shipments[row.seq], code, now)

    def seqs(self, at_most: int = 10_000) -> list[int]:
        return [row.seq for shipment in self.ship(at_most) for row in shipment.rows]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_alarms_first_then_by_priority_oldest_first(rig: Rig) -> None:
    for priority in (Priority.TELEMETRY, Priority.ACCESS, Priority.ALARM, Priority.WASTE, Priority.ALARM):
        rig.store.add(priority)
    rig.begin()
    assert rig.seqs() == [3, 5, 2, 4, 1]


def test_an_alarm_that_comes_during_a_long_backlog_is_next(rig: Rig) -> None:
    rig.store.add(Priority.TELEMETRY, count=200)
    rig.begin()
    assert rig.seqs(10) == list(range(1, 11))
    rig.store.add(Priority.ALARM)
    rig.delivery.stored()
    assert rig.seqs(2) == [201, 11]


def test_each_row_is_sent_once_per_connection(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=500)
    rig.begin()
    assert rig.seqs(2) == list(range(1, 129))  # more wait than a page holds: no longer live
    rig.delivery.stored()
    assert rig.seqs() == []  # the broker has to answer first
    rig.delivery.broke(0.0, blame=False)
    rig.begin()
    assert rig.drain() == list(range(1, 501))
    assert rig.drain() == []


def test_a_success_is_handed_to_the_writer_and_not_sent_again_before_it_is_struck(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.begin()
    first, second, third = rig.take()
    rig.answer(first, SUCCESS, 0.0)
    rig.answer(second, NO_SUBSCRIBERS, 0.0)
    rig.delivery.settle(0.0)
    assert rig.store.receipts[0].keys == (first.key, second.key)
    rig.delivery.broke(0.0, blame=True)
    rig.begin()  # while the writer is busy
    assert rig.take() == [third]
    rig.store.strike()
    rig.delivery.settle(1.0)
    rig.delivery.broke(1.0, blame=False)
    rig.begin()
    assert rig.take() == [third]
    assert (rig.delivery.acknowledged, rig.delivery.refused) == (2, 0)


def test_a_writer_that_takes_no_receipts_holds_up_the_sending(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.begin()
    (first,) = rig.take(1)
    rig.store.takes_receipts = False
    rig.answer(first, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    assert rig.seqs() == []
    rig.store.takes_receipts = True
    rig.delivery.settle(1.0)
    assert rig.seqs() == [2, 3]


def test_a_receipt_of_a_writer_that_died_is_forgotten_and_the_row_sent_again(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.begin()
    (row,) = rig.take()
    rig.answer(row, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    rig.delivery.settle(31.0)
    rig.begin()
    assert rig.take() == [row]


def test_a_refused_type_is_kept_and_tried_later_and_the_others_go_on(rig: Rig) -> None:
    rig.store.add(Priority.ALARM, "door.forced", 3)
    rig.store.add(Priority.ACCESS, "access.granted", 3)
    rig.begin()
    refused = rig.take(2)
    for row in refused:
        rig.answer(row, NOT_AUTHORISED, 0.0)
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
    rig.begin()
    (row,) = rig.take()
    rig.answer(row, NOT_AUTHORISED, 0.0)
    rig.delivery.settle(30.0)
    (row,) = rig.take()
    rig.answer(row, SUCCESS, 31.0)
    assert rig.said == ["door.forced refused 0x87", "door.forced accepted"]


def test_one_event_too_large_does_not_hold_its_type(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=3)
    rig.begin()
    large, *others = rig.take()
    rig.answer(large, TOO_LARGE, 0.0)
    for row in others:
        rig.answer(row, SUCCESS, 0.0)
    rig.delivery.settle(0.0)
    rig.store.strike()
    rig.store.add(Priority.ACCESS)
    rig.delivery.stored()
    assert rig.seqs() == [4]
    rig.begin()
    assert large in rig.take()


def test_a_replaced_file_is_read_from_its_start(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=300)
    rig.begin()
    assert len(rig.drain()) == 300
    rig.store.epoch = "epoch-2"
    rig.store.rows, rig.store.last = [], 0
    rig.store.add(Priority.ACCESS, count=5)
    rig.delivery.stored()
    assert rig.seqs() == [1, 2, 3, 4, 5]


def reconnect(rig: Rig) -> list[int]:
    """Break the connection with everything under way, and see what the next one sends at first."""
    rig.delivery.broke(rig.now, blame=True)
    rig.begin()
    return rig.seqs()


def test_what_breaks_the_connection_again_and_again_is_found_and_left_out(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS, count=5)
    rig.begin()
    assert rig.seqs() == [1, 2, 3, 4, 5]
    assert reconnect(rig) == [1, 2]  # no two in one message any more, and two messages at first
    assert reconnect(rig) == [1]  # from here on one by one
    assert reconnect(rig) == [1]
    assert reconnect(rig) == [1]
    rig.delivery.broke(rig.now, blame=True)
    assert rig.said == ["access.granted refused 0x00"]
    rig.begin()
    for seq in (2, 3, 4, 5):
        (row,) = rig.take(1)
        assert row.seq == seq
        rig.answer(row, SUCCESS, rig.now)
        rig.delivery.settle(rig.now)
    rig.store.strike()
    rig.store.add(Priority.ACCESS, count=3)
    rig.delivery.stored()
    assert rig.seqs() == [6, 7, 8]  # nobody suspects these
    rig.now += 601.0
    rig.delivery.broke(rig.now, blame=True)
    rig.begin()
    (row,) = rig.take(1)
    assert row.seq == 1
    rig.answer(row, SUCCESS, rig.now)
    assert rig.said[1:] == ["access.granted accepted"]


def test_nothing_joins_a_suspect_on_its_way(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.begin()
    rig.take()
    assert reconnect(rig) == [1]
    assert reconnect(rig) == [1]
    rig.store.add(Priority.ALARM)
    rig.delivery.stored()
    assert rig.seqs() == []


def test_an_event_is_not_blamed_for_what_something_else_broke(rig: Rig) -> None:
    rig.store.add(Priority.ACCESS)
    rig.begin()
    for _ in range(10):
        assert rig.seqs() == [1]
        rig.delivery.broke(rig.now, blame=False)
        rig.begin()
    assert rig.said == []


@pytest.fixture
def old(rig: Rig) -> Rig:
    """A device whose outbox is backlog when it connects."""
    rig.store.was_read = True
    return rig


def lengths(shipments: list[Shipment]) -> list[int]:
    return [len(shipment.rows) for shipment in shipments]


def answer_all(rig: Rig, shipments: list[Shipment], code: int = SUCCESS) -> None:
    for shipment in shipments:
        rig.delivery.answer(shipment, code, rig.now)
    rig.delivery.settle(rig.now)


@pytest.mark.parametrize(("window", "places"), [(1, 0), (2, 1), (7, 1), (8, 2), (15, 3), (16, 4), (1000, 4)])
def test_places_are_kept_for_alarms(old: Rig, window: int, places: int) -> None:
    assert reserved(window) == places
    old.store.add(Priority.ACCESS, count=200)
    old.begin(window)
    assert old.ship(room=places) == []
    old.store.add(Priority.ALARM, count=10)
    old.delivery.stored()
    alarms = old.ship(10, room=max(places, 1))
    assert [shipment.rows[0].key.priority for shipment in alarms] == [Priority.ALARM] * 10


def test_the_backlog_goes_64_to_a_message_or_as_many_as_16_kb_hold(old: Rig) -> None:
    old.store.add(Priority.ACCESS, count=70)
    old.store.add(Priority.WASTE, count=40, body=b"." * 1000)
    old.store.add(Priority.TELEMETRY, count=2, body=b"." * 20_000)
    old.begin()
    sizes: list[int] = []
    while shipments := old.ship(1):
        sizes += lengths(shipments)
        rows = shipments[0].rows
        assert len(rows) == 1 or len(payload(rows)) <= 16_384
        answer_all(old, shipments)
    assert sizes == [64, 6, 16, 16, 8, 1, 1]


def test_pictures_go_alone_and_last(old: Rig) -> None:
    old.store.add(Priority.PICTURE, "picture.taken", 3)
    old.store.add(Priority.TELEMETRY, count=3)
    old.begin()
    (batch,) = old.ship(1)
    assert lengths([batch]) == [3]
    answer_all(old, [batch])
    assert lengths(old.ship()) == [1, 1, 1]


def test_what_has_just_happened_goes_first_but_leaves_a_place_of_four(old: Rig) -> None:
    old.store.add(Priority.ACCESS, count=300, body=b"." * 9000)  # one to a message
    old.begin(20)
    answer_all(old, old.ship(1))
    old.store.add(Priority.TELEMETRY, count=6)
    old.delivery.stored()
    shipments = old.ship(8)
    assert ["live" if shipment.rows[0].key.priority == Priority.TELEMETRY else "old" for shipment in shipments] == [
        *("live", "live", "live", "old", "live", "live", "live", "old")
    ]


@pytest.mark.parametrize("code", [0x95, 0x99])
def test_a_refused_batch_is_taken_apart_and_only_the_bad_event_stays(old: Rig, code: int) -> None:
    old.store.add(Priority.ACCESS, count=5)
    old.begin()
    batch = old.ship()
    assert lengths(batch) == [5]
    answer_all(old, batch, code)
    assert old.said == []
    delivered = []
    while shipments := old.ship(1):
        (row,) = shipments[0].rows
        bad = row.seq == 3
        delivered += [] if bad else [row.seq]
        answer_all(old, shipments, code if bad else SUCCESS)
    assert delivered == [1, 2, 4, 5]
    assert old.said == [f"access.granted refused 0x{code:02x}"]


def test_where_batches_are_forbidden_events_go_one_by_one(old: Rig) -> None:
    old.store.add(Priority.ACCESS, count=100)
    old.begin()
    answer_all(old, old.ship(1), NOT_AUTHORISED)
    assert old.said == [f"{BATCH} refused 0x87"]
    assert old.drain() == list(range(1, 101))
    old.store.add(Priority.ACCESS, count=300)
    old.now += 31.0
    old.delivery.stored()
    old.delivery.settle(old.now)
    (batch,) = old.ship(1)
    assert len(batch.rows) == 64
    answer_all(old, [batch])
    assert old.said[1:] == [f"{BATCH} accepted"]


def test_a_held_type_does_not_travel_in_a_batch(old: Rig) -> None:
    old.store.add(Priority.ACCESS, "door.opened")
    old.begin()
    answer_all(old, old.ship(), NOT_AUTHORISED)
    old.store.add(Priority.ACCESS, "door.opened", 2)
    old.store.add(Priority.ACCESS, "access.granted", 300)
    old.delivery.stored()
    rows = [row for shipment in old.ship() for row in shipment.rows]
    assert rows
    assert {row.type for row in rows} == {"access.granted"}


def test_batches_that_break_the_connection_get_smaller_and_then_larger_again(old: Rig) -> None:
    old.store.add(Priority.ACCESS, count=2000, body=b"." * 250)
    old.begin()
    assert lengths(old.ship(1)) == [64]
    old.delivery.broke(old.now, blame=True)
    old.begin()
    drained = 0
    while drained < 64:
        (shipment,) = old.ship(1)
        assert len(shipment.rows) == 1  # they were under way
        drained += 1
        answer_all(old, [shipment])
    (shipment,) = old.ship(1)
    assert len(shipment.rows) == 4096 // 251
    answer_all(old, [shipment])
    old.now += 31.0
    assert lengths(old.ship(1)) == [64]


def test_events_that_join_the_outbox_at_its_beginning_are_found(old: Rig) -> None:
    old.store.add(Priority.ACCESS, count=10)
    saved, old.store.rows = old.store.rows[:5], old.store.rows[5:]
    old.begin()
    assert old.drain() == [6, 7, 8, 9, 10]
    old.store.rows = saved + old.store.rows
    old.delivery.stored()
    assert old.drain() == []
    old.delivery.start_over()
    assert old.drain() == [1, 2, 3, 4, 5]
