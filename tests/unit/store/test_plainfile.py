"""Root opens the database that lies in the daemon's folder, and nothing else that its name leads to."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.errors import DataError
from edge.store import plainfile
from edge.store.database import connect_writer
from edge.store.plainfile import connect
from edge.store.schema import EVENTS_NAME
from edge.update.databases import copy_all
from tests.planted import planted_journal

DAEMON = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="opens files of somebody else's, which only root can")


def database(path: Path, word: str) -> Path:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE words (word TEXT)")
        conn.execute("INSERT INTO words VALUES (?)", (word,))
        conn.commit()
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    database(folder / EVENTS_NAME, "ours")
    if os.geteuid() == 0:
        for path in (folder, folder / EVENTS_NAME):
            os.chown(path, DAEMON, DAEMON)
    return folder


def word(path: Path) -> str:
    with closing(connect(path, "ro", 1.0)) as conn:
        return str(conn.execute("SELECT word FROM words").fetchone()[0])


def test_a_plain_file_is_opened_also_while_it_is_open_already(state: Path) -> None:
    with closing(connect(state / EVENTS_NAME, "rw", 1.0)) as conn:
        conn.execute("INSERT INTO words VALUES ('more')")
        assert word(state / EVENTS_NAME) == "ours"


def test_what_is_not_there_is_sqlites_error(state: Path) -> None:
    for absent in (state / "absent.db", state / "no folder" / "absent.db"):
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            connect(absent, "rw", 1.0)


def link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def second_name(path: Path, secret: Path) -> None:
    path.hardlink_to(secret)


def pipe(path: Path, _secret: Path) -> None:
    os.mkfifo(path)


def of_another(path: Path, secret: Path) -> None:
    path.write_bytes(secret.read_bytes())
    os.chown(path, DAEMON + 1, DAEMON)


@as_root
@pytest.mark.parametrize("plant", [link, second_name, pipe, of_another])
def test_what_is_planted_is_refused(state: Path, tmp_path: Path, plant: Callable[[Path, Path], None]) -> None:
    secret = database(tmp_path / "secret.db", "root's own")
    (state / EVENTS_NAME).unlink()
    plant(state / EVENTS_NAME, secret)
    with pytest.raises(sqlite3.OperationalError, match="no plain file"):
        connect(state / EVENTS_NAME, "ro", 1.0)
    with pytest.raises(DataError, match="no plain file"):
        copy_all(state, tmp_path / "copies")


@as_root
@pytest.mark.parametrize("already", [False, True], ids=["alone", "beside a sound one"])
def test_a_link_that_is_planted_after_the_look_is_refused(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, already: bool
) -> None:
    secret = database(tmp_path / "secret.db", "root's own")
    path, real = state / EVENTS_NAME, plainfile.sqlite3.connect

    def late(*words: Any, **options: Any) -> sqlite3.Connection:
        path.unlink()
        path.symlink_to(secret)
        return real(*words, **options)

    holds = connect(path, "ro", 1.0) if already else sqlite3.connect(":memory:")
    with closing(holds), monkeypatch.context() as patch:
        patch.setattr(plainfile.sqlite3, "connect", late)
        with pytest.raises(sqlite3.OperationalError, match="no plain file"):
            connect(path, "ro", 1.0)


@as_root
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_sqlite_itself_follows_no_link_beside_the_database(state: Path, tmp_path: Path, suffix: str) -> None:
    """What the module relies on, with the SQLite that is here."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"root's own" * 1000)
    with closing(connect(state / EVENTS_NAME, "rw", 1.0)) as conn:
        conn.execute(f"PRAGMA journal_mode = {'DELETE' if suffix == '-journal' else 'WAL'}")
    (state / f"{EVENTS_NAME}{suffix}").symlink_to(secret)
    with closing(connect(state / EVENTS_NAME, "rw", 1.0)) as conn, pytest.raises(sqlite3.Error):
        conn.execute("INSERT INTO words VALUES ('more')")
        conn.commit()
    assert secret.read_bytes() == b"root's own" * 1000


@as_root
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_journal_has_root_remove_no_file_of_its_own(state: Path, tmp_path: Path, mode: str) -> None:
    precious = tmp_path / "precious"
    path = state / EVENTS_NAME
    for openers in (partial(connect, path, "rw", 1.0), partial(connect_writer, path), partial(sqlite3.connect, path)):
        precious.write_text("root's own")
        with closing(sqlite3.connect(path)) as conn:
            conn.execute(f"PRAGMA journal_mode = {mode}")
        planted_journal(path, precious)
        if openers.func is sqlite3.connect:  # what SQLite does by itself, so that this shows something
            with closing(openers()) as conn:
                conn.execute("SELECT * FROM words").fetchall()
            assert not precious.exists()
            continue
        with pytest.raises(sqlite3.OperationalError, match="names another file"):
            openers()
        assert precious.exists()
        path.with_name(f"{path.name}-journal").unlink()


@as_root
def test_a_journal_of_ours_is_rolled_back(state: Path) -> None:
    """One that a power cut has left."""
    path = state / EVENTS_NAME
    journal, files = path.with_name(f"{path.name}-journal"), {}
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for pragma in ("journal_mode = PERSIST", "cache_size = 1", "synchronous = FULL"):
            conn.execute(f"PRAGMA {pragma}")
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE words SET word = 'half done'")
        conn.executemany("INSERT INTO words VALUES (?)", [("x" * 3000,)] * 50)  # more than it keeps in memory
        files = {each: each.read_bytes() for each in (path, journal)}
        conn.execute("ROLLBACK")
    for each, content in files.items():
        each.write_bytes(content)
    assert b"half done" in path.read_bytes()
    with closing(connect(path, "rw", 1.0)) as conn:
        assert conn.execute("SELECT word FROM words").fetchall() == [("ours",)]
