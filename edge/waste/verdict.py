"""What the station makes of an item that it was shown: sure of a category, or honest about not being so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """`sure`: one category. `unsure`: one of two, which a question can settle. `mixed`: several things that do not
    belong together. `nothing`: an empty scene. `unknown`: a hand, a face, or something never learnt.
    """

    SURE = "sure"
    UNSURE = "unsure"
    MIXED = "mixed"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`category` and `fine` (the fine class) are empty unless sure; `choices`: the two likeliest categories when
    unsure, the likelier first; `probability` of the category, or of the likelier choice, [0, 1].
    """

    kind: Kind
    category: str = ""
    fine: str = ""
    probability: float = 0.0
    choices: tuple[str, ...] = ()
