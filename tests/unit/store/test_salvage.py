"""A damaged database: everything that can be read is carried over, and what cannot is named."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.store.envelope import digest
from edge.store.reader import EventReader
from edge.store.salvage import WINDOW
from tests.unit.store.upkeep_bench import Yard, yard

NAME = "events.db.damaged-20261122T190007Z"


def old_file(folder: Path, count: int = 400, undelivered: int = 50) -> tuple[str, dict[int, bytes], list[int]]:
    """A database set aside: its epoch, its events by number, and the numbers of those not delivered."""
    bench = Yard(folder, boot="boot-0")
    bench.store(count - undelivered)
    bench.deliver()
    bench.store(undelivered // 2, "device.health", Priority.TELEMETRY)
    bench.store(undelivered - undelivered // 2, "door.forced", Priority.ALARM)
    bodies = dict(bench.conn.execute("SELECT seq, body FROM events").fetchall())
    waiting = bench.column("SELECT e.seq FROM outbox o JOIN events e ON e.position = o.position")
    bench.ledger.checkpoint()
    bench.abandon()
    bench.path.rename(folder / NAME)
    return bench.ledger.epoch, bodies, waiting


def pages_of(path: Path, table: str) -> list[int]:
    """The pages of a table that are leaves."""
    content = path.read_bytes()
    conn = sqlite3.connect(path)
    (root,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    conn.close()
    page = content[(root - 1) * 4096 : root * 4096]
    assert page[0] == 5, "the table has more than one page"
    cells = int.from_bytes(page[3:5], "big")
    pointers = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(page[at : at + 4], "big") for at in pointers] + [int.from_bytes(page[8:12], "big")]


def ruin(path: Path, pages: list[int]) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)


def carried(bench: Yard, epoch: str) -> dict[int, bytes]:
    query = "SELECT e.seq, e.body FROM events e JOIN epochs p ON p.number = e.epoch WHERE p.epoch = ? ORDER BY position"
    rows = bench.conn.execute(query, (epoch,)).fetchall()
    assert [seq for seq, _ in rows] == sorted(seq for seq, _ in rows)
    return dict(rows)


def test_an_undamaged_one_is_carried_over_whole(tmp_path: Path) -> None:
    epoch, bodies, waiting = old_file(tmp_path)
    with yard(tmp_path) as bench:
        bench.store(5)
        bench.rest(3)
        assert carried(bench, epoch) == bodies
        query = (
            "SELECT e.seq FROM outbox o JOIN events e ON e.position = o.position AND e.priority = o.priority"
            " JOIN epochs p ON p.number = e.epoch WHERE p.epoch = ? ORDER BY e.seq"
        )
        assert bench.column(query, epoch) == sorted(waiting)
        told = {"file": NAME, "rows": len(bodies), "to_send": len(waiting), "complete": True}
        assert bench.told("storage.salvaged") == [told]
        assert bench.backlogs == 1
        assert bench.verdict().holds and bench.verdict().epochs == 2
        assert (tmp_path / NAME).exists()


def test_the_new_epoch_stays_the_current_one_and_its_chain_goes_on(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path)
    with yard(tmp_path) as bench:
        current = bench.ledger.epoch
        bench.rest(3)
        assert current != epoch
        bench.store(3)
        bench.abandon()
        bench.open()
        assert bench.ledger.epoch == current
        reader = EventReader(bench.path)
        rows = reader.outbox(Priority.ALARM, -(1 << 62), 100)
        reader.close()
        assert [json.loads(row.body)["epoch"] for row in rows[:25]] == [epoch] * 25  # the oldest first
        assert bench.verdict().holds
        positions = bench.column("SELECT position FROM events WHERE epoch < 0 ORDER BY position")
        assert len(positions) == len(bodies) and positions[-1] < 0


def test_only_what_lies_on_ruined_pages_is_missing_and_it_is_named(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path)
    leaves = pages_of(tmp_path / NAME, "events")
    ruin(tmp_path / NAME, [leaves[3], leaves[4], leaves[20]])
    with yard(tmp_path) as bench:
        bench.rest(3)
        found = carried(bench, epoch)
        missing = sorted(set(bodies) - set(found))
        assert 3 * 4 <= len(missing) <= 3 * 9
        assert all(bodies[seq] == body for seq, body in found.items())
        (told,) = bench.told("storage.salvaged")
        assert told["epoch"] == epoch and told["complete"] is False
        assert [seq for first, last in told["ranges"] for seq in range(first, last + 1)] == missing
        verdict = bench.verdict()
        assert verdict.holds and {finding.kind for finding in verdict.findings} == {"damaged"}


@pytest.mark.parametrize("which", [0, -1])
def test_ruined_ends(tmp_path: Path, which: int) -> None:
    epoch, bodies, _ = old_file(tmp_path)
    leaves = pages_of(tmp_path / NAME, "events")
    ruin(tmp_path / NAME, [leaves[which]])
    with yard(tmp_path) as bench:
        bench.rest(10)
        found = carried(bench, epoch)
        assert 1 <= len(bodies) - len(found) <= 9
        (told,) = bench.told("storage.salvaged")
        assert told["complete"] is False
        if which == 0:
            assert told["ranges"] == [[1, min(found) - 1]]


def test_a_ruined_outbox_sends_everything_once_more(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path, 30, 10)
    conn = sqlite3.connect(tmp_path / NAME)
    (root,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'outbox'").fetchone()
    conn.close()
    ruin(tmp_path / NAME, [root])
    with yard(tmp_path) as bench:
        bench.rest(3)
        assert carried(bench, epoch) == bodies
        assert bench.told("storage.salvaged")[0]["to_send"] == len(bodies)


@pytest.mark.parametrize("content", [b"", b"nothing of SQLite's" * 1000])
def test_a_file_without_anything_readable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with yard(tmp_path) as bench:
        bench.rest(3)
        told = {"file": NAME, "rows": 0, "to_send": 0, "complete": False}
        assert bench.told("storage.salvaged") == [told]
        assert (tmp_path / NAME).read_bytes() == content


@pytest.mark.parametrize("which", [1, 100, WINDOW, WINDOW + 1])
def test_an_altered_body_is_not_carried_over(tmp_path: Path, which: int) -> None:
    epoch, bodies, _ = old_file(tmp_path)
    content = bytearray((tmp_path / NAME).read_bytes())
    at = content.index(bodies[which]) + len(bodies[which]) - 8
    content[at] ^= 1
    (tmp_path / NAME).write_bytes(content)
    with yard(tmp_path) as bench:
        bench.rest(3)
        assert sorted(set(bodies) - set(carried(bench, epoch))) == [which]
        assert bench.told("storage.salvaged")[0]["ranges"] == [[which, which]]


def test_an_altered_hash_in_a_body_is_not_blamed_on_the_event_before(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path)
    content = bytearray((tmp_path / NAME).read_bytes())
    at = content.index(bodies[100]) + bodies[100].index(b'"prevhash":"') + 20
    content[at] = ord("0") if content[at] != ord("0") else ord("1")
    (tmp_path / NAME).write_bytes(content)
    with yard(tmp_path) as bench:
        bench.rest(3)
        assert sorted(set(bodies) - set(carried(bench, epoch))) == [100]


def test_it_goes_on_where_it_was_cut_off_and_nothing_is_there_twice(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path, 1000)
    bench = Yard(tmp_path)
    for _ in range(4):
        bench.upkeep._salvage.piece(bench.ledger, bench.now)
    assert 0 < len(carried(bench, epoch)) < len(bodies)
    bench.abandon()
    with yard(tmp_path) as again:
        again.rest(3)
        assert carried(again, epoch) == bodies
        assert again.one("SELECT count(*) FROM events WHERE epoch < 0") == len(bodies)
        assert len(again.told("storage.salvaged")) == 1


def test_a_file_once_read_is_not_read_again_by_a_later_database(tmp_path: Path) -> None:
    old_file(tmp_path, 60)
    bench = Yard(tmp_path)
    bench.rest(3)
    bench.abandon()
    for file in tmp_path.glob("events.db*"):
        if "damaged" not in file.name:
            file.unlink()
    with yard(tmp_path) as later:
        later.rest(3)
        assert later.told("storage.salvaged") == []


def test_two_in_a_row_the_first_not_yet_read_to_its_end(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path, 1000)
    bench = Yard(tmp_path)
    second = bench.ledger.epoch
    bench.store(30)
    for _ in range(4):
        bench.upkeep._salvage.piece(bench.ledger, bench.now)
    numbers = len(carried(bench, second))
    bench.ledger.checkpoint()
    bench.abandon()
    bench.path.rename(tmp_path / "events.db.damaged-20261123T000000Z")
    with yard(tmp_path) as last:
        last.rest(5)
        assert carried(last, epoch) == bodies
        assert len(carried(last, second)) == numbers
        assert last.one("SELECT count(*) FROM (SELECT 1 FROM events GROUP BY epoch, seq HAVING count(*) > 1)") == 0
        order = last.column("SELECT p.epoch FROM events e JOIN epochs p ON p.number = e.epoch ORDER BY e.position")
        assert [order[i] for i in range(len(order)) if i == 0 or order[i] != order[i - 1]] == [
            epoch,
            second,
            last.ledger.epoch,
        ]
        assert last.verdict().holds


def test_two_in_a_row_neither_of_them_begun(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path, 300)
    bench = Yard(tmp_path)
    bench.store(200)
    bench.abandon()
    bench.path.rename(tmp_path / "events.db.damaged-20261123T000000Z")
    with yard(tmp_path) as last:
        last.rest(5)
        assert carried(last, epoch) == bodies
        assert len(carried(last, bench.ledger.epoch)) == 201
        assert last.verdict().holds and last.verdict().epochs == 3


def test_an_epoch_of_which_nothing_but_tombstones_is_left(tmp_path: Path) -> None:
    epoch, bodies, _ = old_file(tmp_path, 300)
    with yard(tmp_path) as bench:
        bench.rest(3)
        bench.conn.execute("DELETE FROM outbox")
        bench.pass_s(400 * 86400)
        bench.store(3)
        bench.rest(3)
        assert carried(bench, epoch) == {}
        verdict = bench.verdict()
        assert verdict.holds and verdict.epochs == 2 and verdict.erased >= len(bodies)


def test_what_tells_of_the_loss_outlives_everything_else(tmp_path: Path) -> None:
    old_file(tmp_path)
    ruin(tmp_path / NAME, pages_of(tmp_path / NAME, "events")[3:5])
    with yard(tmp_path) as bench:
        bench.rest(3)
        bench.conn.execute("DELETE FROM outbox")
        bench.pass_s(400 * 86400)
        bench.store(3)
        bench.rest(3)
        assert len(bench.told("storage.salvaged")) == 1
        verdict = bench.verdict()
        assert verdict.holds and {finding.kind for finding in verdict.findings} == {"damaged"}


def test_tombstones_come_along(tmp_path: Path) -> None:
    bench = Yard(tmp_path)
    bench.store(100)
    bench.deliver()
    bench.pass_s(100 * 86400)
    bench.store(50)
    bench.rest(2)
    epoch, erased = bench.ledger.epoch, bench.verdict().erased
    assert erased == 101
    bench.ledger.checkpoint()
    bench.abandon()
    bench.path.rename(tmp_path / NAME)
    with yard(tmp_path) as later:
        later.rest(3)
        assert later.told("storage.salvaged")[0]["complete"] is True
        assert later.verdict().holds and later.verdict().erased == erased
        assert min(carried(later, epoch)) == 102


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_ruined_nothing_wrong_is_carried_over(tmp_path: Path, seed: int) -> None:
    epoch, bodies, _ = old_file(tmp_path, 300)
    choice = random.Random(seed)
    content = bytearray((tmp_path / NAME).read_bytes())
    for _ in range(choice.choice((1, 5, 40))):
        at = choice.randrange(len(content) - 64)
        content[at : at + 16] = choice.randbytes(16)
    (tmp_path / NAME).write_bytes(content)
    with yard(tmp_path) as bench:
        bench.rest(20)
        assert len(bench.told("storage.salvaged")) >= 1
        wrong = [seq for seq, body in carried(bench, epoch).items() if digest(body) != digest(bodies.get(seq, b""))]
        # The last one before a gap has nobody to testify for it.
        assert all(seq + 1 not in carried(bench, epoch) or seq + 1 in wrong for seq in wrong)
        assert bench.one("PRAGMA quick_check") == "ok"
