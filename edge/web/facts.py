"""The device in a few lines, in the visitor's language: for the overview, and for what changes while a page is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Say = Callable[[str], str]
Fact = tuple[str, str, str]
"""The name of the place on the page, what it is called, how it is now."""


def facts(status: dict[str, Any], say: Say) -> Iterator[Fact]:
    """What this device has of it."""
    yield "version", say("Version"), str(status["version"])
    yield "clock", say("Clock"), f"{status['time'][:16].replace('T', ' ')} UTC ({say(status['clock'])})"
    if (uplink := status.get("uplink")) is not None:
        yield "broker", say("Broker"), say("connected" if uplink["connected"] else "not connected")
    if (queue := status.get("queue")) is not None:
        yield "waiting", say("Events that wait"), str(queue.get("figures", queue).get("waiting", 0))
    if (camera := status.get("camera")) is not None:
        figures = camera.get("figures", {})
        yield (
            "camera",
            say("Camera"),
            f"{say('works') if camera['working'] else say('fails')}, {figures.get('fps', 0)} fps",
        )
    if (door := status.get("door")) is not None:
        yield "door", say("Door"), _door(door, say)
    for name, one in status.get("bins", {}).items():
        percent = "?" if one["percent"] is None else f"{one['percent']:g} %"
        yield f"bin-{name}", name, f"{percent}, {say(str(one['stage']))}"


def troubles(status: dict[str, Any]) -> list[str]:
    """What is wrong."""
    return [f"{part}: {what}" for part, what in status["faults"].items()]


def _door(door: dict[str, Any], say: Say) -> str:
    words = ["unlocked" if door["unlocked"] else "locked"]
    if door["open"] is not None:
        words.append("open" if door["open"] else "shut")
    words += [word for word in ("forced", "held", "lockdown", "tampered") if door.get(word)]
    return ", ".join(say(word) for word in words)
