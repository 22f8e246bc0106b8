from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.unit.store.bench import Bench, check_chain, outbox, started


def a_used_file(folder: Path, events: int = 300) -> Path:
    with started(folder) as bench:
        bench.submit(events)
    return bench.path


def aside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if ".damaged-" in path.name)


def no_database(path: Path) -> None:
    path.write_bytes(b"this is a note, not a database. " * 100)


def a_few_bytes(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00 and then the power went")


def cut_in_half(path: Path) -> None:
    content = a_used_file(path.parent).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def another_programs(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE recipes (soup TEXT)")
    conn.commit()
    conn.close()


def a_log_without_its_file(path: Path) -> None:
    path.write_bytes(b"")
    path.with_name("events.db-wal").write_bytes(b"\x37\x7f\x06\x82" * 100)


def a_flipped_page_after_a_crash(path: Path) -> None:
    a_used_file(path.parent)
    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096  # a page of old events, which nothing reads at the start
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    path.with_name("events.db-wal").write_bytes(b"\0" * 32)  # the log that a crash leaves behind


@pytest.mark.parametrize(
    "damage",
    [no_database, a_few_bytes, cut_in_half, another_programs, a_log_without_its_file, a_flipped_page_after_a_crash],
)
def test_a_damaged_file_is_set_aside_whole_and_a_new_epoch_begins(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    damage(tmp_path / "events.db")
    before = (tmp_path / "events.db").read_bytes()
    with started(tmp_path) as bench:
        assert [what for _, what, _ in bench.faults] == ["database damaged"]
        assert bench.recovered == ["store"]
        bench.submit(2)
        bench.run()
        assert len(check_chain(bench.path)) == 2
    kept = aside(tmp_path)
    assert kept[0].name == "events.db.damaged-20231114T221320Z"
    assert kept[0].read_bytes() == before
    assert kept[0].name in bench.faults[0][2]


def test_a_second_damaged_file_on_the_same_day_keeps_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        no_database(tmp_path / "events.db")
        with started(tmp_path):
            pass
    assert [path.name for path in aside(tmp_path)] == [
        "events.db.damaged-20231114T221320Z",
        "events.db.damaged-20231114T221320Z-2",
    ]


def test_damage_met_while_running_costs_no_event(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(300)
        bench.run()
        ledger = bench.writer._file.ledger
        assert ledger is not None
        ledger._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        ledger._conn.execute("PRAGMA cache_size = 0")
        with bench.path.open("r+b") as file:
            file.write(b"\xff" * bench.path.stat().st_size)
        bench.submit(5)
        bench.run()
        assert [what for _, what, _ in bench.faults] == ["database damaged"]
        assert check_chain(bench.path) == [301, 302, 303, 304, 305]
        assert bench.recovered == ["store"]
    assert len(aside(tmp_path)) >= 1


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_taken_away_while_running_is_noticed_before_anything_is_called_stored(tmp_path: Path, how: str) -> None:
    with started(tmp_path) as bench:
        bench.submit(3)
        bench.run()
        for path in list(tmp_path.iterdir()):
            path.unlink()
        if how == "replaced":
            (tmp_path / "backup").mkdir()
            shutil.copy(a_used_file(tmp_path / "backup", 7), bench.path)
        bench.submit(2)
        bench.run()
        assert [what for _, what, _ in bench.faults] == ["database removed"]
        assert check_chain(bench.path)[-2:] == [4, 5]
        assert outbox(bench.path)[-2:] == ([1, 2] if how == "removed" else [8, 9])


def test_a_state_directory_that_cannot_be_used_is_a_fault_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    bench = Bench(tmp_path / "state")
    bench.writer.start()
    bench.submit(2)
    bench.now += 20
    bench.writer.step()
    assert [what for _, what, _ in bench.faults] == ["state directory unusable"]
    assert bench.writer.status().waiting == 2
    (tmp_path / "state").unlink()
    bench.run()
    assert check_chain(bench.path) == [1, 2]
    assert bench.recovered == ["store"]
    bench.writer.stop()
