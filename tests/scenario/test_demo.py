"""The demonstration is the main job, run whole: real networks, simulated hardware, a real broker that goes away."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.broker import MOSQUITTO, NO_MOSQUITTO

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed (apt install espeak-ng)")
def test_the_gate_is_demonstrated(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "edge", "demo", "gate", "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    story = json.loads(done.stdout)
    assert story["enrolled"] == 2
    seen = story["seen_by_the_subscriber"]
    whatever_the_pace = ("card", "pin", "pass")
    assert all(seen[f"granted by {way}"] for way in whatever_the_pace), seen
    assert all(seen[what] for what in ("exit", "duress", "fire alarm", "fire over", "held open")), seen
    # On a busy machine few pictures a second may leave a living face in doubt, but nobody else is ever let in by one.
    scenes = story["scenes"]
    assert scenes["pass pass.png"] == scenes["card"] == scenes["pin"] == "access.granted"
    others = {scene: what for scene, what in scenes.items() if scene.startswith(("print", "replay", "live astronaut"))}
    assert "access.granted" not in others.values()
    assert story["relay_on"] == story["relay_off"]
    assert set(whatever_the_pace) <= story["waiting_times"].keys()
    assert "Welcome home." in story["spoken"]
    assert any("Fire alarm" in text for text in story["spoken"])
    assert any("欢迎" in text for text in story["spoken"])
    received = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    # The stop's own events may be left for the next start.
    assert story["events_received"] == len(received) >= story["events_stored"] - story["events_waiting"]
    assert story["events_missing"] == 0
    assert [event["seq"] for event in received] == list(range(1, len(received) + 1))
    # Duress shows nowhere but in the event that the office gets.
    assert [event["priority"] for event in received if event["type"] == "alarm.duress"] == [0]
    with Image.open(out / "storyboard.png") as storyboard:
        assert storyboard.size[0] > 1000
    assert any(out.glob("spoken/*granted.wav"))
    told = done.stderr
    assert told.index("the broker is stopped") < told.index("the broker is back") < told.index("acknowledged")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed (apt install espeak-ng)")
def test_the_waste_station_is_demonstrated(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "edge", "demo", "bin", "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    story = json.loads(done.stdout)
    assert (story["drops"], story["missorted"], story["offhours"], story["fires"]) == (6, 1, 1, 1)
    assert "bin.full" in {level["type"] for level in story["levels"]}
    spoken = " ".join(story["spoken"])
    for words in ("recyclable waste", "Not quite", "We are closed", "Fire!", "可回收物"):
        assert words in spoken
    received = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    assert story["events_received"] == len(received) >= story["events_stored"] - story["events_waiting"]
    assert story["events_missing"] == 0
    assert [event["seq"] for event in received] == list(range(1, len(received) + 1))
    numbers = [event["data"]["drop"] for event in received if event["type"].startswith("waste.")]
    assert len(set(numbers)) == len(numbers) == 6
    with Image.open(out / "storyboard.png") as storyboard:
        assert storyboard.size[0] > 1000
    told = done.stderr
    assert told.index("the broker is stopped") < told.index("the broker is back") < told.index("acknowledged")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    command = [sys.executable, "-m", "edge", "demo", "gate", "--out", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert "holds something else" in json.loads(done.stdout)["error"]
    assert (tmp_path / "thesis.txt").exists()
