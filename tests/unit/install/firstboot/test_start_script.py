"""The shell script of the first boot, with a Python that only notes what it is asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from edge.install.provision.starting import card_file
from tests.card_samples import make_wheels

# `python3 -m venv --system-site-packages DIR` makes DIR/bin/python, which notes its words; picamera2 is not there.
PYTHON = """#!/bin/sh
echo "venv $4" >>"$ASKED"
mkdir -p "$4/bin"
cat >"$4/bin/python" <<'END'
#!/bin/sh
case "$*" in *picamera2*) exit 1 ;; esac
echo "$*" >>"$ASKED"
case "$*" in *pip*) exit "$PIP" ;; esac
END
chmod +x "$4/bin/python"
"""


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

    def start(self, pip: int = 0, packages: str = "") -> tuple[int, list[str]]:
        """The exit code, and what was asked of Python and, where `packages` are wanted, of apt."""
        asked = self.folder / "asked"
        asked.write_text("")
        environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "ASKED": str(asked), "PIP": str(pip)}
        environment |= {"EDGE_CARD": str(self.card), "EDGE_HOME": str(self.folder / "home"), "EDGE_PACKAGES": packages}
        done = subprocess.run(
            ["sh", self.card / "start.sh"], env=environment, capture_output=True, timeout=60, check=False
        )
        return done.returncode, asked.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_installs_from_the_card_and_hands_over(machine: Machine) -> None:
    code, asked = machine.start()
    assert code == 0 and len(asked) == 3
    assert asked[0] == f"venv {machine.venv}"
    assert " --no-index " in asked[1] and asked[1].endswith("/edge-0.1.0-py3-none-any.whl")
    assert asked[2] == f"-m edge.install.firstboot --card {machine.card} --root /"
    assert machine.start() == (0, asked[2:])  # what is complete is left alone


def test_only_with_leave_it_asks_a_registry(machine: Machine) -> None:
    (machine.wheels / "ONLINE").touch()
    _, asked = machine.start()
    assert "--no-index" not in asked[1] and asked[1].endswith("/edge-0.1.0-py3-none-any.whl")


def test_what_was_left_half_made_is_made_anew(machine: Machine) -> None:
    assert machine.start(pip=1)[0] == 1
    (machine.venv / "half").touch()
    code, asked = machine.start()
    assert code == 0 and asked[0] == f"venv {machine.venv}"
    assert not (machine.venv / "half").exists() and (machine.venv / ".edge-complete").exists()


def test_an_altered_wheel_is_never_installed(machine: Machine) -> None:
    (machine.wheels / "edge-0.1.0-py3-none-any.whl").write_bytes(b"another")
    code, asked = machine.start()
    assert code != 0 and asked == [f"venv {machine.venv}"]
    assert not (machine.venv / ".edge-complete").exists()


def test_packages_come_from_the_card_and_not_from_what_the_image_s_lists_know(machine: Machine) -> None:
    for program, script in (
        ("dpkg-query", "exit 1"),
        ("dpkg", "exit 0"),
        ("apt-get", 'echo "apt-get $*" >>"$ASKED"'),
    ):
        (machine.folder / "bin" / program).write_text(f"#!/bin/sh\n{script}\n")
        (machine.folder / "bin" / program).chmod(0o755)
    (machine.card / "debs").mkdir()
    (machine.card / "debs/espeak-ng_1_arm64.deb").touch()
    code, asked = machine.start(packages="espeak-ng")
    assert code == 0 and asked[0].endswith(f" {machine.card}/debs/espeak-ng_1_arm64.deb")
    # With lists apt wants the same version from the archive, which is out of reach: seen with apt 3.0.
    for option in ("Dir::Etc::SourceList=/dev/null", "Dir::Etc::SourceParts=/dev/null"):
        assert f" -o {option} " in asked[0]
    assert "--no-download" not in asked[0]  # with it apt does not even take the file
