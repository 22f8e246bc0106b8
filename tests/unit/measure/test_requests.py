"""How long the requests for gestures take to say is measured on the very files that a device would play."""

from __future__ import annotations

import shutil

import pytest

from edge.errors import ConfigError
from edge.events import Gesture
from edge.measure.requests import spoken

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def test_each_gesture_has_a_length_in_each_language_in_their_order() -> None:
    both, english = spoken(("cmn", "en")), spoken(("en",))
    assert set(both) == set(Gesture)
    for gesture, (mandarin, second) in both.items():
        assert 0.5 < mandarin < 2.2
        assert english[gesture] == (second,)
    assert both[Gesture.TURN_LEFT][1] > both[Gesture.BLINK][1] + 0.3


def test_a_language_without_a_voice_is_no_silence() -> None:
    with pytest.raises(ConfigError, match="'fr' cannot be spoken"):
        spoken(("fr",))
