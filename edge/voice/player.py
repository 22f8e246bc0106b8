"""The loudspeaker as the voice sees it: open or not, playing or not, and opened again after a fault."""

from __future__ import annotations

from pathlib import Path

from edge.drivers.speaker import Speaker
from edge.errors import HardwareError
from edge.voice.trouble import Trouble


class Player:
    """Plays one file at a time. A fault goes to `trouble`, nothing is raised.

    A card that was not there is well again once it opens; one that failed in the middle of a prompt only once
    a prompt was played to its end.
    """

    def __init__(self, speaker: Speaker, trouble: Trouble) -> None:
        self._speaker = speaker
        self._trouble = trouble
        self._open = False
        self._unproven = False

    @property
    def open(self) -> bool:
        return self._open

    def mind(self, now_s: float) -> None:
        """Open the speaker if it is not, and the wait after its last fault is over."""
        if self._open or not self._trouble.may_try(now_s):
            return
        try:
            self._speaker.open()
        except HardwareError as error:
            self._trouble.failed(now_s, error)
            return
        self._open = True
        if not self._unproven:
            self._trouble.worked()

    def play(self, wav: Path, phrase: str, volume_percent: int, now_s: float) -> bool:
        """Begin playing; False when there is nothing to play on."""
        if not self._open:
            return False
        try:
            self._speaker.start(wav, phrase, volume_percent)
        except HardwareError as error:
            self._failed(now_s, error)
            return False
        return True

    def ended(self, now_s: float) -> bool | None:
        """None while it plays; then True when the prompt was heard to its end, False when playing failed."""
        try:
            if self._speaker.poll():
                return None
        except HardwareError as error:
            self._failed(now_s, error)
            return False
        self._unproven = False
        self._trouble.worked()
        return True

    def cut(self) -> None:
        """Fall silent now."""
        if self._open:
            self._speaker.stop()

    def close(self) -> None:
        """Fall silent and let go of the card."""
        if self._open:
            self._open = False
            self._speaker.stop()
            self._speaker.close()

    def _failed(self, now_s: float, error: HardwareError) -> None:
        self._unproven = True
        self._trouble.failed(now_s, error)
        self.close()
