"""A trace of level readings, replayed through exactly what the daemon decides by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from edge.actions import Action, Report
from edge.bin_events import LevelRead, Reading
from edge.clock import Now
from edge.errors import DataError
from edge.measure.level_traces import HINT, Row
from edge.waste.levels import BinLevel, LevelRules

# The daemon looks at its deadlines between two readings; a replay does so at most this often in a gap.
MOST_TICKS = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and the time of the trace at which it was made."""

    time_s: float
    report: Report


class Replay:
    """One bin that a trace is told to, row by row. `start`: the wall clock at the first row unless a row sets it."""

    def __init__(self, rules: LevelRules, start: datetime) -> None:
        self._rules = rules
        self._wall_us = round(start.timestamp() * 1e6)
        self._offset_us: int | None = None
        self._lid_open = False
        self._mono_s = -math.inf
        self.state = BinLevel()
        self.readings = 0
        self.sensors: set[str] = set()
        self.told: list[Told] = []
        self.levels: list[tuple[float, float | None]] = []

    @property
    def now(self) -> Now:
        """The newest moment of the trace on both clocks."""
        return self._now(self._mono_s)

    def _now(self, mono_s: float) -> Now:
        return Now(mono_s, round(mono_s * 1e6) + (self._offset_us or 0))

    def play(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.tell(row)

    def tell(self, row: Row) -> None:
        """One row. A time that goes backwards without a reboot is told to the rules as it is: they must bear it."""
        if row.event == "reboot":
            self._reboot(row)
        if row.wall_us is not None or self._offset_us is None:
            self._offset_us = (row.wall_us or self._wall_us) - round(row.time_s * 1e6)
        self._tick_until(row.time_s)
        self._mono_s = max(self._mono_s, row.time_s)
        now = self._now(row.time_s)
        match row.event:
            case "reboot":
                return
            case "drop":
                self.state = self._rules.dropped(self.state, now)
                return
            case "lid_open" | "lid_closed":
                self._lid_open = row.event == "lid_open"
                return
        reading = None if row.event == "absent" else Reading(row.distance_mm, row.load_g, row.temperature_c)
        self.readings += 1
        self.sensors.add(row.sensor)
        event = LevelRead("trace", row.sensor, reading)
        self._take(*self._rules.read(self.state, event, now, lid_open=self._lid_open), row.time_s)

    def _reboot(self, row: Row) -> None:
        """What is stored survives, as in the daemon: the forecast. The monotonic clock begins anew."""
        self._wall_us = self.now.wall_us if math.isfinite(self._mono_s) else self._wall_us
        self._offset_us, self._mono_s, self._lid_open = None, row.time_s, False
        self.state = BinLevel(forecast=replace(self.state.forecast, mark_s=None))

    def _tick_until(self, time_s: float) -> None:
        for _ in range(MOST_TICKS):
            due_s = self._rules.next_deadline(self.state)
            if due_s is None or due_s >= time_s or not math.isfinite(self._mono_s):
                return
            self._mono_s = max(self._mono_s, due_s)
            self._take(*self._rules.tick(self.state, self._now(due_s)), due_s)

    def _take(self, state: BinLevel, actions: tuple[Action, ...], time_s: float) -> None:
        self.state = state
        self.told += [Told(time_s, action) for action in actions if isinstance(action, Report)]
        percent = self._rules.percent(state)
        level = None if percent is None else round(percent, 1)
        if not self.levels or self.levels[-1][1] != level:
            self.levels.append((time_s, level))

    def result(self) -> dict[str, Any]:
        """JSON-ready: how many readings, the levels where they changed, all events, what is at fault, the forecast."""
        if not self.readings:
            raise DataError("the trace holds no reading", hint=HINT)
        percent = self._rules.percent(self.state)
        outlook = self._rules.outlook(self.state, self.now)
        forecast = None
        if outlook is not None:
            names = {"full_in_h": outlook.hours, "low_h": outlook.low_h, "high_h": outlook.high_h}
            forecast = {**names, "basis": outlook.basis}
        return {
            "readings": self.readings,
            "sensors": sorted(self.sensors),
            "levels": [{"time_s": at, "percent": level} for at, level in self.levels],
            "events": [{"time_s": t.time_s, "type": t.report.type, "data": dict(t.report.data)} for t in self.told],
            "faults": {component: what for component, (what, _) in sorted(self.state.faults.reported.items())},
            "percent": None if percent is None else round(percent, 1),
            "stage": self.state.stage.value,
            "forecast": forecast,
        }
