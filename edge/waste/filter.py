"""One sensor's readings to a level: what swings past, hangs before the sensor or was misheard is no level. Pure.

The level is the median of the last `settle_s` seconds once most readings in them agree. While they do not agree (a lid
swings, a bag hangs in the opening, the lorry tips the bin) the level before stays. Everything counts seconds of the
monotonic clock, never readings, so that fast and slow sensors, gaps and repetitions are all the same to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

# Waste is no water: readings on a heap differ by a few points as it sags.
AGREE_PERCENT = 4.0
AGREE_SHARE = 0.75
# A level that jumps far within seconds is more often an obstacle than waste: it must stand for longer.
JUMP_PERCENT = 25.0
JUMP_SETTLE = 3.0
# Readings further apart than this say nothing about one and the same level.
GAP_S = 300.0
# Three readings confirm a level. A new one takes more: three wild ones agree too often by chance.
LEAST_READINGS = 3
LEAST_FOR_CHANGE = 6
MOST_READINGS = 96


@dataclass(frozen=True, slots=True)
class Sample:
    """One plausible reading: monotonic seconds, percent, and the bare number (mm or g)."""

    at_s: float
    percent: float
    raw: float


@dataclass(frozen=True, slots=True)
class Window:
    """The last plausible readings, oldest first, and the level that they settled at; None before the first.

    `settled_s`: when the level was last confirmed.
    """

    samples: tuple[Sample, ...] = ()
    level: float | None = None
    settled_s: float = float("-inf")


def add(window: Window, sample: Sample, settle_s: float) -> Window:
    """The window with one more reading. One that is not newer than the last is a repetition, and changes nothing."""
    samples = window.samples
    if samples:
        since_s = sample.at_s - samples[-1].at_s
        if since_s <= 0.0:
            return window
        if since_s > GAP_S:
            samples = ()
    span_s = settle_s * JUMP_SETTLE
    if len(samples) > 1 and sample.at_s - samples[-2].at_s < span_s / MOST_READINGS:
        samples = samples[:-1]  # a fast sensor: one reading in each small step is enough
    samples = _since((*samples, sample), sample.at_s - span_s, LEAST_FOR_CHANGE)
    return _settle(replace(window, samples=samples), settle_s)


def _since(samples: tuple[Sample, ...], from_s: float, least: int) -> tuple[Sample, ...]:
    """Those since `from_s`, the last one before it (so that they span the time), and never fewer than the least."""
    first = next((place for place, one in enumerate(samples) if one.at_s > from_s), len(samples))
    return samples[max(0, min(first - 1, len(samples) - least)) :]


def _settle(window: Window, settle_s: float) -> Window:
    now_s = window.samples[-1].at_s
    level = agreed(_since(window.samples, now_s - settle_s, LEAST_READINGS), settle_s)
    if level is None:
        return window
    change = 0.0 if window.level is None else abs(level - window.level)
    if change > AGREE_PERCENT:
        span_s = settle_s * (JUMP_SETTLE if change > JUMP_PERCENT else 1.0)
        level = agreed(_since(window.samples, now_s - span_s, LEAST_FOR_CHANGE), span_s, LEAST_FOR_CHANGE)
        if level is None:
            return window
    return replace(window, level=level, settled_s=now_s)


def agreed(samples: tuple[Sample, ...], span_s: float, least: int = LEAST_READINGS) -> float | None:
    """The median, when the readings span that time and most of them, the newest among them, lie around it."""
    if len(samples) < least or samples[-1].at_s - samples[0].at_s < span_s:
        return None
    middle = median(one.percent for one in samples)
    near = sum(abs(one.percent - middle) <= AGREE_PERCENT for one in samples)
    newest = sorted(one.percent for one in samples[-LEAST_READINGS:])[LEAST_READINGS // 2]
    return middle if near >= AGREE_SHARE * len(samples) and abs(newest - middle) <= AGREE_PERCENT else None
