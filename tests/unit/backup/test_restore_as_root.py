"""The daemon's user owns the state directory and is somebody else's by now: what root does there gives it nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import edge.backup.making as making
import edge.backup.restoring as restoring
from edge.backup.restoring import finish, in_use, restore
from edge.backup.sealed import KeyOpener
from edge.backup.snapshot import Item
from edge.backup.workroom import COMMIT, Decision, decide, is_decided, prepare_work, work_of
from edge.errors import DataError, EdgeError, HardwareError
from tests.backup_rig import LATER, OFFICE, Device, fresh

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand anything over")
DAEMON = 65534
OPENER = KeyOpener(OFFICE)
SECRET = b"of root alone"
ASIDE = f"before-restore-{LATER.wall:%Y%m%dT%H%M%SZ}"


def owned(folder: Path, uid: int = DAEMON) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, uid, follow_symlinks=False)


class World:
    """A device of the daemon's user, a backup for it, and what belongs to root."""

    def __init__(self, folder: Path) -> None:
        self.made = Device(folder / "old").set_up().back_up(folder)
        self.device = fresh(folder / "new")
        owned(self.device.state)
        self.root = folder / "root"
        self.root.mkdir()
        self.secret = self.root / "secret"
        self.secret.write_bytes(SECRET)
        self.secret.chmod(0o600)
        self.before = self.of_root()

    def of_root(self) -> list[tuple[Any, ...]]:
        paths = [self.root, *sorted(self.root.rglob("*"))]
        return [(path, *(path.lstat()[n] for n in (0, 4, 5)), path.is_file() and path.read_bytes()) for path in paths]

    def restore(self) -> None:
        restore(self.made.file, OPENER, self.device.state, self.device.etc, LATER)

    def decide(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(restoring, "finish", lambda *_: None)
        self.restore()
        monkeypatch.undo()

    def finish(self) -> None:
        finish(self.device.state, self.device.etc)

    def nothing_was_given_away(self) -> None:
        assert self.of_root() == self.before
        for path in self.device.state.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.lstat().st_nlink == 1:
                assert path.stat().st_uid != DAEMON or SECRET not in path.read_bytes(), path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_lies_in_the_state_directory_decides_nothing(world: World) -> None:
    planted = world.device.state / ".restore"
    (planted / "new/etc").mkdir(parents=True)
    (planted / "new/state").mkdir()
    (planted / "new/etc/edge.toml").write_text('[update]\nkey = "of an attacker"\n')
    (planted / "new/etc/stolen").symlink_to(world.secret)
    (planted / COMMIT).write_text(json.dumps({"aside": "x", "etc": str(world.device.etc), "stamp": "20260921T141320Z"}))
    before = world.device.look()
    assert not is_decided(world.device.state)
    with pytest.raises(DataError, match="no restore is under way"):
        world.finish()
    assert world.device.look() == before


@AS_ROOT
def test_a_decision_of_somebody_else_is_refused(world: World) -> None:
    work = prepare_work(world.device.state)
    decide(work, Decision("20260921T141320Z", str(world.device.etc)))
    before = world.device.look()

    def refused() -> None:
        with pytest.raises(DataError, match=r"others could change|somebody else"):
            world.finish()
        assert world.device.look() == before

    for changed in (work, work / COMMIT, work.parent):
        os.chown(changed, DAEMON, DAEMON)
        refused()
        os.chown(changed, 0, 0)
    work.chmod(0o777)
    refused()
    with pytest.raises(DataError, match="not finished"):
        world.restore()
    (work / COMMIT).unlink()
    with pytest.raises(DataError, match="others could change"):
        world.restore()
    work.rmdir()
    work.symlink_to(world.root)
    with pytest.raises(DataError, match="others could change"):
        world.restore()
    assert world.device.look() == before and world.of_root() == world.before


@AS_ROOT
def test_a_decision_behind_a_link_is_refused(world: World) -> None:
    work = prepare_work(world.device.state)
    (work / COMMIT).symlink_to(world.secret)
    with pytest.raises(HardwareError):
        world.finish()
    assert world.of_root() == world.before


def test_a_decision_names_a_time_and_its_configuration_and_no_other_place(world: World) -> None:
    work = prepare_work(world.device.state)
    decide(work, Decision("20260921T141320Z/../../root", str(world.device.etc)))
    with pytest.raises(DataError, match="names no time"):
        world.finish()
    decide(work, Decision("20260921T141320Z", str(world.root)))
    with pytest.raises(DataError, match="begun for"):
        world.finish()
    (work / COMMIT).write_text("[" * 9000)
    with pytest.raises(DataError, match="cannot be read"):
        world.finish()


def test_the_daemon_sees_that_one_is_decided_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.decide(monkeypatch)
    work = work_of(world.device.state)
    assert work.stat().st_mode & 0o777 == 0o711
    assert {path.stat().st_mode & 0o077 for path in work.iterdir()} == {0}
    world.finish()
    assert not any(work.iterdir())


@AS_ROOT
def test_links_pipes_and_second_names_in_the_way_are_not_followed(world: World) -> None:
    state = world.device.state
    (state / "pairing.json").unlink()
    (state / "pairing.json").symlink_to(world.secret)
    (state / "commissioned.json").hardlink_to(world.secret)
    os.mkfifo(state / "roster.db")
    for name in ("events.db", ".restoring", ASIDE, "models", "device.key-journal"):
        (state / name).symlink_to(world.root if name != "events.db" else world.secret)
    assert not in_use(state)
    world.restore()
    world.nothing_was_given_away()
    found = {path.name for path in state.iterdir()}
    assert {"events.db", "roster.db", "device.key", "models"} <= found
    assert not found & {"pairing.json", "commissioned.json", ".restoring"}
    for path in state.rglob("*"):
        if "before-restore-" not in str(path):
            assert path.lstat().st_uid == DAEMON and not path.is_symlink(), path


class Meddler:
    """Changes names in the state directory before and after each step that root takes there."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._world = world
        self._busy = False
        self.did = 0
        for name in ("mkdir", "rename", "fsync", "fchown", "unlink"):
            monkeypatch.setattr(os, name, partial(self._around, getattr(os, name)))

    def _around(self, real: Callable[..., Any], *words: Any, **named: Any) -> Any:
        self._meddle()
        try:
            return real(*words, **named)
        finally:
            self._meddle()

    def _meddle(self) -> None:
        if self._busy:
            return
        self._busy = True
        state = self._world.device.state
        for path in (state / ".restoring", state / ASIDE):
            if path.exists() and not path.is_symlink():
                self.did += 1
                path.rename(f"{path}-{self.did}-was")
                path.symlink_to(self._world.root if self.did % 2 else self._world.secret)
        self._busy = False


@AS_ROOT
def test_whoever_changes_names_at_every_moment_gets_nothing_of_root(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.decide(monkeypatch)
    etc = {name for name in world.device.look() if name.startswith("etc/")}
    with monkeypatch.context() as patched:
        meddler = Meddler(world, patched)
        for _ in range(3):
            try:
                world.finish()
            except EdgeError:
                continue
    assert meddler.did > 0
    world.nothing_was_given_away()
    for left in world.device.state.iterdir():
        if left.is_symlink():
            left.unlink()
    if is_decided(world.device.state):
        world.finish()
    assert etc <= {name for name in world.device.look() if name.startswith("etc/")}
    assert world.device.look()["etc/edge.toml"] == b"# the configuration\n"
    world.nothing_was_given_away()


@AS_ROOT
def test_a_backup_made_by_root_is_copied_where_only_root_writes(world: World, tmp_path: Path) -> None:
    device = Device(tmp_path / "old")
    owned(device.state)
    (device.state / ".backup").symlink_to(world.root)
    made = device.back_up(world.root)
    made.file.unlink()
    assert world.of_root() == world.before and (device.state / ".backup").is_symlink()
    assert not any(work_of(device.state).iterdir())


@AS_ROOT
def test_a_file_that_was_reached_through_a_link_is_not_backed_up(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is exchanged for a link after the files were looked for."""
    device = Device(tmp_path / "old")
    owned(device.state)
    real = making.gather

    def gather(*words: Any) -> list[Item]:
        items = real(*words)
        (device.state / "models").rename(device.state / "was")
        (device.state / "models").symlink_to(world.root)
        (world.root / "manifest.toml").write_bytes(SECRET)
        return items

    monkeypatch.setattr(making, "gather", gather)
    with pytest.raises(DataError, match="is not a file of whoever owns"):
        device.back_up(world.device.etc)
    assert not list(world.device.etc.glob("*edgebackup*"))


@AS_ROOT
def test_a_private_file_of_the_configuration_stays_roots_when_it_is_set_aside(world: World) -> None:
    (world.device.etc / "device.key").write_bytes(SECRET)
    (world.device.etc / "device.key").chmod(0o600)
    world.restore()
    (aside,) = world.device.state.glob("before-restore-*")
    kept = (aside / "etc/device.key").stat()
    assert (kept.st_uid, kept.st_mode & 0o777, (aside / "etc").stat().st_uid) == (0, 0o600, DAEMON)
    assert aside.stat().st_uid == (aside / "state").stat().st_uid == DAEMON  # who removes it after its time
    world.nothing_was_given_away()


def test_the_label_and_the_acceptance_are_the_machines_and_no_code_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from a backup of an earlier version, which had them."""
    old = Device(tmp_path / "old").set_up()
    (old.state / "web").mkdir()
    dated = ("pairing.json", "commissioned.json", "web/office-pairing.json", "web/page.key", "web/reboot.request")
    for name in dated:
        (old.state / name).write_text("of that day")
    made = [old.back_up(tmp_path)]
    monkeypatch.setattr("edge.backup.snapshot.is_of_the_machine", lambda _path: False)
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    made.append(old.back_up(earlier))
    assert made[1].about.size == made[0].about.size + len(dated) * len("of that day")
    for number, backup in enumerate(made):
        new = fresh(tmp_path / f"new-{number}")
        restore(backup.file, OPENER, new.state, new.etc, replace(LATER, wall_us=LATER.wall_us + number))
        now = new.look()
        assert now["state/pairing.json"] == b"{}"
        assert "state/commissioned.json" not in now and not any(name.startswith("state/web") for name in now)
    (old.state / "commissioned.json").write_text("accepted since")
    restore(made[1].file, OPENER, old.state, old.etc, LATER)
    assert old.look()["state/commissioned.json"] == b"accepted since"
