from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.actions import Report
from edge.clock import Now
from edge.commands import rostersync
from edge.commands.rostersync import FIRST_ASK_S, ROOM, RosterSyncWorker, Zone
from edge.store import roster_schema
from edge.store.keys import write_new
from edge.store.roster_zone import ZoneRoster
from tests.zone_samples import SIGNING, SITE, ZONE, Office, close_all, device_key, in_memory


@dataclass
class Payload:
    payload: bytes


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office = Office(folder / "office", ["gate-a"])
        self.state = folder / "gate"
        write_new(self.state / "device.key", b"gate-a".ljust(32, b"."))
        self.now_s = 0.0
        self.asked: list[int] = []
        self.reports: list[Report] = []
        self.told: list[str] = []
        self.begin()

    def begin(self) -> None:
        self.worker = RosterSyncWorker(
            self.state,
            Zone(SITE, ZONE, "gate-a", {"ann": SIGNING.public_key()}),
            self.asked.append,
            self.reports.append,
            threading.Lock(),
            lambda: Now(self.now_s, 5000),
            lambda component, what, _detail: self.told.append(f"{component} {what}"),
            lambda component: self.told.append(f"{component} works"),
            lambda low, _high: low,
        )
        self.worker.start()

    def give(self, *messages: bytes) -> None:
        for message in messages:
            assert self.worker.take(Payload(message))
            self.turn()

    def turn(self, after_s: float = 0.25) -> None:
        self.now_s += after_s
        self.worker.step()

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.turn(1.0)

    def people(self) -> set[str]:
        with ZoneRoster.open(self.state, create=True, key=device_key("gate-a")) as roster:
            return set(roster.here())


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(rostersync, "WAIT_S", 0.0)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    folder = in_memory()
    yield Bench(folder)
    close_all()
    shutil.rmtree(folder)


def test_a_roster_is_taken_and_reported(bench: Bench) -> None:
    person = bench.office.enrol(1)
    bench.give(*bench.office.publish())
    assert bench.people() == {person}
    (report,) = bench.reports
    version = bench.office.published.version
    assert (report.type, report.subject) == ("roster.applied", "")
    assert dict(report.data) == {
        "zone": ZONE,
        "version": version,
        "complete": True,
        "changed": 1,
        "removed": 0,
        "revoked": 0,
    }
    assert bench.worker.status() == {"zone": ZONE, "version": version}
    assert bench.asked == []


def test_one_event_for_many_parts(bench: Bench) -> None:
    for who in range(200):
        bench.office.enrol(who)
    sent = bench.office.publish()
    assert len(sent) > 2
    bench.give(*sent)
    assert [report.data["changed"] for report in bench.reports] == [200]


def test_what_is_missing_is_asked_for_ever_more_seldom(bench: Bench) -> None:
    bench.office.enrol(1)
    retained = bench.office.publish()[-1]
    bench.give(retained)
    bench.pass_time(FIRST_ASK_S[0] - 1)
    assert bench.asked == []
    bench.pass_time(5)
    assert bench.asked == [0]
    bench.pass_time(24 * 3600)
    assert 40 < len(bench.asked) < 60
    before = len(bench.asked)
    bench.give(*bench.office.all_of_it())
    bench.pass_time(3600)
    assert len(bench.asked) == before
    bench.worker.sync()
    bench.turn()
    assert bench.asked[before:] == [bench.office.published.version]
    bench.pass_time(3600)
    assert len(bench.asked) == before + 1


def test_while_parts_come_nothing_is_asked(bench: Bench) -> None:
    for who in range(240):
        bench.office.enrol(who)
    sent = bench.office.publish()
    bench.give(sent[-1])
    for part in sent[:-1]:
        bench.pass_time(1)
        bench.give(part)
    assert bench.asked == []


def test_a_revocation_ahead_of_its_version_is_reported_at_once(bench: Bench) -> None:
    person = bench.office.enrol(1)
    bench.give(*bench.office.publish())
    bench.office.change(person, revoked_reason="x")
    bench.give(bench.office.publish()[-1])
    assert (bench.reports[-1].data["complete"], bench.reports[-1].data["revoked"]) == (False, 1)


def test_garbage_is_refused_and_told_seldom(bench: Bench) -> None:
    for message in (b"garbage", b"\xff" * 300_000, b"a.b.c", bench.office.publish()[0][:-9]):
        bench.give(message)
    bench.give(b"")
    assert [(report.type, report.data["reason"]) for report in bench.reports] == [("roster.refused", "token")]
    assert bench.people() == set()


def test_a_device_that_the_office_does_not_know_says_so(bench: Bench) -> None:
    stranger = Office(bench.folder / "stranger", ["gate-b"])
    stranger.enrol(1)
    bench.give(*stranger.publish())
    assert [report.data["reason"] for report in bench.reports] == ["not_addressed"]
    bench.pass_time(10)
    assert bench.asked == [0]


def test_there_is_room_for_a_few_and_an_oversized_one_is_cut(bench: Bench) -> None:
    assert [bench.worker.take(Payload(b"x" * (1 << 22))) for _ in range(ROOM + 1)] == [True] * ROOM + [False]
    held = sum(len(item) for item in bench.worker._inbox._items)  # type: ignore[arg-type]
    assert held <= ROOM * (rostersync.MOST_BYTES + 1)


def test_a_busy_roster_is_tried_again_and_a_broken_one_is_a_fault(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_schema, "WRITER_WAIT_S", 0.01)
    person = bench.office.enrol(1)
    bench.turn()
    with ZoneRoster.open(bench.state, create=True, key=device_key("gate-a")) as other:
        other._db.execute("BEGIN EXCLUSIVE")
        bench.give(bench.office.publish()[0])
        assert bench.told == []
        other._db.rollback()
    bench.pass_time(3)
    assert bench.people() == {person}
    content = (bench.state / "roster.db").read_bytes()
    (bench.state / "roster.db").write_bytes(b"no database")
    two = bench.office.enrol(2)
    bench.give(bench.office.publish()[0])
    bench.pass_time(25)
    assert bench.told == ["rostersync cannot be written"]
    (bench.state / "roster.db").write_bytes(content)
    bench.pass_time(12)
    assert bench.told[-1] == "rostersync works"
    assert bench.people() == {person, two}


def test_a_successor_goes_on(bench: Bench) -> None:
    bench.office.enrol(1)
    bench.give(*bench.office.publish())
    bench.begin()
    bench.turn()
    assert bench.worker.status()["version"] == bench.office.published.version
