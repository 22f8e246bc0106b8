"""No loudspeaker: every prompt is over at once."""

from __future__ import annotations

from pathlib import Path

from edge.drivers.speaker import Speaker
from edge.drivers.speaker.silent import SilentSpeaker


def test_every_prompt_is_over_at_once() -> None:
    speaker: Speaker = SilentSpeaker()
    speaker.open()
    speaker.start(Path("none.wav"), "granted")
    assert not speaker.poll()
    speaker.stop()
    speaker.close()
