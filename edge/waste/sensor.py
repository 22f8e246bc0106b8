"""Whether one level sensor can be believed: absent, silent, deaf, erratic, stuck, iced or creeping. Pure.

A fault is told once and takes the sensor's level out of the bin's; its readings are looked at all the same, so that it
comes back by itself. `stuck` needs a witness: a quiet bin at night repeats its value for hours and is not stuck.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.bin_events import Reading
from edge.config.station import Bin
from edge.waste.filter import AGREE_PERCENT, GAP_S, Sample, Window, add
from edge.waste.geometry import percent_of

SILENT_S = 900.0  # no word at all: neither a reading nor "no echo"
DEAF_S = 600.0  # answers, and never with a level
ERRATIC_S = 1200.0  # levels that never agree
CALM_S = 300.0  # and after which they must agree for so long
# Stuck: exactly the same number, while so many drops were sensed or the bin's other sensor moved so far …
STUCK_S = 6 * 3600.0
STUCK_DROPS = 20
STUCK_OTHERS_PERCENT = 15.0
# … or, without a witness, for this long from a sensor whose number used to flutter, as that of a living one does: the
# temperature of the air alone changes it in the course of a day.
STUCK_ALONE_S = 48 * 3600.0
LIVELY_VALUES = 3
# Ice on a ranger's face: an echo from right before it that appears in the cold, at once, with nothing dropped, and that
# does not flutter. Water freezes while the air that the sensor measures is a little warmer.
FROST_C = 2.0
ICE_JUMP_PERCENT = 25.0
ICE_STILL = 3.0
ICE_S = 600.0
DROP_EXPLAINS_S = 300.0
# Foam: the surface rises though nothing was dropped, slowly, in a bin whose drops are sensed.
CREEP_PERCENT = 15.0
CREEP_STEP_PERCENT = 4.0
CREEP_S = 3600.0
CREEP_FELL_PERCENT = 10.0

# One stray reading does not make these well.
TILL_SETTLED = frozenset({"silent", "no echo", "iced"})
DETAIL = {
    "absent": "it does not answer: is its cable in, has it power?",
    "silent": "nothing was heard of it for a while",
    "no echo": "it answers, but measures nothing: is it dirty, or turned away?",
    "erratic": "its readings do not agree with one another",
    "stuck": "its reading has not changed by anything, though the bin has",
    "iced": "something stands right before it since the frost came",
    "creeping": "it rises though no drop is sensed: foam, a sensor that drifts, or a blind drop sensor",
    "disagrees": "the other sensors of this bin say otherwise",
}


@dataclass(frozen=True, slots=True)
class Sensor:
    """What is remembered of one sensor. Times are monotonic seconds.

    `heard_s`: its last answer; `level_s`: the last that could be a level; `unsettled_s`: since when they do not agree,
    `calm_s`: since when every one of them does.
    `raw_since_s`, `raw_drops`, `raw_others`: since when its number is exactly the same, the drops since then, and the
    level of the others then. `anchor`: the level at the last drop or fall, from which creeping counts; `held`: a level
    that looks like ice, not believed yet.
    """

    window: Window = field(default_factory=Window)
    heard_s: float = float("-inf")
    level_s: float = float("-inf")
    unsettled_s: float | None = None
    calm_s: float | None = None
    load: bool = False
    cold: bool = False
    lively: bool = False
    raw: float | None = None
    raw_since_s: float = float("-inf")
    raw_drops: int = 0
    raw_others: float | None = None
    level: float | None = None
    held_since_s: float | None = None
    anchor: float | None = None
    anchor_s: float = float("-inf")
    stepped: bool = False
    fault: str = ""
    fault_since_s: float = 0.0


def heard(sensor: Sensor, reading: Reading | None, bin: Bin, now_s: float, *, dropped_s: float) -> Sensor:
    """The sensor after one answer; None: it is absent. `dropped_s`: when something was last dropped into the bin."""
    if now_s <= sensor.heard_s:
        return sensor
    if reading is None:
        return replace(_judged(sensor, "absent", now_s), heard_s=now_s)
    if now_s - sensor.heard_s > GAP_S or sensor.fault == "absent":
        sensor = replace(sensor, level_s=now_s, unsettled_s=None, calm_s=None)
    calm_s = now_s if sensor.calm_s is None else sensor.calm_s
    unsettled_s = now_s if sensor.unsettled_s is None else sensor.unsettled_s
    sensor = replace(sensor, heard_s=now_s, unsettled_s=unsettled_s, calm_s=None)
    if reading.temperature_c is not None:
        sensor = replace(sensor, cold=reading.temperature_c <= FROST_C)
    percent = percent_of(bin, reading)
    raw = reading.distance_mm if reading.distance_mm is not None else reading.load_g
    if percent is None or raw is None:
        return sensor
    window = add(sensor.window, Sample(now_s, percent, raw), bin.settle_s)
    sensor = replace(sensor, window=window, level_s=now_s, load=reading.distance_mm is None)
    if raw != sensor.raw:
        sensor = replace(sensor, raw=raw, raw_since_s=now_s, raw_drops=0, raw_others=None)
    if window.level is None or window.settled_s < now_s:
        return sensor
    lively = sensor.lively or len({one.raw for one in window.samples}) >= LIVELY_VALUES
    return _take(replace(sensor, unsettled_s=None, calm_s=calm_s, lively=lively), window.level, bin, now_s, dropped_s)


def unseen(sensor: Sensor, now_s: float) -> Sensor:
    """It answers, but its lid is open: what it measures is none of the bin's."""
    if now_s <= sensor.heard_s:
        return sensor
    window = replace(sensor.window, samples=())
    return replace(sensor, heard_s=now_s, level_s=now_s, unsettled_s=None, calm_s=None, window=window)


def _take(sensor: Sensor, level: float, bin: Bin, now_s: float, dropped_s: float) -> Sensor:
    """Believe the level that the readings settled at, unless it looks like ice."""
    old = sensor.level
    full = level >= 100.0 and not sensor.load
    raws = [one.raw for one in sensor.window.samples if abs(one.percent - level) <= AGREE_PERCENT]
    still = max(raws) - min(raws) <= ICE_STILL
    explained = now_s - dropped_s <= DROP_EXPLAINS_S + bin.settle_s
    if sensor.held_since_s is not None:
        # Thawed only when the reading moves: the sun on the lid warms the thermometer before it melts the ice.
        if full and still and not explained:
            return sensor
        return _settled(replace(sensor, held_since_s=None), level, now_s)
    if full and still and sensor.cold and not explained and old is not None and level - old > ICE_JUMP_PERCENT:
        return replace(sensor, held_since_s=now_s)
    return _settled(sensor, level, now_s)


def _settled(sensor: Sensor, level: float, now_s: float) -> Sensor:
    old = sensor.level
    if sensor.anchor is None or old is None or level < sensor.anchor - CREEP_FELL_PERCENT:
        return replace(sensor, level=level, anchor=level, anchor_s=now_s, stepped=False)
    return replace(sensor, level=level, stepped=sensor.stepped or level - old > CREEP_STEP_PERCENT)


def dropped(sensor: Sensor, now_s: float) -> Sensor:
    """Something was dropped into the bin: what rises from here on is waste."""
    return replace(sensor, raw_drops=sensor.raw_drops + 1, anchor=sensor.level, anchor_s=now_s, stepped=False)


def usable(sensor: Sensor) -> bool:
    """Whether its level counts: it has one, and no fault but one that leaves the level to be told."""
    return sensor.level is not None and not sensor.fault and sensor.held_since_s is None


def judge(sensor: Sensor, now_s: float, *, others: float | None, counts_drops: bool) -> Sensor:
    """The sensor with its fault renewed. `others`: the level by the bin's other sensors; `counts_drops`: whether this
    bin senses drops at all.
    """
    if others is not None and sensor.raw_others is None and sensor.raw is not None:
        sensor = replace(sensor, raw_others=others)
    return _judged(sensor, _fault(sensor, now_s, others, counts_drops), now_s)


def _judged(sensor: Sensor, fault: str, now_s: float) -> Sensor:
    return sensor if fault == sensor.fault else replace(sensor, fault=fault, fault_since_s=now_s)


def _fault(sensor: Sensor, now_s: float, others: float | None, counts_drops: bool) -> str:
    # Deadlines are compared as in `LevelRules.next_deadline`: a difference may round to just below the limit, for ever.
    settled = sensor.window.settled_s >= sensor.heard_s
    if sensor.fault == "absent" and not settled:
        return "absent"
    if now_s >= sensor.heard_s + SILENT_S:
        return "silent"
    if now_s >= sensor.level_s + DEAF_S:
        return "iced" if sensor.cold else "no echo"
    if sensor.held_since_s is not None:
        return "iced" if sensor.fault == "iced" or now_s >= sensor.held_since_s + ICE_S else ""
    if sensor.unsettled_s is not None and now_s - sensor.unsettled_s >= ERRATIC_S:
        return "erratic"
    if sensor.fault in TILL_SETTLED and not settled:
        return sensor.fault
    if sensor.fault == "erratic" and (sensor.calm_s is None or now_s < sensor.calm_s + CALM_S):
        return "erratic"
    return _stuck(sensor, now_s, others) or _creeping(sensor, now_s, counts_drops)


def _stuck(sensor: Sensor, now_s: float, others: float | None) -> str:
    same_s = now_s - sensor.raw_since_s
    moved = 0.0 if others is None or sensor.raw_others is None else abs(others - sensor.raw_others)
    witnessed = sensor.raw_drops >= STUCK_DROPS or moved >= STUCK_OTHERS_PERCENT
    # At the brim there is no room for more: drops lie on top, and the number may well stay the same.
    if sensor.raw is None or sensor.level is None or sensor.level >= 100.0:
        return ""
    stuck = (same_s >= STUCK_S and witnessed) or (same_s >= STUCK_ALONE_S and sensor.lively)
    return "stuck" if stuck else ""


def _creeping(sensor: Sensor, now_s: float, counts_drops: bool) -> str:
    if not counts_drops or sensor.level is None or sensor.anchor is None or sensor.stepped:
        return ""
    if sensor.fault == "creeping":
        return "creeping" if sensor.level > sensor.anchor + CREEP_PERCENT / 2 else ""
    risen = sensor.level - sensor.anchor
    return "creeping" if risen >= CREEP_PERCENT and now_s - sensor.anchor_s >= CREEP_S else ""
