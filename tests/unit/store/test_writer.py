from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from edge.actions import Priority
from edge.errors import DataError, HardwareError
from edge.store.database import BUSY_MS, apply_pragmas, connect_writer
from edge.store.outbox import OutboxKey
from edge.store.reader import EventReader
from tests.unit.store.bench import Bench, check_chain, outbox, rows, started


def keys(path: Path, *positions: int) -> list[OutboxKey]:
    reader = EventReader(path)
    found = [row.key for priority in Priority for row in reader.outbox(priority, 0, 1000)]
    reader.close()
    return [key for key in found if key.position in positions]


def test_what_is_handed_over_is_stored_in_its_order_with_a_gapless_chain(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(3)
        bench.submit(2, Priority.ALARM, "door.forced")
        bench.run()
        assert check_chain(bench.path) == [1, 2, 3, 4, 5]
        assert outbox(bench.path) == [4, 5, 1, 2, 3]
        assert bench.stored == 1
        assert bench.writer.status().seq == 5
    assert bench.faults == []


def test_what_gathers_meanwhile_shares_a_transaction_of_bounded_size(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "edge.store")
    with started(tmp_path) as bench:
        bench.submit(1200)
        bench.run()
        epoch = bench.writer.status().epoch
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("stored")]
    assert said == [f"stored seq={a}..{b} epoch={epoch}" for a, b in ((1, 500), (501, 1000), (1001, 1200))]
    assert bench.stored == 3


def test_nothing_is_written_before_the_step(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit()
        assert rows(bench.path) == []
        assert bench.stored == 0
        assert bench.writer.status().waiting == 1


def test_stopping_stores_what_was_handed_over(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(1001)
    assert not bench.path.with_name("events.db-wal").exists()
    assert check_chain(bench.path) == list(range(1, 1002))


def test_a_restart_continues_the_chain_in_the_same_epoch(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        first.submit(3)
    with started(tmp_path, boot="boot-2") as second:
        assert second.writer.status().seq == 3
        second.submit(2)
    check_chain(second.path)
    assert rows(
        second.path, "SELECT b.bootid, count(*) FROM events e JOIN boots b ON b.number = e.boot GROUP BY 1"
    ) == [
        ("boot-1", 3),
        ("boot-2", 2),
    ]


def test_each_file_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with started(tmp_path) as one, started(tmp_path / "other") as other:
        assert one.writer.status().epoch != other.writer.status().epoch


def test_an_acknowledged_row_leaves_the_outbox_and_stays_in_the_history(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(3)
        bench.run()
        receipt = bench.writer.acknowledge(keys(bench.path, 1, 3))
        assert receipt is not None
        assert not receipt.done
        assert outbox(bench.path) == [1, 2, 3]
        bench.writer.step()
        assert receipt.done
        assert outbox(bench.path) == [2]
    assert len(rows(bench.path)) == 3


def test_acknowledgements_share_the_transaction_with_events(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(2)
        bench.run()
        receipt = bench.writer.acknowledge(keys(bench.path, 1))
        bench.submit(1)
        bench.writer.step()
        assert receipt is not None
        assert receipt.done
        assert outbox(bench.path) == [2, 3]


def test_an_acknowledgement_from_another_file_strikes_nothing(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(1)
        bench.run()
        receipt = bench.writer.acknowledge([OutboxKey("another-epoch", int(Priority.ACCESS), 1)])
        bench.writer.step()
        assert receipt is not None
        assert receipt.done
        assert outbox(bench.path) == [1]


def test_a_report_that_cannot_be_told_does_not_harm_the_others(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(1)
        bench.submit(1, kind="no/topic")
        bench.submit(1)
        bench.run()
        assert [kind for _, _, kind, *_ in rows(bench.path)] == ["access.granted", "event.malformed", "access.granted"]
        check_chain(bench.path)
    assert [what for _, what, _ in bench.faults] == ["event malformed"]


def test_two_writers_on_one_file_still_make_one_chain(tmp_path: Path) -> None:
    # A writer that hung and was replaced may wake up again.
    with started(tmp_path) as hung, started(tmp_path) as replacement:
        hung.submit(2)
        hung.run()
        replacement.submit(2)
        replacement.run()
        hung.submit(2)
        hung.run()
    assert len(check_chain(hung.path)) == 6
    assert hung.faults == replacement.faults == []


def test_two_writers_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    with started(tmp_path):
        pass  # makes the file
    benches = [Bench(tmp_path), Bench(tmp_path)]

    def work(bench: Bench) -> None:
        bench.writer.start()
        for _ in range(100):
            bench.submit()
            bench.run()
        bench.writer.stop()

    threads = [threading.Thread(target=work, args=(bench,)) for bench in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(check_chain(tmp_path / "events.db")) == 200
    assert [bench.faults for bench in benches] == [[], []]


def test_a_commit_that_reports_an_error_after_it_happened_is_not_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "edge.store")
    with started(tmp_path) as bench:
        bench.submit(1)
        bench.run()
        ledger = bench.writer._file.ledger
        assert ledger is not None
        ledger._conn = ledger._cursor = FailsAfterCommit(ledger._conn)  # type: ignore[assignment]
        bench.submit(3)
        bench.writer.step()
        assert [what for _, what, _ in bench.faults] == ["disk error"]
        assert bench.writer.status().waiting == 3
        bench.submit(1)
        bench.run()
        assert check_chain(bench.path) == [1, 2, 3, 4, 5]
        assert bench.recovered == ["store"]
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("stored")]
    assert [text.split()[1] for text in said] == ["seq=1..1", "seq=2..4", "seq=5..5"]


def test_a_successor_takes_over_what_could_not_be_stored(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    first = Bench(tmp_path / "state")
    first.writer.start()
    first.submit(3)
    first.now += 20.0
    first.writer.step()  # takes them, and cannot store them
    first.submit(2)
    first.writer.stop()
    (tmp_path / "state").unlink()
    second = Bench(tmp_path / "state", intake=first.writer.intake)
    second.writer.start()
    second.run()
    second.writer.stop()
    assert check_chain(second.path) == [1, 2, 3, 4, 5]


class FailsAfterCommit:
    """A connection whose next COMMIT reaches the disk and reports an input/output error all the same."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
        cursor = self._conn.execute(query, *values)
        if query == "COMMIT" or query.startswith("INSERT INTO arrivals"):  # of one event, which commits itself
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return cursor

    def __getattr__(self, name: str) -> object:
        return getattr(self._conn, name)


def test_the_pragmas_hold_on_the_connection_that_writes(tmp_path: Path) -> None:
    conn = connect_writer(tmp_path / "events.db")
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "busy_timeout": BUSY_MS}
    assert {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted
    conn.close()


def test_where_sqlite_cannot_be_durable_the_writer_does_not_start() -> None:
    conn = sqlite3.connect(":memory:")
    with pytest.raises(HardwareError, match="journal_mode"):
        apply_pragmas(conn)
    conn.close()


def test_only_the_service_may_read_the_file(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit()
        bench.run()
        for suffix in ("", "-wal", "-shm"):
            assert (tmp_path / f"events.db{suffix}").stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_version_is_neither_used_nor_set_aside(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit()
    conn = sqlite3.connect(bench.path)
    conn.execute("INSERT INTO _sqlite_migrations VALUES (99, 'events', 'm999_future', '2030')")
    conn.commit()
    conn.close()
    with pytest.raises(DataError, match="newer version"):
        Bench(tmp_path).writer.start()
    assert {path.name for path in tmp_path.iterdir()} <= {"events.db", "events.db-wal", "events.db-shm"}
