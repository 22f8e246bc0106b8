"""Sound files: what is no speech is refused, and the silences come out to measure."""

from __future__ import annotations

import array
import wave
from pathlib import Path

import pytest
from voice_samples import write_tone

from edge.errors import DataError
from edge.voice import wav


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 1.0)
    sound = wav.read(tmp_path / "a.wav")
    assert sound.duration_s == pytest.approx(1.0)
    assert 19_000 < sound.peak <= 20_000


@pytest.mark.parametrize("length", [0, 10, 44, 1001, 15_000])
def test_a_torn_file_is_refused(tmp_path: Path, length: int) -> None:
    file = tmp_path / "a.wav"
    write_tone(file, 1.0)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(DataError):
        wav.read(file)


@pytest.mark.parametrize("junk", [b"RIFF....WAVEnot at all", b"\x00" * 5000, b"ID3\x04mp3"])
def test_junk_is_refused(tmp_path: Path, junk: bytes) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(junk)
    with pytest.raises(DataError, match="no readable WAV"):
        wav.read(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        wav.read(tmp_path / "none.wav")


def test_stereo_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as stream:
        stream.setparams((2, 2, 8000, 0, "NONE", ""))
        stream.writeframes(bytes(8000))
    with pytest.raises(DataError, match="16-bit mono"):
        wav.read(tmp_path / "a.wav")


def test_silence_is_no_speech() -> None:
    with pytest.raises(DataError, match="silence"):
        wav.check_speech(wav.Sound(array.array("h", [5] * 8000), 8000), "Hello there.")


@pytest.mark.parametrize(("seconds", "text"), [(0.1, "Hi."), (1.0, "long " * 20), (6.0, "Hi.")])
def test_a_length_that_cannot_be(seconds: float, text: str) -> None:
    with pytest.raises(DataError, match=r"rendered \d"):
        wav.check_speech(wav.Sound(array.array("h", [9000] * round(seconds * 8000)), 8000), text)


@pytest.mark.parametrize("silent_s", [0.0, 0.04, 0.5])
def test_the_first_sound_comes_after_the_lead_in_whatever_was_before(silent_s: float) -> None:
    rate = 8000
    quiet, loud = [10] * round(silent_s * rate), [12_000] * rate
    sound = wav.trimmed(wav.Sound(array.array("h", quiet + loud + [0] * rate), rate), 0.1)
    first = next(number for number, sample in enumerate(sound.samples) if abs(sample) > 300)
    assert first / rate == pytest.approx(0.1, abs=0.006)
    assert sound.duration_s == pytest.approx(0.1 + 1.0 + 0.15, abs=0.006)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    sound = wav.Sound(array.array("h", [1, -2, 300, -32768, 32767]), 8000)
    wav.write(tmp_path / "a.wav", sound)
    again = wav.read(tmp_path / "a.wav")
    assert again.samples == sound.samples
    assert again.peak == 32768


def test_silence_is_not_trimmed_to_nothing() -> None:
    sound = wav.Sound(array.array("h", [0] * 100), 8000)
    assert wav.trimmed(sound, 0.1) == sound


@pytest.mark.parametrize("peak", [1000, 9000, 32_767])
def test_every_prompt_is_as_loud_as_the_others(peak: int) -> None:
    sound = wav.levelled(wav.Sound(array.array("h", [0, peak, -peak // 2]), 8000))
    assert sound.peak == pytest.approx(32_000, abs=1)
    assert sound.samples[2] == pytest.approx(-16_000, abs=20)
