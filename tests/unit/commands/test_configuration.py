from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from configuration_samples import STRANGER, Bench, document
from fuzz_configuration import fuzz
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.commands.hands import Hands
from edge.commands.seldom import AGAIN_S
from edge.commands.trial import STEADY_S, TRIAL_S, Trial
from edge.config.desired import Desired, digest
from edge.config.effective import load_base
from edge.config.standing import read_standing
from edge.errors import ConfigError

SLOWER = {"lock": {"unlock_s": 9.0}}
ELSEWHERE = {"uplink": {"host": "broker.example"}}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def report(bench: Bench) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bench.kept[-1])
    return told


def test_before_anything_came(bench: Bench) -> None:
    assert report(bench)["status"] == "none"
    assert report(bench)["version"] == 0
    assert report(bench)["digest"] == digest(bench.running)
    bench.turn()
    assert bench.told() == []
    assert bench.worker.status() == {"version": 0, "status": "none"}


def test_a_live_change_holds_at_once_and_is_confirmed_by_a_steady_uplink(bench: Bench) -> None:
    bench.give(document(1, SLOWER))
    bench.turn()
    assert bench.running.lock.unlock_s == 9.0
    assert not bench.asked_to_restart
    assert report(bench)["status"] == "trial"
    bench.pass_time(STEADY_S - 10)
    assert bench.told() == []
    bench.pass_time(15)
    assert bench.told() == ["config.applied"]
    assert (report(bench)["status"], report(bench)["version"]) == ("applied", 1)
    assert report(bench)["digest"] == digest(bench.running)
    bench.boot()
    assert bench.running.lock.unlock_s == 9.0
    assert bench.worker.status() == {"version": 1, "status": "applied"}


def test_another_broker_takes_a_restart(bench: Bench) -> None:
    bench.give(document(1, ELSEWHERE))
    bench.now_s += 1
    bench.worker.step()
    assert bench.asked_to_restart == "version 1 of the configuration"
    assert bench.running.uplink.host == "127.0.0.1"
    bench.give(document(2, {}))
    bench.worker.step()  # on its way out it judges nothing any more
    bench.boot()
    assert bench.running.uplink.host == "broker.example"
    bench.pass_time(STEADY_S + 10)
    assert report(bench)["status"] == "applied"


def test_what_cannot_be_applied_live_takes_a_restart(bench: Bench) -> None:
    bench.can_apply = False
    bench.give(document(1, SLOWER))
    bench.now_s += 1
    bench.worker.step()
    assert bench.asked_to_restart
    bench.boot()
    assert bench.running.lock.unlock_s == 9.0


@pytest.mark.parametrize("overlay", [SLOWER, ELSEWHERE])
def test_without_the_uplink_it_is_taken_back(bench: Bench, overlay: dict[str, Any]) -> None:
    before = bench.running
    bench.give(document(1, overlay))
    bench.turn()
    assert bench.running != before
    bench.connected = False
    bench.pass_time(TRIAL_S - 10)
    assert bench.running != before
    bench.pass_time(20)
    assert bench.running == before
    assert bench.told() == ["config.rolledback"]
    assert (report(bench)["status"], report(bench)["version"]) == ("rolledback", 1)
    bench.connected = True
    bench.give(document(1, overlay))  # the broker still has it
    bench.pass_time(60)
    assert bench.running == before
    assert report(bench)["status"] == "rolledback"
    bench.give(document(2, overlay))
    bench.pass_time(60)
    assert report(bench)["status"] == "applied"


def test_an_uplink_that_comes_and_goes_proves_nothing(bench: Bench) -> None:
    bench.give(document(1, SLOWER))
    for _ in range(20):
        bench.connected = not bench.connected
        bench.pass_time(20)
    assert "config.rolledback" in bench.told()
    assert "config.applied" not in bench.told()


def test_a_trial_begins_anew_with_each_change() -> None:
    trial = Trial(100.0)
    assert trial.verdict(True, 100.0) == "open"
    assert trial.verdict(True, 129.9) == "open"
    assert trial.verdict(True, 130.0) == "proven"
    assert Trial(100.0).verdict(False, 279.9) == "open"
    assert Trial(100.0).verdict(False, 280.0) == "failed"


def test_crashes_during_a_trial_end_it(bench: Bench) -> None:
    bench.give(document(1, ELSEWHERE))
    bench.turn()
    assert bench.running.uplink.host == "broker.example"
    bench.boot()
    assert bench.running.uplink.host == "broker.example"
    bench.boot()
    assert bench.running.uplink.host == "127.0.0.1"
    assert bench.told() == ["config.rolledback"]
    assert bench.reports[0].data["version"] == 1
    bench.boot()
    assert bench.told() == ["config.rolledback"]


def test_what_does_not_hold_changes_nothing_and_tells_everything(bench: Bench) -> None:
    before = bench.running
    bench.give(document(1, {"lock": {"unlock_s": 900.0, "x": 1}, "office": {"zone": "east"}}))
    bench.turn()
    assert bench.running == before
    assert (report(bench)["status"], report(bench)["version"]) == ("refused", 1)
    assert len(report(bench)["problems"]) == 3
    assert bench.reports[-1].data["reason"] == "problems"
    bench.give(document(1, {"lock": {"unlock_s": 900.0, "x": 1}, "office": {"zone": "east"}}))
    bench.turn(AGAIN_S)
    assert len(bench.reports) == 1  # the same once more is no news


def test_a_refused_one_does_not_end_the_trial_before_it(bench: Bench) -> None:
    bench.give(document(1, SLOWER))
    bench.turn()
    bench.give(document(2, {"lock": 3}))
    bench.give(document(3, {"lock": {"x": 3}}))
    bench.turn()
    bench.turn()
    assert (report(bench)["status"], report(bench)["version"]) == ("refused", 3)
    bench.pass_time(STEADY_S + 10)
    assert (report(bench)["status"], report(bench)["version"]) == ("applied", 1)
    bench.give(document(2, SLOWER))
    bench.turn()
    assert bench.reports[-1].data["reason"] == "version"


def test_a_site_can_refuse_what_the_schema_cannot_judge(bench: Bench) -> None:
    def check(_config: object) -> None:
        raise ConfigError("no such network", hint="")

    hands = Hands(bench.apply, bench.restart, lambda: True, bench.kept.append, bench.reports.append, check)
    bench.worker._hands = hands
    bench.give(document(1, SLOWER))
    bench.turn()
    assert report(bench)["problems"] == ["no such network"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (document(6, SLOWER), "version"),
        (document(7, {}), "version"),
        (document(8, SLOWER, key=STRANGER), "token"),
        (document(8, SLOWER, aud="demo/other"), "document"),
        (document("8", SLOWER), "document"),
        (document(8, {"lock": 3}), "document"),
        (b"x" * 70_000, "token"),
        (b"{}", "token"),
    ],
)
def test_what_is_refused_unseen(bench: Bench, payload: bytes, reason: str) -> None:
    bench.give(document(7, SLOWER))
    bench.pass_time(60)
    before = (bench.running, bench.worker.effective)
    bench.give(payload)
    bench.turn()
    assert (bench.reports[-1].type, bench.reports[-1].data["reason"]) == ("config.refused", reason)
    assert (bench.running, bench.worker.effective) == before


def test_a_flood_is_told_of_once_a_minute(bench: Bench) -> None:
    for _ in range(100):
        bench.give(b"garbage")
        bench.turn(0.0)
    bench.now_s += AGAIN_S
    bench.give(b"garbage")
    bench.turn()
    assert [one.data["times"] for one in bench.reports] == [1, 100]


def test_there_is_room_for_a_few(bench: Bench) -> None:
    taken = [bench.give(b"x" * (1 << 20)) for _ in range(6)]
    assert taken == [True] * 4 + [False] * 2
    assert bench.give(b"")  # the office took it away: nothing is desired


def test_what_a_command_has_brought_is_the_same(bench: Bench) -> None:
    assert bench.worker.desire(Desired(1, SLOWER))
    bench.turn()
    assert bench.running.lock.unlock_s == 9.0


def test_nothing_to_change_needs_no_trial(bench: Bench) -> None:
    bench.give(document(1, {}))
    bench.turn()
    assert report(bench)["status"] == "applied"
    assert read_standing(bench.worker.effective.folder).seen == 1


def test_a_full_disk_postpones_and_loses_nothing(bench: Bench) -> None:
    before = bench.running
    bench.disk.full, bench.disk.left = True, 0
    bench.give(document(1, SLOWER))
    bench.pass_time(30)
    assert bench.running == before
    assert bench.faults == ["configuration cannot be stored"]
    bench.disk.left = -1
    bench.pass_time(15)
    assert bench.running.lock.unlock_s == 9.0
    assert bench.faults[-1] == "configuration works"
    bench.disk.left, bench.connected = 0, False
    bench.pass_time(TRIAL_S + 20)
    assert bench.running == before  # it is taken back, whatever the disk says
    bench.disk.left = -1
    bench.pass_time(15)
    assert read_standing(bench.worker.effective.folder).status == "rolledback"


def test_a_trial_that_takes_a_restart_is_not_proven_by_the_process_before(bench: Bench) -> None:
    bench.give(document(1, SLOWER))
    bench.pass_time(40.0)
    assert bench.worker.effective.standing.status == "applied"  # the uplink has held for long
    bench.give(document(2, {"uplink": {"port": 9}}))
    bench.turn()
    assert bench.running.uplink.port == 9
    assert bench.worker.effective.standing.status == "trial"
    bench.connected = False
    bench.pass_time(200.0)
    assert bench.running.lock.unlock_s == SLOWER["lock"]["unlock_s"]
    assert bench.worker.effective.standing.status == "rolledback"


def test_a_damaged_file_is_a_fault(bench: Bench) -> None:
    bench.give(document(1, SLOWER))
    bench.turn()
    (bench.worker.effective.folder / "overlay.json").write_bytes(b"{}")
    bench.boot()
    assert bench.faults == ["configuration an overlay is not used"]
    assert bench.running == load_base(bench.file).config


def test_a_damaged_file_does_not_bring_back_what_was_before(bench: Bench) -> None:
    old, newest = document(1, {"lock": {"unlock_s": 20.0}}), document(2, SLOWER)
    for one in (old, newest):
        bench.give(one)
        bench.turn()
    after = bench.running
    (bench.worker.effective.folder / "overlay.json").write_bytes(b"{}")
    for _ in range(2):  # at the second start the file is missing
        bench.boot()
        bench.give(old)
        bench.turn()
        assert bench.running == load_base(bench.file).config
    assert bench.reports[-1].data["reason"] == "version"
    bench.give(newest)
    bench.turn()
    assert bench.running == after


def test_fuzzed_documents_do_nothing(tmp_path: Path) -> None:
    assert fuzz(tmp_path, 2000, seed=3)["given"] == 2000


class ConfigurationMachine(RuleBasedStateMachine):
    """Good, bad, older and replayed documents, restarts, a failing disk and an uplink that comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="configuration-"))
        self.bench = Bench(self.folder)
        self.base = self.bench.running
        self.good: dict[int, dict[str, Any]] = {}
        self.sent: list[bytes] = []
        self.version = 0
        self.proven_for_s = 0.0

    def teardown(self) -> None:
        """The uplink is gone for good: whatever is not confirmed must be taken back."""
        confirmed = self.confirmed()
        self.bench.disk.left = -1
        self.bench.connected = False
        self.bench.pass_time(TRIAL_S * 2 + 60)
        assert self.bench.worker.effective.standing.trial is None
        assert self.confirmed() == confirmed
        wanted, _ = load_base(self.bench.file).under(self.good.get(confirmed, {}))
        assert self.bench.running == wanted
        self.bench.boot()
        assert self.bench.running == wanted
        shutil.rmtree(self.folder)

    def confirmed(self) -> int:
        confirmed = self.bench.worker.effective.standing.confirmed
        return 0 if confirmed is None else confirmed.version

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)
        self.bench.give(payload)
        self.turn(0.25)

    def turn(self, seconds: float) -> None:
        before = self.bench.worker.effective.standing
        self.bench.turn(seconds)
        after = self.bench.worker.effective.standing
        self.proven_for_s = self.proven_for_s + seconds if self.bench.connected else 0.0
        if after.confirmed != before.confirmed and before.trial is not None and after.confirmed == before.trial:
            assert self.proven_for_s >= STEADY_S

    @rule(unlock_s=st.floats(1.0, 60.0), host=st.sampled_from(["", "a.example", "b.example"]))
    def good_document(self, unlock_s: float, host: str) -> None:
        self.version += 1
        config: dict[str, Any] = {"lock": {"unlock_s": unlock_s}}
        if host:
            config["uplink"] = {"host": host}
        self.good[self.version] = config
        self.send(document(self.version, config))

    @rule(what=st.sampled_from([{"lock": {"unlock_s": 0.0}}, {"device": {"id": "x"}}, {"lock": 1}, {"nothing": {}}]))
    def bad_document(self, what: dict[str, Any]) -> None:
        self.version += 1
        self.send(document(self.version, what))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        self.send(data.draw(st.sampled_from(self.sent)))

    @rule(payload=st.binary(max_size=80))
    def noise(self, payload: bytes) -> None:
        self.send(payload)

    @rule(connected=st.booleans())
    def uplink(self, connected: bool) -> None:
        self.bench.connected = connected
        self.turn(0.25)

    @rule(steps=st.integers(1, 40))
    def wait(self, steps: int) -> None:
        for _ in range(steps):
            self.turn(5.0)

    @rule(operations=st.integers(0, 6))
    def power_cut(self, operations: int) -> None:
        self.bench.disk.full, self.bench.disk.left = False, operations

    @rule(full=st.booleans())
    def full_disk(self, full: bool) -> None:
        self.bench.disk.full, self.bench.disk.left = full, 0 if full else -1

    @rule()
    def restart(self) -> None:
        if not (self.bench.disk.full and self.bench.disk.left == 0):
            self.bench.boot()

    @invariant()
    def runs_with_what_is_in_force_and_valid(self) -> None:
        standing = self.bench.worker.effective.standing
        in_force = standing.in_force
        assert in_force is None or self.good[in_force.version] == in_force.tables
        wanted, problems = load_base(self.bench.file).under(in_force.tables if in_force else {})
        assert not problems
        assert self.bench.running == wanted == self.bench.worker.effective.config
        assert standing.seen <= self.version


ConfigurationMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestConfiguration = ConfigurationMachine.TestCase
