"""How full is called what: room, nearly full, full, overflowing; and whether a fall was an emptying. Pure."""

from __future__ import annotations

from enum import StrEnum

from edge.config.station import Bin

# So much below its threshold a stage ends: a level that wavers around it is told once.
HYSTERESIS_PERCENT = 5.0
# An emptying takes out most of what was in there, and more than a heap's sagging could.
EMPTIED_FALL_PERCENT = 15.0
EMPTIED_LEFT_SHARE = 0.3
COMPACTED_FALL_PERCENT = 8.0


class Stage(StrEnum):
    """How full a bin is, in order."""

    ROOM = "room"
    NEARLY_FULL = "nearlyfull"
    FULL = "full"
    OVERFLOW = "overflow"


ORDER = tuple(Stage)


def stage_of(bin: Bin, percent: float, before: Stage) -> Stage:
    """The stage at this level, coming from `before`."""
    starts = (bin.nearly_full_percent, bin.full_percent, bin.overflow_percent)
    reached = sum(percent >= start for start in starts)
    kept = sum(percent >= start - HYSTERESIS_PERCENT for start in starts)
    return ORDER[max(reached, min(kept, ORDER.index(before)))]


def is_emptying(before: float, after: float) -> bool:
    """Whether a fall between these levels, in percent, is an emptying."""
    return before - after >= EMPTIED_FALL_PERCENT and after <= EMPTIED_LEFT_SHARE * before


def is_compaction(before: float, after: float) -> bool:
    """Whether waste was pressed down or has sagged."""
    return before - after >= COMPACTED_FALL_PERCENT and not is_emptying(before, after)
