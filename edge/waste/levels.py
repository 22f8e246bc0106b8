"""How full one bin is: its sensors fused, what changed, and what is told of it. Pure.

`LevelRules.read(state, event, now)` gives the new state and the reports; nothing in here knows the station around the
bin. Fullness never shuts a lid by itself: what follows from it is the station's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from edge.actions import Action, Priority, Report
from edge.bin_events import LevelRead
from edge.clock import Now
from edge.config.station import Bin
from edge.errors import ConfigError
from edge.waste import faults
from edge.waste import sensor as sensors
from edge.waste.faults import Faults
from edge.waste.forecast import Forecast, Outlook, learn, outlook
from edge.waste.fusion import fuse, others_of
from edge.waste.geometry import problem
from edge.waste.sensor import Sensor
from edge.waste.stage import ORDER, Stage, is_compaction, is_emptying, stage_of

# A level that does not change is told all the same, so that silence means trouble.
BEAT_S = 6 * 3600.0
# A bin that is shovelled out falls in steps; only after this long at its new level a fall is taken for compaction.
FALL_S = 900.0
_NEVER = float("-inf")
NOTHING_LEARNT = Forecast()


@dataclass(frozen=True, slots=True)
class BinLevel:
    """What is known of one bin. Times are monotonic seconds.

    `used`: the sensors that `level` comes from. `high`: the level that a fall is compared with; `fell_s`: when the
    level last fell further below it, `low` where to.
    """

    sensors: Mapping[str, Sensor] = field(default_factory=lambda: MappingProxyType({}))
    level: float | None = None
    used: tuple[str, ...] = ()
    stage: Stage = Stage.ROOM
    high: float | None = None
    low: float = 0.0
    fell_s: float = _NEVER
    emptied_s: float = _NEVER
    told: float | None = None
    told_s: float = _NEVER
    dropped_s: float = _NEVER
    counts_drops: bool = False
    faults: Faults = field(default_factory=Faults)
    forecast: Forecast = field(default_factory=Forecast)


Outcome = tuple[BinLevel, tuple[Action, ...]]


class LevelRules:
    """The rules of one bin. `holidays`: local dates like 2027-01-01. `learnt`: what an earlier run remembered. Raises
    ConfigError for measures that contradict one another.
    """

    def __init__(
        self,
        name: str,
        bin: Bin,
        timezone: str = "Asia/Shanghai",
        holidays: tuple[str, ...] = (),
        learnt: Forecast = NOTHING_LEARNT,
    ) -> None:
        if wrong := problem(bin):
            raise ConfigError(f"[bins.{name}] {wrong}", hint="edge level calibrate measures them")
        self._name = name
        self._bin = bin
        self._zone = ZoneInfo(timezone)
        self._holidays = frozenset(holidays)
        self._learnt = learnt

    def first(self) -> BinLevel:
        """What is known of a bin at the start: nothing."""
        return BinLevel(forecast=self._learnt)

    def full(self, state: BinLevel) -> bool:
        """Whether people are to be sent elsewhere."""
        return state.stage in (Stage.FULL, Stage.OVERFLOW)

    def percent(self, state: BinLevel) -> float | None:
        """How full the bin is, [0, 100]; None while no sensor can be believed."""
        return state.level

    def read(
        self, state: BinLevel, event: LevelRead, now: Now, *, dropped: bool = False, lid_open: bool = False
    ) -> Outcome:
        """One sensor was read. `dropped`: something fell in since the last call; `lid_open`: a sensor in the lid then
        measures anything but the bin.
        """
        if dropped:
            state = self.dropped(state, now)
        one = state.sensors.get(event.sensor, Sensor())
        if lid_open and event.reading is not None:
            one = sensors.unseen(one, now.mono_s)
        else:
            one = sensors.heard(one, event.reading, self._bin, now.mono_s, dropped_s=state.dropped_s)
        state = replace(state, sensors=MappingProxyType({**state.sensors, event.sensor: one}))
        return self.tick(state, now)

    def dropped(self, state: BinLevel, now: Now) -> BinLevel:
        """Something was dropped into the bin."""
        changed = {name: sensors.dropped(one, now.mono_s) for name, one in state.sensors.items()}
        return replace(state, sensors=MappingProxyType(changed), dropped_s=now.mono_s, counts_drops=True)

    def tick(self, state: BinLevel, now: Now) -> Outcome:
        """Whatever the passing of time alone brings, and what follows from the sensors as they are."""
        judged = {
            name: sensors.judge(one, now.mono_s, others=others_of(state.sensors, name), counts_drops=state.counts_drops)
            for name, one in state.sensors.items()
        }
        known, told = faults.renew(state.faults, self._name, judged, now.mono_s)
        state, changes = self._level(replace(state, sensors=MappingProxyType(judged), faults=known), now)
        return state, told + changes

    def next_deadline(self, state: BinLevel) -> float | None:
        """When `tick` has something to do next, in monotonic seconds, if nothing is read until then."""
        times = [deadline for deadline in (faults.next_deadline(state.faults, state.sensors),) if deadline is not None]
        if state.level is not None:
            times.append(state.told_s + BEAT_S)
            if state.fell_s > _NEVER:
                times.append(state.fell_s + FALL_S)
        return min(times, default=None)

    def outlook(self, state: BinLevel, now: Now) -> Outlook | None:
        """When the bin will be full; None when nobody can know."""
        if state.level is None:
            return None
        room = self._bin.full_percent - state.level
        return outlook(state.forecast, room, self._local(now), self._holidays)

    def _local(self, now: Now) -> datetime | None:
        return now.wall.astimezone(self._zone) if now.trusted else None

    def _level(self, state: BinLevel, now: Now) -> Outcome:
        level, used = fuse(state.sensors)
        if level is None:
            forecast = learn(state.forecast, None, self._local(now), self._holidays)
            # What it was is remembered: who comes back to an empty bin was absent while it was emptied.
            return replace(state, level=None, forecast=forecast), ()
        if used != state.used or state.high is None:
            # Another sensor speaks: what differs from before is no change of the bin.
            forecast = learn(state.forecast, None, self._local(now), self._holidays)
            state = replace(state, used=used, high=level, low=level, fell_s=_NEVER, forecast=forecast)
        before = level if state.high is None else state.high
        fallen = is_emptying(before, level)
        local, full = self._local(now), level >= self._bin.full_percent
        # What is taken out is none of its habits.
        forecast = learn(state.forecast, None if fallen else level, local, self._holidays, full=full)
        # The rest of an emptying in several steps is no second one.
        again = now.mono_s < state.emptied_s + FALL_S
        emptied_s = now.mono_s if fallen else state.emptied_s
        state = replace(state, level=level, forecast=forecast, emptied_s=emptied_s)
        state, compacted = self._fall(state, level, fallen or (again and level < before), now.mono_s)
        return self._tell(state, level, before if fallen and not again else None, compacted, now)

    def _fall(self, state: BinLevel, level: float, rebase: bool, now_s: float) -> tuple[BinLevel, bool]:
        high = state.high
        if rebase or high is None or level >= high:
            return replace(state, high=level, low=level, fell_s=_NEVER), False
        if not is_compaction(high, level):
            return replace(state, fell_s=_NEVER), False
        if state.fell_s == _NEVER or level < state.low - sensors.CREEP_STEP_PERCENT:
            return replace(state, low=level, fell_s=now_s), False
        if now_s >= state.fell_s + FALL_S:
            return replace(state, high=level, low=level, fell_s=_NEVER), True
        return state, False

    def _tell(self, state: BinLevel, level: float, emptied_from: float | None, compacted: bool, now: Now) -> Outcome:
        stage = stage_of(self._bin, level, state.stage)
        worse = ORDER.index(stage) > ORDER.index(state.stage)
        changed = state.told is None or abs(level - state.told) >= self._bin.report_percent
        beat = now.mono_s >= state.told_s + BEAT_S
        state = replace(state, stage=stage)
        if not (changed or beat or worse or compacted or emptied_from is not None):
            return state, ()
        state = replace(state, told=level, told_s=now.mono_s)
        data = self._data(state, level, now)
        if emptied_from is not None:
            data = {**data, "before": round(emptied_from, 1)}
            return state, (self._report("bin.emptied", data, Priority.WASTE),)
        if compacted:
            data = {**data, "change": "compacted"}
        actions = [self._report("bin.level", data, Priority.TELEMETRY)]
        if worse:
            actions.append(self._report(f"bin.{stage.value}", data, Priority.WASTE))
        return state, tuple(actions)

    def _data(self, state: BinLevel, level: float, now: Now) -> dict[str, Any]:
        data: dict[str, Any] = {"bin": self._name, "percent": round(level, 1), "stage": state.stage.value}
        if any(state.sensors[name].fault for name in state.used) or self._name in state.faults.reported:
            data["doubtful"] = True
        seen = self.outlook(state, now)
        if seen is not None:
            data |= {"full_in_h": seen.hours, "full_in_low_h": seen.low_h, "full_in_high_h": seen.high_h}
        return data

    def _report(self, kind: str, data: Mapping[str, Any], priority: Priority) -> Report:
        return Report(kind, data, self._name, priority)
