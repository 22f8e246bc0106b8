"""The unit of what is spoken: one text in one language, and the choice among several that mean the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

SLOWER = 0.75
"""Of the usual rate, for who asked to hear it slowly: 160 words a minute become 120, a newsreader's with pauses."""

_SLOWEST_WPM = 80  # espeak-ng speaks no slower


@dataclass(frozen=True, slots=True)
class Utterance:
    """One text in one language, at the usual speed or `slow`: what is rendered, cached and played as one file."""

    language: str
    text: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A prompt in one language: any one of its wordings is said, or the `short` form while none of them is rendered."""

    wordings: tuple[Utterance, ...]
    short: Utterance | None = None

    def slowly(self) -> Line:
        """The same, slower."""
        short = replace(self.short, slow=True) if self.short else None
        return Line(tuple(replace(said, slow=True) for said in self.wordings), short)


def spoken_rate(rate_wpm: int, *, slow: bool) -> int:
    """Words a minute."""
    return max(_SLOWEST_WPM, round(rate_wpm * SLOWER)) if slow else rate_wpm
