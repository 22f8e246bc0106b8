"""The sets: what they are drawn from does not overlap, and what is drawn can be drawn again."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rig_samples import PORTRAITS, ROOT

from edge.config.cameras import PiCamera
from edge.errors import DataError
from edge.rig.casting import Company, cast_of, people_below
from edge.rig.drawn import Cast, Draw
from edge.rig.lens import Lens
from edge.rig.portrait import Fit, Portrait
from edge.rig.ranges import MEASURED, TUNING, Spread, draw
from edge.rig.scenes import KINDS, make_take
from edge.rig.takes import only
from edge.rig.writing import write_take

SPREADS = [
    name
    for name, one in ((f.name, getattr(TUNING, f.name)) for f in dataclasses.fields(TUNING))
    if isinstance(one, tuple) and name not in ("fps", "size_px", "devices")
]


def apart(one: Spread, other: Spread) -> bool:
    return all(low >= top or high <= bottom for low, high in one for bottom, top in other)


@pytest.mark.parametrize("name", SPREADS)
def test_the_measured_set_is_drawn_from_other_ranges(name: str) -> None:
    assert len(SPREADS) > 40
    assert apart(getattr(TUNING, name), getattr(MEASURED, name))


def test_devices_and_rates_differ_too() -> None:
    assert not set(TUNING.fps) & set(MEASURED.fps)
    for (width, pitch, _), (other_width, other_pitch, _) in zip(TUNING.devices, MEASURED.devices, strict=True):
        assert apart(width, other_width)
        assert apart(pitch, other_pitch)


def test_the_measured_sets_pictures_are_as_large_as_those_of_a_pi_camera() -> None:
    camera = PiCamera("picamera2")
    assert MEASURED.size_px == (camera.width_px, camera.height_px)


def test_a_spread_is_drawn_from_evenly() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([draw(rng, ((0.0, 1.0), (5.0, 8.0))) for _ in range(2000)])
    assert ((drawn < 1.0) | ((drawn > 5.0) & (drawn < 8.0))).all()
    assert (drawn < 1.0).mean() == pytest.approx(0.25, abs=0.04)


def test_people_are_in_one_set_only() -> None:
    people = {f"person{number}": [Path(f"{number}.jpg")] for number in range(101)}
    tuning, measured = cast_of(people, "tuning"), cast_of(people, "measured")
    assert not set(tuning) & set(measured)
    assert cast_of(people, "slow") == measured
    assert set(tuning) | set(measured) == set(people)
    assert abs(len(tuning) - len(measured)) <= 1
    shipped = people_below(PORTRAITS)
    assert sorted(shipped) == ["astronaut", "biden", "grace_hopper", "obama"]
    assert len(shipped["obama"]) == 3


@pytest.mark.parametrize("ranges", [TUNING, MEASURED], ids=["tuning", "measured"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_draw_gives_the_same_frame(
    kind: str, ranges: object, astronaut: Portrait, president: Portrait
) -> None:
    assert ranges in (TUNING, MEASURED)

    def frame(seed: int) -> np.ndarray:  # type: ignore[type-arg]
        rng = np.random.default_rng(seed)
        by = Draw(TUNING if ranges is TUNING else MEASURED, rng, 2.0)
        return only(make_take(kind, Cast(astronaut, president), by), 0.7)

    first = frame(3)
    assert first.shape[1::-1] == (TUNING if ranges is TUNING else MEASURED).size_px
    assert (first == frame(3)).all()
    assert (first != frame(4)).any()


def test_who_stops_does_so_at_the_same_place_before_a_camera_with_more_pixels() -> None:
    small, large = Lens(640, 480, 500.0), Lens(960, 720, 750.0)
    near, far = (Draw(TUNING, np.random.default_rng(0), 2.0).stop_mm(lens, 63.0) for lens in (small, large))
    assert near == pytest.approx(far)
    least, most = TUNING.stop_eyes_px[0]
    assert 500.0 * 63.0 / most <= near <= 500.0 * 63.0 / least


def test_a_presentation_is_written_with_what_was_drawn_for_it(tmp_path: Path, fit: Fit) -> None:
    company = Company(PORTRAITS, "tuning", fit)
    told = write_take(tmp_path, "print", 7, company, TUNING, 0.3)
    assert told["folder"] == f"print/0007-{told['fps']}fps"
    assert len(list((tmp_path / told["folder"]).iterdir())) == told["frames"] >= 2
    assert json.loads(json.dumps(told))["print"]["bend"] == 0.0
    with pytest.raises(DataError, match="already there"):
        write_take(tmp_path, "print", 7, company, TUNING, 0.3)


def test_folders_that_hold_too_few_portraits_or_none_are_refused(tmp_path: Path, fit: Fit) -> None:
    with pytest.raises(DataError, match="no folder"):
        Company(tmp_path / "nowhere", "tuning", fit)
    with pytest.raises(DataError, match="0 people"):
        Company(tmp_path, "tuning", fit)
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="can be used"):
        Company(tmp_path, "tuning", fit).cast(np.random.default_rng(0))


def test_the_script_writes_a_set_and_says_what_is_wrong(tmp_path: Path) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts/render-liveness"), str(tmp_path / "set"), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    done = run("--count", "1", "--kinds", "print", "--seconds", "0.2", "--set", "measured")
    assert done.returncode == 0, done.stderr
    line = json.loads((tmp_path / "set" / "rendered.jsonl").read_text())
    assert (line["set"], line["kind"]) == ("measured", "print")
    assert len(list((tmp_path / "set" / line["folder"]).glob("*.jpg"))) == line["frames"]
    wrong = run("--portraits", str(tmp_path / "nowhere"))
    assert wrong.returncode == 2
    assert "is no folder" in wrong.stderr
