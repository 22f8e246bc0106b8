"""What every device tells of itself, gate or station: starts and stops, faults, the clock, orders of no role. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from edge.actions import Action, Announce, Answer, Priority, Report, Speak, TakePicture
from edge.events import (
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    Event,
    OrderGiven,
    Started,
    Stopping,
)

SENSORS = frozenset({"camera", "card", "card-inside", "contacts", "keypad", "station", "station-camera"})
SENSOR_KINDS = ("level.", "lid.", "beam.", "hand.", "thermometer.")
SAY = "test.say"
ORDERS = frozenset({"announce", "photograph", SAY})


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """`failed`: the components that are down, and what is wrong with each."""

    failed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    stopping: bool = False


Outcome = tuple[Housekeeping, tuple[Action, ...]]


def step(state: Housekeeping, event: Event) -> Outcome:
    """One event, after the roles have answered it."""
    match event:
        case ComponentFailed():
            return _failed(state, event)
        case ComponentRecovered():
            return _recovered(state, event)
        case Started():
            started = {"version": event.version, "warnings": list(event.warnings)}
            return state, (Report("device.started", started, priority=Priority.ACCESS),)
        case Stopping():
            stopped = Report("device.stopped", {"why": event.why}, priority=Priority.ACCESS)
            return replace(state, stopping=True), (stopped,)
        case ClockKnown():
            data = {"bootid": event.bootid, "offset_us": event.offset_us, "was_off_us": event.was_off_us}
            return state, (Report("clock.corrected", data, "clock", Priority.ACCESS),)
        case OrderGiven() if event.name in ORDERS:
            return state, _order(event)
        case _:
            return state, ()


def _order(order: OrderGiven) -> tuple[Action, ...]:
    if order.name == "announce":
        said: Action = Announce(order.args["texts"], bool(order.args.get("urgent", False)))
        return said, Answer(order.command, True)
    if order.name == SAY:
        tested = {"part": "speaker", "by": order.args["by"], "uid": order.args["uid"], "applied": True}
        report = Report("device.tested", tested, priority=Priority.ACCESS)
        return Speak(order.args["phrase"]), report, Answer(order.command, True)
    return TakePicture(order.command), Answer(order.command, True)


def _is_sensor(component: str) -> bool:
    return component in SENSORS or component.startswith(SENSOR_KINDS)


def _failed(state: Housekeeping, event: ComponentFailed) -> Outcome:
    known = state.failed.get(event.component)
    failed = MappingProxyType({**state.failed, event.component: event.what})
    state = replace(state, failed=failed, stopping=state.stopping or event.fatal)
    if known == event.what and not event.fatal:  # transitions are reported, repetitions are not
        return state, ()
    kind = "sensor.fault" if _is_sensor(event.component) else "device.fault"
    data = {"component": event.component, "what": event.what, "detail": event.detail, "fatal": event.fatal}
    return state, (Report(kind, data, event.component, Priority.ALARM),)


def _recovered(state: Housekeeping, event: ComponentRecovered) -> Outcome:
    if event.component not in state.failed:
        return state, ()
    failed = {name: what for name, what in state.failed.items() if name != event.component}
    kind = "sensor.recovered" if _is_sensor(event.component) else "device.recovered"
    data = {"component": event.component, "down_s": round(event.down_s, 1)}
    report = Report(kind, data, event.component, Priority.ALARM)
    return replace(state, failed=MappingProxyType(failed)), (report,)
