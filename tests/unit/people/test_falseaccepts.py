"""What is told of the share of strangers who are let in: every day, and at once when it is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.contract.catalogue import CATALOGUE
from edge.errors import DataError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.people.falseaccepts import COMPONENT, EVERY_S, FILE, FIRST_S, MEMORY_COMPONENT, FalseAcceptsWorker
from edge.runtime.faults import FaultDesk
from edge.vision.impostors import FalseAccepts
from edge.vision.tail import Rate
from tests.contract_check import wrong

TARGET = 0.001
DAY_S = 86400.0


class Watch:
    """Stands for the vision's: says what the test says."""

    def __init__(self) -> None:
        self.rates: Mapping[int, Rate] = {}
        self.pairs: Sequence[tuple[str, str, float]] = ()
        self.forgotten = self.new_days = 0
        self.remembered: list[object] = []

    def figures(self) -> FalseAccepts:
        return FalseAccepts(500.04, 9, 31.0, 100, self.rates, self.pairs)

    def new_day(self) -> None:
        self.new_days += 1

    def memory(self) -> dict[str, Any]:
        return {"version": 1, "days": self.new_days, "pairs": [["a", "b"]][self.forgotten :]}

    def remember(self, found: object) -> bool:
        if not isinstance(found, dict) or "version" not in found:
            raise DataError("not what this gate had learnt")
        self.remembered.append(found)
        return True


class Gate:
    def __init__(self, folder: Path, watch: Watch | None = None, last: FalseAcceptsWorker | None = None) -> None:
        self.watch, self.folder = watch or Watch(), folder
        self.mono_s, self.posted, self.sent = 1000.0, list[Event](), list[Report]()
        desk = FaultDesk(lambda event: self.posted.append(event) is None)
        self.desk = desk
        self.worker = FalseAcceptsWorker(
            self.watch,  # type: ignore[arg-type]
            TARGET,
            folder,
            lambda report, _now: self.sent.append(report),
            self.clock,
            desk.fault,
            desk.recovered,
            last,
        )
        self.worker.start()
        self.worker.wake()  # so that no step waits

    def clock(self) -> Now:
        return Now(self.mono_s, 1_790_000_000_000_000 + int(self.mono_s * 1e6))

    def after(self, seconds: float) -> list[Report]:
        self.mono_s += seconds
        self.sent.clear()
        self.worker.step()
        return list(self.sent)

    def content(self) -> str:
        return (self.folder / FILE).read_text()


def rates(now: float, at_120: float = 0.0, at_150: float = 0.0) -> dict[int, Rate]:
    return {people: Rate(high / 2, high / 4, high) for people, high in ((100, now), (120, at_120), (150, at_150))}


def test_every_day_an_event_and_none_in_between(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0004, 0.0005, 0.002)
    gate.watch.pairs = [("1f0c5a77be0214d9", "9f86d081884c7d65", 2 / 3)]
    assert gate.after(FIRST_S - 1) == []
    assert gate.after(1.0) == []
    told = [report for _ in range(48) for report in gate.after(EVERY_S)]
    assert len(told) == 2
    assert {report.type for report in told} == {"access.quality"}
    assert {report.priority for report in told} == {Priority.TELEMETRY}
    assert gate.watch.new_days == 2
    data = told[0].data
    assert data["verdict"] == "within"
    assert data["rates"][0] == {"people": 100, "estimate": 0.0002, "low": 0.0001, "high": 0.0004}
    assert data["look_alikes"] == [{"a": "1f0c5a77be0214d9", "b": "9f86d081884c7d65", "share": 0.667}]
    assert gate.posted == []


def test_while_too_little_is_known_the_event_says_so(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    told = [report for _ in range(26) for report in gate.after(EVERY_S)]
    assert [(report.data["verdict"], report.data["rates"]) for report in told] == [("learning", [])]
    assert gate.worker.status()["estimate"] is None


@pytest.mark.parametrize(
    ("found", "beyond"), [(rates(0.0011), True), (rates(0.0002, 0.0011), True), (rates(0.0002, 0.0003, 0.01), False)]
)
def test_now_or_with_a_fifth_more_people(tmp_path: Path, found: dict[int, Rate], beyond: bool) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = found
    assert [report.data["verdict"] for report in gate.after(FIRST_S)] == ["beyond"] * beyond
    assert [type(event) for event in gate.posted] == [ComponentFailed] * beyond


def test_beyond_the_target_is_told_once_and_once_when_it_is_over(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0011)
    (report,) = gate.after(FIRST_S)
    assert (report.priority, report.data["verdict"]) == (Priority.ACCESS, "beyond")
    (fault,) = gate.posted
    assert isinstance(fault, ComponentFailed)
    assert fault.component == COMPONENT
    assert "second factor" in fault.detail
    gate.watch.rates = rates(0.0009)  # not well below
    assert gate.after(EVERY_S) == []
    assert COMPONENT in gate.desk.present()
    gate.watch.rates = rates(0.0007)
    (report,) = gate.after(EVERY_S)
    assert (report.priority, report.data["verdict"]) == (Priority.ACCESS, "within")
    assert isinstance(gate.posted[-1], ComponentRecovered)
    assert gate.desk.present() == {}


def test_too_little_to_go_by_changes_no_verdict(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0011)
    gate.after(FIRST_S)
    gate.watch.rates = {}
    assert gate.after(EVERY_S) == []
    assert gate.worker.status()["beyond"] is True


def test_after_a_restart_it_goes_on_and_the_event_is_not_repeated(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0011)
    gate.after(FIRST_S)
    gate.worker.stop()
    again = Gate(tmp_path)
    again.watch.rates = gate.watch.rates
    assert again.watch.remembered
    assert again.after(FIRST_S) == []
    assert COMPONENT in again.desk.present()  # the fault is a new process's to tell


def test_the_day_goes_on_over_a_restart(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.after(FIRST_S)
    gate.worker.stop()
    again = Gate(tmp_path)
    again.mono_s += DAY_S
    assert len(again.after(FIRST_S)) == 1


def test_a_replaced_worker_knows_what_the_watch_knows(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0011)
    gate.after(FIRST_S)
    successor = Gate(tmp_path, gate.watch, gate.worker)
    assert gate.watch.remembered == []
    assert successor.worker.status() == gate.worker.status()
    assert successor.after(FIRST_S) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\x00", b"[" * 100_000])
def test_a_damaged_file_begins_anew_and_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    gate = Gate(tmp_path)
    (fault,) = gate.posted
    assert isinstance(fault, ComponentFailed)
    assert (fault.component, fault.what.partition(":")[0]) == (MEMORY_COMPONENT, "damaged")
    gate.after(FIRST_S)
    assert isinstance(gate.posted[-1], ComponentRecovered)
    assert '"version":1' in gate.content()


def test_the_file_is_written_once_an_hour_at_most(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.after(FIRST_S)
    before = gate.content()
    gate.watch.new_days = 7
    gate.after(EVERY_S - 1)
    assert gate.content() == before
    gate.after(1.0)
    assert gate.content() != before


def test_whoever_is_erased_leaves_the_file_at_once(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.after(FIRST_S)
    assert '"a"' in gate.content()
    gate.watch.forgotten = 1
    gate.after(1.0)
    assert '"a"' not in gate.content()


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "missing")
    gate.watch.rates = rates(0.0011)
    assert len(gate.after(FIRST_S)) == 1


def test_what_is_sent_is_what_the_catalogue_says(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.watch.rates = rates(0.0011, 0.5, 1.0)
    gate.watch.pairs = [("1f0c5a77be0214d9", "9f86d081884c7d65", 1.0)]
    (report,) = gate.after(FIRST_S)
    assert wrong(report) == []
    assert report.priority in CATALOGUE["access.quality"].priority


def test_the_status_shows_the_estimate(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    assert gate.worker.status() == {}
    gate.watch.rates = rates(0.00044)
    gate.after(FIRST_S)
    assert gate.worker.status() == {
        "estimate": 0.00022,
        "low": 0.00011,
        "high": 0.00044,
        "target": TARGET,
        "beyond": False,
        "look_alikes": 0,
        "figures": {"comparisons": 500, "days": 9},
    }
