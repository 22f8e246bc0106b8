"""The loudspeaker behind its faults: nothing is raised, everything is told once, and it comes back."""

from __future__ import annotations

from pathlib import Path

from voice_samples import Faults, RecordingSpeaker

from edge.voice.player import Player
from edge.voice.trouble import Trouble

WAV = Path("a.wav")


def make() -> tuple[Player, RecordingSpeaker, Faults]:
    speaker, faults = RecordingSpeaker(), Faults()
    return Player(speaker, Trouble("speaker", faults.fault, faults.recovered)), speaker, faults


def test_a_card_that_is_missing_at_first() -> None:
    player, speaker, faults = make()
    speaker.broken_open = True
    player.mind(0.0)
    player.mind(0.5)
    player.mind(1.5)
    assert not player.open
    assert not player.play(WAV, "a", 60, 1.5)
    speaker.broken_open = False
    player.mind(2.0)
    assert not player.open, "the second wait is two seconds"
    player.mind(3.5)
    assert player.open
    assert faults.seen == [("fault", "speaker", "no such card", "plug it in"), ("recovered", "speaker")]


def test_a_card_that_fails_in_the_middle_is_well_once_a_prompt_was_heard() -> None:
    player, speaker, faults = make()
    player.mind(0.0)
    assert player.play(WAV, "a", 60, 0.0)
    assert player.ended(0.0) is None
    speaker.broken_poll = True
    assert player.ended(0.1) is False
    assert not player.open
    speaker.broken_poll = False
    player.mind(5.0)
    assert player.open
    assert faults.kinds == [("fault", "speaker")]
    assert player.play(WAV, "b", 60, 5.0)
    speaker.playing = False
    assert player.ended(6.0) is True
    assert faults.kinds == [("fault", "speaker"), ("recovered", "speaker")]


def test_a_card_that_will_not_start() -> None:
    player, speaker, faults = make()
    player.mind(0.0)
    speaker.broken_start = True
    for now_s in (0.0, 5.0, 10.0):
        player.mind(now_s)
        assert not player.play(WAV, "a", 60, now_s)
    assert faults.kinds == [("fault", "speaker")]


def test_cutting_and_closing() -> None:
    player, speaker, _ = make()
    player.cut()
    player.close()
    assert speaker.log == []
    player.mind(0.0)
    player.play(WAV, "a", 60, 0.0)
    player.cut()
    player.close()
    player.close()
    assert speaker.log == ["open", "a", "cut", "close"]
