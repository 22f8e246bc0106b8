"""The real engine in the real child: pyttsx3 on espeak-ng as installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from voice_samples import finished

from edge.actions import Speak
from edge.errors import HardwareError
from edge.voice import wav
from edge.voice.cache import VoiceCache
from edge.voice.phrases import load_book
from edge.voice.renderer import COMMAND, Renderer
from edge.voice.utterance import Utterance

LIMIT_S = 30.0


def _engine_is_there() -> bool:
    probe = "import ctypes; ctypes.CDLL('libespeak-ng.so.1')"
    return subprocess.run((sys.executable, "-c", probe), capture_output=True, check=False).returncode == 0


needs_engine = pytest.mark.skipif(not _engine_is_there(), reason="espeak-ng's library is not installed")


def first_sound_s(sound: wav.Sound) -> float:
    return next(number for number, sample in enumerate(sound.samples) if abs(sample) > 300) / sound.rate


@needs_engine
@pytest.mark.parametrize(
    ("language", "key"), [("en", "refused_unknown"), ("cmn", "refused_unknown"), ("cmn", "granted")]
)
def test_a_prompt_is_rendered_whole(tmp_path: Path, language: str, key: str) -> None:
    said = load_book([language]).lines(Speak(key))[0].wordings[0]
    cache = VoiceCache(tmp_path, 160, 0.1)
    renderer = Renderer(160, 0.1)
    job = renderer.begin(said, cache.scratch(said), time.monotonic(), LIMIT_S, background=False)
    made_by = finished(job)
    file = cache.store(said, job.out, made_by)
    assert made_by.startswith("espeak-ng-")
    sound = wav.read(file)
    assert first_sound_s(sound) == pytest.approx(0.1, abs=0.02)
    assert sound.peak == pytest.approx(32_000, abs=1), "levelled"
    assert sound.duration_s > len(said.text) * (0.045 if language == "en" else 0.18)


@needs_engine
def test_the_rate_is_heard(tmp_path: Path) -> None:
    said = Utterance("en", "Please wait a few minutes.")
    lengths = []
    for rate in (120, 240):
        out = tmp_path / f"{rate}.wav"
        finished(Renderer(rate, 0.1).begin(said, out, time.monotonic(), LIMIT_S, background=True))
        lengths.append(wav.read(out).duration_s)
    assert lengths[0] > 1.4 * lengths[1]


@needs_engine
def test_a_file_that_cannot_be_written_does_not_hang(tmp_path: Path) -> None:
    job = Renderer(160, 0.1).begin(
        Utterance("en", "Hello there."), tmp_path / "none" / "a.wav", time.monotonic(), LIMIT_S, background=False
    )
    with pytest.raises(HardwareError, match="cannot be written"):
        finished(job)


def test_without_the_engine_the_hint_says_what_to_install(tmp_path: Path) -> None:
    # What ctypes meets on a machine without it, said by a stand-in that Python loads first.
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\n"
        "class Missing(ctypes.CDLL):\n"
        "    def __init__(self, name, *rest, **more):\n"
        "        if name and 'espeak' in name:\n"
        "            raise OSError(name + ': cannot open shared object file')\n"
        "        super().__init__(name, *rest, **more)\n"
        "ctypes.CDLL = Missing\n"
    )
    request = {"language": "en", "text": "Hi.", "rate_wpm": 160, "lead_in_s": 0.1, "out": str(tmp_path / "a.wav")}
    done = subprocess.run(
        COMMAND,
        input=json.dumps(request | {"limit_s": 20, "background": False}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["error"] == "the speech engine espeak-ng is not installed"
    assert answer["hint"] == "apt-get install espeak-ng"
    assert answer["hardware"] is True
    assert done.returncode == 1


def test_a_child_ends_itself_when_nobody_else_does(tmp_path: Path) -> None:
    request = {"language": "en", "text": "Hi.", "rate_wpm": 160, "lead_in_s": 0.1, "out": str(tmp_path / "a.wav")}
    done = subprocess.run(
        COMMAND,
        input=json.dumps(request | {"limit_s": 0.000_001, "background": False}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode < 0


def test_the_daemon_loads_neither_engine_nor_pinyin() -> None:
    code = "import edge.voice.worker, sys; print(*(set(sys.modules) & {'pyttsx3', 'pypinyin', 'numpy'}))"
    done = subprocess.run(
        (sys.executable, "-c", code),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == ""
