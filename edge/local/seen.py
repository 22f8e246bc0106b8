"""The last reading of each input, for whoever installs: what came, when, and never what is secret.

Every event on its way to the brain passes by here. A card is known or not, never which; of what was typed only that
something was; no person is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from edge import bin_events as bins
from edge import events as gate
from edge.events import Event

Told = tuple[str, Mapping[str, Any]]

_TELL: Mapping[type, Callable[[Any], Told]] = {
    gate.CardShown: lambda one: (one.reader, {"known": bool(one.person), "secured": one.secured}),
    gate.PinTyped: lambda one: ("keypad", {"with_number": bool(one.number)}),
    gate.PassShown: lambda one: ("pass", {"good": not one.reason, "reason": one.reason, "visitor": one.visitor}),
    gate.ContactChanged: lambda one: ("contact", {"open": one.open}),
    gate.ExitPressed: lambda _one: ("exit_button", {}),
    gate.WideExitPressed: lambda _one: ("wide_exit_button", {}),
    gate.FireLineChanged: lambda one: ("fire_line", {"state": str(one.state)}),
    gate.TamperChanged: lambda one: ("tamper", {"open": one.open}),
    gate.OtherDoorChanged: lambda one: ("other_door", {"open": one.open}),
    bins.PresenceChanged: lambda one: ("presence", {"near": one.near}),
    bins.ButtonPressed: lambda one: (_at(f"button_{one.button}", one.bin), {}),
    bins.LidMoved: lambda one: (_at("lid", one.bin), {"position": str(one.position)}),
    bins.HandSensed: lambda one: (_at("hand", one.bin), {"present": one.present}),
    bins.DropSensed: lambda one: (_at("drop", one.bin), {"load_g": one.load_g}),
    bins.SmokeSensed: lambda one: (_at("smoke", one.bin), {"smoke": one.smoke}),
    bins.TemperatureRead: lambda one: (_at("thermometer", one.bin), {"celsius": one.celsius}),
    bins.LevelRead: lambda one: (f"level.{one.bin}.{one.sensor}", _level(one.reading)),
}


class Seen:
    """`note` is called from any thread, for every event, and costs a look into a table."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[str, tuple[Mapping[str, Any], float, int]] = {}

    def note(self, event: Event, seen_s: float) -> None:
        """`seen_s`: when it happened, monotonic."""
        tell = _TELL.get(type(event))
        if tell is not None:
            name, what = tell(event)
            _, _, count = self._last.get(name, ((), 0.0, 0))
            self._last[name] = what, seen_s, count + 1

    def show(self, prefix: str = "", without: str = "\0") -> dict[str, dict[str, Any]]:
        """By input: what it last said, `ago_s`, and `count` since the start."""
        now_s = self._clock()
        return {
            name: {**what, "ago_s": round(max(0.0, now_s - seen_s), 2), "count": count}
            for name, (what, seen_s, count) in self._last.copy().items()
            if name.startswith(prefix) and not name.startswith(without)
        }


def _at(what: str, name: str) -> str:
    return f"{what}.{name}" if name else what


def _level(reading: bins.Reading | None) -> Mapping[str, Any]:
    if reading is None:
        return {"absent": True}
    told = {"distance_mm": reading.distance_mm, "load_g": reading.load_g, "temperature_c": reading.temperature_c}
    return {"absent": False, "echo": reading.distance_mm is not None or reading.load_g is not None, **told}
