"""Louder and softer by the samples, and only by them."""

from __future__ import annotations

import array
import io
import wave
from pathlib import Path

import pytest

from edge.drivers.speaker.volume import at_volume
from edge.errors import HardwareError

SAMPLES = [0, 1, -1, 100, -100, 32767, -32768]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.wav"
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes(array.array("h", SAMPLES).tobytes())
    return file


def samples(data: bytes) -> list[int]:
    with wave.open(io.BytesIO(data)) as stream:
        assert stream.getparams()[:3] == (1, 2, 8000)
        return list(array.array("h", stream.readframes(stream.getnframes())))


def test_at_its_full_volume_it_is_the_file_itself(file: Path) -> None:
    assert at_volume(file, 100) == file.read_bytes()


@pytest.mark.parametrize("percent", [0, 1, 25, 60, 99])
def test_every_sample_is_scaled(file: Path, percent: int) -> None:
    for before, after in zip(SAMPLES, samples(at_volume(file, percent)), strict=True):
        assert after == pytest.approx(before * percent / 100, abs=1.0)


@pytest.mark.parametrize("content", [None, b"", b"RIFF and nothing like it"])
def test_what_is_no_sound(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.wav"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(HardwareError, match=r"a\.wav cannot be played") as caught:
        at_volume(file, 50)
    assert caught.value.hint


def test_sound_of_another_form(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as stream:
        stream.setparams((1, 1, 8000, 0, "NONE", ""))
        stream.writeframes(bytes(100))
    with pytest.raises(HardwareError, match="8-bit sound"):
        at_volume(tmp_path / "a.wav", 50)
