"""The shell script of the first boot, with a Python that only notes what it is asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from edge.install.provision.starting import card_file
from tests.card_samples import make_wheels

# `python3 -m venv --system-site-packages DIR` makes DIR/bin/python, which notes its words. NUMPY: picamera2's.
PYTHON = """#!/bin/sh
echo "venv $4" >>"$ASKED"
mkdir -p "$4/bin"
cat >"$4/bin/python" <<'END'
#!/bin/sh
case "$*" in *picamera2*) echo "$NUMPY"; exit ;; esac
echo "$*" >>"$ASKED"
case "$*" in *pip*) exit "$PIP" ;; esac
END
chmod +x "$4/bin/python"
"""
DEBIAN = {
    "dpkg-query": "exit 1",
    "dpkg": 'echo "dpkg $*" >>"$ASKED"',
    "apt-get": 'echo "apt-get $*" >>"$ASKED"; exit "${APT:-0}"',
}


class Machine:
    """A card and an empty machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.card, self.venv = folder, folder / "card", folder / "home/.venv"
        self.card.mkdir()
        self.wheels = make_wheels(self.card / "wheels")
        (self.card / "start.sh").write_text(card_file("start.sh"))
        (folder / "bin").mkdir()
        (folder / "bin/python3").write_text(PYTHON)
        (folder / "bin/python3").chmod(0o755)

    def debian(self) -> None:
        """Of which nothing is installed that is wanted."""
        for program, script in DEBIAN.items():
            (self.folder / "bin" / program).write_text(f"#!/bin/sh\n{script}\n")
            (self.folder / "bin" / program).chmod(0o755)

    def stage(self, name: str, packages: str = "", **environment: str) -> tuple[int, list[str]]:
        """The exit code, and what was asked of Python and, where `packages` are wanted, of apt."""
        asked = self.folder / "asked"
        asked.write_text("")
        own = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "ASKED": str(asked), "PIP": "0", "NUMPY": ""}
        own |= {"EDGE_CARD": str(self.card), "EDGE_HOME": str(self.folder / "home"), "EDGE_PACKAGES": packages}
        own |= {"EDGE_FETCHED": str(self.folder / "fetched")}
        words = ["sh", str(self.card / "start.sh"), name]
        done = subprocess.run(words, env=own | environment, capture_output=True, timeout=60, check=False)
        return done.returncode, asked.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_installs_from_the_card_and_hands_over(machine: Machine) -> None:
    for nothing_to_do in ("fetch-packages", "packages", "fetch-device"):
        assert machine.stage(nothing_to_do) == (0, [])
    code, asked = machine.stage("device")
    assert code == 0 and len(asked) == 3
    assert asked[0] == f"venv {machine.venv}"
    assert f" --no-index --find-links {machine.wheels} " in asked[1]
    assert asked[1].endswith("/edge-0.1.0-py3-none-any.whl")
    assert asked[2] == f"-m edge.install.firstboot --card {machine.card} --root /"
    assert machine.stage("device") == (0, asked[2:])  # what is complete is left alone


def test_numpy_is_held_to_what_the_distribution_s_camera_works_with(machine: Machine) -> None:
    machine.stage("device", NUMPY="numpy==1.24.2")
    assert (machine.venv / "constraints.txt").read_text() == "numpy==1.24.2\n"


def test_only_with_leave_a_registry_is_asked_and_never_by_who_installs(machine: Machine) -> None:
    (machine.wheels / "ONLINE").touch()
    fetched = machine.folder / "fetched"
    assert machine.stage("fetch-device", PIP="1")[0] == 1
    code, asked = machine.stage("fetch-device")
    assert code == 0 and asked[0] == f"venv {fetched}/venv"
    assert " pip wheel " in asked[1] and f" --wheel-dir {fetched}/wheels " in asked[1] and "--no-index" not in asked[1]
    assert machine.stage("fetch-device") == (0, [])  # once is enough
    _, asked = machine.stage("device")
    assert " pip install " in asked[1]
    assert f" --no-index --find-links {fetched}/wheels " in asked[1]
    assert machine.stage("fetch-device") == (0, [])


def test_what_was_left_half_made_is_made_anew(machine: Machine) -> None:
    assert machine.stage("device", PIP="1")[0] == 1
    (machine.venv / "half").touch()
    code, asked = machine.stage("device")
    assert code == 0 and asked[0] == f"venv {machine.venv}"
    assert not (machine.venv / "half").exists() and (machine.venv / ".edge-complete").exists()


def test_an_altered_wheel_is_never_installed(machine: Machine) -> None:
    (machine.wheels / "edge-0.1.0-py3-none-any.whl").write_bytes(b"another")
    code, asked = machine.stage("device")
    assert code != 0 and asked == [f"venv {machine.venv}"]
    assert not (machine.venv / ".edge-complete").exists()


def test_packages_come_from_the_card_and_not_from_what_the_image_s_lists_know(machine: Machine) -> None:
    machine.debian()
    (machine.card / "debs").mkdir()
    (machine.card / "debs/espeak-ng_1_arm64.deb").touch()
    assert machine.stage("fetch-packages", "espeak-ng") == (0, [])
    code, asked = machine.stage("packages", "espeak-ng")
    assert code == 0 and asked[0] == "dpkg --configure -a"
    assert asked[1].endswith(f" {machine.card}/debs/espeak-ng_1_arm64.deb")
    # With lists apt wants the same version from the archive, which is out of reach: seen with apt 3.0.
    for option in ("Dir::Etc::SourceList=/dev/null", "Dir::Etc::SourceParts=/dev/null"):
        assert f" -o {option} " in asked[1]
    assert "--no-download" not in asked[1]  # with it apt does not even take the file


def test_packages_that_the_card_lacks_are_fetched_into_a_folder_and_installed_from_it(machine: Machine) -> None:
    machine.debian()
    fetched = machine.folder / "fetched"
    assert machine.stage("fetch-packages", "espeak-ng alsa-utils", APT="100")[0] == 100
    code, asked = machine.stage("fetch-packages", "espeak-ng alsa-utils")
    assert code == 0 and asked[0].endswith(" update")
    assert asked[1].endswith(" --download-only espeak-ng alsa-utils")
    assert all(f" -o Dir::Cache={fetched}/apt " in line and "NoLocking=true" in line for line in asked)
    assert machine.stage("fetch-packages", "espeak-ng alsa-utils") == (0, [])  # once is enough
    (fetched / "apt/archives/espeak-ng_1_arm64.deb").touch()
    _, asked = machine.stage("packages", "espeak-ng alsa-utils")
    assert asked[1].endswith(f" {fetched}/apt/archives/espeak-ng_1_arm64.deb")


def test_what_was_fetched_and_cannot_be_installed_is_fetched_anew(machine: Machine) -> None:
    """Or a bad block in one file would hold up the first boot for ever."""
    machine.debian()
    fetched = machine.folder / "fetched"
    assert machine.stage("fetch-packages", "espeak-ng")[0] == 0
    bad = fetched / "apt/archives/espeak-ng_1_arm64.deb"
    bad.touch()
    for _ in range(2):  # it is tried again before the next boot
        assert machine.stage("packages", "espeak-ng", APT="100")[0] == 100
    code, asked = machine.stage("fetch-packages", "espeak-ng")
    assert code == 0 and asked[0].endswith(" update") and not bad.exists()
    assert machine.stage("fetch-packages", "espeak-ng") == (0, [])
    (machine.wheels / "ONLINE").touch()
    assert machine.stage("fetch-device")[0] == 0
    assert machine.stage("device", PIP="1")[0] == 1
    code, asked = machine.stage("fetch-device")
    assert code == 0 and " pip wheel " in asked[1]
    assert machine.stage("fetch-device") == (0, [])


def test_a_stage_that_there_is_not_is_refused(machine: Machine) -> None:
    assert machine.stage("devices") == (2, [])
