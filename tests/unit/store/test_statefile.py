"""What root writes into the daemon's directory: no link that the daemon could have planted leads it anywhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.actions import KEYPAD
from edge.clock import Now
from edge.commands.standing import FILE, reset
from edge.errors import HardwareError
from edge.store.keys import DeviceKey
from edge.store.pin_failures import FILE_NAME, FailureFile
from edge.store.statefile import put
from edge.web.durable import write_json
from edge.web.pairing import LABEL, new_label_code

DAEMON = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="hands files over, which only root can")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory that is the daemon's, where this runs as root."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, DAEMON, DAEMON)
    return folder


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of root's, outside of it."""
    file = tmp_path / "shadow"
    file.write_text("root's own")
    return file


def owned_by(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_uid, found.st_gid


@pytest.mark.parametrize("name", ["commissioned.json", "web/page.key"])
def test_links_in_the_way_are_replaced(state: Path, secret: Path, name: str) -> None:
    before = owned_by(secret)
    path = state / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(secret)
    path.with_name(f".{path.name}.new").symlink_to(secret)
    put(state, path, b"new")
    assert (secret.read_text(), owned_by(secret)) == ("root's own", before)
    assert not path.is_symlink() and path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


def test_a_folder_that_is_a_link_is_refused(state: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    before = owned_by(elsewhere)
    (state / "web").symlink_to(elsewhere)
    with pytest.raises(HardwareError, match="cannot be written"):
        put(state, state / "web/page.key", b"new")
    assert (list(elsewhere.iterdir()), owned_by(elsewhere)) == ([], before)


@as_root
def test_what_root_makes_is_the_daemons(state: Path) -> None:
    put(state, state / "acceptance/a.json", b"{}")
    put(state, state / "commissioned.json", b"{}")
    for name in ("acceptance", "acceptance/a.json", "commissioned.json"):
        assert owned_by(state / name) == (DAEMON, DAEMON), name


@as_root
def test_a_folder_of_roots_with_something_in_it_is_not_given_away(state: Path) -> None:
    kept = state / "web"
    kept.mkdir()
    (kept / "commit.json").write_text("{}")
    put(state, kept / "page.key", b"new")
    assert owned_by(kept) == (0, 0) and owned_by(kept / "commit.json") == (0, 0)


@as_root
def test_a_new_code_by_root_leaves_the_state_directory_to_the_daemon(state: Path) -> None:
    new_label_code(state)
    write_json(state / "web/failures.json", {"failures": 0})
    for path in (state, state / LABEL, state / "web", state / "web/failures.json"):
        assert owned_by(path) == (DAEMON, DAEMON), path


@pytest.mark.parametrize("name", [FILE, FILE_NAME])
def test_no_link_leads_a_count_elsewhere(state: Path, secret: Path, name: str) -> None:
    before = owned_by(secret)
    for planted in (name, f".{name}.new"):
        (state / planted).symlink_to(secret)
    if name == FILE:
        (state / FILE).unlink()
        reset(state, Now(0.0, 1_795_834_800_000_000))
    else:
        FailureFile(state, DeviceKey(bytes(range(32)))).write({KEYPAD: 3})
    assert (secret.read_text(), owned_by(secret)) == ("root's own", before)
    assert owned_by(state / name) == owned_by(state)


def test_the_page_and_its_label_may_come_before_the_daemon_ever_ran(tmp_path: Path) -> None:
    state = tmp_path / "var/state"
    new_label_code(state)
    assert (state / LABEL).is_file() and stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_file_that_cannot_be_replaced_is_told(state: Path) -> None:
    (state / "commissioned.json").mkdir()
    with pytest.raises(HardwareError, match="cannot be written"):
        put(state, state / "commissioned.json", b"{}")
