"""Presentations that answer, before the gate's own eyes and decisions; and what is counted of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import resources
from edge.config.schema import Face as FaceSettings
from edge.errors import DataError
from edge.events import Gesture
from edge.measure.entrance import Entrance, Entry, enrol, figures
from edge.rig.casting import Company
from edge.rig.drawn import Cast
from edge.rig.entrants import make_entrant
from edge.rig.portrait import open_fit
from edge.rig.ranges import TUNING
from edge.vision.manifest import load_manifest
from edge.vision.recognition import Recognition

ROOT = Path(__file__).resolve().parents[3]
SPOKEN = dict.fromkeys(Gesture, (1.5,))


def test_figures_tell_who_came_in_at_once_after_gestures_and_not_at_all() -> None:
    told = figures(
        [
            Entry("live", 0, 9, True, 0.4),
            Entry("live", 0, 9, True, 0.6),
            Entry("live", 1, 9, True, 8.0, [(1.0, "blink"), (4.0, "turn_left")]),
            Entry("live", 0, 9, True, None, [(1.0, "blink")], [], [(11.0, "challenge"), (22.0, "challenge")]),
            Entry("live"),
            Entry("print", 0, 9, False),
        ]
    )
    live = told["live"]
    assert (live["presentations"], live["without_face"]) == (5, 1)
    counts = [live[what]["n"] for what in ("at_once", "after_being_asked", "accepted", "not_accepted", "asked")]
    assert counts == [2, 1, 3, 1, 2]
    assert live["at_once"]["share"] == 0.5
    assert live["at_once"]["ci"][0] < 0.5 < live["at_once"]["ci"][1]
    assert live["grant_at_once_s"]["q100"] == 0.6
    assert live["grant_after_being_asked_s"]["q50"] == 8.0
    assert live["refusals"] == {"challenge": 2}
    assert (told["print"]["accepted"]["n"], told["print"]["never_recognised"]["n"]) == (0, 1)
    assert told["print"]["grant_s"] is None


@pytest.fixture(scope="module")
def gate() -> tuple[Recognition, Company]:
    manifest = load_manifest(*resources.manifests())
    return Recognition(manifest, FaceSettings()), Company(resources.demo_pictures(), "tuning", open_fit(manifest))


def show(gate: tuple[Recognition, Company], kind: str, seed: int) -> Entry:
    recognition, company = gate
    rng = np.random.default_rng(seed)
    cast: Cast = company.cast(rng)
    enrol(recognition, recognition.open(), company.pictures_of(cast.shown.name), rng)
    entrant = make_entrant(kind, cast, TUNING, rng, 16.0)
    return Entrance(recognition, entrant, kind, rng, spoken=SPOKEN, tries=1).run(10.0)


def test_a_still_picture_is_recognised_and_asked_and_let_nowhere(gate: tuple[Recognition, Company]) -> None:
    entry = show(gate, "screen", 3)
    assert entry.known
    assert entry.granted_s is None
    assert entry.asked
    assert [why for _, why in entry.refusals][-1] == "challenge"


def test_who_is_shown_alive_comes_in(gate: tuple[Recognition, Company]) -> None:
    entry = show(gate, "live", 1)
    assert entry.granted_s is not None
    assert entry.faces > 2


def test_a_picture_without_a_face_enrols_nobody(gate: tuple[Recognition, Company], tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((240, 320, 3), 90, np.uint8))
    recognition, _ = gate
    with pytest.raises(DataError, match="shows no face"):
        enrol(recognition, recognition.open(), [blank], np.random.default_rng(0))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed: it says what takes how long")
def test_the_script_prints_figures_and_keeps_a_line_for_each(tmp_path: Path) -> None:
    out = tmp_path / "entries.jsonl"
    command = [sys.executable, str(ROOT / "scripts" / "measure-entrance"), str(out), "--kinds", "live", "--count", "1"]
    done = subprocess.run([*command, "--first", "1"], capture_output=True, text=True, timeout=180, check=True)
    (line,) = out.read_text().splitlines()
    assert json.loads(line)["kind"] == "live"
    assert json.loads(done.stdout)["live"]["presentations"] == 1
