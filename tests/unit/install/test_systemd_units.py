"""Every file of `systemd/`, also those that are added later: taken by systemd, narrow, and where it belongs."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import edge.update.systemctl as systemctl
from edge.__main__ import build_parser
from edge.backup.workroom import COMMIT, work_of
from edge.cli.common import DEFAULT_CONFIG
from edge.cli.daemon import RESTORE_DECIDED
from edge.config.backup import Backup
from edge.config.schema import Store
from edge.install.harden.places import PLACES
from edge.install.provision.starting import UNITS as FIRST_BOOT
from edge.install.provision.starting import card_file
from edge.install.units import install
from edge.runtime.duties import HEALTH_FOLDER
from edge.update.layout import CURRENT, DEFAULT_ROOT, TRUSTED
from edge.update.shipped import DROP_INS, UNITS
from edge.update.systemctl import Systemctl

FOLDER = Path(__file__).parents[3] / "systemd"
FILES = sorted(file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*") if file.is_file())
CARD = FOLDER.parent / "edge/install/provision/card"
BROKER = FOLDER.parent / "config/mosquitto-registration.service"
SERVICES = [name for name in FILES if name.endswith(".service")]
PROGRAMS = tuple(f"{DEFAULT_ROOT}/{link}/bin/{name}" for link in (CURRENT, TRUSTED) for name in ("edge", "python"))
OF_DEBIAN = ("/bin/rm", "/bin/systemctl", "/bin/systemd-sysusers", "/bin/systemd-tmpfiles")
MOST_EXPOSED = 2.0
NEEDS_SYSTEMD = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def lines(name: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (FOLDER / name).read_text(), flags=re.MULTILINE)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def exposure(file: Path) -> float:
    said = analyze("security", "--offline=true", "--no-pager", str(file)).stdout
    found = re.search(r"Overall exposure level.*: ([0-9.]+)", said)
    assert found is not None, said
    return float(found[1])


@NEEDS_SYSTEMD
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    """Verified together, since they name each other, with programs and documents that are here."""
    shipped = {name: (FOLDER / name).read_text() for name in FILES if "/" not in name}
    shipped |= {name: card_file(name) for name in FIRST_BOOT} | {BROKER.name: BROKER.read_text()}
    for name, text in shipped.items():
        for program in PROGRAMS:
            text = text.replace(program, "/bin/true").replace("/usr/sbin/mosquitto", "/bin/true")
        (tmp_path / name).write_text(re.sub(r"^Documentation=.*$", "", text, flags=re.MULTILINE))
    done = analyze("verify", *(str(file) for file in sorted(tmp_path.iterdir())))
    assert (done.returncode, done.stderr.strip()) == (0, "")


@NEEDS_SYSTEMD
@pytest.mark.parametrize("file", [*(FOLDER / name for name in SERVICES), *(CARD / name for name in FIRST_BOOT), BROKER])
def test_a_service_can_do_little_besides_its_work(file: Path) -> None:
    assert exposure(file) <= MOST_EXPOSED


@pytest.mark.parametrize("name", SERVICES)
def test_a_call_that_is_not_allowed_is_answered_and_kills_nobody(name: str) -> None:
    """Every program asks whether the clock is synchronised, which is among the calls that could also set it."""
    assert lines(name, "SystemCallErrorNumber") == ["EPERM"]


@pytest.mark.parametrize("name", [name for name in FILES if "/" not in name])
def test_what_a_unit_starts_is_a_command_of_an_installed_version(name: str) -> None:
    for key in ("ExecStart", "ExecStopPost", "ExecStartPre", "ExecStartPost", "ExecReload"):
        for line in lines(name, key):
            program, *words = line.split()
            if program in OF_DEBIAN:
                continue
            assert program in PROGRAMS
            if program.endswith("/edge"):
                build_parser().parse_args(words)
            else:
                assert words[0] == "-m" and importlib.util.find_spec(words[1]) is not None


def test_where_units_look_is_where_programs_write() -> None:
    state = Store().state_dir
    assert lines("edge-restore.service", "ConditionPathExists") == [str(work_of(state) / COMMIT)]
    assert f"{state}{RESTORE_DECIDED}" == str(work_of(state) / COMMIT)
    assert f"d {work_of(state)} 0711 root root -" in (FOLDER / "tmpfiles.d/edge.conf").read_text().splitlines()
    assert str(work_of(state)) in PLACES and not work_of(state).is_relative_to(state)
    (finish,) = lines("edge-restore.service", "ExecStart")
    assert finish.endswith(f"backup finish --state {state} --etc {DEFAULT_CONFIG.parent}")
    assert str(work_of(state)) in lines("edge-restore.service", "ReadWritePaths")[0].replace("-/", "/").split()
    assert lines("edge-backup.service", "ReadWritePaths") == [str(Backup().folder)]
    assert lines("edge-health.service", "RuntimeDirectory") == [HEALTH_FOLDER.name]
    assert [f"/var/lib/{name}" for name in lines("edge.service", "StateDirectory")] == [str(state)]


def test_a_timer_has_its_service_and_a_failure_somebody_who_makes_it_safe() -> None:
    for name in FILES:
        if name.endswith((".timer", ".path", ".socket")):
            assert f"{name.rpartition('.')[0]}.service" in FILES
    assert lines("edge.service", "OnFailure") == ["edge-safe-state.service"]
    # Without a limit the unit would never be called failed, and nothing would be done on failure.
    assert 0 < int(lines("edge.service", "StartLimitIntervalSec")[0]) < 86400
    assert lines("edge.service", "Restart") == ["always"]


def test_what_makes_safe_depends_on_neither_user_nor_groups_of_the_daemon() -> None:
    assert lines("edge-safe-state.service", "User") == lines("edge-safe-state.service", "SupplementaryGroups") == []


def test_users_and_groups_that_units_name_are_made() -> None:
    made = (FOLDER / "sysusers.d/edge.conf").read_text().split("\n")
    groups = {line.split()[1] for line in made if line.startswith(("g ", "u "))}
    for name in SERVICES:
        for key in ("User", "Group", "SupplementaryGroups"):
            assert set(" ".join(lines(name, key)).split()) <= groups


def test_nothing_watches_longer_than_a_raspberry_pi_can() -> None:
    told = configparser.ConfigParser()
    told.read(FOLDER / "system.conf.d/edge-watchdog.conf")
    assert 0 < int(told["Manager"]["RuntimeWatchdogSec"].removesuffix("s")) < 15


def files_below(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


class Quiet(Systemctl):
    """Is asked nothing of this machine."""

    def make_users(self) -> None:
        """The programs for it may not be here."""


def test_every_file_is_installed_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    started = install(tmp_path, Quiet(tmp_path))
    found = files_below(tmp_path)
    targets = {"": UNITS, **DROP_INS}
    wanted = {}
    for name in FILES:
        place, _, file = name.rpartition("/")
        wanted[f"{targets[place]}/{file}"] = (FOLDER / name).read_bytes()
    assert found == wanted
    assert set(started) == {name for name in FILES if lines(name, "WantedBy")}
    assert install(tmp_path, Quiet(tmp_path)) == started
    assert found == files_below(tmp_path)


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not here")
def test_systemd_makes_the_user_and_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    real = systemctl.run
    monkeypatch.setattr(systemctl, "run", lambda command: (asked.append(command), real(command))[1])
    (tmp_path / "etc").mkdir()
    install(tmp_path, Systemctl(tmp_path))
    assert "edge:x:" in (tmp_path / "etc/passwd").read_text()
    assert [command[0] for command in asked] == ["systemd-sysusers", "systemd-tmpfiles"]
    assert (tmp_path / "var/backups/edge").is_dir()
