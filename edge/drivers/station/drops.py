"""What falls through a light beam: one break of the beam is one drop."""

from __future__ import annotations

# Shorter than one look at fifty a second is electrical noise.
SHORTEST_S = 0.015
# What tumbles, or hangs together loosely, breaks the beam several times.
REJOINS_S = 0.1
# Longer is no drop: something lies in the beam, or the sensor is dirty.
LONGEST_S = 5.0


class Drops:
    """Counts the falling edges of a broken beam. A beam that was already broken at the first look tells of no drop."""

    def __init__(self) -> None:
        self._broken_s: float | None = None  # since when
        self._whole_s: float | None = None  # since when, after a break
        self._seen_whole = False

    def look(self, broken: bool, mono_s: float) -> bool:
        """One look at the beam; whether a drop has just ended."""
        if broken:
            if self._broken_s is None:
                self._broken_s = mono_s
            self._whole_s = None
            return False
        if self._broken_s is None:
            self._seen_whole = True
            return False
        if self._whole_s is None:
            self._whole_s = mono_s
        if mono_s - self._whole_s < REJOINS_S:
            return False
        lasted_s = self._whole_s - self._broken_s
        known, self._seen_whole = self._seen_whole, True
        self._broken_s = self._whole_s = None
        return known and SHORTEST_S <= lasted_s <= LONGEST_S

    def blocked(self, mono_s: float) -> bool:
        """Whether the beam has been broken for too long to be a drop."""
        return self._broken_s is not None and self._whole_s is None and mono_s - self._broken_s > LONGEST_S
