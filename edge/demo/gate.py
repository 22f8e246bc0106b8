"""`edge demo gate`: a whole gate in simulation, told as it happens: residents by face, card, PIN and pass, a stranger,
a print, a replayed video, duress, fire, a door held open, and a broker that goes away in the middle.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.actions import Report
from edge.app import Device
from edge.config import load_config
from edge.daemon import Process
from edge.demo import cast
from edge.demo.broker import Office
from edge.demo.stage import LEFT_AT_THE_STOP, Director, Left, collect, prepare, private_broker
from edge.demo.storyboard import GREEN, RED, Panel, draw
from edge.drivers.camera import Frame
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.events import LineState
from edge.uplink.private_broker import PrivateBroker
from edge.vision.faces import Face

# The card comes later than the gate's cooldown after the PIN of the same resident, also where a busy machine takes
# seconds to compare that: within it he is taken for somebody who is just going through.
BROKER_GONE_AT_S, EXIT_AT_S, BROKER_BACK_AT_S, PIN_AT_S, CARD_AT_S = 5.0, 8.0, 15.0, 17.0, 31.0
HELD_AT_S, DURESS_AT_S, SHUT_AT_S, FIRE_AT_S, FIRE_OVER_AT_S, END_S = 36.0, 42.0, 44.0, 59.5, 61.0, 62.0

_CONFIG = """# The gate of the demonstration.
[device]
id = "gate-demo"
site = "{site}"
[camera]
driver = "visitors"
path = "shown/visitors.toml"
hears = "state/spoken/spoken.jsonl"
[door]
driver = "simulated"
fire_line = true
[lock]
held_warning_s = 5.0
held_alarm_s = 6.0
[card]
driver = "simulated"
[keypad]
driver = "simulated"
[speaker]
driver = "simulated"
languages = ["en", "cmn"]
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
port = {port}
tls = false
[office.keys]
{signer} = "office.pub.pem"
"""


class Demo:
    """One performance in the folder `out`, which is emptied first. `tell` hears the story line by line."""

    def __init__(self, out: Path, tell: Callable[[str], None]) -> None:
        self._out = out
        self._say = tell
        self._begun_s = time.monotonic()
        self._panels: list[Panel] = []
        self._last_look: tuple[Frame, list[Face]] | None = None
        self._first_frame_s: float | None = None
        self._scenes: dict[str, str] = {}
        self._lock = threading.Lock()

    def _tell(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begun_s:6.1f} s  {text}")

    def run(self, seconds: float) -> dict[str, Any]:
        """Play for `seconds` (at least until the story is over), then drain. Returns the figures of the story."""
        prepare(self._out, "gate")
        with private_broker(self._out) as (broker, office):
            return self._perform(broker, office, seconds)

    def _perform(self, broker: PrivateBroker, office: Office, seconds: float) -> dict[str, Any]:
        key = cast.lay_out(self._out)
        config_file = self._out / "edge.toml"
        config_file.write_text(_CONFIG.format(site=cast.SITE, signer=cast.SIGNER, port=broker.port))
        device = Device(load_config(config_file), self._watch, self._look)
        people = cast.enrol(device, key, self._out)
        for name, person in people.items():
            self._tell(f"enrolled {name} as {person} from {', '.join(cast.PICTURES[name])}")
        director = Director(Process(device), device, self._tell)
        code = director.perform(lambda: self._story(director, device, broker, seconds))
        return self._finish(device, office, people, code)

    def _story(self, director: Director, device: Device, broker: PrivateBroker, seconds: float) -> None:
        assert device.credentials is not None
        assert device.credentials.visitor is not None
        assert isinstance(device.door, SimulatedDoorPort)
        door, keypad = device.door, device.credentials.visitor
        director.until(lambda: self._first_frame_s is not None, 20.0)
        start_s = self._first_frame_s or time.monotonic()
        director.at(start_s + BROKER_GONE_AT_S)
        broker.stop()
        self._tell("the broker is stopped; the gate goes on")
        director.at(start_s + EXIT_AT_S)
        self._tell("somebody presses the button inside")
        door.press_exit(time.monotonic())
        director.at(start_s + BROKER_BACK_AT_S)
        waiting = director.waiting
        broker.start()
        self._tell(f"the broker is back; {waiting} events were waiting")
        director.at(start_s + PIN_AT_S)
        self._tell("resident B types number and PIN")
        keypad.press(f"{cast.NUMBER_B}*{cast.PIN_B}#")
        director.at(start_s + CARD_AT_S)
        self._tell("resident B holds up a card")
        device.credentials.bridges["card"].show(cast.CARD_B)
        director.at(start_s + HELD_AT_S)
        self._tell("somebody leaves and props the door open")
        door.prop_open(start_s + SHUT_AT_S)
        door.press_exit(time.monotonic())
        director.at(start_s + DURESS_AT_S)
        self._tell("resident B is forced to type a PIN, and types the other one")
        keypad.press(f"{cast.NUMBER_B}*{cast.DURESS_B}#")
        director.at(start_s + FIRE_AT_S)
        self._tell("the fire panel gives the alarm")
        door.set_fire(LineState.ALARM)
        director.at(start_s + FIRE_OVER_AT_S)
        door.set_fire(LineState.NORMAL)
        director.at(start_s + max(seconds, END_S))

    def _look(self, frame: Frame, faces: list[Face], _decisions: object) -> None:
        with self._lock:
            self._last_look = (frame, faces)
            if self._first_frame_s is None:
                self._first_frame_s = frame.mono_s

    def _watch(self, report: Report, seen_s: float) -> None:
        data = dict(report.data)
        took_ms = (time.monotonic() - seen_s) * 1e3
        what = ", ".join(f"{name} {value}" for name, value in data.items() if name not in ("warnings", "cues"))
        self._tell(f"{report.type}{' ' + report.subject if report.subject else ''}{': ' + what if what else ''}")
        with self._lock:
            look, first_s = self._last_look, self._first_frame_s
        if look is None or first_s is None or report.type not in ("access.granted", "access.refused"):
            return
        by = str(data.get("by", "face"))
        # A pass is read at once, while the scenes' clock is late by what loading the networks took.
        scene = {"face": cast.scene_at(look[0].mono_s - first_s), "pass": f"pass {cast.PASS}"}.get(by, by)
        if report.type == "access.granted" or scene not in self._scenes:
            self._scenes[scene] = f"{report.type} {data.get('reason', '')}".strip()
        if by in ("card", "pin"):
            return
        granted = report.type == "access.granted"
        lines = [
            f"score {data.get('score', '-')}  threshold {data.get('threshold', '-')}  frames {data.get('frames', '-')}",
            " ".join(f"{cue} {score}" for cue, score in data.get("cues", {}).items()) or "no signs of life needed",
            f"seen to relay driven: {took_ms:.0f} ms" if granted else f"reason: {data['reason']}",
            f"{time.monotonic() - self._begun_s:.1f} s into the demonstration",
        ]
        title = f"{scene}: {'granted' if granted else 'refused'}"
        self._panels.append(Panel(look[0], look[1], GREEN if granted else RED, title, lines))

    def _finish(self, device: Device, office: Office, people: dict[str, str], code: int) -> dict[str, Any]:
        left = collect(device, office, self._out, code)
        draw(self._panels, self._out / "storyboard.png")
        figures = {
            "enrolled": len(people),
            "granted": left.count("access.granted"),
            "refused": left.count("access.refused"),
            "relay_on": device.dispatcher.relay_on,
            "relay_off": device.dispatcher.relay_off,
            "frame_to_relay": device.brain.now.to_relay_ms.summary(),
            "scenes": self._scenes,
            "seen_by_the_subscriber": _seen(left),
            "waiting_times": device.waiting.status()["figures"],
            **left.figures,
        }
        figures["holds"] = _holds(figures)
        return figures


SHOULD_BE_SEEN = (
    "granted by face",
    "granted by card",
    "granted by pin",
    "granted by pass",
    "refused print or replay",
    "refused stranger",
    "exit",
    "duress",
    "fire alarm",
    "fire over",
    "held open",
)


def _seen(left: Left) -> dict[str, int]:
    """What the story is about, counted among the events that the separate subscriber received."""
    seen = dict.fromkeys(SHOULD_BE_SEEN, 0)
    kinds = {"access.exit": "exit", "alarm.duress": "duress", "fire.alarm": "fire alarm", "fire.over": "fire over"}
    for event in left.received:
        kind, data = event["type"], event["data"]
        if kind == "access.granted":
            seen[f"granted by {data['by']}"] = seen.get(f"granted by {data['by']}", 0) + 1
        elif kind == "access.refused" and "score" in data:  # whoever is known was not shown to be alive
            known = data["score"] >= data["threshold"]
            seen["refused print or replay" if known else "refused stranger"] += 1
        elif kind == "door.held" and data["stage"] == "alarm":
            seen["held open"] += 1
        elif kind in kinds:
            seen[kinds[kind]] += 1
    return seen


_OF_FACES = ("granted by face", "refused print or replay", "refused stranger")


def _holds(figures: dict[str, Any]) -> bool:
    """What never depends on how many pictures a second the machine manages: a busy one may leave a face in doubt to the
    end, and then it is refused, whosever it is. No attack and no stranger is ever let in.
    """
    seen = figures["seen_by_the_subscriber"]
    return bool(
        figures["exit_code"] == 0
        and all(seen[what] for what in SHOULD_BE_SEEN if what not in _OF_FACES)
        and any(seen[what] for what in _OF_FACES)
        and not any(
            outcome.startswith("access.granted")
            for scene, outcome in figures["scenes"].items()
            if scene.startswith(("print", "replay")) or cast.STRANGER in scene
        )
        and figures["relay_on"] == figures["relay_off"]
        and figures["spoken"]
        and figures["events_missing"] == 0
        and figures["events_waiting"] <= LEFT_AT_THE_STOP
    )
