"""A prompt while it is being spoken: what of it is still to be said, and since when that has its turn."""

from __future__ import annotations

import contextlib
from collections import deque

from edge.errors import EdgeError
from edge.voice.pending import STALE_S, Prompt, Waiting
from edge.voice.takes import Take, Takes
from edge.voice.utterance import Line


class Telling:
    """`rest`: the lines still to be said; `turn_s`: when the turn of the first of them came, monotonic."""

    def __init__(self, waiting: Waiting, now_s: float) -> None:
        self.waiting = waiting
        self.rest: deque[Line] = deque(waiting.prompt.lines)
        self.turn_s = now_s
        self.playing = False
        self.begun = False
        self.heard = False
        self._foreseen = False
        self._follows_its_short_form = False

    @property
    def prompt(self) -> Prompt:
        return self.waiting.prompt

    def take(self, take: Take, now_s: float) -> None:
        """This is said for the first line now."""
        self.skip(now_s)
        if take.rest is not None:
            self.rest.appendleft(take.rest)
            self._follows_its_short_form = True

    def skip(self, now_s: float) -> None:
        """The first line's turn is over."""
        self.rest.popleft()
        self.turn_s = now_s
        self._foreseen = self._follows_its_short_form = False

    def ended(self, now_s: float, *, heard: bool) -> None:
        """What was playing is over."""
        self.playing = False
        self.heard |= heard
        self.turn_s = now_s

    def too_late(self, now_s: float) -> bool:
        """Whether the first line follows its own short form after whoever it was meant for has gone."""
        return self._follows_its_short_form and now_s - self.waiting.since_s > STALE_S

    def foresee(self, takes: Takes, now_s: float) -> None:
        """Have the next line rendered while this one is heard."""
        if self._foreseen or not self.rest:
            return
        self._foreseen = True
        with contextlib.suppress(EdgeError):  # it is told when the line has its turn
            takes.foresee(self.prompt.phrase, self.rest[0], now_s)
