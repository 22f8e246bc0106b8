"""Hours until a bin is full, learnt on the device from its own filling, with an honest interval. Pure.

The pattern gives what is expected of each coming hour; how the last days went against it (`activity`: a holiday
nobody configured, a feast) scales the next days. The interval comes from what became of earlier expectations: every
stretch in which `BLOCK_PERCENT` was expected leaves what really came. It is meant to hold in 80 of 100 cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from edge.waste.pattern import EMPTY, HALF_LIFE_H, Cells, mean_rate, pieces, rates

LEARN_EVERY_H = 1.0
GAP_H = 6.0  # what came during a longer silence cannot be told to its hours
LEAST_H = 6.0  # before that, nothing is known
LEAST_GAIN_PERCENT = 3.0
YOUNG_H = 72.0  # before that, the mean rate is all there is
MOST_H = 14 * 24.0  # nobody plans further ahead
YOUNG_SPREAD = 2.5
BLOCK_PERCENT = 8.0
MOST_BLOCKS = 120
LEAST_WINDOWS = 12
# Stretches that overlap know less than their number says, and the stretch to come starts at any hour: the 10 and 90 of
# 100 are moved away from the middle by this power (set on other simulated bins than those of docs/levels.md).
TAIL = 0.1
WIDEN = 1.35
LEAST_RATIO = 0.05
FIRST_SPREAD = 2.0  # until enough stretches were seen
ACTIVITY_HALF_LIFE_H = 48.0
ACTIVITY_PRIOR_PERCENT = 20.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was learnt. `gain`, `hours`: percent and hours seen by cell of the pattern, fading. `mark_s`, `mark`: the
    time (seconds since 1970) and level from which the next lesson counts. `recent`: (came, expected) fading over days;
    `block`: the same for the stretch under way, `blocks` for those done, oldest first.
    """

    gain: Cells = EMPTY
    hours: Cells = EMPTY
    seen_h: float = 0.0
    mark_s: float | None = None
    mark: float = 0.0
    recent: tuple[float, float] = (0.0, 0.0)
    block: tuple[float, float] = (0.0, 0.0)
    blocks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """Hours until full, and the interval that holds it in about 80 of 100 cases. `high_h` is None beyond two weeks.

    `basis`: `pattern`, or `linear` while the bin is young or the wall clock cannot be trusted.
    """

    hours: float
    low_h: float
    high_h: float | None
    basis: str


def learn(
    known: Forecast, level: float | None, local: datetime | None, holidays: frozenset[str], *, full: bool = False
) -> Forecast:
    """One more look at the level. `level` None: it is unknown, or was just changed by somebody; `local` None: nobody
    knows the time. From either a new stretch begins. `full`: what is piled on top from here on is not seen to rise.
    The rise that made it full is learnt still: left out, it would make every bin look slower than it is.
    """
    unmarked = known if known.mark_s is None else replace(known, mark_s=None)
    if level is None or local is None:
        return unmarked
    now_s = local.timestamp()
    if known.mark_s is None:
        return known if full else replace(known, mark_s=now_s, mark=level)
    passed_h = (now_s - known.mark_s) / 3600.0
    if 0.0 <= passed_h < LEARN_EVERY_H and not full:
        return known
    fresh = unmarked if full else replace(known, mark_s=now_s, mark=level)
    if not 0.0 < passed_h <= GAP_H:
        return fresh
    start = datetime.fromtimestamp(known.mark_s, local.tzinfo)
    return _lesson(fresh, list(pieces(start, passed_h, holidays)), level - known.mark, passed_h)


def _lesson(known: Forecast, parts: list[tuple[int, float]], came: float, passed_h: float) -> Forecast:
    pattern = rates(known.gain, known.hours)
    expected = [pattern[cell] * hours for cell, hours in parts]
    total = sum(expected)
    keep = 0.5 ** (passed_h / HALF_LIFE_H)
    gain, hours = [one * keep for one in known.gain], [one * keep for one in known.hours]
    for (cell, part_h), share in zip(parts, expected, strict=True):
        gain[cell] += came * (share / total if total > 0.0 else part_h / passed_h)
        hours[cell] += part_h
    seen_h = known.seen_h + passed_h
    grown = replace(known, gain=tuple(gain), hours=tuple(hours), seen_h=seen_h)
    if known.seen_h < YOUNG_H:
        return grown
    fade = 0.5 ** (passed_h / ACTIVITY_HALF_LIFE_H)
    told = total * activity(known)
    block = (known.block[0] + came, known.block[1] + told)
    blocks = known.blocks
    if block[1] >= BLOCK_PERCENT:
        blocks, block = (*blocks, block)[-MOST_BLOCKS:], (0.0, 0.0)
    recent = (known.recent[0] * fade + came, known.recent[1] * fade + total)
    return replace(grown, recent=recent, block=block, blocks=blocks)


def activity(known: Forecast) -> float:
    """How the last days went against the pattern, as a factor; 1 is as usual."""
    came, expected = known.recent
    return max(0.1, (came + ACTIVITY_PRIOR_PERCENT) / (expected + ACTIVITY_PRIOR_PERCENT))


def outlook(known: Forecast, room: float, local: datetime | None, holidays: frozenset[str]) -> Outlook | None:
    """When `room` percent will have come; None when that cannot be known: too little was seen, hardly anything
    comes, or it lies more than two weeks ahead.
    """
    if room <= 0.0:
        return Outlook(0.0, 0.0, 0.0, "pattern" if known.seen_h >= YOUNG_H else "linear")
    if known.seen_h < LEAST_H or sum(known.gain) < LEAST_GAIN_PERCENT:
        return None
    if known.seen_h < YOUNG_H or local is None:
        hours = room / mean_rate(known.gain, known.hours)
        high = hours * YOUNG_SPREAD
        if hours > MOST_H:
            return None
        return Outlook(_round(hours), _round(hours / YOUNG_SPREAD), _round(high) if high <= MOST_H else None, "linear")
    low, middle, high = ratios(known, room)
    soonest, usual, latest = _times(known, (room / high, room / middle, room / low), local, holidays)
    if usual is None or soonest is None:
        return None
    return Outlook(_round(usual), _round(soonest), None if latest is None else _round(latest), "pattern")


def ratios(known: Forecast, room: float) -> tuple[float, float, float]:
    """What came against what was expected, over stretches as long as `room`: a low, the middle and a high case."""
    length = min(max(1, round(room / BLOCK_PERCENT)), max(1, len(known.blocks) // 3))
    windows = sorted(
        sum(came for came, _ in known.blocks[at : at + length]) / sum(e for _, e in known.blocks[at : at + length])
        for at in range(len(known.blocks) - length + 1)
    )
    if len(windows) < LEAST_WINDOWS:
        return 1.0 / FIRST_SPREAD, 1.0, FIRST_SPREAD
    tail = max(0, math.floor(TAIL * (len(windows) + 1)) - 1)
    middle = max(LEAST_RATIO, median(windows))
    # The spread of a sum goes with the root of its length.
    power = WIDEN * max(1.0, math.sqrt(BLOCK_PERCENT / room))
    low = middle * (max(LEAST_RATIO, windows[tail]) / middle) ** power
    return max(LEAST_RATIO, low), middle, middle * (max(LEAST_RATIO, windows[-1 - tail]) / middle) ** power


def _times(
    known: Forecast, needs: tuple[float, float, float], local: datetime, holidays: frozenset[str]
) -> tuple[float | None, float | None, float | None]:
    """After how many hours each of the needs, ascending, is expected to have come; None beyond the horizon."""
    pattern, excess = rates(known.gain, known.hours), activity(known) - 1.0
    found: list[float | None] = []
    came, passed_h = 0.0, 0.0
    for cell, part_h in pieces(local, MOST_H, holidays):
        scale = 1.0 + excess * 0.5 ** (passed_h / ACTIVITY_HALF_LIFE_H)
        more = pattern[cell] * part_h * scale
        while len(found) < len(needs) and more > 0.0 and came + more >= needs[len(found)]:
            found.append(passed_h + part_h * (needs[len(found)] - came) / more)
        if len(found) == len(needs):
            break
        came, passed_h = came + more, passed_h + part_h
    found += [None] * (len(needs) - len(found))
    return found[0], found[1], found[2]


def _round(hours: float) -> float:
    return round(hours, 1)
