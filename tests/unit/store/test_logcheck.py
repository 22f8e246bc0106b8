"""A log damaged in its middle: what stood behind was durable, and its numbers are not given to other events."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.store import database
from edge.store.database import APPLICATION_ID, DamagedError, connect_writer, set_aside
from edge.store.envelope import Origin
from edge.store.ledger import Ledger
from edge.store.logcheck import lost_commits
from tests.unit.store.upkeep_bench import Yard, yard

FRAME = 24 + 4096


def killed(folder: Path, transactions: int = 20) -> Path:
    """The database of a device that was killed with this many transactions in its log."""
    before = Yard(folder)
    before.ledger.checkpoint()
    for _ in range(transactions):
        before.store(1)
    target = folder / "after"
    target.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(folder / f"events.db{suffix}", target / f"events.db{suffix}")
    before.abandon()
    return target / "events.db"


def log_of(path: Path) -> Path:
    return path.with_name("events.db-wal")


def test_a_log_that_is_whole(tmp_path: Path) -> None:
    path = killed(tmp_path)
    Ledger(path, Origin("riverside", "gate", "b")).close()
    assert lost_commits(log_of(path), path.with_name("none")) == 0


def test_a_torn_end_is_what_a_power_cut_leaves(tmp_path: Path) -> None:
    path = killed(tmp_path)
    content = bytearray(log_of(path).read_bytes())
    content[-100:] = bytes(100)
    log_of(path).write_bytes(content)
    ledger = Ledger(path, Origin("riverside", "gate", "b"))
    assert ledger.last_seq == 20
    ledger.close()


def test_a_damage_with_commits_behind_it_is_found(tmp_path: Path) -> None:
    path = killed(tmp_path)
    content = bytearray(log_of(path).read_bytes())
    at = 32 + len(content) // FRAME // 2 * FRAME + 1000
    content[at : at + 8] = b"\xff" * 8
    log_of(path).write_bytes(content)
    with pytest.raises(DamagedError, match="write-ahead log is damaged"):
        Ledger(path, Origin("riverside", "gate", "b"))


def test_the_salvage_says_that_the_end_is_missing(tmp_path: Path) -> None:
    path = killed(tmp_path)
    content = bytearray(log_of(path).read_bytes())
    at = 32 + len(content) // FRAME // 2 * FRAME + 1000
    content[at : at + 8] = b"\xff" * 8
    log_of(path).write_bytes(content)
    with pytest.raises(DamagedError):  # which must not cost the log, and with it the knowledge of its end
        Ledger(path, Origin("riverside", "gate", "b"))
    aside = set_aside(path, "20261122T190007Z")
    assert aside.with_name(aside.name + "-wal").read_bytes() == content
    with yard(path.parent) as bench:
        bench.rest(4)
        (told,) = bench.told("storage.salvaged")
        assert told["complete"] is False
        assert 0 < told["rows"] < 21


def test_nobody_writes_to_the_log_while_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that was given up and comes back would add commits between index and log, which looks like damage."""
    path = tmp_path / "events.db"
    predecessor = connect_writer(path)
    predecessor.execute("CREATE TABLE t (x)")
    predecessor.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    predecessor.execute("PRAGMA busy_timeout = 0")
    looks = []

    def looked_at(log: Path, index: Path) -> int:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            predecessor.execute("INSERT INTO t VALUES (1)")
        looks.append(log)
        return lost_commits(log, index)

    monkeypatch.setattr(database, "lost_commits", looked_at)
    connect_writer(path).close()
    assert looks
    predecessor.execute("INSERT INTO t VALUES (1)")
    predecessor.close()


DEADMAN_BYTE = 128  # UNIX_SHM_DMS of SQLite's os_unix.c: whoever can lock it alone cuts the index short
TAKE_IT = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))"


def test_the_look_at_the_index_leaves_sqlite_its_locks(tmp_path: Path) -> None:
    """Or the next program to open the database would take the memory away from under the daemon's feet."""
    path = killed(tmp_path)
    conn = connect_writer(path)
    try:
        conn.execute("SELECT count(*) FROM events").fetchone()
        index = path.with_name(f"{path.name}-shm")
        assert lost_commits(path.with_name(f"{path.name}-wal"), index) == 0
        other = [sys.executable, "-c", TAKE_IT, str(index), str(DEADMAN_BYTE)]
        assert b"BlockingIOError" in subprocess.run(other, capture_output=True, check=False).stderr
    finally:
        conn.close()
