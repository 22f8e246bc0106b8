"""Power cuts under the whole store: the writer with its upkeep, and sometimes an older file to be salvaged, whole or
damaged. What came back is compared with what was promised, and lives on.
"""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.database import DamagedError
from edge.store.envelope import Accepted, Origin
from edge.store.ledger import Ledger
from edge.store.reader import EventReader
from edge.store.record import links
from edge.store.uuid7 import Uuid7
from edge.store.verify import check_chains
from tests.lossy_disk import Disk, powered
from tests.power_cut import Outcome
from tests.store_life import KEY, WAITING, WALL_US, Device, Promises, places

OLD_FILE = "events.db.damaged-20261122T190007Z"
_MOST_TURNS = 600
_PAGE = 4096
_STORED = "SELECT p.epoch, e.seq, e.body FROM events e JOIN epochs p ON p.number = e.epoch"


def one_cut_of_the_writer(folder: Path, chance: random.Random) -> Outcome:
    """One life of a device, ended by a cut, and a second one with what came back."""
    before, after = folder / "before", folder / "after"
    before.mkdir()
    promises = Promises()
    if chance.random() < 0.5:
        _set_aside(before, chance, promises)
    first = Device(before, chance, promises, 1000.0)
    first.live(chance.choice((1, 40)))
    first.writer.stop()
    first.listen()
    disk = Disk(before, chance, cut_at=chance.choice((chance.randrange(1, 60), chance.randrange(1, 3000))))
    second = Device(before, chance, promises, first.now.mono_s)
    with powered(disk, f"power-{folder}"):
        second.live(_MOST_TURNS)
    second.listen()
    second.abandon()
    disk.come_back(after)
    outcome = Outcome(events=len(promises.stored), operations=disk.operations)
    try:
        Ledger(after / "events.db", Origin("site", "device", "b0071d")).close()
    except (DamagedError, sqlite3.DatabaseError) as error:
        outcome.unusable.append(str(error))
        return outcome
    _compare(after / "events.db", promises, outcome, complete=False)
    third = Device(after, chance, promises, second.now.mono_s)
    third.writer.start()
    outcome.missing += third.settle()
    if third.faults:
        outcome.unusable.extend(third.faults)
    _compare(after / "events.db", promises, outcome, complete=True)
    return outcome


def _set_aside(folder: Path, chance: random.Random, promises: Promises) -> None:
    """An older file, half of the time with ruined pages."""
    path = folder / OLD_FILE
    new_id = Uuid7(lambda bits: chance.getrandbits(bits))
    ledger = Ledger(path, Origin("site", "device", "0ld"))
    for _ in range(chance.choice((5, 40))):
        events = []
        for _ in range(10):
            report = Report("door.opened", {"n": (n := next(promises.numbers)), "x": "x" * 100}, "p-1", Priority.ACCESS)
            events.append(Accepted(report, Now(float(n), WALL_US + n), new_id(WALL_US + n)))
        first = ledger.write(events).first_seq
        for seq, event in enumerate(events, first):
            promises.owed[ledger.epoch, seq] = event.report.data["n"]
    ledger.checkpoint()
    ledger.close()
    if chance.random() < 0.5:
        content = bytearray(path.read_bytes())
        for _ in range(3):
            page = chance.randrange(2, len(content) // _PAGE)
            content[page * _PAGE : (page + 1) * _PAGE] = chance.randbytes(_PAGE)
        path.write_bytes(content)


def _compare(path: Path, promises: Promises, outcome: Outcome, *, complete: bool) -> None:
    """What is in the file against what was promised. `complete`: everything older has been carried over, too."""
    with closing(sqlite3.connect(path)) as conn:
        rows = [(epoch, seq, json.loads(body)) for epoch, seq, body in conn.execute(_STORED)]
        waiting = {(epoch, seq) for _, _, epoch, seq, _, _ in conn.execute(WAITING)}
        graves = conn.execute(
            "SELECT p.epoch, first_seq, last_seq FROM tombstones t JOIN epochs p ON p.number = t.epoch"
        ).fetchall()
        told = [json.loads(data) for (data,) in conn.execute("SELECT data FROM evictions")]
        salvaging = {state for (state,) in conn.execute("SELECT file FROM salvages")}
    found = {(epoch, seq): event["data"].get("n", 0) for epoch, seq, event in rows}
    by_type = {kind: [e["data"] for _, _, e in rows if e["type"] == kind] for kind in {e["type"] for _, _, e in rows}}
    evicted = promises.evicted | places((*told, *by_type.get("storage.evicted", ())))
    damaged = places(by_type.get("storage.salvaged", ()))
    buried = {(epoch, seq) for epoch, first, last in graves for seq in range(first, last + 1)}
    outcome.twice += len(rows) - len(found)
    outcome.unfounded += len(evicted & found.keys())
    for place, number in promises.stored.items():
        if place in found:
            outcome.altered += found[place] != number
            outcome.unsent += place not in waiting and place not in promises.offered
        else:
            outcome.missing += place not in buried or not (place in evicted or place in promises.offered)
    outcome.came_back += len(promises.struck & waiting)
    if not complete:
        return
    outcome.evicted += len(evicted)
    outcome.erased += len(buried)
    ends = {epoch: max((seq for at, seq in found if at == epoch), default=0) for epoch, _ in promises.owed}
    for place, number in promises.owed.items():
        if place in found:
            outcome.salvaged += 1
            outcome.altered += found[place] != number
        elif place not in buried and place not in damaged:
            outcome.missing += place[1] <= ends[place[0]]
    outcome.unusable.extend(f"{file} is still being read" for file in salvaging)
    with closing(EventReader(path)) as reader:
        verdict = check_chains(links(reader), keys={"device": KEY.public_key()}, audience="site/device")
    outcome.broken_chain += not verdict.holds
