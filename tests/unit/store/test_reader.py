from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.errors import DataError
from edge.store.history import History
from edge.store.reader import EventReader, NoStoreError, UnreadableStoreError
from tests.unit.store.bench import WALL_US, started


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with started(tmp_path) as bench:
        bench.submit(3)
        bench.submit(2, Priority.ALARM, "door.forced")
        bench.submit(4, Priority.TELEMETRY, "device.health")
    return bench.path


def test_the_window_of_one_priority(path: Path) -> None:
    reader = EventReader(path)
    assert [row.seq for row in reader.outbox(Priority.ALARM, 0, 10)] == [4, 5]
    assert [row.seq for row in reader.outbox(Priority.ACCESS, 1, 1)] == [2]
    assert reader.outbox(Priority.WASTE, 0, 10) == []
    row = reader.outbox(Priority.ALARM, 4, 10)[0]
    assert (row.type, row.key.priority, row.key.position) == ("door.forced", 0, 5)
    assert row.key.epoch == reader.epoch == json.loads(row.body)["epoch"]
    assert json.loads(row.body)["id"] == row.id
    reader.close()


def test_types_can_be_left_out(path: Path) -> None:
    reader = EventReader(path)
    assert reader.outbox(Priority.ALARM, 0, 10, {"door.forced"}) == []
    assert len(reader.outbox(Priority.ACCESS, 0, 10, {"door.forced", "x.y"})) == 3
    reader.close()


def test_the_backlog_per_priority(path: Path) -> None:
    reader = EventReader(path)
    assert list(reader.backlog().values()) == [2, 3, 0, 4, 0]
    reader.close()


def test_a_reader_cannot_write(path: Path) -> None:
    reader = EventReader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.connection().execute("DELETE FROM outbox")
    reader.close()


def test_the_newest_time_is_that_of_a_synchronised_clock(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        reader = EventReader(bench.path)
        assert reader.newest_wall_us() == 0
        bench.writer.submit(Report("device.health"), Now(1.0, 500, "unsynced"))
        bench.run()
        assert reader.newest_wall_us() == 500
        bench.writer.submit(Report("device.health"), Now(2.0, WALL_US, "synced"))
        bench.writer.submit(Report("device.health"), Now(3.0, WALL_US * 2, "unsynced"))
        bench.run()
        assert reader.newest_wall_us() == WALL_US
        reader.close()


def test_there_need_not_be_a_database_yet(tmp_path: Path) -> None:
    reader = EventReader(tmp_path / "events.db")
    with pytest.raises(NoStoreError, match="no event database"):
        reader.backlog()
    (tmp_path / "events.db").touch()
    with pytest.raises(NoStoreError, match="no event database"):
        reader.backlog()
    (tmp_path / "events.db").unlink()
    with started(tmp_path) as bench:
        bench.submit(1)
        bench.run()
        assert sum(reader.backlog().values()) == 1
        reader.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"no database " * 1000)
    with pytest.raises(UnreadableStoreError, match="cannot be read"):
        EventReader(tmp_path / "events.db").backlog()


def test_a_replaced_file_is_read_anew(tmp_path: Path, path: Path) -> None:
    reader = EventReader(path)
    assert len(reader.outbox(Priority.ACCESS, 0, 10)) == 3
    first = reader.epoch
    path.rename(tmp_path / "old.db")
    with started(tmp_path) as bench:
        bench.submit(1)
        bench.run()
        assert len(reader.outbox(Priority.ACCESS, 0, 10)) == 1
        assert reader.epoch != first
        reader.close()


def test_looking_through_the_history(path: Path) -> None:
    reader = EventReader(path)
    history = History(reader)
    assert [event.seq for event in history.latest(3)] == [7, 8, 9]
    assert [event.seq for event in history.latest(10, "door")] == [4, 5]
    assert history.latest(10, "doo") == []
    assert [event.seq for event in history.latest(2, "access.granted", "p1")] == [2, 3]
    assert history.latest(10, subject="p2") == []
    assert [event.seq for event in history.after(7, 10)] == [8, 9]
    event = history.show("5")
    assert history.show(event.id) == event
    assert (event.type, event.bootid, event.clock, event.delivered) == ("door.forced", "boot-1", "synced", False)
    with pytest.raises(DataError, match="no event 77"):
        history.show("77")
    reader.close()


def test_exporting_a_span_of_time(path: Path) -> None:
    reader = EventReader(path)
    history = History(reader)
    assert [event.seq for event in history.export()] == list(range(1, 10))
    assert [event.seq for event in history.export(WALL_US + 3, WALL_US + 5)] == [3, 4, 5]
    reader.close()


def test_what_was_delivered_is_marked(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(2)
        bench.run()
        reader = EventReader(bench.path)
        bench.writer.acknowledge([reader.outbox(Priority.ACCESS, 0, 1)[0].key])
        bench.writer.step()
        assert [event.delivered for event in History(reader).latest(5)] == [True, False]
        reader.close()


def test_a_history_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(UnreadableStoreError, match="cannot be read"):
        History(EventReader(tmp_path / "events.db")).latest(5)


def test_a_number_beyond_all_numbers_is_no_event(path: Path) -> None:
    reader = EventReader(path)
    with pytest.raises(DataError, match="no event"):
        History(reader).show("9" * 30)
    reader.close()
