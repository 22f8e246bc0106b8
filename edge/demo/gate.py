"""`edge demo gate`: a whole gate in simulation, told as it happens, with a broker that goes away in the middle."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge import resources
from edge.actions import Report
from edge.app import EVENTS, Device
from edge.config import load_config
from edge.daemon import Process
from edge.demo.broker import Office
from edge.demo.storyboard import GREEN, RED, Panel, draw
from edge.drivers.camera import Frame
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.errors import DataError
from edge.people.describe import Shot, limits_at
from edge.people.enrol import Enroller
from edge.people.eyes import Eyes
from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile
from edge.uplink.private_broker import PrivateBroker
from edge.vision.attempt import Decision
from edge.vision.faces import Face
from edge.vision.picture_file import load_picture

# Who is enrolled from which pictures, and what is then held before the camera: none of it was enrolled.
RESIDENTS = {"resident A": ("obama.jpg", "obama2.jpg"), "resident B": ("biden.jpg",)}
SCENES = ("obama3.jpg", "astronaut.jpg", "grace_hopper.jpg", "obama3.jpg")
SHOW_S = 4.0
MARK = ".edge-demo"
BROKER_GONE_AT_S, EXIT_AT_S, BROKER_BACK_AT_S = 8.5, 11.0, 19.0
ARRIVE_S = 20.0
LAST_WORDS = ("device.stopped", "chain.checkpoint")
DRAIN_S = 60.0  # the uplink's jitter may hold off its next attempt for longer than the broker was away

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
        self._prepare()
        broker = PrivateBroker(self._out / "broker")
        broker.start()
        try:
            office = Office(broker.port)
            office.start()
            try:
                return self._perform(broker, office, seconds)
            finally:
                office.stop()
        finally:
            broker.stop()

    def _prepare(self) -> None:
        if self._out.exists() and not self._out.is_dir():
            raise DataError(f"{self._out} is a file", hint="give an empty or new folder with --out")
        if self._out.exists() and any(self._out.iterdir()) and not (self._out / MARK).is_file():
            raise DataError(f"{self._out} holds something else", hint="give an empty or new folder with --out")
        shutil.rmtree(self._out, ignore_errors=True)
        shown = self._out / "shown"
        shown.mkdir(parents=True)
        (self._out / MARK).write_text("made by edge demo gate, which empties this folder at each run\n")
        for number, name in enumerate(SCENES, start=1):
            shutil.copyfile(resources.demo_pictures() / name, shown / f"{number:02d}-{name}")

    def _perform(self, broker: PrivateBroker, office: Office, seconds: float) -> dict[str, Any]:
        config_file = self._out / "edge.toml"
        config_file.write_text(_CONFIG.format(show_s=SHOW_S, port=broker.port))
        device = Device(load_config(config_file), self._watch, self._look)
        enrolled = self._enrol(device)
        process = Process(device)
        director = threading.Thread(target=self._direct, args=(process, device, broker, seconds), daemon=True)
        director.start()
        code = process.run()
        director.join(10.0)
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

    def _direct(self, process: Process, device: Device, broker: PrivateBroker, seconds: float) -> None:
        pause = threading.Event()

        def until(done: Callable[[], bool], limit_s: float) -> bool:
            end = time.monotonic() + limit_s
            while not done() and time.monotonic() < end and not process.stopping:
                pause.wait(0.05)
            return done()

        try:
            until(lambda: process.ready_s is not None, 20.0)
            self._tell(f"ready; {device.warnings[0]}: a photograph can open this door until liveness is there")
            start_s = time.monotonic()
            until(lambda: time.monotonic() - start_s >= BROKER_GONE_AT_S, seconds)
            broker.stop()
            self._tell("the broker is stopped; the gate goes on")
            until(lambda: time.monotonic() - start_s >= EXIT_AT_S, seconds)
            if isinstance(device.door, SimulatedDoorPort):
                device.door.press_exit(time.monotonic())
            until(lambda: time.monotonic() - start_s >= BROKER_BACK_AT_S, seconds)
            waiting = sum(EventReader(device.config.store.state_dir / EVENTS).backlog().values())
            broker.start()
            self._tell(f"the broker is back; {waiting} events were waiting")
            until(lambda: time.monotonic() - start_s >= seconds, seconds)
            reader = EventReader(device.config.store.state_dir / EVENTS)
            drained = until(lambda: not any(reader.backlog().values()), DRAIN_S)
            self._tell("every event is acknowledged by the broker" if drained else "events are still waiting")
        finally:
            process.stop("the demonstration is over")

    def _look(self, frame: Frame, faces: list[Face], _decisions: list[Decision]) -> None:
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
        reader = EventReader(device.config.store.state_dir / EVENTS)
        stored = [json.loads(event.body) for event in History(reader).export()]
        # The stop's own events are stored after the last drain: what of them did not leave, does at the next start.
        waiting = sum(reader.backlog().values())
        office.wait_for({event["id"] for event in stored if event["type"] not in LAST_WORDS}, ARRIVE_S)
        received = office.received()
        arrived = {event["id"] for event in received}
        missing = [event for event in stored if event["id"] not in arrived and event["type"] not in LAST_WORDS]
        kinds = [event["type"] for event in stored]
        voice = device.config.store.state_dir / "spoken" / "spoken.jsonl"
        spoken = [json.loads(line) for line in voice.read_text().splitlines()] if voice.exists() else []
        if (voice.parent).is_dir():
            shutil.copytree(voice.parent, self._out / "spoken", dirs_exist_ok=True)
        draw(self._panels, self._out / "storyboard.png")
        with (self._out / "events.jsonl").open("w") as log:
            log.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in received)
        figures = {
            "enrolled": enrolled,
            "granted": kinds.count("access.granted"),
            "refused": kinds.count("access.refused"),
            "relay_on": device.dispatcher.relay_on,
            "relay_off": device.dispatcher.relay_off,
            "spoken": [line["text"] for line in spoken],
            "events_stored": len(stored),
            "events_received": len(received),
            "events_waiting": waiting,
            "events_missing": len(missing),
            "messages_received": office.messages,
            "frame_to_relay": device.brain.now.to_relay_ms.summary(),
            "exit_code": code,
            "folder": str(self._out),
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
