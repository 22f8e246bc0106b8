"""A `put` that takes the idle writer's place: one thread stores at any moment, and nothing is different afterwards."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.runtime.worker import WorkerThread
from edge.store.intake import MOST_PICTURES, Intake
from edge.store.ledger import Ledger, Stored
from edge.store.ticket import Place
from tests.unit.store.bench import WALL_US, Bench, check_chain

NOW = Now(1.0, WALL_US)
LIMIT_S = 60.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end


@contextmanager
def running(folder: Path) -> Iterator[tuple[Bench, WorkerThread]]:
    bench = Bench(folder)
    thread = WorkerThread("store", bench.writer)
    thread.launch()
    until(lambda: bench.writer.status().epoch)
    try:
        yield bench, thread
    finally:
        thread.signal()
        assert thread.join(LIMIT_S)
    assert thread.failure is None


class Watched:
    """Stands before a ledger's `write`, and notes which threads are in it, and whether ever two at once."""

    def __init__(self, bench: Bench) -> None:
        self.threads: list[int] = []
        self.together = False
        self._alone = threading.Lock()
        ledger = bench.writer._file.ledger
        assert ledger is not None
        self._write = ledger.write
        ledger.write = self.write  # type: ignore[method-assign]

    def write(self, *values: Any) -> Stored:
        self.together |= not self._alone.acquire(blocking=False)
        self.threads.append(threading.get_ident())
        try:
            return self._write(*values)
        finally:
            if self._alone.locked():
                self._alone.release()


def put(bench: Bench, number: int) -> int:
    return bench.writer.put(Report("door.opened", {"n": number}), NOW, LIMIT_S).last_seq


def put_until(bench: Bench, true: Callable[[], object]) -> int:
    """Put one event after another until it is so; returns how many."""
    count, end = 0, time.monotonic() + LIMIT_S
    while not true():
        count += 1
        assert put(bench, count) == count
        assert time.monotonic() < end
    return count


def test_a_put_without_company_is_stored_on_its_own_thread(tmp_path: Path) -> None:
    with running(tmp_path) as (bench, _):
        watched = Watched(bench)
        count = put_until(bench, lambda: watched.threads.count(threading.get_ident()) > 50)
        assert len(watched.threads) >= count
        assert not watched.together
    assert check_chain(bench.path) == list(range(1, count + 1))
    assert bench.stored >= count
    assert bench.faults == []


def test_one_thread_stores_at_any_moment(tmp_path: Path) -> None:
    with running(tmp_path) as (bench, _), ThreadPoolExecutor(4) as pool:
        watched = Watched(bench)

        def produce(producer: int) -> list[tuple[int, int]]:
            told = []
            for number in range(producer * 1000, producer * 1000 + 150):
                told.append((number, put(bench, number)))
                if number % 10 == 0:
                    bench.writer.submit(Report("device.health", {"n": 10_000 + number}), NOW)
                if number % 7 == 0:
                    bench.writer.acknowledge([])
            return told

        told = dict(produce(9))  # without company
        told.update(pair for pairs in pool.map(produce, range(4)) for pair in pairs)
        assert not watched.together
        assert threading.get_ident() in watched.threads
    numbers = check_chain(bench.path)
    assert len(numbers) == 5 * 150 + 5 * 15
    assert {number: seq for seq, number in enumerate(numbers, 1) if number < 10_000} == told


def test_what_a_stand_in_cannot_store_is_left_to_the_writer(tmp_path: Path) -> None:
    with running(tmp_path) as (bench, _):
        ledger = bench.writer._file.ledger
        assert ledger is not None
        before = put_until(bench, lambda: bench.writer._alone > 20)
        here = threading.get_ident()
        refusing = Refusing(ledger, here)
        ledger._conn = ledger._cursor = refusing  # type: ignore[assignment]
        end = time.monotonic() + LIMIT_S
        while not refusing.refused:
            before += 1
            assert put(bench, before) == before  # by the writer, when it was refused here
            assert time.monotonic() < end
        ledger._conn, ledger._cursor = refusing.conn, refusing.conn.cursor()
    assert check_chain(bench.path) == list(range(1, before + 1))
    assert bench.faults == []


class Refusing:
    """A connection that takes an event from this thread, and reports an error all the same."""

    def __init__(self, ledger: Ledger, thread: int) -> None:
        self.conn = ledger._conn
        self.refused = 0
        self._thread = thread

    def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
        cursor = self.conn.execute(query, *values)
        if query.startswith("INSERT INTO arrivals") and threading.get_ident() == self._thread:
            self.refused += 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return cursor

    def __getattr__(self, name: str) -> object:
        return getattr(self.conn, name)


def test_closing_while_others_put_loses_nothing_that_was_told(tmp_path: Path) -> None:
    told: list[int] = []
    closed = threading.Event()

    def produce(producer: int) -> None:
        number = producer * 100_000
        while not closed.is_set():
            number += 1
            told.append(put(bench, number))

    with running(tmp_path) as (bench, _):
        threads = [threading.Thread(target=produce, args=(producer,)) for producer in range(2)]
        for thread in threads:
            thread.start()
        until(lambda: len(told) > 200)
    closed.set()
    successor = Bench(tmp_path, intake=bench.writer.intake)
    successor.writer.start()
    end = time.monotonic() + LIMIT_S
    while any(thread.is_alive() for thread in threads):
        successor.writer.wake()
        successor.writer.step()
        assert time.monotonic() < end
    successor.writer.stop()
    assert sorted(told) == list(range(1, len(check_chain(bench.path)) + 1))


@pytest.fixture
def intake() -> Intake:
    return Intake(100)


def lent(intake: Intake, order: list[str], lender: object) -> tuple[threading.Thread, Place]:
    """A taker that waits on its own thread, and its place, borrowed."""

    def take() -> None:
        taken = intake.take(LIMIT_S, 10, lender)
        order.append(f"taken {len(taken)}")

    taker = threading.Thread(target=take)
    taker.start()
    until(lambda: intake._place is not None)
    place = intake.borrow(lender)
    assert place is not None
    return taker, place


def test_the_taker_does_not_return_before_it_has_its_place_back(intake: Intake) -> None:
    order: list[str] = []
    taker, place = lent(intake, order, self := object())
    intake.wake()
    until(lambda: place.left)
    assert intake.borrow(self) is None  # it is lent once
    intake.put(Report("door.opened"), NOW)
    order.append("restored")
    intake.restore(place)
    taker.join(LIMIT_S)
    assert order == ["restored", "taken 1"]


def test_a_taker_with_nothing_to_do_goes_on_waiting_and_lends_again(intake: Intake) -> None:
    order: list[str] = []
    taker, place = lent(intake, order, self := object())
    intake.restore(place)
    assert intake.borrow(self) is place
    intake.put(Report("door.opened"), NOW)
    assert order == []
    intake.restore(place)  # with something left
    taker.join(LIMIT_S)
    assert order == ["taken 1"]


@pytest.mark.parametrize("losing", [True, False])
def test_the_place_is_lent_to_nobody_else_and_not_while_losses_are_to_be_told(intake: Intake, losing: bool) -> None:
    if losing:
        for _ in range(MOST_PICTURES + 1):
            intake.put(Report("picture.taken", {}, "", Priority.PICTURE), NOW)
        for _ in range(MOST_PICTURES):
            assert len(intake.take(0.0, 10)) == 1
        assert intake.dropping
    me, taken = object(), list[int]()
    taker = threading.Thread(target=lambda: taken.append(len(intake.take(LIMIT_S, 10, me))))
    taker.start()
    until(lambda: intake._place is not None)
    assert intake.borrow(me if losing else object()) is None
    intake.put(Report("door.opened"), NOW)
    taker.join(LIMIT_S)
    assert taken == [1]
