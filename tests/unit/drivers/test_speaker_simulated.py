"""The simulated speaker leaves what it played, and takes as long over it as a real one."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest

from edge.drivers.speaker.simulated import SimulatedSpeaker
from edge.errors import HardwareError


def wav(folder: Path, seconds: float, note: dict[str, object] | None = None) -> Path:
    file = folder / "source.wav"
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes(bytes(round(seconds * 8000) * 2))
    if note is not None:
        file.with_suffix(".json").write_text(json.dumps(note))
    return file


class Clock:
    now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "spoken.jsonl").read_text().splitlines()]


def test_it_plays_for_as_long_as_the_file_lasts(tmp_path: Path) -> None:
    clock = Clock()
    speaker = SimulatedSpeaker(tmp_path / "spoken", clock)
    speaker.open()
    assert not speaker.poll()
    speaker.start(wav(tmp_path, 1.5), "granted")
    clock.now_s += 1.4
    assert speaker.poll()
    clock.now_s += 0.2
    assert not speaker.poll()


def test_it_leaves_numbered_files_and_what_was_said(tmp_path: Path) -> None:
    speaker = SimulatedSpeaker(tmp_path / "spoken", Clock())
    speaker.open()
    source = wav(tmp_path, 0.5, {"text": "请关门。", "language": "cmn"})
    speaker.start(source, "door_held_warning")
    speaker.start(source, "granted")
    assert (tmp_path / "spoken" / "0002-granted.wav").read_bytes() == source.read_bytes()
    first = lines(tmp_path / "spoken")[0]
    assert first == {
        "phrase": "door_held_warning",
        "text": "请关门。",
        "language": "cmn",
        "file": "0001-door_held_warning.wav",
        "mono_s": 50.0,
        "duration_s": 0.5,
        "volume_percent": 100,
    }


def test_what_it_leaves_is_as_loud_as_it_would_be_heard(tmp_path: Path) -> None:
    speaker = SimulatedSpeaker(tmp_path / "spoken", Clock())
    speaker.open()
    source = tmp_path / "loud.wav"
    with wave.open(str(source), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes(b"\x00\x40" * 8000)
    speaker.start(source, "granted", 25)
    with wave.open(str(tmp_path / "spoken" / "0001-granted.wav")) as stream:
        assert stream.readframes(8000) == b"\x00\x10" * 8000
    assert lines(tmp_path / "spoken")[0]["volume_percent"] == 25


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        speaker = SimulatedSpeaker(tmp_path, Clock())
        speaker.open()
        speaker.start(wav(tmp_path, 0.1), "granted")
        speaker.close()
    assert sorted(file.name for file in tmp_path.glob("0*")) == ["0001-granted.wav", "0002-granted.wav"]
    assert len(lines(tmp_path)) == 2


@pytest.mark.parametrize("stop", ["stop", "close"])
def test_stopping_silences(tmp_path: Path, stop: str) -> None:
    speaker = SimulatedSpeaker(tmp_path, Clock())
    speaker.open()
    speaker.start(wav(tmp_path, 5.0), "granted")
    getattr(speaker, stop)()
    assert not speaker.poll()


def test_a_file_that_is_no_sound(tmp_path: Path) -> None:
    speaker = SimulatedSpeaker(tmp_path / "spoken", Clock())
    speaker.open()
    with pytest.raises(HardwareError, match="cannot be played"):
        speaker.start(tmp_path / "none.wav", "granted")
    assert not speaker.poll()


def test_a_note_that_is_damaged(tmp_path: Path) -> None:
    speaker = SimulatedSpeaker(tmp_path / "spoken", Clock())
    speaker.open()
    source = wav(tmp_path, 0.5)
    source.with_suffix(".json").write_text("{")
    with pytest.raises(HardwareError, match="cannot be played"):
        speaker.start(source, "granted")


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HardwareError, match="cannot be used") as caught:
        SimulatedSpeaker(tmp_path / "file").open()
    assert caught.value.hint
