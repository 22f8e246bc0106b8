"""The faults of a bin's sensors: each is told once when it begins and once when it has passed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from edge.actions import Action, Priority, Report
from edge.waste.fusion import DISAGREE_S, disagreeing
from edge.waste.sensor import DEAF_S, DETAIL, ICE_S, SILENT_S, Sensor


@dataclass(frozen=True, slots=True)
class Faults:
    """`far_s`: since when sensors of one kind are far from each other (monotonic seconds). `reported`: the faults that
    were told, by component (`<bin>.<sensor>`, or the bin): what, and since when.
    """

    far_s: float | None = None
    reported: Mapping[str, tuple[str, float]] = field(default_factory=lambda: MappingProxyType({}))


def renew(
    known: Faults, bin_name: str, sensors: Mapping[str, Sensor], now_s: float
) -> tuple[Faults, tuple[Action, ...]]:
    """The faults as they are now, and what is told of the change."""
    far = disagreeing(sensors)
    far_s = (known.far_s if known.far_s is not None else now_s) if far else None
    current = {f"{bin_name}.{name}": one.fault for name, one in sensors.items() if one.fault}
    details = {component: DETAIL[what] for component, what in current.items()}
    if far_s is not None and now_s >= far_s + DISAGREE_S:
        # Two that differ are a fault of the bin, since nobody knows which is right; of three, the odd one's own.
        for component in [bin_name] if len(far) == 2 else [f"{bin_name}.{name}" for name in far]:
            current[component] = "disagrees"
            details[component] = f"{', '.join(far)}: {DETAIL['disagrees']}"
    actions: list[Action] = []
    reported = dict(known.reported)
    for component in [one for one in known.reported if one not in current]:
        _, since_s = reported.pop(component)
        data = {"component": component, "down_s": round(now_s - since_s, 1)}
        actions.append(Report("sensor.recovered", data, component, Priority.ALARM))
    for component, what in current.items():
        before = reported.get(component)
        if before is None or before[0] != what:
            reported[component] = (what, before[1] if before else now_s)
            data = {"component": component, "what": what, "detail": details[component], "fatal": False}
            actions.append(Report("sensor.fault", data, component, Priority.ALARM))
    return replace(known, far_s=far_s, reported=MappingProxyType(reported)), tuple(actions)


def next_deadline(known: Faults, sensors: Mapping[str, Sensor]) -> float | None:
    """The monotonic time at which a fault begins if nothing is read until then."""
    times = []
    for one in sensors.values():
        if not one.fault:
            times += [one.heard_s + SILENT_S, one.level_s + DEAF_S]
            if one.held_since_s is not None:
                times.append(one.held_since_s + ICE_S)
    if known.far_s is not None and all(what != "disagrees" for what, _ in known.reported.values()):
        times.append(known.far_s + DISAGREE_S)
    return min(times, default=None)
