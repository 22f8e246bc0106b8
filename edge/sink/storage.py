"""What a database must be able to do for the sink. There are two: SQLite and PostgreSQL.

The key (source, epoch, seq) makes an event unique, whoever inserts it and how often. Beside the events stand the spans
of numbers that are covered, brought up to date in the same transaction: a watermark only ever tells what is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from edge.errors import UsageError
from edge.sink.records import Chain, Conflict, Covered, Evicted, Key, KnownKey, Overview, Refusal, Row
from edge.sink.spans import Span


class Transaction(Protocol):
    """Everything that one commit does. `touch` comes first: it locks the chains, so that of several sinks on one
    database only one at a time counts what a chain covers.
    """

    def touch(self, chains: Collection[Chain], received: int) -> None:
        """Note that these chains were heard of."""
        ...

    def insert(self, rows: Sequence[Row]) -> list[Row]:
        """Insert what is new; returns the rows whose place was taken. No two rows may have the same key."""
        ...

    def bodies(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        """What stands in these places."""
        ...

    def count_repeated(self, counts: Mapping[Chain, int]) -> None:
        """Count what came once more."""
        ...

    def add_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """Keep what differs, each body once, at most MOST_CONFLICTS of a device."""
        ...

    def reaching(self, spans: Sequence[Covered]) -> list[Covered]:
        """The covered spans that overlap or touch these; one may come several times."""
        ...

    def replace(self, old: Collection[Covered], new: Collection[Covered]) -> None:
        """Put covered spans in the place of others."""
        ...

    def add_evicted(self, evicted: Sequence[Evicted]) -> None:
        """Keep what the device has told to be lost, each span once."""
        ...

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Keep refusals while there are fewer than MOST_REFUSED, and count all."""
        ...

    def add_keys(self, keys: Sequence[KnownKey]) -> None:
        """Keep a device's public key; one that is known is only seen once more."""
        ...


class Storage(Protocol):
    """A database that is open, for one thread. Everything raises HardwareError when the database does not work; of the
    transaction under way nothing has then happened, as far as can be known: it may be made again.
    """

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Durable when the block has ended, undone when it raises."""
        ...

    def through(self, chain: Chain) -> int:
        """The highest number of a chain below which nothing is missing; 0 while the first one is."""
        ...

    def beyond(self, chain: Chain, seq: int, limit: int) -> list[Span]:
        """The covered spans of a chain that end beyond `seq`, in their order."""
        ...

    def highest(self, chain: Chain) -> int:
        """The highest number of a chain that is covered; 0 if none is."""
        ...

    def latest_chains(self) -> list[Chain]:
        """Of every device the epoch that was heard of last."""
        ...

    def overviews(self, source: str = "") -> list[Overview]:
        """All chains, or those of one device, the one heard of last at the end."""
        ...

    def evicted(self, chain: Chain) -> list[Evicted]:
        """What the device told to be lost."""
        ...

    def conflicts(self, chain: Chain) -> list[Conflict]:
        """What came with another body than the one that is stored."""
        ...

    def rows(self, chain: Chain) -> Iterator[Row]:
        """The events of a chain in their order, without loading them all."""
        ...

    def keys(self, source: str) -> list[KnownKey]:
        """The public keys that a device has shown, the oldest first."""
        ...

    def refused(self) -> int:
        """How many messages or events were refused, ever."""
        ...

    def refusals(self, limit: int) -> list[Refusal]:
        """The first of those that were refused."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


def open_storage(database: str, *, writing: bool) -> Storage:
    """The storage that `postgresql://…` or the path of a file names; made if it is not there and `writing` is set.

    Raises HardwareError when it cannot be had, DataError for a file of something else or of a newer version.
    """
    if database.startswith(("postgresql://", "postgres://")):
        from edge.sink.postgresql import PostgresStorage

        return PostgresStorage(database, writing=writing)
    if "://" in database:
        raise UsageError(f"{database.partition('://')[0]}:// is not known", hint="a file, or postgresql://…")
    from edge.sink.sqlite import SqliteStorage

    return SqliteStorage(Path(database), writing=writing)
