"""A person's erasure reaches the history: nothing tells of them any more, and the chain still verifies."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.store import erasure
from edge.store.erasure import FOLDER, request
from tests.unit.store.upkeep_bench import Yard, yard


def mixed(bench: Yard, rounds: int = 60) -> list[int]:
    """Events of three people; the positions of p-0042's."""
    ours = []
    for number in range(rounds):
        bench.store(1, subject="p-0041")
        ours += bench.store(1, subject="p-0042", data={"by": "face", "n": number, "filler": "y" * (number * 29 % 900)})
        bench.store(1, "door.opened", subject="")
        if number % 10 == 0:
            sealed = {"sealed": "c2VjcmV0" * 700}
            ours += bench.store(1, "picture.taken", Priority.PICTURE, "p-0042", sealed)
            ours += bench.store(1, "command.applied", subject="office", data={"person": "p-0042"})
    bench.store(1, "door.closed", subject="")
    return ours


def test_nothing_in_any_file_names_them_any_more(tmp_path: Path) -> None:
    bench = Yard(tmp_path)
    ours = mixed(bench)
    bench.deliver()
    before = bench.one("SELECT count(*) FROM events")
    request(tmp_path, "p-0042")
    assert b"p-0042" in bench.raw()
    bench.rest(6)
    assert bench.told("person.erased") == [{"events": len(ours)}]
    assert bench.one("SELECT count(*) FROM events WHERE subject = 'p-0041'") == 60
    assert bench.one("SELECT count(*) FROM events") == before - len(ours) + 1
    verdict = bench.verdict()
    assert verdict.holds and verdict.erased == len(ours)
    bench.close()
    left = [file.name for file in tmp_path.rglob("*") if b"p-0042" in file.name.encode()]
    assert left == []
    assert b"p-0042" not in bench.raw() and b"c2VjcmV0" not in bench.raw()


def test_what_is_not_delivered_goes_as_soon_as_it_is(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        ours = mixed(bench, 12)
        late = ours[-3:]
        bench.deliver(ours[:-3])
        request(tmp_path, "p-0042")
        bench.rest(6)
        assert set(bench.column("SELECT position FROM events WHERE subject = 'p-0042'")) <= set(late)
        assert bench.told("person.erased") == []
        assert list((tmp_path / FOLDER).iterdir())
        bench.deliver()
        bench.rest(6)
        assert bench.column("SELECT position FROM events WHERE subject = 'p-0042'") == []
        assert bench.told("person.erased") == [{"events": len(ours)}]
        assert list((tmp_path / FOLDER).iterdir()) == []
        assert bench.verdict().holds


def test_a_request_outlives_a_restart_with_its_count(tmp_path: Path) -> None:
    bench = Yard(tmp_path)
    ours = mixed(bench, 12)
    bench.deliver(ours[:-3])
    request(tmp_path, "p-0042")
    bench.rest(6)
    bench.close()
    again = Yard(tmp_path, boot="boot-2")
    again.deliver()
    again.rest(6)
    assert again.told("person.erased") == [{"events": len(ours)}]
    again.abandon()


def test_the_newest_event_goes_as_well_once_another_stands_behind_it(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(1, subject="p-0042")
        bench.deliver()
        request(tmp_path, "p-0042")
        bench.rest(6)
        assert bench.column("SELECT position FROM events WHERE subject = 'p-0042'") == []
        assert bench.told("person.erased") == [{"events": 1}]
        assert bench.verdict().holds


def test_names_that_are_no_file_names(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(1, subject="../p/1")
        bench.store(1)
        bench.deliver()
        request(tmp_path, "../p/1")
        assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["person-..%2Fp%2F1"]
        bench.rest(6)
        assert bench.told("person.erased") == [{"events": 1}]


def test_files_that_were_set_aside_are_named(tmp_path: Path) -> None:
    (tmp_path / "events.db.damaged-20260101T000000Z").write_bytes(b"")
    with yard(tmp_path) as bench:
        request(tmp_path, "p-0042")
        bench.rest(6)
        assert bench.told("person.erased") == [{"events": 0, "left_in": ["events.db.damaged-20260101T000000Z"]}]


def test_an_id_within_another_is_not_meant(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(3, subject="p-00421")
        bench.store(1)
        bench.deliver()
        request(tmp_path, "p-0042")
        bench.rest(6)
        assert bench.one("SELECT count(*) FROM events WHERE subject = 'p-00421'") == 3


def test_while_somebody_reads_the_old_state_the_erasure_is_not_called_done(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        mixed(bench, 5)
        bench.deliver()
        bench.rest(1)
        reader = sqlite3.connect(bench.path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        request(tmp_path, "p-0042")
        bench.rest(6)
        assert bench.told("person.erased") == []
        reader.execute("COMMIT")
        reader.close()
        bench.rest(6)
        assert len(bench.told("person.erased")) == 1


def test_what_still_happens_shortly_after_goes_as_well(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        request(tmp_path, "p-0042")
        bench.rest(2)
        bench.store(2, subject="p-0042")
        bench.store(1)
        bench.deliver()
        bench.rest(6)
        assert bench.told("person.erased") == [{"events": 2}]
        assert bench.one("SELECT count(*) FROM events WHERE subject = 'p-0042'") == 0


def test_more_than_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "_WAITING", 300)
    with yard(tmp_path) as bench:
        bench.store(1500, subject="p-0042")
        bench.store(1)
        request(tmp_path, "p-0042")
        bench.rest(10)
        assert len(bench.upkeep._erasure._waiting) <= 500
        bench.deliver()
        bench.rest(30)
        assert bench.told("person.erased") == [{"events": 1500}]
        assert bench.verdict().holds


def test_a_piece_that_failed_is_had_again(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        positions = bench.store(50, subject="p-0042")
        bench.store(1)
        request(tmp_path, "p-0042")
        bench.rest(4)
        bench.deliver(positions)
        bench.conn.execute("CREATE TRIGGER broken BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'no'); END")
        bench.pass_s(31)
        with pytest.raises(sqlite3.Error):
            bench.upkeep.rest(bench.ledger)
        bench.conn.execute("DROP TRIGGER broken")
        bench.rest(6)
        assert bench.told("person.erased") == [{"events": 50}]
