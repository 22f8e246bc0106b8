"""The voice at a waste station: at once, in turn, slowly for who asks, in short rather than not at all, fire first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from booth import Booth
from voice_samples import child, fill, runs, spin

from edge.actions import DayTime, Speak, Term
from edge.clock import Now
from edge.schedules import parse_interval
from edge.voice.catalogue import CATEGORIES, STATION, finite
from edge.voice.counters import LATENCY_LIMIT_MS
from edge.voice.loudness import Loudness
from edge.voice.pending import STALE_S
from edge.voice.phrases import load_book
from edge.voice.takes import PATIENCE_S
from edge.voice.utterance import Utterance
from edge.voice.worker import REPEAT_S

KITCHEN = Speak("sort_into", values={"category": Term("kitchen")})
SLOWLY = Speak("sort_into", values={"category": Term("kitchen")}, loud=True)
CLOSED = Speak("closed_until", values={"time": DayTime(420, 0)})
WHOLE = "We are closed now. We open again on Monday at seven in the morning."
SHORT = "We are closed now. Please come back later."


def station(folder: Path, languages: list[str], mode: str = "good", *, filled: bool = True) -> Booth:
    book = load_book(languages, roles=("bin",))
    return Booth(folder, languages, mode, filled=filled, book=book)


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    booth = station(tmp_path, ["en"])
    booth.worker.start()
    spin(lambda: booth.worker.counters().unrendered == 0, booth.turn)
    yield booth
    booth.worker.stop()


def test_whatever_is_sorted_the_voice_begins_with_the_decision(tmp_path: Path) -> None:
    booth = station(tmp_path, ["cmn", "en"])
    booth.worker.start()
    spin(lambda: booth.worker.counters().unrendered == 0, booth.turn)
    asked = 0
    for phrase, variables in STATION.items():
        for chosen in itertools.permutations(CATEGORIES, len(variables)) if finite(variables) else ():
            for loud in (False, True):
                values = dict(zip(variables, map(Term, chosen), strict=True))
                assert booth.worker.say(Speak(phrase, values=values, loud=loud))
                booth.turn()
                asked += 1
                for _ in booth.book.languages:
                    booth.hear_out()
    counters = booth.worker.counters()
    assert counters.spoken == asked
    assert counters.worst_latency_ms == 0.0 < LATENCY_LIMIT_MS, "nothing was waited for: no time has passed"
    assert len(runs(tmp_path)) == 1, "nothing but the proof of the engine was rendered"


def test_wordings_take_turns(booth: Booth) -> None:
    for _ in range(4):
        booth.worker.say(KITCHEN)
        booth.turn()
        booth.hear_out()
        booth.clock.now_s += 60.0
    first, second, third, fourth = booth.texts()
    assert len({first, second, third}) == 3
    assert fourth == first


def test_a_wording_that_is_there_is_said_before_one_whose_turn_it_is(tmp_path: Path) -> None:
    booth = station(tmp_path, ["en"], "hang", filled=False)
    fill(booth.cache, booth.book.lines(KITCHEN)[0].wordings[2])
    booth.worker.start()
    booth.worker.say(KITCHEN)
    booth.turn()
    assert booth.texts() == ["Kitchen waste, please."]
    booth.worker.stop()


def test_loud_is_slow_and_at_full_volume(booth: Booth) -> None:
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.hear_out()
    booth.worker.say(SLOWLY)
    booth.turn()
    assert booth.speaker.files[1] == booth.cache.find(Utterance("en", booth.texts()[1], slow=True))
    assert booth.speaker.volumes == [60, 100]


def test_loud_at_the_usual_speed_is_better_than_late(tmp_path: Path) -> None:
    booth = station(tmp_path, ["en"], "hang", filled=False)
    fill(booth.cache, *booth.book.lines(KITCHEN)[0].wordings)
    booth.worker.start()
    booth.worker.say(SLOWLY)
    booth.turn()
    assert booth.speaker.files[0] == booth.cache.find(Utterance("en", "This is kitchen waste."))
    assert booth.speaker.volumes == [100]
    booth.worker.stop()


# --- what cannot be rendered ahead


def test_a_time_is_rendered_when_it_is_asked_for_and_kept(booth: Booth) -> None:
    booth.worker.say(CLOSED)
    spin(lambda: booth.speaker.playing, booth.turn)
    booth.hear_out()
    booth.clock.now_s += 60.0
    booth.worker.say(CLOSED)
    booth.turn()
    assert booth.texts() == [WHOLE, WHOLE]
    assert [request["text"] for request in runs(booth.folder)].count(WHOLE) == 1
    assert booth.worker.counters().shortened == 0


def test_while_it_is_being_rendered_the_short_form_is_said_and_the_whole_after_it(booth: Booth) -> None:
    child(booth.folder, "hang")
    booth.worker.say(CLOSED)
    booth.turn()
    booth.clock.now_s += 0.9 * PATIENCE_S
    booth.turn()
    assert booth.heard == []
    booth.clock.now_s += 0.1 * PATIENCE_S
    booth.turn()
    assert booth.texts() == [SHORT]
    fill(booth.cache, Utterance("en", WHOLE))
    booth.hear_out()
    assert booth.texts() == [SHORT, WHOLE]
    booth.hear_out()
    counters = booth.worker.counters()
    assert (counters.spoken, counters.shortened, counters.failed) == (1, 1, 0)
    assert counters.worst_latency_ms == pytest.approx(1000 * PATIENCE_S)


def test_the_whole_is_not_said_to_nobody(booth: Booth) -> None:
    child(booth.folder, "hang")
    booth.worker.say(CLOSED)
    booth.turn()
    booth.clock.now_s += PATIENCE_S
    booth.turn()
    booth.hear_out()
    booth.clock.now_s += STALE_S
    booth.turn()
    fill(booth.cache, Utterance("en", WHOLE))
    booth.turn(3)
    assert booth.texts() == [SHORT]
    assert booth.worker.counters().spoken == 1


def test_a_newer_prompt_does_not_wait_for_the_whole(booth: Booth) -> None:
    child(booth.folder, "hang")
    booth.worker.say(CLOSED)
    booth.turn()
    booth.clock.now_s += PATIENCE_S
    booth.turn()
    booth.hear_out()
    booth.worker.say(KITCHEN)
    booth.turn()
    assert booth.texts() == [SHORT, "This is kitchen waste."]


def test_a_broken_engine_leaves_the_short_form(booth: Booth) -> None:
    child(booth.folder, "crash")
    booth.worker.say(CLOSED)
    spin(lambda: booth.speaker.playing, booth.turn)
    assert booth.texts() == [SHORT]
    booth.hear_out()
    assert booth.worker.counters().spoken == booth.worker.counters().shortened == 1
    assert booth.faults.kinds == [("fault", "voice")]


def test_the_second_language_is_rendered_while_the_first_is_heard(tmp_path: Path) -> None:
    booth = station(tmp_path, ["cmn", "en"])
    booth.worker.start()
    spin(lambda: booth.worker.counters().unrendered == 0, booth.turn)
    booth.worker.say(CLOSED)
    spin(lambda: booth.speaker.playing, booth.turn)
    spin(lambda: booth.cache.find(Utterance("en", WHOLE)) is not None, booth.turn)
    assert booth.speaker.playing, "the first is still being said"
    booth.hear_out()
    assert booth.texts() == ["现在不开放，星期一早上七点再来吧。", WHOLE]
    booth.worker.stop()


def test_tomorrow_is_called_so_where_the_clock_is_trusted(tmp_path: Path) -> None:
    sunday_noon = Now(0.0, 1_795_953_600_000_000)  # 2026-11-29 12:00 UTC
    book = load_book(["en"], roles=("bin",), ahead=(CLOSED,))
    for trusted, wanted in ((True, "tomorrow"), (False, "on Monday")):
        now = Now(sunday_noon.mono_s, sunday_noon.wall_us, trusted=trusted)
        booth = Booth(tmp_path, ["en"], book=book, loudness=Loudness(clock=lambda now=now: now))  # type: ignore[misc]
        booth.worker.start()
        booth.worker.say(CLOSED)
        booth.turn()
        assert booth.texts() == [f"We are closed now. We open again {wanted} at seven in the morning."]
        booth.worker.stop()


def test_values_that_do_not_fit_are_refused_and_logged(booth: Booth, caplog: pytest.LogCaptureFixture) -> None:
    assert not booth.worker.say(Speak("sort_into", values={"category": Term("lunar")}))
    assert not booth.worker.say(Speak("sort_into"))
    assert "no term 'lunar'" in caplog.text
    booth.turn()
    assert booth.heard == []


def test_a_name_that_cannot_be_read_leaves_the_short_form(booth: Booth) -> None:
    assert booth.worker.say(Speak("bin_full_other", values={"station": "北门", "walk_m": 100}))
    booth.turn()
    assert booth.texts() == ["This bin is full."]


# --- what goes first


def test_a_fire_cuts_off_another_alarm_which_is_heard_after_it(booth: Booth) -> None:
    booth.worker.say(Speak("fire_closed", urgent=True))
    booth.turn()
    booth.worker.say(Speak("lid_blocked", urgent=True))
    booth.worker.say(Speak("fire_warning", urgent=True))
    booth.turn()
    assert booth.heard == ["fire_closed", "cut", "fire_warning"]
    booth.hear_out()
    booth.hear_out()
    booth.hear_out()
    assert booth.heard[2:] == ["fire_warning", "fire_closed", "lid_blocked"]
    assert booth.worker.counters().spoken == 3


def test_nothing_cuts_off_a_fire(booth: Booth) -> None:
    booth.worker.say(Speak("fire_warning", urgent=True))
    booth.turn()
    for speak in (KITCHEN, Speak("fire_closed", urgent=True), Speak("fire_warning", urgent=True)):
        booth.clock.now_s += REPEAT_S
        booth.worker.say(speak)
        booth.turn()
    assert booth.heard == ["fire_warning"]
    for _ in range(3):
        booth.hear_out()
    assert booth.heard == ["fire_warning", "fire_warning", "fire_closed", "sort_into"]


def test_the_same_occasion_told_twice_is_said_once(booth: Booth) -> None:
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.clock.now_s += 0.9 * REPEAT_S
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.hear_out()
    booth.turn(3)
    assert booth.heard == ["sort_into"]
    assert booth.worker.counters().merged == 1


def test_the_next_one_who_brings_the_same_is_told_as_well(booth: Booth) -> None:
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.clock.now_s += REPEAT_S
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.hear_out()
    assert booth.heard == ["sort_into", "sort_into"]


def test_what_was_not_heard_may_be_asked_for_again_at_once(booth: Booth) -> None:
    booth.worker.say(KITCHEN)
    booth.turn()
    booth.speaker.broken_poll = True
    booth.turn()
    booth.speaker.broken_poll = False
    booth.clock.now_s += 1.0
    booth.worker.say(KITCHEN)
    booth.turn()
    assert booth.heard == ["sort_into", "sort_into"]


def test_what_has_become_an_alarm_is_said_again(booth: Booth) -> None:
    booth.worker.say(Speak("fire_closed"))
    booth.turn()
    booth.worker.say(Speak("fire_closed", urgent=True))
    booth.turn()
    booth.hear_out()
    assert booth.heard == ["fire_closed", "fire_closed"]


def test_at_night_it_is_soft_but_for_alarms(tmp_path: Path) -> None:
    night = Loudness(80, 20, [parse_interval("mon-sun 22:00-06:00")], clock=lambda: Now(0.0, 82_800_000_000))
    book = load_book(["en"], roles=("bin",))
    booth = Booth(tmp_path, ["en"], book=book, loudness=night)
    booth.worker.start()
    for speak in (KITCHEN, SLOWLY, Speak("fire_warning", urgent=True)):
        booth.worker.say(speak)
        booth.turn()
        booth.hear_out()
    assert booth.speaker.volumes == [20, 100, 100]
    booth.worker.stop()
