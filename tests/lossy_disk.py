"""A disk that loses power: an SQLite VFS that remembers what was synchronised, and what a cut leaves of the rest.

Every write and every sync of every file passes through and is noted. At the chosen operation the power goes: nothing
works any more, and the files as they come back hold all that was synchronised, and of each later write either
nothing, all of it, or some of its 512-byte sectors, in any combination and order. Files that do not belong to a
database come back as they were, since they are synchronised when they are made.

The standard library's SQLite takes no VFS from Python, so the store runs on `apsw`'s SQLite behind an adapter with the
few methods of `sqlite3.Connection` that it uses.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock

import apsw

from edge.store import database

SECTOR = 512


class PowerCut(BaseException):
    """The power is gone."""


class Disk:
    """What has been written to the files below `folder`, and how much of it is sure to be there after a cut.

    `cut_at`: the operation (write, sync, truncation) at which the power goes; counted from 1.
    """

    def __init__(self, folder: Path, chance: random.Random, cut_at: int) -> None:
        self._folder = folder
        self._chance = chance
        self._cut_at = cut_at
        self._durable: dict[str, bytearray] = {
            path.name: bytearray(path.read_bytes())
            for path in folder.iterdir()
            if path.name.endswith((".db", ".db-wal"))
        }
        self._pending: dict[str, list[tuple[int, bytes | None]]] = {}
        self.operations = 0
        self.off = False

    def wrote(self, name: str, offset: int, data: bytes) -> None:
        self._pending.setdefault(name, []).append((offset, data))
        self._count()

    def truncated(self, name: str, size: int) -> None:
        self._pending.setdefault(name, []).append((size, None))
        self._count()

    def synced(self, name: str) -> None:
        self._count()  # a cut during the sync: nothing is promised yet
        content = self._durable.setdefault(name, bytearray())
        for offset, data in self._pending.pop(name, []):
            _apply(content, offset, data)

    def deleted(self, name: str) -> None:
        self._durable.pop(name, None)
        self._pending.pop(name, None)
        self._count()

    def come_back(self, folder: Path) -> None:
        """Write the files as they are found after the power has returned."""
        shutil.copytree(self._folder, folder, ignore=shutil.ignore_patterns("*.db", "*.db-wal", "*.db-shm"))
        for name in self._durable.keys() | self._pending.keys():
            content = bytearray(self._durable.get(name, b""))
            for offset, data in self._pending.get(name, []):
                for place, part in self._survivors(offset, data):
                    _apply(content, place, part)
            (folder / name).write_bytes(content)

    def _survivors(self, offset: int, data: bytes | None) -> Iterable[tuple[int, bytes | None]]:
        fate = self._chance.random()
        if fate < 0.35:
            return
        if fate < 0.7 or data is None:
            yield offset, data
            return
        for start in range(0, len(data), SECTOR):
            if self._chance.random() < 0.5:
                yield offset + start, data[start : start + SECTOR]

    def _count(self) -> None:
        self.operations += 1
        if self.operations >= self._cut_at:
            self.off = True
            raise PowerCut


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(name if isinstance(name, str) else name.filename()).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._alive()
        super().xWrite(data, offset)
        self._disk.wrote(self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._alive()
        super().xTruncate(size)
        self._disk.truncated(self._name, size)

    def xSync(self, flags: int) -> None:  # noqa: ARG002, N802
        self._alive()
        self._disk.synced(self._name)

    def _alive(self) -> None:
        if self._disk.off:
            raise PowerCut


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        if self._disk.off:
            raise PowerCut
        super().xDelete(filename, syncdir)
        self._disk.deleted(Path(filename).name)


class _Rows:
    """A cursor's answer, as `sqlite3` gives it."""

    def __init__(self, rows: list[Any], lastrowid: int) -> None:
        self._rows = iter(rows)
        self.lastrowid = lastrowid

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Any:
        return self._rows


@contextlib.contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        told = sqlite3.OperationalError(str(error))
        told.sqlite_errorcode = getattr(error, "extendedresult", apsw.SQLITE_ERROR)
        raise told from error


class Connection:
    """The methods of `sqlite3.Connection` that the store uses, on apsw."""

    def __init__(self, path: Path, vfs: str) -> None:
        self._conn = apsw.Connection(str(path), vfs=vfs)

    def execute(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> _Rows:
        with _as_sqlite3():
            rows = list(self._conn.execute(query, values if isinstance(values, Mapping) else tuple(values)))
        return _Rows(rows, self._conn.last_insert_rowid())

    def cursor(self) -> Self:
        return self

    def executemany(self, query: str, many: Iterable[Sequence[Any]]) -> _Rows:
        with _as_sqlite3():
            self._conn.executemany(query, [tuple(values) for values in many])
        return _Rows([], self._conn.last_insert_rowid())

    @property
    def in_transaction(self) -> bool:
        return self._conn.in_transaction

    @property
    def total_changes(self) -> int:
        return self._conn.total_changes()

    def close(self) -> None:
        self._conn.close(True)

    def abandon(self) -> None:
        """Close after the power has gone: whatever SQLite still wants to do to the disk fails."""
        try:
            self._conn.close(True)
        except (PowerCut, apsw.Error):
            return


@contextlib.contextmanager
def powered(disk: Disk, name: str) -> Iterator[None]:
    """The store's databases lie on `disk` meanwhile; a PowerCut ends it quietly. `name`: no two runs may share one,
    since apsw looks a VFS up by its name for as long as a connection that was cut off is not yet collected.
    """
    vfs = _Vfs(name, disk)
    connections: list[Connection] = []

    def connect(path: Path, **_options: Any) -> Connection:
        connections.append(Connection(path, name))
        return connections[-1]

    everything = {key: getattr(sqlite3, key) for key in dir(sqlite3) if not key.startswith("__")}
    try:
        with (
            mock.patch.object(database, "sqlite3", SimpleNamespace(**everything | {"connect": connect})),
            contextlib.suppress(PowerCut),
        ):
            yield
    finally:
        disk.off = True
        for connection in connections:
            connection.abandon()
        vfs.unregister()
