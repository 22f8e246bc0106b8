"""The rendered prompts on disk: found by everything that shapes them, and only when whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from voice_samples import ENGINE, fill, write_tone

from edge.errors import DataError, HardwareError
from edge.voice.cache import VoiceCache
from edge.voice.utterance import Utterance

HELLO = Utterance("en", "Hello there.")
BYE = Utterance("en", "Good bye.")


@pytest.fixture
def cache(tmp_path: Path) -> VoiceCache:
    return VoiceCache(tmp_path / "voice", 160, 0.1)


def test_nothing_is_found_before_anything_is_there(cache: VoiceCache) -> None:
    assert cache.find(HELLO) is None


def test_what_is_stored_is_found(cache: VoiceCache) -> None:
    fill(cache, HELLO)
    file = cache.find(HELLO)
    assert file is not None
    assert file == cache.find(HELLO, ENGINE)
    note = json.loads(file.with_suffix(".json").read_text())
    assert (note["text"], note["language"], note["renderer"]) == ("Hello there.", "en", ENGINE)
    assert not list(file.parent.glob(".tmp-*"))


def test_another_wording_language_rate_or_lead_in_is_another_file(cache: VoiceCache, tmp_path: Path) -> None:
    fill(cache, HELLO)
    assert cache.find(BYE) is None
    assert cache.find(Utterance("cmn", HELLO.text)) is None
    assert cache.find(replace(HELLO, slow=True)) is None
    assert VoiceCache(tmp_path / "voice", 161, 0.1).find(HELLO) is None
    assert VoiceCache(tmp_path / "voice", 160, 0.2).find(HELLO) is None


def test_another_engine_is_another_file_but_the_old_one_serves(cache: VoiceCache) -> None:
    fill(cache, HELLO)
    assert cache.find(HELLO, "fake-2") is None
    assert cache.find(HELLO) is not None


@pytest.mark.parametrize("part", ["wav", "json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped"])
def test_a_damaged_file_is_not_found(cache: VoiceCache, part: str, damage: str) -> None:
    fill(cache, HELLO)
    found = cache.find(HELLO)
    assert found is not None
    file = found.with_suffix(f".{part}")
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        middle = data.index(b"crc32") if part == "json" else len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        file.write_bytes({"empty": b"", "cut": data[:middle], "flipped": flipped}[damage])
    assert cache.find(HELLO) is None


def test_what_is_no_speech_is_not_stored(cache: VoiceCache) -> None:
    scratch = cache.scratch(HELLO)
    write_tone(scratch, 1.0, peak=100)
    with pytest.raises(DataError, match="silence"):
        cache.store(HELLO, scratch, ENGINE)
    assert cache.find(HELLO) is None


def test_pruning_leaves_what_is_needed_and_what_is_not_ours(cache: VoiceCache, tmp_path: Path) -> None:
    fill(cache, HELLO, BYE)
    fill(cache, HELLO, engine="fake-2")
    cache.scratch(BYE).write_bytes(b"left by a power cut")
    foreign = tmp_path / "voice" / "readme.txt"
    foreign.write_text("mine")
    assert cache.prune([HELLO], "fake-2") == 5
    assert cache.find(HELLO, "fake-2") is not None
    assert cache.find(HELLO, ENGINE) is None
    assert cache.find(BYE) is None
    assert sorted(file.suffix for file in foreign.parent.iterdir()) == [".json", ".txt", ".wav"]


def test_pruning_what_is_not_there(cache: VoiceCache, caplog: pytest.LogCaptureFixture) -> None:
    assert cache.prune([HELLO], ENGINE) == 0
    assert "cannot be deleted" in caplog.text


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HardwareError, match="cannot be made") as caught:
        VoiceCache(tmp_path / "file" / "voice", 160, 0.1).scratch(HELLO)
    assert caught.value.hint


def test_a_full_disk_while_storing(cache: VoiceCache, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = cache.scratch(HELLO)
    write_tone(scratch, 1.5)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(HardwareError, match="No space left"):
        cache.store(HELLO, scratch, ENGINE)
