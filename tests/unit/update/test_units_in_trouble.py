"""Units in an update where something lies in the way: a file of somebody else's, a bad block, a full disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.errors import HardwareError
from edge.update.layout import Layout
from edge.update.others import OTHERS, read_others
from edge.update.shipped import UNITS
from edge.update.units import carry_out
from tests.update_rig import NEW, OLD, OLDER, Device, bundle

LATER = "0.3.0"
TIMER = f"{UNITS}/edge-fresh.timer"
MINE = "# of somebody who had it before edge had\n"


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "device").set_up()


def test_a_file_of_somebody_else_s_stays_at_every_later_step_and_update(device: Device, tmp_path: Path) -> None:
    mine = device.root / TIMER
    mine.write_text(MINE)
    for version in (NEW, LATER):
        device.apply(bundle(tmp_path, version))
        assert mine.read_text() == MINE
        outcome = device.until_over()
        assert outcome is not None and outcome.result == "kept" and mine.read_text() == MINE
        assert set(device.units_left()) == {"edge-fresh.timer"}
    mine.unlink()
    device.apply(bundle(tmp_path, "0.4.0"))
    device.until_over()
    assert "of 0.4.0" in mine.read_text()
    assert read_others(device.layout) == frozenset()


def test_it_stays_on_the_way_back(device: Device, tmp_path: Path) -> None:
    (device.root / TIMER).write_text(MINE)
    device.apply(bundle(tmp_path, behaviour="faulty"))
    outcome = device.until_over()
    assert outcome is not None and outcome.result == "rolledback"
    assert (device.root / TIMER).read_text() == MINE


def test_a_damaged_note_of_them_ends_no_update(device: Device, tmp_path: Path) -> None:
    (device.layout.work / OTHERS).write_text("{}")
    device.apply(bundle(tmp_path))
    outcome = device.until_over()
    assert outcome is not None and outcome.result == "kept" and device.units_left() == []


def test_units_that_cannot_be_read_any_more_do_not_hold_up_the_way_back(device: Device, tmp_path: Path) -> None:
    device.apply(bundle(tmp_path, behaviour="faulty"))
    (packed,) = device.layout.place(NEW).glob("lib/python3*/site-packages/edge/_data/systemd/sysusers.d")
    shutil.rmtree(packed)
    packed.write_text("")
    outcome = device.until_over()
    assert outcome is not None and outcome.result == "rolledback" and "not every unit" in outcome.reason
    assert device.constant("__version__") == OLD and "edge.service" in device.units_left()
    carry_out(device.layout, device.root, device.systemctl)
    assert "edge.service" not in device.units_left()


def test_a_switch_to_an_older_version_that_fails_leaves_the_units_of_the_one_that_runs(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise HardwareError("no room for a link", hint="make room")

    offered = bundle(tmp_path, OLDER, downgrade=True)
    with monkeypatch.context() as patch, pytest.raises(HardwareError, match="no room for a link"):
        patch.setattr(Layout, "switch", full)
        device.apply(offered, downgrade=True)
    assert (device.works(), device.units_left()) == (OLD, [])
