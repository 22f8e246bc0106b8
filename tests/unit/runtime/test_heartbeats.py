from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from edge.runtime.faults import FaultDesk
from edge.runtime.heartbeats import STALE_S, FrameWatch, Heartbeats
from edge.runtime.mailbox import LatestSlot
from edge.runtime.supervisor import HEARD_S, Spec, Supervisor
from edge.runtime.worker import Worker
from tests.unit.runtime.test_supervisor import Toy, idle


@dataclass
class Run:
    """A worker's thread as the supervisor sees it."""

    since_beat_s: float = 0.0
    steps: int = 1
    alive: bool = True
    failure: Exception | None = None
    signalled: int = field(default=0)

    def launch(self) -> None:
        """Nothing runs."""

    def signal(self) -> None:
        self.signalled += 1


class Team:
    """A supervisor of brain, store and uplink whose threads the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        self.runs: dict[str, list[Run]] = {}
        monkeypatch.setattr("edge.runtime.supervisor.WorkerThread", self._thread)
        names = {"brain": 2.0, "store": 30.0, "uplink": 20.0}
        specs = [Spec(name, lambda: Toy(idle), bound_s) for name, bound_s in names.items()]
        self.supervisor = Supervisor(specs, lambda _failed: None, lambda _recovered: None, lambda: self.now_s)
        self.supervisor.start()

    def _thread(self, name: str, _worker: Worker) -> Run:
        self.runs.setdefault(name, []).append(Run())
        return self.runs[name][-1]

    def pass_by(self, seconds: float, *, hang: str = "") -> None:
        """Time goes by with a look every second; everybody but `hang` completes steps."""
        for _ in range(round(seconds)):
            self.now_s += 1.0
            for name, runs in self.runs.items():
                if name == hang:
                    runs[-1].since_beat_s += 1.0
            self.supervisor.watch()
            if hang and self.runs[hang][-1].since_beat_s == 0.0 and self.runs[hang][-1].steps == 1:
                self.runs[hang][-1].steps = 0  # the successor hangs in its first step as well


@pytest.mark.parametrize(("name", "bound_s"), [("brain", 2.0), ("store", 30.0), ("uplink", 20.0)])
def test_whoever_does_no_work_for_long_starves_the_watchdog(
    name: str, bound_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team(monkeypatch)
    team.pass_by(5)
    assert team.supervisor.alive()
    team.pass_by(bound_s, hang=name)
    assert team.supervisor.alive()  # its successor is given the same time
    team.pass_by(bound_s + HEARD_S, hang=name)
    assert not team.supervisor.alive()
    assert team.supervisor.beats()[name] >= 2 * bound_s + HEARD_S


def test_a_successor_that_works_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that hung once loses nothing by being replaced, and all that it had not stored by a fresh process."""
    team = Team(monkeypatch)
    team.pass_by(5)
    team.pass_by(32, hang="store")
    assert len(team.runs["store"]) == 2
    team.runs["store"][-1].steps = 1
    for _ in range(120):
        team.pass_by(1)
        assert team.supervisor.alive()


def test_nobody_who_watches_starves_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team(monkeypatch)
    team.pass_by(5)
    team.now_s += 6.0  # the main thread stands still
    assert not team.supervisor.alive()


class Sight:
    """A slot for frames, a desk for faults, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr("edge.runtime.mailbox.time.monotonic", lambda: self.now_s)
        self.slot: LatestSlot[str] = LatestSlot()
        self.faults = FaultDesk(lambda _event: True, lambda: self.now_s)
        self.frames = FrameWatch(self.slot, self.faults, frozenset({"camera", "vision"}), lambda: self.now_s)
        self.beats = Heartbeats(lambda: True, lambda: {"brain": 0.1, "store": 0.3}, [self.frames])

    def frame(self) -> None:
        self.slot.put("picture")
        assert self.slot.get(0.0) == "picture"


def test_pictures_that_nobody_takes_starve_the_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = Sight(monkeypatch)
    sight.frame()
    assert sight.beats.alive()
    sight.now_s += STALE_S
    sight.slot.put("picture")  # the camera works, and the eyes do not look
    assert not sight.beats.alive()
    assert sight.beats.status() == {"oldest_step_s": 0.3, "frame_age_s": STALE_S}
    sight.frame()
    assert sight.beats.alive()


def test_a_camera_that_is_told_to_be_missing_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting afresh brings no camera back, and takes the card reader away meanwhile."""
    sight = Sight(monkeypatch)
    sight.frame()
    sight.now_s += 3.0
    sight.faults.fault("camera", "no pictures", "is the cable in?")
    sight.now_s += 86400.0
    assert sight.beats.alive()
    sight.faults.recovered("camera")
    sight.now_s += STALE_S - 1.0
    assert sight.beats.alive()
    sight.now_s += 1.0
    assert not sight.beats.alive()  # it is said to work, and nothing comes


def test_a_fault_of_somebody_else_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = Sight(monkeypatch)
    sight.faults.fault("voice", "no sound card", "")
    sight.now_s += STALE_S
    assert not sight.beats.alive()
