"""The kinds of value that a configuration holds: names, pins, times, each with its bounds."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated

from edge.config.check import Between, Check
from edge.events import Way
from edge.schedules import parse_interval


def _name(value: str) -> str:
    # These become parts of MQTT topics and file names.
    return (
        ""
        if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value)
        else (f"{value!r} should be 1 to 63 small letters, digits and '-', beginning with a letter or digit")
    )


def _device(value: str) -> str:
    taken = ("command", "config", "event", "reply", "roster")  # the next levels of topics
    return f"{value!r} has a meaning in the topics; choose another name" if value in taken else _name(value)


def _prefix(value: str) -> str:
    part = r"[A-Za-z0-9_-]{1,64}"
    good = re.fullmatch(rf"{part}(/{part}){{0,3}}", value)
    return "" if good else f"{value!r} should be a topic without '+', '#' and empty parts"


def _zone_problem(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return f"no such time zone {value!r}; write it like 'Asia/Shanghai'"
    return ""


def _interval_problem(value: str) -> str:
    try:
        parse_interval(value)
    except ValueError as error:
        return str(error)
    return ""


def _way_problem(value: str) -> str:
    parts, known = value.split("+"), [str(way) for way in Way]
    good = len(set(parts)) == len(parts) and set(parts) <= set(known)
    return "" if good else f"{value!r} should be one of {', '.join(known)}, or several joined like 'card+pin'"


Name = Annotated[str, Check(_name)]
DeviceName = Annotated[str, Check(_device)]
Pin = Annotated[int, Between(0, 27)]
Seconds = Annotated[float, Between(0.1, 3600.0)]
Fraction = Annotated[float, Between(0.0, 1.0)]
Days = Annotated[int, Between(1, 3650)]
TimeZone = Annotated[str, Check(_zone_problem)]
IntervalText = Annotated[str, Check(_interval_problem)]
TopicPrefix = Annotated[str, Check(_prefix)]
WayText = Annotated[str, Check(_way_problem)]
