"""An update from the bundle to its end, and every way in which it does not come to it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.errors import DataError, EdgeError, HardwareError, UsageError
from edge.update import handover
from edge.update.applying import go_back, take_request
from edge.update.journal import JOURNAL, read_outcome, write_whole
from edge.update.layout import CURRENT, PREVIOUS, TRUSTED, Layout, UpdateBusyError
from edge.update.minisign import BadSignatureError
from edge.update.probation import LIMIT_S, MOST_BOOTS, STEADY_S
from tests.small_disk import small_disk
from tests.update_rig import NEW, OLD, PACE, STRANGER, Device, bundle, migrated, quick_build, wheel

ROOT = Path(__file__).parents[3]


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "device").set_up()


def links(device: Device) -> tuple[str, str, str]:
    folders = [device.layout.folder(link) for link in (CURRENT, TRUSTED, PREVIOUS)]
    current, trusted, previous = (folder.name if folder else "" for folder in folders)
    return current, trusted, previous


def test_a_good_version_is_tried_and_kept(device: Device, tmp_path: Path) -> None:
    journal = device.apply(bundle(tmp_path))
    assert (journal.step, journal.before_version, journal.version) == ("on probation", OLD, NEW)
    assert links(device) == (NEW, OLD, "")  # what watches is still the one before
    began_s = device.now_s
    outcome = device.until_over()
    assert outcome is not None
    assert (outcome.result, outcome.version, outcome.before, outcome.reason) == ("kept", NEW, OLD, "")
    assert STEADY_S <= device.now_s - began_s < LIMIT_S
    assert links(device) == (NEW, NEW, OLD)
    assert device.works() == NEW
    assert (device.tidy(), device.restarts, device.stops) == ([], 1, 0)
    assert read_outcome(device.layout.work) == outcome


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("absent", "did not start"),
        ("faulty", "new faults: camera"),
        ("crashing", "the daemon ended 3 times"),
    ],
)
def test_a_broken_version_is_taken_back_by_itself(device: Device, tmp_path: Path, behaviour: str, reason: str) -> None:
    device.apply(bundle(tmp_path, behaviour=behaviour))
    outcome = device.until_over()
    assert outcome is not None
    assert outcome.result == "rolledback" and reason in outcome.reason
    assert links(device) == (OLD, OLD, "")
    assert device.works() == OLD
    assert (device.tidy(), device.layout.installed()) == ([], [OLD])
    device.apply(bundle(tmp_path / "again"))  # and the mended one can be installed
    assert (device.until_over() or outcome).result == "kept"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("mute", "SyntaxError"), ("liar", "calls itself 9.9.9"), ("picky", "does not take this device's configuration")],
)
def test_a_version_that_fails_its_check_is_never_switched_to(
    device: Device, tmp_path: Path, behaviour: str, reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        device.apply(bundle(tmp_path, behaviour=behaviour))
    outcome = read_outcome(device.layout.work)
    assert outcome is not None and outcome.result == "rolledback" and reason in outcome.reason
    assert (links(device), device.tidy(), device.restarts) == ((OLD, OLD, ""), [], 0)


def test_what_was_wrong_before_is_not_the_new_versions_fault(device: Device, tmp_path: Path) -> None:
    device.faults, device.connected = ("door contacts",), False
    device.refresh()
    device.apply(bundle(tmp_path))
    assert (device.until_over() or pytest.fail()).result == "kept"


def test_a_broker_that_was_reached_must_be_reached_again(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    device.connected = False
    outcome = device.until_over()
    assert outcome is not None and outcome.reason == "the broker, which was reached before, is not reached"
    assert device.works() == OLD


def test_nothing_is_unpacked_of_a_bundle_that_is_not_trusted(device: Device, tmp_path: Path) -> None:
    with pytest.raises(BadSignatureError):
        device.apply(bundle(tmp_path, key=STRANGER))
    assert (device.tidy(), device.layout.installed(), device.restarts) == ([], [OLD], 0)


@pytest.mark.parametrize(
    ("version", "described", "allowed"),
    [
        ("0.0.9", {}, True),
        ("0.0.9", {"downgrade": True}, False),
        ("0.1.0", {}, True),
        ("0.2.0", {"oldest": "0.1.1"}, True),
    ],
)
def test_an_older_version_must_be_asked_for_and_signed_for(
    device: Device, tmp_path: Path, version: str, described: dict[str, Any], allowed: bool
) -> None:
    with pytest.raises(DataError):
        device.apply(bundle(tmp_path, version, **described), downgrade=allowed)
    assert (links(device), device.tidy()) == ((OLD, OLD, ""), [])


def test_a_downgrade_that_was_asked_for_and_signed_for(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path, "0.0.9", downgrade=True), downgrade=True)
    device.until_over()
    assert links(device) == ("0.0.9", "0.0.9", OLD)


def test_the_version_before_comes_back_by_hand_during_and_after_the_probation(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    assert go_back(device.layout, device.tools(), device.site).reason == "asked for on the device"
    assert (links(device), device.tidy()) == ((OLD, OLD, ""), [])
    with pytest.raises(EdgeError, match="no version to go back to"):
        go_back(device.layout, device.tools(), device.site)
    device.apply(bundle(tmp_path))
    device.until_over()
    outcome = go_back(device.layout, device.tools(), device.site)
    assert (outcome.version, outcome.before) == (NEW, OLD)
    assert links(device) == (OLD, OLD, OLD)
    with pytest.raises(EdgeError, match="no version to go back to"):
        go_back(device.layout, device.tools(), device.site)


def test_two_older_versions_are_kept_no_more(device: Device, tmp_path: Path) -> None:
    for version in ("0.2.0", "0.3.0", "0.4.0"):
        device.apply(bundle(tmp_path, version))
        device.until_over()
    assert device.layout.installed() == ["0.3.0", "0.4.0"]


def test_only_one_update_at_a_time(device: Device, tmp_path: Path) -> None:
    offered = bundle(tmp_path)
    with Layout(device.layout.root).alone(), pytest.raises(UpdateBusyError):
        device.apply(offered)
    device.apply(offered)
    with pytest.raises(UsageError, match="under way"):
        device.apply(offered)
    assert device.watch().look() == (True, None)
    with Layout(device.layout.root).alone(), pytest.raises(UpdateBusyError):
        device.watch().look()


def test_a_child_that_was_left_behind_keeps_the_folder(device: Device) -> None:
    """pip goes on when its parent is killed; nobody may begin in the same folder before it has ended."""
    with device.layout.alone():
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=device.layout.held)
    with pytest.raises(UpdateBusyError), device.layout.alone():
        pass
    child.communicate(timeout=60)
    with device.layout.alone():
        pass


def test_a_machine_that_begins_anew_again_and_again_goes_back(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    for boot in range(MOST_BOOTS):
        assert device.watch(f"boot-{boot}").look() == (True, None)
        device.wait(STEADY_S / PACE - 1.0)
    going, outcome = device.watch("one boot more").look()
    assert not going and outcome is not None and "began anew" in outcome.reason
    assert device.works() == OLD


def test_somebody_who_switches_back_ends_the_update(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    device.layout.switch(CURRENT, device.layout.place(OLD))
    assert (device.until_over() or pytest.fail()).result == "rolledback"
    assert device.tidy() == []


def test_a_damaged_journal_leaves_the_trusted_version(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    for damage in (b"", b"{}", b"\0" * 500, b'{"format": 2}'):
        device.layout.switch(CURRENT, device.layout.place(NEW))
        (device.layout.work / JOURNAL).write_bytes(damage)
        assert device.until_over() is None
        assert links(device)[:2] == (OLD, OLD)
    write_whole(device.layout.work / JOURNAL, {"step": "dancing"})
    assert device.until_over() is None


def test_going_on_needs_no_configuration(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    device.config.unlink()
    assert (device.until_over() or pytest.fail()).result == "kept"


def test_a_service_that_cannot_be_restarted_leaves_the_old_one(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart, tried = Device.restart, []

    def restarted(one: Device) -> None:
        tried.append(one.constant("__version__"))
        if len(tried) == 1:
            raise HardwareError("systemd does not answer", hint="wait")
        restart(one)

    monkeypatch.setattr(Device, "restart", restarted)
    with pytest.raises(HardwareError, match="systemd"):
        device.apply(bundle(tmp_path))
    assert (tried, links(device)) == ([NEW, OLD], (OLD, OLD, ""))


def test_a_return_that_fails_is_tried_again(device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device.apply(bundle(tmp_path, behaviour="faulty"))
    restart, tried = Device.restart, []

    def restarted(one: Device) -> None:
        tried.append(one.constant("__version__"))
        if len(tried) < 3:
            raise HardwareError("systemd does not answer", hint="wait")
        restart(one)

    monkeypatch.setattr(Device, "restart", restarted)
    assert (device.until_over() or pytest.fail()).result == "rolledback"
    assert (tried, device.tidy(), links(device)) == ([OLD] * 3, [], (OLD, OLD, ""))


# --- room


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_refuses_the_update_and_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path, 24) as disk:
        device = Device(disk / "device").set_up()
        with pytest.raises(HardwareError, match="are needed"):  # less than the margin is free
            device.apply(bundle(tmp_path / "bundles"))
        assert (links(device), device.tidy(), device.restarts) == ((OLD, OLD, ""), [], 0)
        fill(disk / "filler")
        with pytest.raises(HardwareError):
            device.apply(bundle(tmp_path / "bundles"))
        assert device.works() == OLD


def test_a_disk_that_fills_during_the_probation_does_not_keep_a_broken_version(tmp_path: Path) -> None:
    with small_disk(tmp_path, 140) as disk:
        device = Device(disk / "device").set_up()
        device.runtime_dir = tmp_path / "run"
        device.runtime_dir.mkdir()
        device.site = type(device.site)(device.config, device.state_dir, device.runtime_dir)
        device.refresh()
        device.apply(bundle(tmp_path / "bundles", behaviour="faulty"))
        fill(disk / "filler")
        waited = 0

        def wait(seconds: float) -> None:
            nonlocal waited
            waited += 1
            device.wait(seconds)
            if waited > 100:
                (disk / "filler").unlink(missing_ok=True)

        outcome = device.watch().until_over(wait)
        assert outcome is not None and outcome.result == "rolledback"
        assert device.works() == OLD


def test_versions_that_nobody_needs_make_room(device: Device, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    useless = device.layout.place("0.0.1")
    shutil.copytree(device.layout.place(OLD), useless)

    def usage(_path: Path) -> Any:
        return SimpleNamespace(free=1 << (20 if useless.exists() else 40))

    monkeypatch.setattr("edge.update.building.shutil.disk_usage", usage)
    monkeypatch.setattr("edge.update.databases.shutil.disk_usage", usage)
    device.apply(bundle(tmp_path))
    assert not useless.exists() and device.works() == NEW


# --- the databases


def test_what_only_adds_stays_as_it_is(device: Device, tmp_path: Path) -> None:
    device.migrate = lambda state: migrated(state, "m003_adds")
    device.apply(bundle(tmp_path, behaviour="faulty"))
    assert (device.until_over() or pytest.fail()).reason == "new faults: camera"
    assert [path.name for path in device.state_dir.glob("events.db*")] == ["events.db"]
    assert device.stops == 0


def test_events_that_the_old_version_cannot_read_are_set_aside_for_it_to_take_over(
    device: Device, tmp_path: Path
) -> None:
    device.migrate = lambda state: migrated(state, "m003_turns_everything_round")
    device.apply(bundle(tmp_path, behaviour="faulty"))
    outcome = device.until_over()
    assert outcome is not None and "being taken over" in outcome.reason
    (aside,) = device.state_dir.glob("events.db*")
    assert aside.name == "events.db.damaged-20261128T030000Z"
    assert (device.stops, device.first_event()) == (1, b"first")


def test_going_back_later_needs_people_that_the_old_version_can_read(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    device.until_over()
    with closing(sqlite3.connect(device.state_dir / "roster.db")) as conn:
        conn.execute("CREATE TABLE _sqlite_migrations (id INTEGER, migration_set TEXT, name TEXT, applied_at TEXT)")
        conn.execute("INSERT INTO _sqlite_migrations VALUES (9, 'roster', '3 turns', '')")
        conn.commit()
    with pytest.raises(DataError, match="cannot read the people"):
        go_back(device.layout, device.tools(), device.site)
    assert (links(device), device.stops, device.tidy()) == ((NEW, NEW, OLD), 0, [])


def test_databases_that_cannot_be_brought_back_do_not_keep_the_daemon_away(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: object) -> list[str]:
        raise HardwareError("the disk is gone", hint="look")

    monkeypatch.setattr("edge.update.transaction.databases.bring_back", broken)
    device.migrate = lambda state: migrated(state, "m003_turns_everything_round")
    device.apply(bundle(tmp_path, behaviour="faulty"))
    assert "the disk is gone" in (device.until_over() or pytest.fail()).reason
    assert (device.works(), device.stopped) == (OLD, False)


# --- the request of the daemon


def request(device: Device, offered: Path, **changes: str) -> None:
    folder = device.state_dir / handover.FOLDER
    folder.mkdir(exist_ok=True)
    shutil.copyfile(offered, folder / handover.OFFERED)
    sha256 = hashlib.sha256(offered.read_bytes()).hexdigest()
    asked = {"id": "c-7", "version": NEW, "sha256": sha256, **changes}
    handover.offer(device.state_dir, handover.Request(**asked))


def test_what_the_daemon_asks_for_is_verified_again_and_done(device: Device, tmp_path: Path) -> None:
    assert take_request(device.layout, device.tools(), device.site) is None
    request(device, bundle(tmp_path))
    journal = take_request(device.layout, device.tools(), device.site)
    assert journal is not None and (journal.step, journal.command) == ("on probation", "c-7")
    assert list((device.state_dir / handover.FOLDER).iterdir()) == []
    outcome = device.until_over()
    assert outcome is not None and (outcome.result, outcome.command) == ("kept", "c-7")
    request(device, bundle(tmp_path))  # a power cut before it was crossed off
    assert take_request(device.layout, device.tools(), device.site) is None
    assert not handover.is_offered(device.state_dir)


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"version": "0.3.0"}])
def test_a_bundle_that_is_not_what_was_asked_for_ends_with_an_outcome(
    device: Device, tmp_path: Path, changes: dict[str, str]
) -> None:
    request(device, bundle(tmp_path), **changes)
    with pytest.raises(DataError):
        take_request(device.layout, device.tools(), device.site)
    outcome = read_outcome(device.layout.work)
    assert outcome is not None and (outcome.result, outcome.command) == ("rolledback", "c-7")
    assert not handover.is_offered(device.state_dir) and device.tidy() == []


def test_a_device_without_a_version_in_its_place_says_so(device: Device, tmp_path: Path) -> None:
    (device.layout.root / CURRENT).unlink()
    request(device, bundle(tmp_path))
    with pytest.raises(DataError, match="edge update adopt"):
        take_request(device.layout, device.tools(), device.site)
    outcome = read_outcome(device.layout.work)
    assert outcome is not None and (outcome.command, outcome.before) == ("c-7", "")


def test_a_forged_bundle_of_a_daemon_that_was_taken_over_is_refused(device: Device, tmp_path: Path) -> None:
    request(device, bundle(tmp_path, key=STRANGER))
    with pytest.raises(BadSignatureError):
        take_request(device.layout, device.tools(), device.site)
    assert device.works() == OLD


def test_no_link_of_the_daemon_is_followed(device: Device, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of root")
    folder = device.state_dir / handover.FOLDER
    request(device, bundle(tmp_path))
    (folder / handover.OFFERED).unlink()
    (folder / handover.OFFERED).symlink_to(secret)
    with pytest.raises(HardwareError):
        take_request(device.layout, device.tools(), device.site)
    folder.mkdir(exist_ok=True)
    (folder / handover.REQUEST).symlink_to(secret)
    with pytest.raises(DataError):
        take_request(device.layout, device.tools(), device.site)
    os.mkfifo(folder / handover.REQUEST)
    with pytest.raises(DataError):
        take_request(device.layout, device.tools(), device.site)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        take_request(device.layout, device.tools(), device.site)
    assert secret.read_text() == "of root" and device.tidy() == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "../x", "version": "0.2.0", "sha256": ""}', "[" * 5000])
def test_a_request_that_is_none_is_used_up(device: Device, text: str) -> None:
    folder = device.state_dir / handover.FOLDER
    folder.mkdir()
    (folder / handover.REQUEST).write_text(text)
    with pytest.raises(DataError):
        take_request(device.layout, device.tools(), device.site)
    assert not handover.is_offered(device.state_dir)


# --- the first version, and the commands


def test_a_version_installed_by_other_means_is_adopted(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "opt")
    quick = layout.root / ".venv"
    wheels = tmp_path / "wheels"
    wheels.mkdir(parents=True)
    wheel(wheels, OLD)
    quick_build(layout, wheels, OLD, quick)
    layout.adopt(quick)
    assert layout.folder(CURRENT) == layout.folder(TRUSTED) == quick.resolve()
    assert (layout.root / CURRENT).readlink() == Path(".venv")
    with pytest.raises(DataError, match="not below"):
        layout.adopt(tmp_path)
    with pytest.raises(DataError, match="bin/edge"):
        layout.adopt(layout.root)


def command(device: Device, *words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "update", words[0], "--folder", str(device.layout.root), "--json", *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_the_commands_say_how_things_stand(device: Device, tmp_path: Path) -> None:
    code, status = command(device, "status")
    assert code == 0
    assert status == {
        "current": OLD, "trusted": OLD, "previous": "", "versions": [OLD], "units_left": [],
        "under_way": None, "last": None,
    }  # fmt: skip
    device.apply(bundle(tmp_path, behaviour="faulty"))
    _, status = command(device, "status")
    assert status["under_way"] == {"step": "on probation", "version": NEW, "before": OLD}
    device.until_over()
    _, status = command(device, "status")
    assert (status["current"], status["last"]["result"]) == (OLD, "rolledback")
    code, said = command(device, "resume", "--config", str(tmp_path / "missing.toml"))
    assert code == 2 and "missing.toml" in said["error"]


# --- a kill at any point


@pytest.mark.parametrize(
    ("behaviour", "stride", "migration"),
    [
        ("healthy", "29", ""),
        ("faulty", "59", ""),
        ("faulty", "71", "m003_turns_everything_round"),
        ("older", "53", ""),
    ],
)
def test_a_kill_at_any_point_leaves_a_working_version(
    tmp_path: Path, behaviour: str, stride: str, migration: str
) -> None:
    """Each n-th change of the disk; `scripts/update-kill-test --every-point` takes them all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.update_rig", "every-point", str(tmp_path), behaviour, stride, migration],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["points"] >= 4
    assert found["ended_new"] >= (3 if behaviour == "healthy" else 0)


def test_a_process_that_is_killed_from_outside_is_taken_over(device: Device, tmp_path: Path) -> None:
    offered = bundle(tmp_path)
    words = [sys.executable, "-m", "tests.update_rig", "apply", str(device.folder), str(offered)]
    process = subprocess.Popen(words, cwd=ROOT, start_new_session=True)
    until = 120_000
    while not (device.layout.work / JOURNAL).exists() and until:  # it looks at the disk: nothing else to wait for
        until -= 1
        os.sched_yield()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    device.refresh()
    device.until_over()
    assert device.works() in (OLD, NEW) and device.tidy() == []
