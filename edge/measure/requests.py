"""How long a gate takes to ask for a gesture: its own texts, rendered as a device renders them, and their lengths."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from edge.actions import Speak
from edge.drivers.speaker.length import duration_s
from edge.events import Gesture
from edge.voice.phrases import load_book
from edge.voice.renderer import Renderer
from edge.voice.studio import BACKGROUND_LIMIT_S
from edge.voice.utterance import Utterance
from edge.voice.worker import LEAD_IN_S, RATE_WPM

Spoken = dict[Gesture, tuple[float, ...]]
"""Seconds that it takes to ask for each gesture, in each language, in the order in which they are spoken."""

_LOOK_S = 0.02


def spoken(languages: Sequence[str]) -> Spoken:
    """The shipped requests, at the shipped rate. Raises ConfigError for a language that has no voice, HardwareError
    where the speech engine is missing.
    """
    book, renderer = load_book(languages), Renderer(RATE_WPM, LEAD_IN_S)
    with tempfile.TemporaryDirectory() as folder:
        return {
            gesture: tuple(
                _length_s(renderer, line.wordings[0], Path(folder) / "request.wav")
                for line in book.lines(Speak(f"do_{gesture}"))
            )
            for gesture in Gesture
        }


def _length_s(renderer: Renderer, said: Utterance, file: Path) -> float:
    job = renderer.begin(said, file, time.monotonic(), BACKGROUND_LIMIT_S, background=False)
    while job.poll(time.monotonic()) is None:
        time.sleep(_LOOK_S)
    return duration_s(file)
