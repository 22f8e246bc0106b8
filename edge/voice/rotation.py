"""Which wording of a phrase has its turn: in order, so that what is heard every day is not the same every day."""

from __future__ import annotations

from edge.voice.utterance import Line, Utterance


class Rotation:
    """Remembers, for each phrase and language, which wording was the last."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], int] = {}

    def order(self, phrase: str, line: Line) -> tuple[Utterance, ...]:
        """The wordings, the one whose turn it is first and the one that was said last at the end."""
        first = (self._last.get((phrase, line.wordings[0].language), -1) + 1) % len(line.wordings)
        return line.wordings[first:] + line.wordings[:first]

    def said(self, phrase: str, line: Line, wording: Utterance) -> None:
        """This wording of the line is being said."""
        self._last[phrase, wording.language] = line.wordings.index(wording)
