"""What a commit does, on both databases, against a model made of sets."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.errors import DataError, HardwareError, UsageError
from edge.sink.books import enter
from edge.sink.gaps import report
from edge.sink.reading import Parcel
from edge.sink.records import MOST_CONFLICTS, MOST_REFUSED, Chain, KnownKey
from edge.sink.spans import united
from edge.sink.storage import Storage, open_storage
from tests.sink.samples import BASE, EPOCH, RECEIVED, SOURCE, altered, body, lost, parcel

CHAIN = Chain(SOURCE, EPOCH)
Opening = Callable[[], Storage]


def spans(numbers: set[int]) -> list[tuple[int, int]]:
    return united((number, number) for number in numbers)


def missing(storage: Storage) -> list[tuple[int, int]]:
    return [span for chain in report(storage) if chain.epoch == EPOCH for span in chain.missing]


def random_parcels(chance: random.Random) -> Iterator[tuple[list[int], list[tuple[int, int]], bytes]]:
    """Numbers of ordinary events, and what others tell to be lost: in any order, and more than once."""
    top = chance.choice([12, 60])
    for _ in range(chance.randint(1, 12)):
        numbers = [chance.randint(1, top) for _ in range(chance.randint(0, 10))]
        gone: list[tuple[int, int]] = []
        if chance.random() < 0.3:
            first = chance.randint(1, top)
            gone = [(first, min(first + chance.randint(0, 8), top))]
        teller = lost(chance.randint(top + 1, top + 4), [list(span) for span in gone])
        yield numbers, gone, teller


@pytest.mark.parametrize("seed", range(25))
def test_what_is_covered_is_what_was_stored_or_told_to_be_lost(opened: Opening, seed: int) -> None:
    storage = opened()
    model: set[int] = set()
    have: dict[int, bytes] = {}
    repeated = 0
    for numbers, gone, teller in random_parcels(random.Random(seed)):
        bodies = [body(number) for number in numbers] + ([teller] if gone else [])
        sent = parcel(*bodies)
        entry = enter(storage, sent, RECEIVED)
        before = len(have)
        for row in sent.rows:
            have.setdefault(row.seq, row.body)
        assert (entry.stored, entry.repeated) == (len(have) - before, len(sent.rows) - (len(have) - before))
        repeated += entry.repeated
        told = [] if entry.conflicts else gone
        model |= {row.seq for row in sent.rows} | {n for first, last in told for n in range(first, last + 1)}
        whole = spans(model)
        assert storage.beyond(CHAIN, 0, 1000) == whole
        assert storage.through(CHAIN) == (whole[0][1] if whole and whole[0][0] == 1 else 0)
        assert {span[2:] for span in entry.touched} <= set(whole)
        assert missing(storage) == spans(set(range(1, max(model, default=0) + 1)) - model)
    assert [(row.seq, row.body) for row in storage.rows(CHAIN)] == sorted(have.items())
    assert sum(overview.repeated for overview in storage.overviews()) == repeated


def test_it_is_all_there_after_opening_again(opened: Opening) -> None:
    enter(opened(), parcel(body(1), body(2), body(4)), RECEIVED)
    storage = opened()
    assert enter(storage, parcel(body(2), body(3)), RECEIVED).repeated == 1
    assert [row.seq for row in storage.rows(CHAIN)] == [1, 2, 3, 4]
    assert storage.through(CHAIN) == 4


def test_what_differs_is_kept_apart_and_changes_nothing(opened: Opening) -> None:
    storage = opened()
    enter(storage, parcel(body(1)), RECEIVED)
    clone = body(1, data={"by": "a clone"})
    for _ in range(3):
        assert enter(storage, parcel(clone, body(1)), RECEIVED).conflicts == 1
    (conflict,) = storage.conflicts(CHAIN)
    assert (conflict.seq, conflict.body) == (1, clone)
    assert [row.body for row in storage.rows(CHAIN)] == [body(1)]
    (found,) = report(storage)
    assert (found.conflicts, found.repeated) == (1, 6)


def test_two_forms_in_one_batch_are_a_conflict_too(opened: Opening) -> None:
    storage = opened()
    entry = enter(storage, parcel(body(1), body(1, data={"by": "a clone"})), RECEIVED)
    assert (entry.stored, entry.repeated, entry.conflicts) == (1, 1, 1)


def test_what_a_conflicting_event_tells_to_be_lost_does_not_count(opened: Opening) -> None:
    storage = opened()
    enter(storage, parcel(lost(9, [[1, 2]])), RECEIVED)
    enter(storage, parcel(lost(9, [[1, 8]])), RECEIVED)
    assert storage.beyond(CHAIN, 0, 9) == [(1, 2), (9, 9)]


def test_conflicts_of_a_device_are_bounded(opened: Opening) -> None:
    storage = opened()
    enter(storage, parcel(body(1)), RECEIVED)
    for start in range(0, MOST_CONFLICTS + 500, 500):
        enter(storage, parcel(*(body(1, data={"n": start + n}) for n in range(500))), RECEIVED)
    assert len(storage.conflicts(CHAIN)) == MOST_CONFLICTS


def test_refusals_are_kept_up_to_a_bound_and_counted_beyond(opened: Opening) -> None:
    storage = opened()
    garbage = Parcel()
    for _ in range(MOST_REFUSED + 50):
        garbage.add(f"{BASE}/events", b"\0\xff", RECEIVED)
    enter(storage, garbage, RECEIVED)
    assert storage.refused() == MOST_REFUSED + 50
    kept = storage.refusals(2 * MOST_REFUSED)
    assert len(kept) == MOST_REFUSED
    assert kept[0] == (RECEIVED, f"{BASE}/events", "no JSON array", 2, b"\0\xff")


def test_an_epoch_of_which_only_losses_are_known_shows(opened: Opening) -> None:
    storage = opened()
    enter(storage, parcel(lost(1, [[3, 5]], of_epoch="feed")), RECEIVED)
    assert storage.beyond(Chain(SOURCE, "feed"), 0, 9) == [(3, 5)]
    found = {chain.epoch: chain for chain in report(storage)}
    assert found["feed"].missing == ((1, 2),) and found["feed"].evicted == ((3, 5),)


def test_the_latest_epoch_of_each_device_is_known(opened: Opening) -> None:
    storage = opened()
    enter(storage, parcel(body(1)), RECEIVED)
    enter(storage, parcel(body(1, epoch="feed")), RECEIVED + 1)
    assert storage.latest_chains() == [Chain(SOURCE, "feed")]


def test_the_first_key_that_a_device_shows_stays_the_first(opened: Opening) -> None:
    storage = opened()
    for number, received in ((1, 10), (2, 20), (1, 30)):
        entry = Parcel(keys=[KnownKey(SOURCE, bytes([number]) * 32, received, received)])
        enter(storage, entry, received)
    assert storage.keys(SOURCE) == [(SOURCE, b"\1" * 32, 10, 30), (SOURCE, b"\2" * 32, 20, 20)]


def test_a_commit_that_fails_has_not_happened(opened: Opening) -> None:
    storage = opened()
    with pytest.raises(RuntimeError), storage.transaction() as transaction:
        transaction.touch([CHAIN], RECEIVED)
        transaction.insert(parcel(body(1)).rows)
        raise RuntimeError("the process changes its mind")
    assert storage.overviews() == [] and list(storage.rows(CHAIN)) == []
    assert enter(storage, parcel(body(1)), RECEIVED).stored == 1


def test_thousands_of_holes_close_again(opened: Opening) -> None:
    """The spans of a drain by priority: every second number is still to come."""
    storage = opened()
    for start in range(1, 4001, 1000):
        enter(storage, parcel(*(body(seq) for seq in range(start, start + 1000, 2))), RECEIVED)
    assert len(storage.beyond(CHAIN, 0, 5000)) == 2000
    enter(storage, parcel(*(body(seq) for seq in range(2, 1001, 2))), RECEIVED)
    assert storage.through(CHAIN) == 1001


def test_reading_beside_the_writer_sees_what_is_committed(database: str, opened: Opening) -> None:
    enter(opened(), parcel(body(1), body(3)), RECEIVED)
    reader = open_storage(database, writing=False)
    assert [chain.missing for chain in report(reader, SOURCE)] == [((2, 2),)]
    assert report(reader, "/riverside/other") == []
    reader.close()


# --- what is no database of ours


def test_a_second_sink_on_one_file_is_sent_to_postgresql(tmp_path: Path) -> None:
    first = open_storage(str(tmp_path / "sink.db"), writing=True)
    with pytest.raises(HardwareError, match="another sink writes") as refused:
        open_storage(str(tmp_path / "sink.db"), writing=True)
    assert "postgresql" in refused.value.hint
    first.close()
    open_storage(str(tmp_path / "sink.db"), writing=True).close()


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE accounts (a)")
    other.commit()
    other.close()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(DataError, match="no database of a sink"):
        open_storage(str(tmp_path / "other.db"), writing=True)
    assert (tmp_path / "other.db").read_bytes() == before


def test_reading_makes_no_database(tmp_path: Path, postgres: str) -> None:
    with pytest.raises(DataError, match="there is no database"):
        open_storage(str(tmp_path / "sink.db"), writing=False)
    with pytest.raises(DataError, match="no tables of a sink"):
        open_storage(postgres, writing=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_version_is_left_alone(database: str, opened: Opening) -> None:
    storage = opened()
    storage.close()
    if "://" in database:
        import psycopg

        with psycopg.connect(database, autocommit=True) as conn:
            conn.execute("UPDATE sink SET version = 99")
    else:
        with sqlite3.connect(database) as file:
            file.execute("UPDATE sink SET version = 99")
        file.close()
    with pytest.raises(DataError, match="newer version"):
        open_storage(database, writing=True)


def test_a_server_that_is_not_there_is_named() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(HardwareError, match="PostgreSQL does not work"):
        open_storage("postgresql:///x?host=/nonexistent", writing=True)


def test_another_kind_of_database_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="mysql"):
        open_storage("mysql://localhost/x", writing=True)


def test_a_full_disk_is_an_error_and_nothing_is_half_stored(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "sink.db"), writing=True)
    enter(storage, parcel(body(1)), RECEIVED)
    pages = storage._all("PRAGMA page_count")[0][0]  # type: ignore[attr-defined]
    storage._all(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
    big = [altered(body(seq), data="x" * 9000) for seq in range(2, 9)]
    with pytest.raises(HardwareError, match="full"):
        enter(storage, parcel(*big), RECEIVED)
    storage._all("PRAGMA max_page_count = 100000")  # type: ignore[attr-defined]
    assert storage.beyond(CHAIN, 0, 9) == [(1, 1)]
    assert enter(storage, parcel(*big), RECEIVED).stored == 7
    storage.close()
