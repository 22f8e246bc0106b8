"""The voice as a whole: what is asked for is heard, one at a time, and nothing that breaks reaches the caller."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from booth import Booth, first_wordings
from voice_samples import ENGINE, RecordingSpeaker, child, fill, gone, runs, spin

from edge.actions import Speak
from edge.drivers.speaker.simulated import SimulatedSpeaker
from edge.runtime.worker import WorkerThread
from edge.voice.catalogue import GATE
from edge.voice.pending import STALE_S
from edge.voice.worker import CAPACITY, VoiceWorker


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    booth = Booth(tmp_path, ["en"])
    booth.worker.start()
    yield booth
    booth.worker.stop()


def test_what_is_asked_for_is_heard(booth: Booth) -> None:
    assert booth.worker.say(Speak("granted"))
    booth.turn()
    assert booth.heard == ["granted"]
    booth.hear_out()
    assert booth.worker.counters().spoken == 1


def test_one_voice_at_a_time(booth: Booth) -> None:
    for phrase in ("door_forced", "door_held_warning"):
        booth.worker.say(Speak(phrase, urgent=phrase == "door_forced"))
    booth.turn(5)
    assert booth.heard == ["door_forced"]
    booth.hear_out()
    assert booth.heard == ["door_forced", "door_held_warning"]


def test_nobodys_greeting_waits_for_what_somebody_else_was_told(booth: Booth) -> None:
    booth.worker.say(Speak("refused_unknown"))
    booth.turn()
    booth.worker.say(Speak("granted"))
    booth.turn()
    assert booth.heard == ["refused_unknown", "cut", "granted"]
    assert booth.worker.counters().interrupted == 1


def test_two_languages_are_one_prompt(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"])
    booth.worker.start()
    booth.worker.say(Speak("granted"))
    booth.turn()
    booth.hear_out()
    assert booth.worker.counters().spoken == 0
    booth.hear_out()
    assert booth.worker.counters().spoken == 1
    booth.worker.say(Speak("fault"))
    booth.turn()
    booth.hear_out()
    booth.hear_out()
    assert booth.heard == ["granted", "granted", "fault", "fault"]
    assert booth.spoken_in == ["cmn", "en", "cmn", "en"]
    booth.worker.stop()


def test_the_next_request_takes_the_place_of_the_rest_of_the_one_before_in_every_language(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"])
    booth.worker.start()
    booth.worker.say(Speak("do_turn_left"))
    booth.turn()
    booth.worker.say(Speak("do_look_up"))
    booth.turn()
    booth.hear_out()
    booth.hear_out()
    assert booth.heard == ["do_turn_left", "cut", "do_look_up", "do_look_up"]
    assert booth.spoken_in == ["cmn", "cmn", "en"]
    booth.worker.stop()


def test_an_alarm_interrupts_both_languages(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"])
    booth.worker.start()
    booth.worker.say(Speak("granted"))
    booth.turn()
    booth.worker.say(Speak("door_forced", urgent=True))
    booth.turn()
    assert booth.heard == ["granted", "cut", "door_forced"]
    booth.hear_out()
    booth.hear_out()
    assert booth.heard == ["granted", "cut", "door_forced", "door_forced"]
    counters = booth.worker.counters()
    assert (counters.spoken, counters.interrupted) == (1, 1)
    booth.worker.stop()


def test_two_alarms_are_both_heard(booth: Booth) -> None:
    booth.worker.say(Speak("door_forced", urgent=True))
    booth.turn()
    booth.worker.say(Speak("door_held_alarm", urgent=True))
    booth.turn()
    assert booth.heard == ["door_forced"]
    booth.hear_out()
    assert booth.heard == ["door_forced", "door_held_alarm"]


def test_the_same_twice_is_said_once(booth: Booth) -> None:
    booth.worker.say(Speak("fault"))
    booth.turn()
    assert booth.worker.say(Speak("granted"))
    assert booth.worker.say(Speak("granted"))
    booth.hear_out()
    booth.hear_out()
    booth.turn(3)
    assert booth.heard == ["fault", "granted"]
    assert booth.worker.counters().merged == 1


def test_a_full_queue_forgets_the_oldest(booth: Booth) -> None:
    phrases = [key for key in GATE if key != "exit"][: CAPACITY + 3]
    booth.worker.say(Speak(phrases[0]))
    booth.turn()
    assert all(booth.worker.say(Speak(phrase)) for phrase in phrases[1:])
    for _ in range(CAPACITY):
        booth.hear_out()
    assert booth.heard == [phrases[0], *phrases[3:]]
    assert booth.worker.counters().dropped == 2


def test_a_prompt_that_waited_too_long_is_not_said(booth: Booth) -> None:
    booth.worker.say(Speak("fault"))
    booth.turn()
    booth.worker.say(Speak("granted"))
    booth.clock.now_s += STALE_S + 1
    booth.hear_out()
    assert booth.heard == ["fault"]


def test_silence_on_purpose(booth: Booth) -> None:
    assert booth.worker.say(Speak("exit"))
    booth.turn()
    assert booth.heard == []


def test_what_is_no_phrase_is_refused_and_logged(booth: Booth, caplog: pytest.LogCaptureFixture) -> None:
    assert not booth.worker.say(Speak("wellcome"))
    assert "'wellcome'" in caplog.text
    booth.turn()
    assert booth.heard == []


def test_latency_is_from_asking_to_playing(booth: Booth) -> None:
    assert booth.worker.counters().last_latency_ms is None
    booth.worker.say(Speak("granted"))
    booth.clock.now_s += 0.030
    booth.turn()
    booth.hear_out()
    booth.worker.say(Speak("fault"))
    booth.clock.now_s += 0.002
    booth.turn()
    counters = booth.worker.counters()
    assert counters.last_latency_ms == pytest.approx(2.0)
    assert counters.worst_latency_ms == pytest.approx(30.0)


def test_from_the_cache_it_is_spoken_within_a_few_milliseconds(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"])
    speaker = RecordingSpeaker()
    worker = VoiceWorker(
        speaker,
        booth.book,
        tmp_path / "cache",
        on_fault=booth.faults.fault,
        on_recovered=booth.faults.recovered,
        command=child(tmp_path, "good"),
    )
    thread = WorkerThread("voice", worker)
    thread.launch()
    try:
        spin(lambda: thread.steps > 0 and worker.counters().unrendered == 0)
        worker.say(Speak("granted"))
        spin(lambda: bool(speaker.files))
    finally:
        thread.signal()
        assert thread.join(5.0)
    assert thread.failure is None
    latency_ms = worker.counters().last_latency_ms
    assert latency_ms is not None
    assert latency_ms < 100.0, "a few on a quiet machine"


def test_a_new_device_renders_what_is_asked_for_first(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["en"], filled=False)
    booth.worker.start()
    booth.worker.say(Speak("door_held_warning"))
    spin(lambda: booth.speaker.playing, booth.turn)
    assert booth.heard == ["door_held_warning"]
    spin(lambda: booth.worker.counters().unrendered == 0, booth.turn)
    order = [request["text"] for request in runs(tmp_path)]
    assert order[0] == "Please close the door."
    assert order[1] == "Welcome home."
    assert set(order) == {said.text for said in booth.book.everything()}
    assert booth.worker.counters().rendered == len(order)
    booth.worker.stop()


def test_cached_prompts_are_spoken_while_the_renderer_hangs(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["en"], "hang", filled=False)
    fill(booth.cache, *first_wordings(booth.book, "granted"))
    booth.worker.start()
    booth.turn()
    spin(lambda: len(runs(tmp_path)) == 1)
    booth.worker.say(Speak("granted"))
    booth.turn()
    assert booth.heard == ["granted"]
    booth.worker.stop()
    assert all(gone(request["pid"]) for request in runs(tmp_path))


def test_a_prompt_that_cannot_be_rendered_does_not_hold_up_the_next(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["en"], "hang", filled=False)
    fill(booth.cache, *first_wordings(booth.book, "granted"))
    booth.worker.start()
    booth.worker.say(Speak("fault"))
    booth.turn()
    booth.worker.say(Speak("granted"))
    spin(lambda: len(runs(tmp_path)) == 1)
    booth.turn()
    assert booth.heard == ["granted"]
    booth.clock.now_s += 7.0
    booth.turn()
    assert booth.faults.kinds == [("fault", "voice")]
    booth.worker.stop()


def test_one_language_is_better_than_none(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"], "crash", filled=False)
    fill(booth.cache, *(said for said in booth.book.everything() if said.language == "en"))
    booth.worker.start()
    booth.worker.say(Speak("granted"))
    spin(lambda: booth.speaker.playing, booth.turn)
    assert booth.spoken_in == ["en"]
    booth.worker.stop()


def test_without_engine_and_without_speaker_the_worker_goes_on(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["en"], "missing", filled=False)
    booth.speaker.broken_open = True
    booth.worker.start()
    for _ in range(5):
        assert booth.worker.say(Speak("granted"))
        failures = booth.worker.counters().failed
        spin(lambda before=failures: booth.worker.counters().failed > before, booth.turn)  # type: ignore[misc]
        booth.clock.now_s += 20.0
    spin(lambda: len(booth.faults.seen) == 2, booth.turn)
    assert sorted(booth.faults.kinds) == [("fault", "speaker"), ("fault", "voice")]
    spin(lambda: not booth.worker._studio.busy, booth.turn)
    child(tmp_path, "good")
    booth.speaker.broken_open = False
    booth.clock.now_s += 120.0
    spin(lambda: len(booth.faults.seen) == 4 and booth.worker.counters().unrendered == 0, booth.turn)
    assert sorted(booth.faults.kinds[2:]) == [("recovered", "speaker"), ("recovered", "voice")]
    booth.worker.say(Speak("granted"))
    booth.turn()
    assert booth.heard == ["granted"]
    booth.worker.stop()


def test_a_card_that_goes_away_while_it_speaks(booth: Booth) -> None:
    booth.worker.say(Speak("granted"))
    booth.turn()
    booth.speaker.broken_poll = True
    booth.turn()
    booth.worker.say(Speak("fault"))
    booth.turn()
    assert booth.worker.counters().failed == 2
    assert booth.faults.kinds == [("fault", "speaker")]
    booth.speaker.broken_poll = False
    booth.clock.now_s += 2.0
    booth.worker.say(Speak("fault"))
    booth.turn()
    booth.hear_out()
    assert booth.faults.kinds == [("fault", "speaker"), ("recovered", "speaker")]


def test_a_damaged_file_is_rendered_anew_when_it_is_needed(booth: Booth) -> None:
    file = booth.cache.find(first_wordings(booth.book, "fault")[0], ENGINE)
    assert file is not None
    file.write_bytes(b"RIFF")
    booth.worker.say(Speak("fault"))
    spin(lambda: booth.speaker.playing, booth.turn)
    assert booth.heard == ["fault"]
    assert booth.faults.seen == []


def test_stopping_silences_and_starting_again_speaks(booth: Booth) -> None:
    booth.worker.say(Speak("granted"))
    booth.turn()
    booth.worker.stop()
    booth.worker.stop()
    assert booth.speaker.log == ["open", "granted", "cut", "close"]
    booth.worker.start()
    booth.worker.say(Speak("fault"))
    booth.turn()
    assert booth.heard[-1] == "fault"


def test_an_idle_step_waits_and_is_woken(booth: Booth) -> None:
    spin(lambda: booth.worker.counters().unrendered == 0, booth.turn)
    booth.turn()
    began = time.monotonic()
    booth.worker.step()
    idle_s = time.monotonic() - began
    assert 0.2 < idle_s < 0.5


def test_no_languages_render_and_say_nothing(tmp_path: Path) -> None:
    booth = Booth(tmp_path, [])
    booth.worker.start()
    assert booth.worker.say(Speak("granted"))
    booth.turn(3)
    assert booth.speaker.log == ["open"]
    assert runs(tmp_path) == []
    booth.worker.stop()


def test_the_simulated_speaker_tells_what_was_said(tmp_path: Path) -> None:
    booth = Booth(tmp_path, ["cmn", "en"])
    worker = VoiceWorker(
        SimulatedSpeaker(tmp_path / "spoken", booth.clock),
        booth.book,
        tmp_path / "cache",
        on_fault=booth.faults.fault,
        on_recovered=booth.faults.recovered,
        monotonic=booth.clock,
        command=child(tmp_path, "good"),
    )
    booth.worker = worker
    worker.start()
    worker.say(Speak("granted"))
    for _ in range(30):
        booth.turn()
        booth.clock.now_s += 0.1
    worker.stop()
    lines = [json.loads(line) for line in (tmp_path / "spoken" / "spoken.jsonl").read_text().splitlines()]
    assert [(line["text"], line["language"]) for line in lines] == [("欢迎回家。", "cmn"), ("Welcome home.", "en")]
    assert lines[1]["mono_s"] >= lines[0]["mono_s"] + lines[0]["duration_s"]
    assert worker.counters().spoken == 1
