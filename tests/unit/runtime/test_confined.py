"""What root's commands open in the daemon's directory is what lies there, and nothing that a link leads to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.runtime.confined import confine
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile, Template
from edge.store.roster_schema import JOURNAL_SUFFIX, ROSTER_NAME
from tests.planted import planted_journal

DAEMON = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="opens files of somebody else's, which only root can")


def edge(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it is confined for good."""
    command = [sys.executable, "-m", "edge", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with one resident; the daemon's, where this runs as root."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    unit = np.zeros(16, dtype=np.float32)
    unit[0] = 1.0
    with Roster.open(folder, create=True) as roster:
        roster.add(Profile("Ann Lee", Consent("form", "edge-1", "office", 1_000)), [Template("net-a", unit, 5)], 1)
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, DAEMON, DAEMON)
    return folder


def test_what_is_not_planted_is_opened(state: Path) -> None:
    for cwd, words in ((None, str(state)), (state, "."), (state.parent, "state")):
        done = edge("people", "list", "--state", words, cwd=cwd)
        assert (done.returncode, done.stderr) == (0, "") and "Ann Lee" in done.stdout


@as_root
@pytest.mark.parametrize("at", [0, 1], ids=["absolute", "from the working directory"])
def test_a_roster_behind_a_link_is_not_opened(state: Path, tmp_path: Path, at: int) -> None:
    elsewhere = tmp_path / "other.db"
    shutil.move(state / ROSTER_NAME, elsewhere)
    (state / ROSTER_NAME).symlink_to(elsewhere)
    done = edge("people", "list", "--state", (str(state), ".")[at], cwd=state)
    assert done.returncode != 0 and "Ann Lee" not in done.stdout
    assert done.stderr.count(f"{state / ROSTER_NAME} is a link") == 1


@as_root
def test_a_command_that_opens_it_twice_is_confined_once(state: Path, tmp_path: Path) -> None:
    (state / "planted").symlink_to(tmp_path)
    confining = "import sys; from pathlib import Path; from edge.runtime.confined import confine\n"
    code = f"{confining}for _ in range(2): confine(Path(sys.argv[1]))\nprint(open('/proc/self/mountinfo').read())"
    done = subprocess.run([sys.executable, "-c", code, str(state)], capture_output=True, text=True, check=True)
    assert [line.split()[4] for line in done.stdout.splitlines() if line].count(str(state)) == 1
    assert done.stderr.count("planted is a link") == 1


@as_root
@pytest.mark.parametrize("name", [ROSTER_NAME + JOURNAL_SUFFIX, ".pin-failures.json.new", "erasures"])
def test_nothing_beside_it_leads_elsewhere_either(state: Path, tmp_path: Path, name: str) -> None:
    """Erasing overwrites the journal's old pages, counts anew, and leaves a request in a folder."""
    secret = tmp_path / "shadow"
    secret.mkdir() if name == "erasures" else secret.write_bytes(b"root's own" * 100)
    before = secret.stat()
    (state / name).unlink(missing_ok=True)
    (state / name).symlink_to(secret)
    listed = edge("people", "list", "--state", str(state), "--json").stdout
    person = listed.partition('"person": "')[2].partition('"')[0]
    edge("people", "erase", "--id", person, "--yes", "--state", str(state))
    after = secret.stat()
    assert (after.st_uid, after.st_mtime_ns, after.st_size) == (before.st_uid, before.st_mtime_ns, before.st_size)


@as_root
def test_no_journal_has_root_remove_a_file(state: Path, tmp_path: Path) -> None:
    """A link is not needed for it: the journal has the file's name in it."""
    precious = tmp_path / "precious"
    precious.write_text("root's own")
    planted_journal(state / ROSTER_NAME, precious)
    done = edge("people", "list", "--state", str(state))
    assert done.returncode != 0 and "names another file" in done.stderr
    assert precious.exists()


@as_root
def test_the_mount_is_the_processes_own(state: Path) -> None:
    said = edge("people", "list", "--state", str(state))
    assert said.returncode == 0
    assert str(state) not in Path("/proc/self/mountinfo").read_text()


def test_nobody_is_confined_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("here")
    (tmp_path / "link").symlink_to("target")
    confine(tmp_path)
    confine(tmp_path / "absent")
    assert (tmp_path / "link").read_text() == "here"
