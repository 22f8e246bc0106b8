"""The tables of the sink, and the questions to them, in SQL that both databases understand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edge.sink.records import Chain, Conflict, Evicted, KnownKey, Overview, Refusal, Row
from edge.sink.spans import Span

VERSION = 1
_PAGE = 500

# {text}, {int} and {blob} are the names of the types, {end} closes a table. What is looked for by its end is found by
# one step in the index of `covered`, however many spans a chain has.
SCHEMA = """
CREATE TABLE sink (version {int} NOT NULL, refused {int} NOT NULL){end};
CREATE TABLE chains (source {text} NOT NULL, epoch {text} NOT NULL, last_received {int} NOT NULL,
  repeated {int} NOT NULL, PRIMARY KEY (source, epoch)){end};
CREATE TABLE events (source {text} NOT NULL, epoch {text} NOT NULL, seq {int} NOT NULL, id {text} NOT NULL,
  type {text} NOT NULL, time {text} NOT NULL, received {int} NOT NULL, body {blob} NOT NULL,
  PRIMARY KEY (source, epoch, seq)){end};
CREATE TABLE covered (source {text} NOT NULL, epoch {text} NOT NULL, first {int} NOT NULL, last {int} NOT NULL,
  PRIMARY KEY (source, epoch, last)){end};
CREATE TABLE evicted (source {text} NOT NULL, epoch {text} NOT NULL, first {int} NOT NULL, last {int} NOT NULL,
  reason {text} NOT NULL, told_by {text} NOT NULL, PRIMARY KEY (source, epoch, first, last)){end};
CREATE TABLE conflicts (source {text} NOT NULL, epoch {text} NOT NULL, seq {int} NOT NULL, sha256 {text} NOT NULL,
  received {int} NOT NULL, body {blob} NOT NULL, PRIMARY KEY (source, epoch, seq, sha256)){end};
CREATE TABLE refused (received {int} NOT NULL, topic {text} NOT NULL, reason {text} NOT NULL, size {int} NOT NULL,
  body {blob} NOT NULL){end};
CREATE TABLE keys (source {text} NOT NULL, signing {blob} NOT NULL, first_seen {int} NOT NULL,
  last_seen {int} NOT NULL, PRIMARY KEY (source, signing)){end};
"""

_OF_CHAIN = "WHERE source = ? AND epoch = ?"


class Queries:
    """The half of a storage that only reads. `_all` runs a query whose values are marked by `?`."""

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        raise NotImplementedError

    def through(self, chain: Chain) -> int:
        for first, last in self._all(f"SELECT first, last FROM covered {_OF_CHAIN} ORDER BY last LIMIT 1", chain):
            return int(last) if first <= 1 else 0
        return 0

    def beyond(self, chain: Chain, seq: int, limit: int) -> list[Span]:
        query = f"SELECT first, last FROM covered {_OF_CHAIN} AND last > ? ORDER BY last LIMIT ?"
        return [(first, last) for first, last in self._all(query, (*chain, seq, limit))]

    def highest(self, chain: Chain) -> int:
        for (last,) in self._all(f"SELECT last FROM covered {_OF_CHAIN} ORDER BY last DESC LIMIT 1", chain):
            return int(last)
        return 0

    def latest_chains(self) -> list[Chain]:
        latest = "SELECT max(last_received) FROM chains x WHERE x.source = c.source"
        found = self._all(f"SELECT source, epoch FROM chains c WHERE last_received = ({latest}) ORDER BY source, epoch")
        return [Chain(source, epoch) for source, epoch in dict(found).items()]

    def overviews(self, source: str = "") -> list[Overview]:
        # The events of a chain are counted by its spans: counting rows would read a year of them.
        of_chain = "x.source = c.source AND x.epoch = c.epoch"
        query = (
            "SELECT c.source, c.epoch, c.last_received, c.repeated,"
            f" CAST((SELECT coalesce(sum(x.last - x.first + 1), 0) FROM covered x WHERE {of_chain}) AS bigint),"
            f" (SELECT count(*) FROM conflicts x WHERE {of_chain})"
            " FROM chains c WHERE c.source = ? OR ? = '' ORDER BY c.source, c.last_received, c.epoch"
        )
        return [Overview(*row) for row in self._all(query, (source, source))]

    def evicted(self, chain: Chain) -> list[Evicted]:
        query = f"SELECT source, epoch, first, last, reason, told_by FROM evicted {_OF_CHAIN} ORDER BY first, last"
        return [Evicted(*row) for row in self._all(query, chain)]

    def conflicts(self, chain: Chain) -> list[Conflict]:
        query = f"SELECT source, epoch, seq, sha256, received, body FROM conflicts {_OF_CHAIN} ORDER BY seq, received"
        return [Conflict(*row) for row in self._all(query, chain)]

    def rows(self, chain: Chain) -> Iterator[Row]:
        query = (
            "SELECT source, epoch, seq, id, type, time, received, body FROM events"
            f" {_OF_CHAIN} AND seq > ? ORDER BY seq LIMIT {_PAGE}"
        )
        seq = 0
        while page := [Row(*row) for row in self._all(query, (*chain, seq))]:
            yield from page
            seq = page[-1].seq

    def keys(self, source: str) -> list[KnownKey]:
        query = "SELECT source, signing, first_seen, last_seen FROM keys WHERE source = ? ORDER BY first_seen, signing"
        return [KnownKey(*row) for row in self._all(query, (source,))]

    def refused(self) -> int:
        return int(self._all("SELECT refused FROM sink")[0][0])

    def refusals(self, limit: int) -> list[Refusal]:
        query = "SELECT received, topic, reason, size, body FROM refused ORDER BY received LIMIT ?"
        return [Refusal(*row) for row in self._all(query, (limit,))]
