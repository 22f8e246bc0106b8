"""Texts of the office's: refused when they cannot be spoken, said like a prompt otherwise, and not kept for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voice_samples import Faults, RecordingSpeaker, SetClock, child, fill, runs, spin

from edge.actions import Announce, Speak
from edge.errors import DataError
from edge.voice.announcement import ANNOUNCEMENT, MOST_ANNOUNCED, announced
from edge.voice.cache import VoiceCache
from edge.voice.phrases import load_book
from edge.voice.studio import UNPLANNED_KEPT
from edge.voice.utterance import Line, Utterance
from edge.voice.worker import LEAD_IN_S, RATE_WPM, VoiceWorker

WATER = {"en": "No water until noon.", "cmn": "中午之前停水。"}


class Hall:
    """A voice whose prompts are all rendered, stepped by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book = load_book(["cmn", "en"])
        self.speaker, self.faults, self.clock = RecordingSpeaker(), Faults(), SetClock()
        self.cache = VoiceCache(folder / "cache", RATE_WPM, LEAD_IN_S)
        fill(self.cache, *self.book.everything())
        self.worker = VoiceWorker(
            self.speaker,
            self.book,
            folder / "cache",
            on_fault=self.faults.fault,
            on_recovered=self.faults.recovered,
            monotonic=self.clock,
            command=child(folder, "good"),
        )
        self.worker.start()
        spin(lambda: self.worker.counters().unrendered == 0, self.turn)  # the engine has proved itself

    def turn(self) -> None:
        self.worker.wake()
        self.worker.step()

    def hear(self, times: int) -> None:
        for _ in range(times):
            spin(lambda: self.speaker.playing, self.turn)
            self.speaker.playing = False
        self.turn()

    def kept(self, text: str) -> bool:
        return any(self.cache.find(Utterance(language, text)) for language in ("cmn", "en"))

    @property
    def heard(self) -> list[str]:
        return [line for line in self.speaker.log if line not in ("open", "close")]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.worker.stop()


def test_it_is_said_in_the_devices_languages_in_their_order(hall: Hall) -> None:
    assert hall.worker.announce(Announce(WATER))
    hall.hear(2)
    assert hall.heard == [ANNOUNCEMENT] * 2
    assert [file.name.partition("-")[0] for file in hall.speaker.files] == ["cmn", "en"]
    assert [run["text"] for run in runs(hall.folder)][-2:] == [WATER["cmn"], WATER["en"]]
    assert hall.worker.counters().spoken == 1


def test_repeated_it_is_not_rendered_again(hall: Hall) -> None:
    for _ in range(2):
        hall.worker.announce(Announce(WATER))
        hall.hear(2)
        hall.clock.now_s += 60.0
    assert [run["text"] for run in runs(hall.folder)].count(WATER["en"]) == 1


def test_only_the_last_few_are_kept(hall: Hall) -> None:
    texts = [f"Number {number}." for number in range(UNPLANNED_KEPT + 2)]
    for text in texts:
        hall.worker.announce(Announce({"en": text}))
        hall.hear(1)
    assert [hall.kept(text) for text in texts] == [False] * 2 + [True] * UNPLANNED_KEPT
    assert all(hall.cache.find(said) for said in hall.book.everything())


def test_a_greeting_cuts_it_off_but_not_an_urgent_one(hall: Hall) -> None:
    hall.worker.announce(Announce({"en": "Good morning."}))
    spin(lambda: hall.speaker.playing, hall.turn)
    hall.worker.say(Speak("granted"))
    hall.turn()
    assert hall.heard == [ANNOUNCEMENT, "cut", "granted"]
    hall.hear(2)
    hall.worker.announce(Announce({"en": "Leave the building."}, urgent=True))
    spin(lambda: hall.speaker.playing, hall.turn)
    hall.worker.say(Speak("granted"))
    hall.turn()
    assert hall.heard[3:] == ["granted", ANNOUNCEMENT]


def test_two_different_ones_are_two_and_the_same_twice_is_one(hall: Hall) -> None:
    hall.worker.announce(Announce({"en": "Fire."}, urgent=True))
    hall.worker.announce(Announce({"en": "Leave the building."}, urgent=True))
    hall.worker.announce(Announce({"en": "Leave the building."}, urgent=True))
    hall.hear(2)
    assert hall.worker.counters().merged == 1
    assert hall.worker.counters().spoken == 2


def test_a_text_that_the_engine_refuses_is_no_fault_of_the_device(hall: Hall) -> None:
    child(hall.folder, "silence")  # the cache refuses a file without speech
    hall.worker.announce(Announce({"en": "Hm."}))
    spin(lambda: hall.worker.counters().failed == 1, hall.turn)
    assert hall.faults.seen == []
    assert len([run for run in runs(hall.folder) if run["text"] == "Hm."]) == 1


def test_a_broken_engine_is_a_fault_that_ends_with_it(hall: Hall) -> None:
    child(hall.folder, "crash")
    hall.worker.announce(Announce({"en": "Good morning."}))
    spin(lambda: hall.worker.counters().failed == 1, hall.turn)
    assert hall.faults.kinds == [("fault", "voice")]
    child(hall.folder, "good")
    hall.clock.now_s += 120.0
    spin(lambda: len(hall.faults.seen) == 2, hall.turn)
    assert hall.faults.seen[1] == ("recovered", "voice")


def test_what_cannot_be_spoken_is_refused(hall: Hall, caplog: pytest.LogCaptureFixture) -> None:
    assert not hall.worker.announce(Announce({"en": "line\nbreak"}))
    assert "line break" in caplog.text
    assert "line\nbreak" not in caplog.text
    hall.turn()
    assert hall.heard == []


def test_a_language_that_the_device_does_not_speak_is_better_than_nothing() -> None:
    assert announced({"en": " Hello "}, ["cmn"]) == (Line((Utterance("en", "Hello"),)),)
    assert announced(WATER, ["en"]) == (Line((Utterance("en", WATER["en"]),)),)


@pytest.mark.parametrize(
    ("texts", "languages", "why"),
    [
        ({}, ["en"], "no text"),
        ({"fr": "Bonjour"}, ["en"], "no voice for the language 'fr'"),
        ({"en": "Hello"}, [], "has no voice"),
        ({"en": "…!"}, ["en"], "nothing in it"),
        ({"en": "a" * (MOST_ANNOUNCED + 1)}, ["en"], f"at most {MOST_ANNOUNCED}"),
        ({"en": 7}, ["en"], "is no text"),
    ],
)
def test_the_reason_is_said(texts: dict[str, str], languages: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        announced(texts, languages)


@given(st.dictionaries(st.sampled_from(["en", "cmn", "fr", ""]), st.text(max_size=2 * MOST_ANNOUNCED)))
def test_whatever_is_accepted_is_short_and_printable(texts: dict[str, str]) -> None:
    try:
        said = [line.wordings[0] for line in announced(texts, ["cmn", "en"])]
    except DataError:
        return
    assert said
    assert all(0 < len(one.text) <= MOST_ANNOUNCED and one.text.isprintable() for one in said)
