"""A PostgreSQL that one or several sinks write to: one round trip for all rows of a kind, synchronous_commit on.

psycopg 3 is imported here and nowhere else; it is the optional extra `postgresql`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import psycopg

_CONNECT_S = 5
_DEAD_MS = 30_000  # a server that answers nothing for so long is gone
_MAKING = 0x45444753  # the advisory lock held while the tables are made: two sinks may start at once
_UNNEST_ROWS = (
    "unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bytea[])"
)
_UNNEST_KEYS = "unnest(%s::text[], %s::text[], %s::bigint[]) AS k(source, epoch, seq)"
_UNNEST_SPANS = "unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS s(source, epoch, first, last)"


class PostgresStorage(Queries):
    """One connection; when it is lost, make another storage. With `writing` unset it changes nothing."""

    def __init__(self, url: str, *, writing: bool) -> None:
        try:
            import psycopg
        except ImportError as error:
            hint = "install the extra: pip install 'edge[postgresql]'"
            raise HardwareError("PostgreSQL needs the library psycopg", hint=hint) from error
        self._error: type[Exception] = psycopg.Error
        with self._errors():
            self._conn = psycopg.connect(
                url,
                autocommit=True,
                connect_timeout=_CONNECT_S,
                tcp_user_timeout=_DEAD_MS,
                keepalives_idle=_DEAD_MS // 1000,
                application_name="edge sink",
                client_encoding="utf8",
            )
        try:
            with self._errors():
                self._recognise(writing)
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        with self._errors(), self._conn.transaction():
            yield PostgresTransaction(self._conn)

    def close(self) -> None:
        self._conn.close()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return self._conn.execute(query.replace("?", "%s").encode(), values).fetchall()

    def _recognise(self, writing: bool) -> None:
        self._conn.execute("SET synchronous_commit = on")
        ((encoding,),) = self._conn.execute("SHOW server_encoding")
        if encoding != "UTF8":
            raise DataError(f"the database is in {encoding}, not in UTF8", hint="createdb --encoding UTF8 makes one")
        with self._conn.transaction():
            self._conn.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            ((made,),) = self._conn.execute("SELECT to_regclass('sink') IS NOT NULL")
            if not made and not writing:
                raise DataError("there are no tables of a sink here", hint="`edge sink run` makes them")
            if not made:
                schema = SCHEMA.format(text='text COLLATE "C"', int="bigint", blob="bytea", end="")
                self._conn.execute(schema.encode())
                self._conn.execute("INSERT INTO sink VALUES (%s, 0)", (VERSION,))
        ((version,),) = self._conn.execute("SELECT version FROM sink")
        if version != VERSION:
            raise DataError("the tables were made by a newer version", hint="install that version again")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            first_line = str(error).partition("\n")[0]
            hint = "is it running, and are address, user and password right?"
            raise HardwareError(f"PostgreSQL does not work: {first_line}", hint=hint) from error


class PostgresTransaction:
    """One transaction on the connection of a storage. Everything is locked in the order of its key."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self._conn = conn

    def touch(self, chains: Collection[Chain], received: int) -> None:
        self._each(
            "INSERT INTO chains VALUES (%s, %s, %s, 0) ON CONFLICT (source, epoch) DO UPDATE SET"
            " last_received = greatest(chains.last_received, excluded.last_received)",
            [(*chain, received) for chain in sorted(chains)],
        )

    def insert(self, rows: Sequence[Row]) -> list[Row]:
        query = f"INSERT INTO events SELECT * FROM {_UNNEST_ROWS} ON CONFLICT DO NOTHING RETURNING source, epoch, seq"
        new = set(map(Key._make, self._conn.execute(query.encode(), _columns(rows, 8))))
        return [row for row in rows if row.key not in new]

    def bodies(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        query = f"SELECT source, epoch, seq, body FROM events JOIN {_UNNEST_KEYS} USING (source, epoch, seq)"
        found = self._conn.execute(query.encode(), _columns(keys, 3))
        return {Key(source, epoch, seq): body for source, epoch, seq, body in found}

    def count_repeated(self, counts: Mapping[Chain, int]) -> None:
        query = "UPDATE chains SET repeated = repeated + %s WHERE source = %s AND epoch = %s"
        self._each(query, [(count, *chain) for chain, count in counts.items()])

    def add_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        self._each(
            "INSERT INTO conflicts SELECT %s, %s, %s, %s, %s, %s"
            f" WHERE (SELECT count(*) FROM conflicts WHERE source = %s) < {MOST_CONFLICTS} ON CONFLICT DO NOTHING",
            [(*conflict, conflict.source) for conflict in conflicts],
        )

    def reaching(self, spans: Sequence[Covered]) -> list[Covered]:
        within = (
            f"SELECT c.* FROM {_UNNEST_SPANS} JOIN covered c ON c.source = s.source AND c.epoch = s.epoch"
            " AND c.last BETWEEN s.first - 1 AND s.last + 1"
        )
        after = (
            f"SELECT c.* FROM {_UNNEST_SPANS} CROSS JOIN LATERAL (SELECT * FROM covered x WHERE x.source = s.source"
            " AND x.epoch = s.epoch AND x.last > s.last + 1 ORDER BY x.last LIMIT 1) c WHERE c.first <= s.last + 1"
        )
        columns = _columns(spans, 4)
        return [Covered._make(row) for query in (within, after) for row in self._conn.execute(query.encode(), columns)]

    def replace(self, old: Collection[Covered], new: Collection[Covered]) -> None:
        same = "(c.source, c.epoch, c.last) = (s.source, s.epoch, s.last)"
        gone = f"DELETE FROM covered c USING {_UNNEST_SPANS} WHERE {same}"
        self._conn.execute(gone.encode(), _columns(old, 4))
        self._conn.execute(f"INSERT INTO covered SELECT * FROM {_UNNEST_SPANS}".encode(), _columns(new, 4))

    def add_evicted(self, evicted: Sequence[Evicted]) -> None:
        self._each("INSERT INTO evicted VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", sorted(evicted))

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        self._each(
            "INSERT INTO refused SELECT %s, %s, %s, %s, %s::bytea"
            f" WHERE (SELECT count(*) FROM refused) < {MOST_REFUSED}",
            refusals,
        )
        self._conn.execute("UPDATE sink SET refused = refused + %s", (len(refusals),))

    def add_keys(self, keys: Sequence[KnownKey]) -> None:
        self._each(
            "INSERT INTO keys VALUES (%s, %s, %s, %s) ON CONFLICT (source, signing) DO UPDATE SET"
            " last_seen = excluded.last_seen",
            sorted(keys),
        )

    def _each(self, query: str, values: Sequence[Sequence[Any]]) -> None:
        with self._conn.cursor() as cursor:
            cursor.executemany(query.encode(), values)


def _columns(rows: Collection[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
