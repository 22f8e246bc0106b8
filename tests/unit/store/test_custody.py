"""When the writer lends its file to the maintenance, and what becomes of what that stores."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.ledger import Ledger
from tests.unit.store.bench import WALL_US, Bench, check_chain, outbox, rows
from tests.unit.store.test_writer import FailsAfterCommit

NOW = Now(1.0, WALL_US)


class Caretaker:
    """Notes when it is called. `at` says what to do then, `rooms` how often room can be made."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.rooms = 0
        self.last_word = False

    def opened(self, ledger: Ledger) -> None:
        assert not ledger.connection.in_transaction
        self.called.append("opened")

    def rest(self, ledger: Ledger) -> None:
        assert not ledger.connection.in_transaction
        self.called.append("rest")

    def full(self, ledger: Ledger) -> bool:
        assert not ledger.connection.in_transaction
        self.called.append("full")
        self.rooms -= 1
        if self.rooms == 0:
            ledger.connection.execute("PRAGMA max_page_count = 1000000").fetchone()
        return self.rooms >= 0

    def closing(self, ledger: Ledger) -> None:
        self.called.append("closing")
        if self.last_word:
            ledger.record([(Report("chain.checkpoint"), NOW)])


@pytest.fixture
def caretaker() -> Caretaker:
    return Caretaker()


def cared_for(folder: Path, caretaker: Caretaker) -> Bench:
    bench = Bench(folder, maintenance=caretaker)
    bench.writer.start()
    return bench


def test_the_moments(tmp_path: Path, caretaker: Caretaker) -> None:
    bench = cared_for(tmp_path, caretaker)
    assert caretaker.called == ["opened"]
    bench.submit(501)
    bench.writer.step()
    assert caretaker.called == ["opened"]  # one event still waits
    bench.writer.step()
    assert caretaker.called == ["opened", "rest"]
    bench.submit(1)
    caretaker.last_word = True
    told = bench.stored
    bench.writer.stop()
    assert caretaker.called == ["opened", "rest", "closing"]
    assert bench.stored == told + 2
    assert not bench.path.with_name("events.db-wal").exists()
    check_chain(bench.path)
    assert rows(bench.path)[-1][2] == "chain.checkpoint"


@pytest.mark.parametrize(("rooms", "attempts"), [(3, 3), (0, 1)])
def test_room_is_made_while_it_can_be(tmp_path: Path, caretaker: Caretaker, rooms: int, attempts: int) -> None:
    bench = cared_for(tmp_path, caretaker)
    ledger = bench.writer._file.ledger
    assert ledger is not None
    ledger.connection.execute("PRAGMA max_page_count = 1").fetchone()  # SQLite takes the present size instead
    caretaker.called, caretaker.rooms = [], rooms
    bench.submit(100)
    bench.writer.step()
    assert caretaker.called[:attempts] == ["full"] * attempts
    assert [what for _, what, _ in bench.faults] == ([] if rooms else ["disk full"])
    assert bench.writer.status().waiting == (0 if rooms else 100)
    ledger.connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    bench.run()
    bench.writer.stop()
    assert len(check_chain(bench.path)) == 100


def test_what_is_changed_and_its_record_are_one_transaction(tmp_path: Path, caretaker: Caretaker) -> None:
    bench = cared_for(tmp_path, caretaker)
    bench.submit(3)
    bench.run()
    ledger = bench.writer._file.ledger
    assert ledger is not None

    def drop_all(conn: sqlite3.Connection) -> None:
        conn.execute("DELETE FROM outbox")

    def drop_all_and_fail(conn: sqlite3.Connection) -> None:
        drop_all(conn)
        raise sqlite3.OperationalError("the disk went away")

    with pytest.raises(sqlite3.OperationalError):
        ledger.record([(Report("storage.evicted"), NOW)], drop_all_and_fail)
    assert outbox(bench.path) == [1, 2, 3]
    ledger.record([(Report("storage.evicted", {}, "store", Priority.ALARM), NOW)], drop_all)
    assert outbox(bench.path) == [4]
    waiting = bench.writer.status().waiting_to_send
    assert waiting == {"alarm": 1, "access": 0, "waste": 0, "telemetry": 0, "picture": 0}
    bench.writer.stop()


def test_what_waits_to_be_sent_is_counted_anew_after_somebody_else_wrote(tmp_path: Path, caretaker: Caretaker) -> None:
    bench = cared_for(tmp_path, caretaker)
    bench.submit(3)
    bench.run()
    other = sqlite3.connect(bench.path)
    other.execute("DELETE FROM outbox WHERE position = 2")
    other.commit()
    other.close()
    bench.submit(1)
    bench.run()
    assert bench.writer.status().waiting_to_send["access"] == len(outbox(bench.path)) == 3
    bench.writer.stop()


def test_a_commit_that_is_in_doubt_is_settled_before_the_maintenance_stores_anything(
    tmp_path: Path, caretaker: Caretaker
) -> None:
    bench = cared_for(tmp_path, caretaker)
    ledger = bench.writer._file.ledger
    assert ledger is not None
    ledger._conn = ledger._cursor = FailsAfterCommit(ledger._conn)  # type: ignore[assignment]
    bench.submit(2)
    bench.writer.step()
    caretaker.called = []
    bench.run()
    assert check_chain(bench.path) == [1, 2]
    assert caretaker.called[0] == "opened"
    bench.writer.stop()


def test_the_maintenance_may_fail_as_the_disk_does(tmp_path: Path) -> None:
    class Unlucky(Caretaker):
        def rest(self, ledger: Ledger) -> None:
            super().rest(ledger)
            raise OSError(28, "No space left on device")

    bench = cared_for(tmp_path, unlucky := Unlucky())
    bench.submit(1)
    bench.writer.step()
    assert unlucky.called == ["opened", "rest"]
    assert [what for _, what, _ in bench.faults] == ["state directory unusable"]
    bench.submit(1)
    bench.run()
    bench.writer.stop()
    assert check_chain(bench.path) == [1, 2]


@pytest.mark.parametrize("moment", ["opened", "rest", "full"])
def test_damage_that_the_maintenance_meets_is_set_aside_too(tmp_path: Path, caretaker: Caretaker, moment: str) -> None:
    bench = cared_for(tmp_path, caretaker)
    bench.submit(5)
    bench.run()

    def meets_damage(_ledger: Ledger) -> bool:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT_VTAB
        setattr(caretaker, moment, lambda _ledger: True)
        raise error

    setattr(caretaker, moment, meets_damage)
    if moment == "opened":
        bench.writer._file.close()
    elif moment == "full":
        ledger = bench.writer._file.ledger
        assert ledger is not None
        ledger.connection.execute("PRAGMA max_page_count = 1").fetchone()
        bench.submit(200)
    bench.submit(1)
    bench.run()
    bench.writer.step()
    assert [what for _, what, _ in bench.faults] == ["database damaged"]
    bench.writer.step()
    bench.submit(1)
    bench.run()
    (aside,) = (
        path for path in tmp_path.iterdir() if ".damaged-" in path.name and not path.name.endswith(("wal", "shm"))
    )
    assert bench.recovered == ["store"]
    assert bench.writer.status().fault == ""
    kept, new = rows(aside), check_chain(bench.path)
    assert len(kept) + len(new) == bench.number and new[-1] == bench.number
    bench.writer.stop()


def test_a_transaction_is_never_larger_than_room_can_be_made_for(tmp_path: Path, caretaker: Caretaker) -> None:
    bench = cared_for(tmp_path, caretaker)
    for number in range(1, 101):
        report = Report("access.granted", {"n": number, "x": "x" * 10_000}, "p1", Priority.ACCESS)
        bench.writer.submit(report, Now(1.0, WALL_US))
    stored = []
    while bench.writer.status().waiting:
        bench.writer.step()
        stored.append(bench.writer.status().seq)
    assert stored == [19, 38, 57, 76, 95, 100]
    assert check_chain(bench.path) == list(range(1, 101))
    bench.writer.stop()


def test_an_event_that_is_larger_goes_alone(tmp_path: Path, caretaker: Caretaker) -> None:
    bench = cared_for(tmp_path, caretaker)
    for size in (10, 300_000, 300_000, 10):
        bench.writer.submit(Report("access.granted", {"n": size, "x": "x" * size}), Now(1.0, WALL_US))
    told = bench.stored
    bench.run()
    assert bench.stored - told == 4
    assert check_chain(bench.path) == [10, 300_000, 300_000, 10]
    bench.writer.stop()
