"""The sink's own file: SQLite in WAL mode with synchronous FULL, so that what was committed survives a power cut.

One process writes, which a lock beside the file sees to: several sinks that share the work share a PostgreSQL.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from edge.errors import DataError, HardwareError
from edge.sink.queries import SCHEMA, VERSION, Queries
from edge.sink.records import (
    MOST_CONFLICTS,
    MOST_REFUSED,
    Chain,
    Conflict,
    Covered,
    Evicted,
    Key,
    KnownKey,
    Refusal,
    Row,
)

_APPLICATION_ID = 0x45444753  # "EDGS"
_BUSY_S = 5.0


class SqliteStorage(Queries):
    """Reading and writing one file, or with `writing` unset only reading it beside the sink that writes."""

    def __init__(self, path: Path, *, writing: bool) -> None:
        self._path: Final = path
        self._lock = -1
        try:
            if writing:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._take_lock()
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # events tell who came when
            elif not path.exists():
                raise DataError(f"there is no database {path}", hint="`edge sink run` makes it; name it by --database")
            uri = f"file:{quote(str(path.absolute()))}?mode={'rw' if writing else 'ro'}"
            self._conn = sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            self._release_lock()
            if isinstance(error, (DataError, HardwareError)):
                raise
            raise self._trouble(error) from error
        try:
            with self._errors():
                self._recognise(writing)
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        with self._errors():
            self._conn.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteTransaction(self._conn)
                self._conn.execute("COMMIT")
            except BaseException:
                # SQLite ends the transaction itself after some errors.
                if self._conn.in_transaction:
                    self._conn.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._conn.close()
        self._release_lock()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return self._conn.execute(query, values).fetchall()

    def _recognise(self, writing: bool) -> None:
        (application,) = self._conn.execute("PRAGMA application_id").fetchone()
        (tables,) = self._conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0 and writing:
            self._make()
        elif application != _APPLICATION_ID:
            raise DataError(f"{self._path} is no database of a sink", hint="name another file by --database")
        ((version,),) = self._conn.execute("SELECT version FROM sink")
        if version != VERSION:
            raise DataError(f"{self._path} was written by a newer version", hint="install that version again")
        if writing:
            self._assert_durable()

    def _make(self) -> None:
        self._conn.execute("PRAGMA journal_mode = WAL").fetchall()
        schema = SCHEMA.format(text="TEXT", int="INTEGER", blob="BLOB", end=" STRICT")
        begin = f"BEGIN IMMEDIATE; PRAGMA application_id = {_APPLICATION_ID};"
        self._conn.executescript(f"{begin}{schema}INSERT INTO sink VALUES ({VERSION}, 0); COMMIT;")

    def _assert_durable(self) -> None:
        self._conn.execute("PRAGMA synchronous = FULL")
        modes = [self._conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        if modes != ["wal", 2]:
            raise HardwareError(
                f"{self._path}: SQLite cannot be durable here ({modes})", hint="use a local file system"
            )

    def _take_lock(self) -> None:
        self._lock = os.open(f"{self._path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "several sinks can share a PostgreSQL: --database postgresql://…"
            raise HardwareError(f"another sink writes to {self._path}", hint=hint) from error

    def _release_lock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _trouble(self, error: Exception) -> HardwareError:
        return HardwareError(f"{self._path} does not work: {error}", hint="is there room, and may this user write it?")


class SqliteTransaction:
    """One transaction on the connection of a storage."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def touch(self, chains: Collection[Chain], received: int) -> None:
        self._conn.executemany(
            "INSERT INTO chains VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
            " last_received = max(last_received, excluded.last_received)",
            [(*chain, received) for chain in chains],
        )

    def insert(self, rows: Sequence[Row]) -> list[Row]:
        query = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        execute = self._conn.execute
        return [row for row in rows if execute(query, row).rowcount == 0]

    def bodies(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        query = "SELECT body FROM events WHERE source = ? AND epoch = ? AND seq = ?"
        return {key: body for key in keys for (body,) in self._conn.execute(query, key)}

    def count_repeated(self, counts: Mapping[Chain, int]) -> None:
        query = "UPDATE chains SET repeated = repeated + ? WHERE source = ? AND epoch = ?"
        self._conn.executemany(query, [(count, *chain) for chain, count in counts.items()])

    def add_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        self._conn.executemany(
            "INSERT INTO conflicts SELECT ?1, ?2, ?3, ?4, ?5, ?6"
            f" WHERE (SELECT count(*) FROM conflicts WHERE source = ?1) < {MOST_CONFLICTS} ON CONFLICT DO NOTHING",
            conflicts,
        )

    def reaching(self, spans: Sequence[Covered]) -> list[Covered]:
        within = "SELECT * FROM covered WHERE source = ? AND epoch = ? AND last BETWEEN ? AND ?"
        after = "SELECT * FROM covered WHERE source = ? AND epoch = ? AND last > ? ORDER BY last LIMIT 1"
        found: list[Covered] = []
        for source, epoch, first, last in spans:
            found += map(Covered._make, self._conn.execute(within, (source, epoch, first - 1, last + 1)))
            following = map(Covered._make, self._conn.execute(after, (source, epoch, last + 1)))
            found += [span for span in following if span.first <= last + 1]
        return found

    def replace(self, old: Collection[Covered], new: Collection[Covered]) -> None:
        query = "DELETE FROM covered WHERE source = ? AND epoch = ? AND last = ?"
        self._conn.executemany(query, [(span.source, span.epoch, span.last) for span in old])
        self._conn.executemany("INSERT INTO covered VALUES (?, ?, ?, ?)", new)

    def add_evicted(self, evicted: Sequence[Evicted]) -> None:
        self._conn.executemany("INSERT INTO evicted VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", evicted)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        self._conn.executemany(
            f"INSERT INTO refused SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM refused) < {MOST_REFUSED}",
            refusals,
        )
        self._conn.execute("UPDATE sink SET refused = refused + ?", (len(refusals),))

    def add_keys(self, keys: Sequence[KnownKey]) -> None:
        self._conn.executemany(
            "INSERT INTO keys VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen", keys
        )
