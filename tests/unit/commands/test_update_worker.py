"""The office's order `update`: what is fetched, verified and handed over, and what is refused in which word."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office_samples import NOW, sent, token
from office_samples import Device as DeskDevice

from edge import __version__
from edge.actions import Priority, Report
from edge.commands import update as module
from edge.commands import update_end
from edge.commands.outcome import Outcome as Answer
from edge.commands.outcome import Told
from edge.commands.update import FETCH_S, UpdateWorker
from edge.commands.update_end import CLAIM_S
from edge.config.update import Update
from edge.store.identity import pem
from edge.update import handover
from edge.update.journal import JOURNAL, Journal, JournalFile, Outcome
from tests.contract_check import wrong
from tests.update_rig import KEY, STRANGER, bundle


class Bench:
    def __init__(self, folder: Path) -> None:
        self.source, self.state_dir, self.root = folder / "source", folder / "state", folder / "opt"
        for each in (self.source, self.state_dir, self.root / "update"):
            each.mkdir(parents=True)
        (folder / "release.pem").write_bytes(pem(KEY.public_key()))
        self.settings = Update(folder / "release.pem", str(self.source), self.root)
        self.now = NOW
        self.settled: list[Told] = []
        self.told: list[Report] = []
        self.boot()

    def boot(self, opened: Callable[[str], Any] | None = None) -> None:
        self.worker = UpdateWorker(
            self.settings, self.state_dir, self.settled.append, self.told.append, lambda: self.now, opened
        )
        self.worker.start()

    def offer(self, version: str = "0.2.0", **more: Any) -> dict[str, str]:
        """A bundle at the source; the arguments of the order for it."""
        made = bundle(self.source.parent / "made", version, **more)
        shutil.copyfile(made, self.source / "release.bundle")
        sha256 = hashlib.sha256(made.read_bytes()).hexdigest()
        return {"version": version, "sha256": sha256, "name": "release.bundle"}

    def order(self, args: dict[str, str], command: str = "c-1") -> Answer | None:
        return self.worker.order(command, "office", args)

    def work(self, most: int = 10_000) -> Told:
        """Until the order has been answered."""
        before = len(self.settled)
        while len(self.settled) == before:
            most -= 1
            assert most, "it is never answered"
            self.worker.step()
        return self.settled[-1]

    def pass_s(self, seconds: float) -> None:
        self.now = replace(self.now, mono_s=self.now.mono_s + seconds)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(module, "WAIT_S", 0.0)
    yield Bench(tmp_path)


def test_a_good_bundle_is_verified_and_handed_over(bench: Bench) -> None:
    args = bench.offer()
    assert bench.order(args) is None
    assert bench.worker.status()["state"] == "idle"  # the worker has not looked yet
    told = bench.work()
    assert (told.id, told.kid, told.name, told.outcome.applied) == ("c-1", "office", "update", True)
    assert handover.offered(bench.state_dir) == handover.Request("c-1", "0.2.0", args["sha256"])
    assert bench.worker.status() == {"state": "under way", "version": ""}
    assert sorted(path.name for path in (bench.state_dir / "update").iterdir()) == ["offered.bundle", "request.json"]


def test_who_asks_at_the_device_for_a_version_has_the_signature_decide(bench: Bench) -> None:
    args = bench.offer()
    bench.order(args | {"sha256": ""})
    assert bench.work().outcome.applied
    assert handover.offered(bench.state_dir) == handover.Request("c-1", "0.2.0", args["sha256"])
    handover.withdraw(bench.state_dir)
    (bench.source / "release.bundle").write_bytes(b"garbage")
    bench.order(args | {"sha256": ""}, "c-2")
    assert bench.work().outcome.reason == "damaged"


def test_without_a_name_the_bundle_for_this_machine_is_looked_for(bench: Bench) -> None:
    args = bench.offer()
    del args["name"]
    bench.order(args)
    told = bench.work()
    assert told.outcome.reason == "source" and "edge-0.2.0-cp3" in told.outcome.detail


@pytest.mark.parametrize(
    ("offered", "changes", "reason"),
    [
        ({}, {"sha256": "0" * 64}, "sha256"),
        ({}, {"version": "0.3.0"}, "sha256"),
        ({}, {"name": "missing.bundle"}, "source"),
        ({"key": STRANGER}, {}, "signature"),
        ({"version": "0.0.1", "downgrade": True}, {}, "unfit"),  # never from afar
        ({"version": __version__}, {}, "unfit"),
        ({"oldest": "0.1.9"}, {}, "unfit"),
        ({"machine": "pdp11"}, {}, "unfit"),
    ],
)
def test_what_is_refused_and_why(bench: Bench, offered: dict[str, Any], changes: dict[str, str], reason: str) -> None:
    bench.order({**bench.offer(**offered), **changes})
    told = bench.work()
    assert (told.outcome.applied, told.outcome.reason) == (False, reason)
    assert not list((bench.state_dir / "update").iterdir())
    assert bench.worker.status()["state"] == "idle"
    assert wrong(told.report()) == []


def test_garbage_and_a_missing_key_are_refused(bench: Bench) -> None:
    garbage = b"garbage" * 1000
    (bench.source / "release.bundle").write_bytes(garbage)
    args = {"version": "0.2.0", "sha256": hashlib.sha256(garbage).hexdigest(), "name": "release.bundle"}
    bench.order(args)
    assert bench.work().outcome.reason == "damaged"
    assert bench.settings.key_file is not None
    bench.settings.key_file.unlink()
    bench.order(args)
    assert bench.work().outcome.reason == "key"


def test_only_one_at_a_time(bench: Bench) -> None:
    args = bench.offer()
    assert bench.order(args) is None
    for _ in range(3):
        refused = bench.order(args, "c-2")
        assert refused is not None and refused.reason == "busy"
        bench.worker.step()
    bench.work()
    assert (bench.order(args, "c-3") or pytest.fail()).reason == "busy"  # it lies there
    handover.withdraw(bench.state_dir)
    (bench.root / "update" / JOURNAL).write_text("{}")
    assert (bench.order(args, "c-4") or pytest.fail()).reason == "busy"


def test_a_device_that_names_no_source_does_not_do_it(bench: Bench) -> None:
    bench.settings = Update()
    bench.boot()
    assert (bench.order({}) or pytest.fail()).reason == "unsupported"


def test_an_order_that_a_restart_cut_off_is_told(bench: Bench) -> None:
    bench.order(bench.offer())
    bench.worker.step()
    bench.worker.step()
    bench.worker.stop()
    bench.boot()
    assert [(one.id, one.outcome.reason) for one in bench.settled] == [("c-1", "interrupted")]
    bench.boot()
    assert len(bench.settled) == 1
    bench.order(bench.offer(), "c-2")
    assert bench.work().outcome.applied


def test_a_line_that_is_too_slow_is_given_up(bench: Bench) -> None:
    class Slow(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            return b"x"

    bench.settings = replace(bench.settings, source="https://updates.example.org")
    bench.boot(lambda _address: Slow())
    bench.order(bench.offer())
    for _ in range(20):
        bench.worker.step()
    assert bench.settled == []
    bench.pass_s(FETCH_S)
    assert "took longer" in bench.work().outcome.detail


def test_a_disk_that_takes_nothing_refuses_the_order_and_ends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    for writing in (module, update_end):
        monkeypatch.setattr(writing, "write_whole", full)
    bench.order(bench.offer())
    assert bench.work().outcome.reason == "storage"
    JournalFile(bench.root / "update").end(Outcome("i-1", "kept", "0.2.0", "0.1.0", "", "", ""))
    for _ in range(5):
        bench.pass_s(10.0)
        bench.worker.step()
    assert [report.type for report in bench.told] == ["update.applied"]  # once, although it could not be noted


def test_the_end_is_told_once_by_whichever_version_runs(bench: Bench) -> None:
    file = JournalFile(bench.root / "update")
    bench.worker.step()
    file.end(Outcome("c-1", "kept", "0.2.0", "0.1.0", "", "c-1", "2026-11-28T03:00:00+00:00"))
    for _ in range(3):
        bench.pass_s(10.0)
        bench.worker.step()
    bench.boot()
    bench.worker.step()
    file.end(Outcome("i-2", "rolledback", "0.3.0", "0.2.0", "new faults: camera", "", "2026-11-28T03:00:00+00:00"))
    bench.pass_s(10.0)
    bench.worker.step()
    assert [(report.type, report.priority, dict(report.data)) for report in bench.told] == [
        ("update.applied", Priority.ACCESS, {"version": "0.2.0", "before": "0.1.0", "command": "c-1"}),
        (
            "update.rolledback",
            Priority.ALARM,
            {"version": "0.3.0", "before": "0.2.0", "reason": "new faults: camera"},
        ),
    ]
    assert not any(map(wrong, bench.told))
    (bench.root / "update" / "outcome.json").write_text("garbage")
    bench.pass_s(10.0)
    bench.worker.step()
    assert len(bench.told) == 2


def test_a_request_that_nobody_takes_is_told_and_withdrawn(bench: Bench) -> None:
    bench.order(bench.offer())
    bench.work()
    bench.pass_s(CLAIM_S - 10.0)
    bench.worker.step()
    assert bench.told == []
    bench.pass_s(20.0)
    bench.worker.step()
    (report,) = bench.told
    assert report.type == "update.rolledback" and "edge-update.path" in report.data["reason"]
    assert wrong(report) == []
    assert not handover.is_offered(bench.state_dir)


def test_the_journal_of_a_stranger_is_no_journal(bench: Bench) -> None:
    file = JournalFile(bench.root / "update")
    journal = Journal("i", "fetched", "c", "s", "r", "b", "0.1.0")
    assert file.write(journal) == file.read() == journal


# --- the desk, which answers such an order later


def deferring(tmp_path: Path) -> tuple[DeskDevice, list[str]]:
    device, begun = DeskDevice(tmp_path), list[str]()

    def begin(command: str, _kid: str, args: Any) -> Answer | None:
        begun.append(command)
        return Answer(False, "busy", "x") if args["version"] == "9.0.0" else None

    links = device.desk._links
    device.desk._links = replace(links, defer={"update": begin})
    return device, begun


def test_the_desk_answers_when_it_is_told_and_others_go_on_meanwhile(tmp_path: Path) -> None:
    device, begun = deferring(tmp_path)
    assert device.tell(token("update", 1), "update") == {}
    assert begun == ["c-1"] and device.told == []
    assert device.standing.now.pending is None  # counted, and nothing of it is the desk's any more
    assert device.tell(token("unlock", 2))["result"] == "applied"
    assert device.tell(token("update", 1), "update")["reason"] == "replayed"
    device.desk.settle(Told("c-1", "update", "office", Answer(True, detail="verified")))
    device.desk.take(sent(b"", "unlock"))
    device.work()
    assert (device.replies[-1]["id"], device.replies[-1]["result"]) == ("c-1", "applied")
    assert device.reports()[-1] == ("command.applied", "")


def test_a_successor_of_the_desk_still_tells_the_event(tmp_path: Path) -> None:
    device, _ = deferring(tmp_path)
    device.tell(token("update", 1), "update")
    device.replace()
    replies = len(device.replies)
    device.desk.settle(Told("c-1", "update", "office", Answer(False, "signature", "x")))
    device.desk.take(sent(b"", "unlock"))
    device.work()
    assert device.reports() == [("command.refused", "signature")]
    assert len(device.replies) == replies


def test_an_order_that_cannot_be_taken_is_answered_at_once(tmp_path: Path) -> None:
    device, _ = deferring(tmp_path)
    order = token("update", 1, args={"version": "9.0.0", "sha256": "0" * 64})
    assert device.tell(order, "update")["reason"] == "busy"
