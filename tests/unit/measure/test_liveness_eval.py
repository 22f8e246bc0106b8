"""`edge eval liveness`: the figures are ISO/IEC 30107-3's, and recordings of any kind are read or refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge import resources
from edge.__main__ import main
from edge.errors import DataError
from edge.events import Life
from edge.measure.attack_rates import Outcome, figures
from edge.measure.presentations import Presentation, presentations_in
from edge.measure.statistics import half_sum, wilson
from edge.rig.casting import Company
from edge.rig.portrait import open_fit
from edge.rig.ranges import TUNING
from edge.rig.writing import write_take
from edge.vision.liveness.judge import default_cues
from edge.vision.manifest import load_manifest


def outcome(kind: str, verdict: Life, at_s: float = 0.5, faces: int = 10, cue: float = 1.0) -> Outcome:
    cues = {one.name: cue for one in default_cues()} if faces else {}
    return Outcome(
        kind,
        faces,
        at_s if verdict is Life.LIVE else None,
        at_s if verdict is Life.SPOOF else None,
        verdict,
        cues,
    )


def test_the_figures_of_some_outcomes() -> None:
    told = figures(
        [
            *(outcome("live", Life.LIVE, at_s) for at_s in (0.3, 0.5, 0.7, 1.5)),
            outcome("live", Life.DOUBT),
            outcome("live", Life.SPOOF),
            outcome("live", Life.DOUBT, faces=0),
            *(outcome("print", Life.SPOOF, 0.4, cue=0.0) for _ in range(3)),
            outcome("print", Life.DOUBT),
            outcome("replay", Life.LIVE),
            *(outcome("replay", Life.DOUBT) for _ in range(3)),
            outcome("replay", Life.DOUBT, faces=0),
        ]
    )
    assert told["presentations"] == 16
    assert (told["apcer"]["print"]["share"], told["apcer"]["replay"]["share"]) == (0.0, 0.25)
    assert told["apcer"]["replay"]["n"] == 4  # who was not seen is told apart
    assert told["no_response"]["replay"]["share"] == 0.2
    assert told["no_response"]["live"]["share"] == round(1 / 7, 5)
    assert (told["apcer_max"], told["apcer_max_ci"]) == (0.25, [round(end, 5) for end in wilson(1, 4)])
    assert told["bpcer"] == round(2 / 6, 5)
    assert told["bpcer_spoof"]["share"] == round(1 / 6, 5)
    assert told["acer"] == pytest.approx((0.25 + 2 / 6) / 2, abs=1e-4)
    assert told["acer_ci"][0] < told["acer"] < told["acer_ci"][1]
    assert told["doubt"]["live"]["share"] == round(1 / 6, 5)
    assert told["doubt"]["print"]["share"] == 0.25
    assert told["decision"] == {"median_s": 1.5, "p95_s": None, "within_goal": 0.5}
    assert told["refusal"]["print"]["median_s"] == 0.4
    for cue in default_cues():
        row = told["cues"][cue.name]
        refuses = cue.fails >= 0.0  # not every cue speaks against life
        assert (row["live"]["passed"], row["print"]["failed"], row["print"]["n"]) == (1.0, 0.75 * refuses, 4)


def test_a_set_of_attacks_alone_or_of_the_living_alone_has_no_acer() -> None:
    attacks, living = figures([outcome("print", Life.LIVE)]), figures([outcome("live", Life.LIVE)])
    assert (attacks["apcer_max"], attacks["bpcer"], attacks["acer"]) == (1.0, None, None)
    assert (living["apcer_max"], living["bpcer"], living["acer"]) == (None, 0.0, None)


def test_the_interval_of_half_a_sum_is_narrower_than_that_of_its_parts_together() -> None:
    a, b = (0.1, *wilson(10, 100)), (0.2, *wilson(20, 100))
    low, high = half_sum(a, b)
    assert (a[1] + b[1]) / 2 < low < 0.15 < high < (a[2] + b[2]) / 2
    assert half_sum((0.0, 0.0, 0.0), (0.2, 0.1, 0.4)) == pytest.approx((0.05, 0.2))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody alive and a print of him who come into an empty view; and a video in which nobody is."""
    folder = tmp_path_factory.mktemp("rendered")
    company = Company(resources.demo_pictures(), "tuning", open_fit(load_manifest(*resources.manifests())))
    for kind in ("live", "print"):
        write_take(folder, kind, 3, company, TUNING, 1.5)
    (folder / "rendered.jsonl").write_text("{}\n")
    write_video(folder / "print" / "nobody.avi", [np.full((240, 320, 3), 90, np.uint8)] * 6, 12.0)
    return folder


def write_video(path: Path, frames: list[Any], fps: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = frames[0].shape[1], frames[0].shape[0]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    for frame in frames:
        writer.write(frame)
    writer.release()


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["eval", "liveness", *options, "--json"])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, result


def test_a_rendered_set_from_end_to_end(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "--images", str(rendered))
    assert code == 0
    assert (told["presentations"], told["limit_s"]) == (3, 2.0)
    assert (told["apcer"]["print"]["share"], told["apcer"]["print"]["n"]) == (0.0, 1)
    assert told["no_response"]["print"] == {"share": 0.5, "ci": told["no_response"]["print"]["ci"], "n": 2}
    assert told["no_response"]["live"]["share"] == 0.0
    assert told["bpcer"] in (0.0, 1.0)
    assert told["without_empty_view"] == 0
    assert told["cues"]["figure"]["live"]["n"] == 1
    assert told["cues"]["surroundings"] == {}
    assert told["ms_per_frame"] > 0.0
    assert told["mesh_invoke_ms"] > 0.0
    assert main(["eval", "liveness", "--images", str(rendered), "--limit", "0.3"]) == 0
    assert "apcer:" in capsys.readouterr().out


def test_a_recording_that_begins_with_the_face_is_judged_without_the_empty_view(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (whole,) = (rendered / "live").iterdir()
    cut = tmp_path / "live" / whole.name
    cut.mkdir(parents=True)
    for path in sorted(whole.iterdir())[-12:]:
        shutil.copyfile(path, cut / path.name)
    code, told = run(capsys, "--images", str(tmp_path))
    assert code == 0
    assert told["without_empty_view"] == 1
    assert told["cues"]["figure"] == {}
    assert told["cues"]["surroundings"]["live"]["n"] == 1


def test_videos_and_folders_are_timed_by_what_they_say_or_by_what_is_told(tmp_path: Path) -> None:
    frame = np.full((240, 320, 3), 90, np.uint8)
    write_video(tmp_path / "live" / "one.avi", [frame] * 5, 12.0)
    for name in ("two-20fps", "three"):
        (tmp_path / "live" / name).mkdir()
        for number in range(3):
            cv2.imwrite(str(tmp_path / "live" / name / f"{number}.png"), frame)
    (tmp_path / "live" / ".hidden").write_text("")
    times = {p.path.name: [at_s for at_s, _ in p.frames()] for p in presentations_in(tmp_path)}
    assert times["one.avi"] == pytest.approx([n / 12 for n in range(5)])
    assert times["two-20fps"] == pytest.approx([0.0, 0.05, 0.1])
    assert times["three"] == pytest.approx([0.0, 1 / 15, 2 / 15])
    told = {p.path.name: [at_s for at_s, _ in p.frames()] for p in presentations_in(tmp_path, fps=10.0)}
    assert told["one.avi"][1] == told["three"][1] == pytest.approx(0.1)


def test_a_frame_is_the_same_from_a_video_as_from_a_folder(tmp_path: Path) -> None:
    red = np.zeros((240, 320, 3), np.uint8)
    red[:, :, 2] = 200  # OpenCV writes blue first
    write_video(tmp_path / "live" / "red.avi", [red], 10.0)
    _, frame = next(presentations_in(tmp_path)[0].frames())
    assert frame[120, 160, 0] > 180
    assert frame[120, 160, 2] < 30


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "no presentations"),
        (lambda root: (root / "live").mkdir(), "no presentations"),
        (lambda root: (root / "live" / "empty").mkdir(parents=True), "holds no frames"),
        (
            lambda root: (root / "live" / "0-0fps").mkdir(parents=True) or put(root / "live" / "0-0fps" / "a.png"),
            "0 frames",
        ),
        (lambda root: put(root / "live" / "a.png"), "single picture"),
        (lambda root: put(root / "live" / "a.mp4", b"no video"), "no video"),
        (lambda root: put(root / "live" / "x" / "a.png", b"no picture"), "no picture"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Any, told: str
) -> None:
    make(tmp_path)
    code, result = run(capsys, "--images", str(tmp_path))
    assert code == 4
    assert told in result["error"]
    assert result["hint"]


def put(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("options", [("--fps", "0.2"), ("--fps", "nan"), ("--limit", "0"), ("--limit", "inf")])
def test_options_out_of_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str]) -> None:
    code, result = run(capsys, "--images", str(tmp_path), *options)
    assert code == 2
    assert options[0] in result["error"]


def test_a_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no presentations"):
        presentations_in(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no frames"):
        (tmp_path / "gone").mkdir()
        next(Presentation("live", tmp_path / "gone").frames())
