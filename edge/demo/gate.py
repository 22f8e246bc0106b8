"""`edge demo gate`: a whole gate in simulation, told as it happens, with a broker that goes away in the middle."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge import resources
from edge.actions import Report
from edge.app import Device
from edge.config import load_config
from edge.daemon import Process
from edge.demo.broker import Office
from edge.demo.stage import Director, collect, prepare, private_broker
from edge.demo.storyboard import GREEN, RED, Panel, draw
from edge.drivers.camera import Frame
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.people.describe import Shot, limits_at
from edge.people.enrol import Enroller
from edge.people.eyes import Eyes
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile
from edge.uplink.private_broker import PrivateBroker
from edge.vision.faces import Face
from edge.vision.picture_file import load_picture
from edge.vision.track import Fact

# Who is enrolled from which pictures, and what is then held before the camera: none of it was enrolled.
RESIDENTS = {"resident A": ("obama.jpg", "obama2.jpg"), "resident B": ("biden.jpg",)}
SCENES = ("obama3.jpg", "astronaut.jpg", "grace_hopper.jpg", "obama3.jpg")
SHOW_S = 4.0
BROKER_GONE_AT_S, EXIT_AT_S, BROKER_BACK_AT_S = 8.5, 11.0, 19.0

_CONFIG = """# The gate of the demonstration.
[device]
id = "gate-demo"
site = "demo"
[camera]
driver = "folder"
path = "shown"
rate_fps = 10.0
show_s = {show_s}
repeat = false
[door]
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
"""


class Demo:
    """One performance in the folder `out`, which is emptied first. `tell` hears the story line by line."""

    def __init__(self, out: Path, tell: Callable[[str], None]) -> None:
        self._out = out
        self._say = tell
        self._begun_s = time.monotonic()
        self._panels: list[Panel] = []
        self._last_look: tuple[Frame, list[Face]] | None = None
        self._lock = threading.Lock()

    def _tell(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begun_s:6.1f} s  {text}")

    def run(self, seconds: float) -> dict[str, Any]:
        """Play for `seconds` (at least until the broker is back), then drain. Returns the figures of the story."""
        prepare(self._out, "gate")
        for number, name in enumerate(SCENES, start=1):
            shutil.copyfile(resources.demo_pictures() / name, self._out / "shown" / f"{number:02d}-{name}")
        with private_broker(self._out) as (broker, office):
            return self._perform(broker, office, seconds)

    def _perform(self, broker: PrivateBroker, office: Office, seconds: float) -> dict[str, Any]:
        config_file = self._out / "edge.toml"
        config_file.write_text(_CONFIG.format(show_s=SHOW_S, port=broker.port))
        device = Device(load_config(config_file), self._watch, self._look)
        enrolled = self._enrol(device)
        director = Director(Process(device), device, self._tell)
        code = director.perform(lambda: self._story(director, device, broker, seconds))
        return self._finish(device, office, enrolled, code)

    def _enrol(self, device: Device) -> int:
        assert device.sight is not None
        finder = device.sight.recognition.open()
        eyes, points = Eyes(finder), device.sight.recognition.points
        now = device.clock()
        with Roster.open(device.config.store.state_dir, create=True) as roster:
            enroller = Enroller(
                roster, eyes.model_id, lambda n: limits_at(points.threshold(n, fused=False), points.second_floor)
            )
            for name, files in RESIDENTS.items():
                shots = [
                    Shot(file, eyes.describe(load_picture(resources.demo_pictures() / file), enrolment=True))
                    for file in files
                ]
                consent = Consent("public-domain portrait, demonstration", "demo", "edge demo", now.wall_us)
                done = enroller.enrol(shots, Profile(name, consent), now.wall_us, few=True)
                self._tell(f"enrolled {name} as {done.person} from {', '.join(files)}")
        return len(RESIDENTS)

    def _story(self, director: Director, device: Device, broker: PrivateBroker, seconds: float) -> None:
        self._tell(f"ready; {device.warnings[0]}: a photograph can open this door until liveness is there")
        start_s = time.monotonic()
        director.at(start_s + BROKER_GONE_AT_S)
        broker.stop()
        self._tell("the broker is stopped; the gate goes on")
        director.at(start_s + EXIT_AT_S)
        if isinstance(device.door, SimulatedDoorPort):
            device.door.press_exit(time.monotonic())
        director.at(start_s + BROKER_BACK_AT_S)
        waiting = director.waiting
        broker.start()
        self._tell(f"the broker is back; {waiting} events were waiting")
        director.at(start_s + seconds)

    def _look(self, frame: Frame, faces: list[Face], _facts: list[Fact]) -> None:
        with self._lock:
            self._last_look = (frame, faces)

    def _watch(self, report: Report, seen_s: float) -> None:
        data = dict(report.data)
        took_ms = (time.monotonic() - seen_s) * 1e3
        what = ", ".join(f"{name} {value}" for name, value in data.items() if name != "warnings")
        self._tell(f"{report.type}{' ' + report.subject if report.subject else ''}{': ' + what if what else ''}")
        with self._lock:
            look = self._last_look
        if look is None or report.type not in ("access.granted", "access.refused"):
            return
        granted = report.type == "access.granted"
        lines = [
            f"score {data.get('score', '-')}  threshold {data.get('threshold', '-')}  frames {data.get('frames', '-')}",
            f"picture taken to relay driven: {took_ms:.0f} ms" if granted else f"reason: {data['reason']}",
            f"shown: {look[0].name}, which was not enrolled" if granted else f"shown: {look[0].name}",
            f"{time.monotonic() - self._begun_s:.1f} s into the demonstration",
        ]
        title = f"granted to {report.subject}" if granted else "refused"
        self._panels.append(Panel(look[0], look[1], GREEN if granted else RED, title, lines))

    def _finish(self, device: Device, office: Office, enrolled: int, code: int) -> dict[str, Any]:
        left = collect(device, office, self._out, code)
        draw(self._panels, self._out / "storyboard.png")
        figures = {
            "enrolled": enrolled,
            "granted": left.count("access.granted"),
            "refused": left.count("access.refused"),
            "relay_on": device.dispatcher.relay_on,
            "relay_off": device.dispatcher.relay_off,
            "frame_to_relay": device.brain.now.to_relay_ms.summary(),
            **left.figures,
        }
        figures["holds"] = self._holds(figures)
        return figures

    @staticmethod
    def _holds(figures: dict[str, Any]) -> bool:
        return bool(
            figures["exit_code"] == 0
            and figures["granted"] >= 1
            and figures["refused"] >= 1
            and figures["relay_on"] >= 1
            and figures["relay_on"] == figures["relay_off"]
            and figures["spoken"]
            and figures["events_received"] >= 1
            and figures["events_missing"] == 0
        )
