"""From pictures of a key matrix to presses: pure. A picture is the set of crossings that conduct.

With three keys of a rectangle held down a fourth seems to be pressed (ghosting), since a matrix without diodes conducts
around the corner. So only a single key counts; with more than one nothing does until all are released.
"""

from __future__ import annotations

from edge.drivers.debounce import Debounced

Picture = frozenset[tuple[int, int]]
"""Row from above and column from the left, each from 0."""

LAYOUT = ("123A", "456B", "789C", "*0#D")


class Scanner:
    """Times are monotonic seconds. `refused`: how often more than one key was held."""

    def __init__(self) -> None:
        self._debounced: Debounced[Picture] = Debounced()
        self._told: Picture = frozenset()
        self.refused = 0

    def see(self, picture: Picture, mono_s: float) -> str:
        """The key whose press has just become certain, or "". A to D mean nothing here."""
        stable = self._debounced.stable(picture, mono_s)
        if stable is None or stable == self._told:
            return ""
        before, self._told = self._told, stable
        if len(stable) > 1:
            self.refused += 1
        if before or len(stable) != 1:  # not from rest: a second key beside the first, or what is left of several
            return ""
        ((row, column),) = stable
        key = LAYOUT[row][column]
        return key if key in "0123456789*#" else ""
