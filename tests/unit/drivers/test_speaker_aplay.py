"""The sound card: what would be heard is captured by ALSA itself, and every way a card can fail is bounded."""

from __future__ import annotations

import array
import math
import os
import shutil
import stat
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.drivers.speaker.aplay import AplaySpeaker
from edge.errors import ConfigError, HardwareError

needs_aplay = pytest.mark.skipif(shutil.which("aplay") is None, reason="aplay (alsa-utils) is not installed")


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    file = tmp_path / "tone.wav"
    samples = array.array("h", [int(20_000 * math.sin(n / 5)) for n in range(22_050)])
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, 22_050, 0, "NONE", ""))
        stream.writeframes(samples.tobytes())
    return file


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ALSA set-up whose device `Ear` records to a file what a card would have played."""
    captured, settings = tmp_path / "heard.raw", tmp_path / "asound.conf"
    settings.write_text(
        f'pcm.Ear {{ type file slave.pcm "nothing" file {captured} format raw }}\npcm.nothing {{ type null }}\n'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(settings))
    return captured


def program(folder: Path, script: str) -> str:
    """A stand-in for aplay, a shell script."""
    file = folder / "player"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


def play_out(speaker: AplaySpeaker) -> None:
    give_up = time.monotonic() + 20.0
    while speaker.poll():
        assert time.monotonic() < give_up
        os.sched_yield()


@needs_aplay
def test_what_is_played_is_heard(tone: Path, heard: Path) -> None:
    speaker = AplaySpeaker("Ear")
    speaker.open()
    speaker.start(tone, "granted")
    play_out(speaker)
    speaker.close()
    samples = array.array("h", heard.read_bytes())
    assert len(samples) >= 22_050
    assert max(samples) > 19_000
    assert sum(map(abs, samples[:22_050])) / 22_050 > 10_000, "not a moment of silence in it"


@needs_aplay
def test_softer_is_heard_softer(tone: Path, heard: Path) -> None:
    speaker = AplaySpeaker("Ear")
    speaker.start(tone, "granted", 25)
    play_out(speaker)
    samples = array.array("h", heard.read_bytes())
    assert 4_900 < max(samples) <= 5_000
    assert len(samples) >= 22_050


@needs_aplay
def test_opening_makes_no_sound(heard: Path) -> None:
    AplaySpeaker("Ear").open()
    assert not heard.exists() or not any(heard.read_bytes())


@needs_aplay
@pytest.mark.usefixtures("heard")
def test_a_card_that_is_not_there() -> None:
    with pytest.raises(HardwareError, match="plughw:CARD=Gone does not play") as caught:
        AplaySpeaker("plughw:CARD=Gone").open()
    assert "aplay -L" in caught.value.hint


@needs_aplay
@pytest.mark.usefixtures("heard")
def test_a_card_that_goes_away(tone: Path) -> None:
    speaker = AplaySpeaker("Gone")
    speaker.start(tone, "granted")
    with pytest.raises(HardwareError, match="Gone does not play"):
        play_out(speaker)
    assert not speaker.poll(), "told once"


def test_without_aplay_the_hint_says_what_to_install(tone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    speaker = AplaySpeaker("plughw:CARD=Device")
    for attempt in (speaker.open, lambda: speaker.start(tone, "granted")):
        with pytest.raises(HardwareError) as caught:
            attempt()
        assert caught.value.hint == "apt-get install alsa-utils"


@pytest.mark.parametrize(
    "card", ["", "hw:0", "plughw:1,0", "default:0", "hw:CARD=0,DEV=0", "plughw:CARD=1", "sysdefault:CARD=2,DEV=0"]
)
def test_cards_go_by_name(card: str) -> None:
    with pytest.raises(ConfigError, match="by name"):
        AplaySpeaker(card)


@pytest.mark.parametrize("card", ["default", "plughw:CARD=Device,DEV=0", "default:CARD=vc4hdmi0", "hw:CARD=2nd", "Ear"])
def test_names_of_cards(card: str) -> None:
    AplaySpeaker(card)


@pytest.mark.parametrize("ending", [lambda s, _: s.stop(), lambda s, _: s.close(), lambda s, tone: s.start(tone, "b")])
@pytest.mark.parametrize("script", ["exec tail -f /dev/null", "trap '' TERM; while :; do tail -f /dev/null; done"])
def test_cutting_off_ends_the_player(
    tone: Path, tmp_path: Path, script: str, ending: Callable[[AplaySpeaker, Path], None]
) -> None:
    pid = tmp_path / "pid"
    speaker = AplaySpeaker("Ear", program=program(tmp_path, f"echo $$ >> {pid}; {script}"))
    speaker.start(tone, "a")
    wait_for(lambda: pid.exists() and pid.read_text().endswith("\n"))
    first = int(pid.read_text().split()[0])
    assert speaker.poll()
    began = time.monotonic()
    ending(speaker, tone)
    assert time.monotonic() - began < 1.5
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    speaker.close()


def test_a_player_that_never_ends_is_given_up(tone: Path, tmp_path: Path) -> None:
    now_s = [0.0]
    speaker = AplaySpeaker("Ear", monotonic=lambda: now_s[0], program=program(tmp_path, "exec tail -f /dev/null"))
    speaker.start(tone, "a")
    now_s[0] = 3.9
    assert speaker.poll()
    now_s[0] = 4.1
    with pytest.raises(HardwareError, match="hangs"):
        speaker.poll()
    assert not speaker.poll()


def test_a_card_that_does_not_answer(tmp_path: Path) -> None:
    speaker = AplaySpeaker("Ear", program=program(tmp_path, "exec tail -f /dev/null"))
    began = time.monotonic()
    with pytest.raises(HardwareError, match="does not answer"):
        speaker.open()
    assert time.monotonic() - began < 5.0


def test_a_player_that_says_nothing_when_it_fails(tone: Path, tmp_path: Path) -> None:
    speaker = AplaySpeaker("Ear", program=program(tmp_path, "exit 7"))
    speaker.start(tone, "a")
    with pytest.raises(HardwareError, match="status 7"):
        play_out(speaker)


@pytest.mark.parametrize("junk", [b"", b"RIFF....WAVEnot at all"])
def test_a_file_that_is_no_sound_is_not_played(tmp_path: Path, junk: bytes) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(junk)
    speaker = AplaySpeaker("Ear", program=program(tmp_path, "exit 0"))
    with pytest.raises(HardwareError, match=r"a\.wav cannot be played"):
        speaker.start(file, "a")


def wait_for(done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20.0
    while not done():
        assert time.monotonic() < give_up
        os.sched_yield()
