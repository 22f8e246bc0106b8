"""A voice worker that is stepped by hand."""

from __future__ import annotations

import json
from pathlib import Path

from voice_samples import Faults, RecordingSpeaker, SetClock, child, fill

from edge.actions import Speak
from edge.voice.book import PhraseBook
from edge.voice.cache import VoiceCache
from edge.voice.loudness import Loudness
from edge.voice.phrases import load_book
from edge.voice.utterance import Utterance
from edge.voice.worker import LEAD_IN_S, RATE_WPM, VoiceWorker


def first_wordings(book: PhraseBook, phrase: str) -> list[Utterance]:
    return [line.wordings[0] for line in book.lines(Speak(phrase))]


class Booth:
    """A voice worker that is stepped by hand, its cache full unless told otherwise."""

    def __init__(
        self,
        folder: Path,
        languages: list[str],
        mode: str = "good",
        *,
        filled: bool = True,
        book: PhraseBook | None = None,
        loudness: Loudness | None = None,
    ) -> None:
        self.folder = folder
        self.book = book or load_book(languages)
        self.clock = SetClock()
        self.speaker = RecordingSpeaker()
        self.faults = Faults()
        self.cache = VoiceCache(folder / "cache", RATE_WPM, LEAD_IN_S)
        if filled:
            fill(self.cache, *self.book.everything())
        self.worker = VoiceWorker(
            self.speaker,
            self.book,
            folder / "cache",
            on_fault=self.faults.fault,
            on_recovered=self.faults.recovered,
            loudness=loudness,
            monotonic=self.clock,
            command=child(folder, mode),
        )

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.worker.wake()
            self.worker.step()

    def hear_out(self) -> None:
        """The prompt that is playing ends."""
        assert self.speaker.playing
        self.speaker.playing = False
        self.turn()

    @property
    def heard(self) -> list[str]:
        return [line for line in self.speaker.log if line not in ("open", "close")]

    @property
    def spoken_in(self) -> list[str]:
        return [file.name.partition("-")[0] for file in self.speaker.files]

    def texts(self) -> list[str]:
        """The texts that were played, from the notes beside their files."""
        return [json.loads(file.with_suffix(".json").read_text())["text"] for file in self.speaker.files]
