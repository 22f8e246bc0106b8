"""What only shows when all wires of a device are seen together: a pin used twice, a lid that could close on a hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from edge.config.check import Key, Problems
from edge.config.credentials import MatrixKeypad
from edge.config.schema import Config, GpioDoor
from edge.config.wiring import LidConfig, MotorLid, ServoLid, SimulatedLid

# GPIO 0 to 8 are pulled up from power-on until a program says otherwise (BCM2835 ARM Peripherals, table 6-31).
_FIRST_PULLED_DOWN = 9


def pin_problems(config: Config) -> Problems:
    """Every pin that two wires claim, on the real header; simulated parts have pins of their own."""
    problems: Problems = []
    used: dict[int, str] = {}
    for key, pin in wired_pins(config):
        if pin in used:
            problems.append((key, f"pin {pin} is already {used[pin]}"))
        used.setdefault(pin, ".".join(key))
    return problems


def wired_pins(config: Config) -> Iterator[tuple[Key, int]]:
    """Every pin of the real header that the configuration names, with its key."""
    if isinstance(config.door, GpioDoor):
        yield from _pins_of(config.door, ("door",))
    if isinstance(config.keypad, MatrixKeypad):
        for name in ("row_pins", "column_pins"):
            for place, pin in enumerate(getattr(config.keypad, name)):
                yield ("keypad", name, str(place)), pin
    if config.station is not None and not config.station.wiring.simulated:
        yield from _pins_of(config.station.wiring, ("station", "wiring"))
        for name, one in config.bins.items():
            yield from _pins_of(one.lid, ("bins", name, "lid"))
            yield from _pins_of(one.wiring, ("bins", name, "wiring"))
    for name, one in config.bins.items():
        for sensor, settings in one.sensors.items():
            yield from _pins_of(settings, ("bins", name, "sensors", sensor))


def _pins_of(table: Any, key: Key) -> Iterator[tuple[Key, int]]:
    for field in fields(table):
        if field.name == "pin" or field.name.endswith("_pin"):
            pin = getattr(table, field.name)
            if pin >= 0:
                yield (*key, field.name), pin


def door_problems(config: Config) -> Problems:
    """Half a fire line, a line to the other door that says "free" while the board starts, and an interlock with a door
    that nobody can know of.
    """
    door = config.door
    if not isinstance(door, GpioDoor):
        return []
    problems: Problems = []
    if (door.fire_rest_pin < 0) != (door.fire_alarm_pin < 0):
        missing = "fire_rest_pin" if door.fire_rest_pin < 0 else "fire_alarm_pin"
        problems.append((("door", missing), "fire_rest_pin and fire_alarm_pin go together"))
    pulled_up = 0 <= door.busy_pin < _FIRST_PULLED_DOWN
    if door.busy_pin >= 0 and pulled_up != (door.busy_level == "high"):
        pins = "0 to 8" if door.busy_level == "high" else "9 to 27"
        what = f"pin {door.busy_pin} says that the door is free while the board starts; use one from {pins}"
        problems.append((("door", "busy_pin"), what))
    if config.lock.interlock and door.other_door_pin < 0:
        problems.append((("lock", "interlock"), "needs [door] other_door_pin, or nobody comes in"))
    return problems


def _drives(lid: LidConfig) -> list[tuple[str, int]]:
    if isinstance(lid, MotorLid):
        return [("open_pin", lid.open_pin), ("close_pin", lid.close_pin)]
    return [("pin", lid.pin)] if isinstance(lid, ServoLid) else []


def lid_problems(config: Config) -> Problems:
    """Lids that nothing keeps from closing on a hand, and simulated ones among real wires."""
    if config.station is None or config.station.wiring.simulated:
        return []
    problems: Problems = []
    for name, one in config.bins.items():
        key = ("bins", name, "lid")
        problems += [
            ((*key, field), f"pin {pin} is pulled up while the board starts, which drives a lid; use one from 9 to 27")
            for field, pin in _drives(one.lid)
            if pin < _FIRST_PULLED_DOWN
        ]
        if isinstance(one.lid, SimulatedLid):
            problems.append((key, "a simulated lid needs simulated = true under [station.wiring]"))
        elif isinstance(one.lid, MotorLid) and one.wiring.hand_pin < 0 and one.lid.current_pin < 0:
            problems.append((key, "a lid that closes by itself needs hand_pin under wiring, or current_pin"))
        elif isinstance(one.lid, ServoLid) and one.wiring.hand_pin < 0:
            problems.append((key, "a lid that closes by itself needs hand_pin under wiring"))
        if isinstance(one.lid, ServoLid) and one.lid.open_us == one.lid.closed_us:
            problems.append(((*key, "open_us"), "must differ from closed_us"))
    return problems
