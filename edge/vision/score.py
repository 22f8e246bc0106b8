"""The number that is compared with a threshold."""

from __future__ import annotations

MARGIN = 0.3
"""How much of the second-best person's cosine is taken off: a face that resembles two people alike is neither for
sure. Chosen on labelled pictures as the value between 0 and 1 with the fewest missed residents.
"""


def score(top1: float, top2: float) -> float:
    """top1 - 0.3 · top2, of the cosines of the nearest and the second-nearest person."""
    return top1 - MARGIN * top2
