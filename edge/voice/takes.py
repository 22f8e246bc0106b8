"""Which rendering is played for a line of a prompt: one that is there, before one that would be better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.errors import EdgeError
from edge.voice.rotation import Rotation
from edge.voice.studio import Studio
from edge.voice.utterance import Line, Utterance

PATIENCE_S = 0.25
"""How long a prompt is waited for before its short form is said: the voice then still begins within its limit (see
`edge.voice.counters`). No machine renders in that time, but a short form takes as long to say as the rendering does."""


@dataclass(frozen=True, slots=True)
class Take:
    """A file to be played now. `rest`: what it stands in for, to be said after it if it is rendered by then."""

    file: Path
    rest: Line | None = None
    shortened: bool = False


class Takes:
    """Chooses among what the `studio` has, and has it render what is missing."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._rotation = Rotation()

    def choose(self, phrase: str, line: Line, waited_s: float, now_s: float) -> Take | None:
        """What to play; None while it is being rendered: ask again. `waited_s`: since the line's turn came.

        In this order: the wording whose turn it is, another wording, one at the usual speed instead of slow; then the
        first is rendered, and meanwhile the short form is said. Raises EdgeError when there is nothing to be said.
        """
        order = self._rotation.order(phrase, line)
        slower = order[0].slow
        for candidates in (order, [replace(said, slow=False) for said in order]) if slower else (order,):
            if take := self._ready(phrase, line, order, candidates):
                return take
        short = self._short(line)
        try:
            self._studio.get(order[0], now_s)
        except EdgeError:
            if short is None:
                raise
            return Take(short, shortened=True)
        if short is not None and waited_s >= PATIENCE_S:
            return Take(short, replace(line, short=None), shortened=True)
        return None

    def foresee(self, phrase: str, line: Line, now_s: float) -> None:
        """Have rendered what will be said next, while something else is being said. Raises EdgeError."""
        order = self._rotation.order(phrase, line)
        if not any(self._studio.ready(said) for said in order):
            self._studio.get(order[0], now_s)

    def _ready(
        self, phrase: str, line: Line, order: Sequence[Utterance], candidates: Sequence[Utterance]
    ) -> Take | None:
        for wording, said in zip(order, candidates, strict=True):
            file = self._studio.ready(said)
            if file is not None:
                self._rotation.said(phrase, line, wording)
                return Take(file)
        return None

    def _short(self, line: Line) -> Path | None:
        if line.short is None:
            return None
        return self._studio.ready(line.short) or self._studio.ready(replace(line.short, slow=False))
