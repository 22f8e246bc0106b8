"""Units with their version: looked at before the switch, changed as it is noted, and by the command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import DataError, HardwareError
from edge.update.layout import CURRENT
from edge.update.shipped import UNITS, Pair, read_files
from edge.update.unitcheck import complaints
from edge.update.units import CHANGE, Change, Installed, Unmanaged, find_units, read_change, write_change
from tests.update_rig import DROP_IN, FOREIGN, NEW, OLD, Device, bundle

ROOT = Path(__file__).parents[3]
NEEDS_SYSTEMD = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "device").set_up()


def unit(device: Device, name: str) -> str:
    return (device.root / UNITS / name).read_text().splitlines()[1].rpartition(" ")[2]


def test_what_watches_changes_with_the_trusted_version(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path))
    assert (unit(device, "edge.service"), unit(device, "edge-update.service")) == (NEW, OLD)
    assert (device.root / UNITS / "edge-fresh.timer").exists()
    assert not (device.root / UNITS / "edge-later.timer").exists()
    device.until_over()
    assert (unit(device, "edge.service"), unit(device, "edge-update.service")) == (NEW, NEW)
    assert (device.root / UNITS / "edge-later.timer").exists() and device.tidy() == []


def test_units_that_cannot_be_written_end_the_update(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise HardwareError("no room for units", hint="make room")

    monkeypatch.setattr("tests.update_rig.carry_out", full)
    with pytest.raises(HardwareError, match="no room for units"):
        device.apply(bundle(tmp_path))
    assert (device.works(), unit(device, "edge.service"), device.tidy()) == (OLD, OLD, [])


def test_units_that_cannot_be_changed_at_the_end_do_not_hold_it_up(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.apply(bundle(tmp_path))

    def full(*_words: object) -> None:
        raise HardwareError("no room for units", hint="make room")

    with monkeypatch.context() as patch:
        patch.setattr("tests.update_rig.carry_out", full)
        outcome = device.until_over()
    assert outcome is not None and outcome.result == "kept" and "no room for units" in outcome.reason
    assert device.works() == NEW and "edge-update.service" in device.units_left()
    code, said = command(device)
    assert (code, said["left"]) == (0, [])
    assert unit(device, "edge-update.service") == NEW


def command(device: Device) -> tuple[int, dict[str, object]]:
    words = ["update", "units", "--folder", str(device.layout.root), "--root", str(device.root), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, json.loads(done.stdout)


def test_the_command_says_what_it_leaves(device: Device) -> None:
    (device.root / UNITS / "edge-gone.timer").unlink()
    (device.root / UNITS / "edge-gone.timer").symlink_to("elsewhere")
    code, said = command(device)
    assert (code, said["left"]) == (1, ["edge-gone.timer"])
    assert (device.root / DROP_IN).exists() and (device.root / FOREIGN).exists()
    (device.layout.root / CURRENT).unlink()
    code, said = command(device)
    assert code == 4 and "edge update adopt" in str(said["hint"])


def test_only_versions_of_this_machine_are_believed(device: Device, tmp_path: Path) -> None:
    here, there = device.pair(), Pair(tmp_path / "elsewhere", device.layout.place(OLD))
    write_change(device.layout, Change(here, here))
    assert read_change(device.layout) == Change(here, here)
    write_change(device.layout, Change(here, there))
    with pytest.raises(DataError, match="no version below"):
        read_change(device.layout)
    (device.layout.work / CHANGE).write_text("{}")
    with pytest.raises(DataError, match="damaged"):
        read_change(device.layout)


def test_a_machine_without_units_is_left_without(device: Device, tmp_path: Path) -> None:
    assert isinstance(find_units(device.layout, tmp_path / "root without any"), Unmanaged)


def version(folder: Path) -> Path:
    """With programs, and the units of the repository."""
    (folder / "bin").mkdir(parents=True)
    for name in ("edge", "python"):
        (folder / "bin" / name).write_text("#!/bin/sh\n")
        (folder / "bin" / name).chmod(0o755)
    shutil.copytree(ROOT / "systemd", folder / "lib/python3.13/site-packages/edge/_data/systemd")
    return folder


@NEEDS_SYSTEMD
def test_systemd_takes_what_is_shipped_and_not_a_broken_one(device: Device) -> None:
    good, bad = version(device.layout.versions / "0.3.0"), version(device.layout.versions / "0.4.0")
    assert complaints(read_files(ROOT / "systemd"), good) == ""
    broken = bad / "lib/python3.13/site-packages/edge/_data/systemd/edge-health.service"
    broken.write_text(broken.read_text().replace("/bin/edge health", "/bin/egde health"))
    device.layout.switch(CURRENT, good)
    units = Installed(device.layout, device.root)
    units.check(good)
    with pytest.raises(DataError, match="egde"):
        units.check(bad)
    device.layout.switch(CURRENT, bad)  # what does not hold already is nobody's fault
    units.check(bad)
