"""`edge demo bin`: a whole waste station in simulation, told as it happens, with a broker that goes away."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge import resources
from edge.actions import Report
from edge.app import Device
from edge.bin_events import BinEvent, Button, ItemShown
from edge.config import load_config
from edge.daemon import Process
from edge.demo.broker import Office
from edge.demo.stage import LEFT_AT_THE_STOP, Director, Left, collect, prepare, private_broker
from edge.demo.storyboard import GREEN, GREY, RED, Panel, draw
from edge.drivers.camera import Frame
from edge.drivers.camera.scripted import COMES_S, GOES_S
from edge.drivers.station.simulated import SimulatedStationPort
from edge.uplink.neighbours import BinLevel, levels
from edge.uplink.private_broker import PrivateBroker
from edge.uplink.topics import Topics
from edge.vision.items import Fact

HELD_S = 2.2
BROKER_GONE_AFTER, BROKER_BACK_AFTER = 1, 3
"""The broker is away from the end of one item to the end of another."""

FIRST_S, EVERY_S = 3.0, 6.0
FIRE_AFTER_S = 3.0
FULL_AT_S = 24.0
FULL_MM = 210
"""After so long the bin for paper is full (93 %), and stays so."""
NEIGHBOUR = "bin-south"
OUTCOMES = ("waste.dropped", "waste.missorted", "waste.offhours")
LEVELS = ("bin.level", "bin.nearlyfull", "bin.full", "bin.overflow", "bin.emptied")


class Scene(NamedTuple):
    """What is held up, and the bin that it is then thrown into."""

    picture: str
    bin: str


SCENES = (
    Scene("cardboard-tube.jpg", "paper"),
    Scene("banana-peel.jpg", "kitchen"),
    Scene("glass-bottle.jpg", "other"),  # the wrong bin
    Scene("battery.jpg", "hazardous"),  # outside the hours
    Scene("garden-cuttings.jpg", "kitchen"),
    Scene("plastic-jug.jpg", "paper"),  # which is full by now
)
_PLACES = {"paper": 0.125, "kitchen": 0.375, "hazardous": 0.625, "other": 0.875}
_TOP, _INTO = 0.72, 0.86

_CONFIG = """# The waste station of the demonstration.
[device]
id = "bin-demo"
site = "demo"
roles = ["bin"]
timezone = "UTC"
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
[station]
item_zone = [0.0, 0.0, 1.0, {top}]
lid_open_s = 5.0
[station.camera]
driver = "script"
path = "shown/script.toml"
[station.wiring]
simulated = true
[station.hours.hazardous]
open = ["mon-sun {opens}-{closes}"]
[station.neighbours.{neighbour}]
name = {{ en = "the south gate", cmn = "南门" }}
walk_m = 120.0
"""
_BIN = """[bins.{name}]
category = "{category}"
opening = [{left}, {top}, {right}, 1.0]
settle_s = 1.0
[bins.{name}.lid]
driver = "simulated"
[bins.{name}.sensors.top]
driver = "simulated"
period_s = 0.2
"""
_FILLING = 'trace = "shown/paper.csv"'
_SLOWLY = "fills_in_s = 36000.0"
_ITEM = """[[item]]
picture = "{picture}"
begins_s = {begins_s}
held_s = {held_s}
into = [{x}, {y}]
size = 0.5
"""


class Demo:
    """One performance in the folder `out`, which is emptied first. `tell` hears the story line by line."""

    def __init__(self, out: Path, tell: Callable[[str], None]) -> None:
        self._out = out
        self._say = tell
        self._begun_s = time.monotonic()
        self._camera_s: float | None = None
        self._panels: list[Panel] = []
        self._shown: Frame | None = None
        self._lock = threading.Lock()

    def _tell(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begun_s:6.1f} s  {text}")

    def run(self) -> dict[str, Any]:
        """Play the story once, then drain. Returns its figures."""
        prepare(self._out, "bin")
        with private_broker(self._out) as (broker, office):
            return self._perform(broker, office)

    def _perform(self, broker: PrivateBroker, office: Office) -> dict[str, Any]:
        config_file = self._out / "edge.toml"
        config_file.write_text(_configuration(broker.port))
        for scene in SCENES:
            shutil.copyfile(resources.demo_items() / scene.picture, self._out / "shown" / scene.picture)
        (self._out / "shown" / "paper.csv").write_text(_trace())
        (self._out / "shown" / "script.toml").write_text("".join(map(_item, range(len(SCENES)))))
        device = Device(load_config(config_file), self._watch, look_at_items=self._look)
        director = Director(Process(device), device, self._tell)
        code = director.perform(lambda: self._story(director, device, broker))
        left = collect(device, office, self._out, code)
        draw(self._panels, self._out / "storyboard.png")
        return _figures(left)

    def _story(self, director: Director, device: Device, broker: PrivateBroker) -> None:
        port = device.station.port if device.station else None
        assert isinstance(port, SimulatedStationPort)
        director.until(lambda: self._camera_s is not None, 20.0)
        began_s = self._camera_s or time.monotonic()
        _say_levels(broker.port)
        self._tell("ready; somebody comes near")
        port.come_near()
        for number, scene in enumerate(SCENES):
            self._tell_when(director, began_s + _begins_s(number), f"holds up {scene.picture}")
            if scene.bin == "hazardous":
                director.at(began_s + _begins_s(number) + COMES_S + HELD_S - 0.2)
                self._tell("presses the button of that bin, which is closed at this hour")
                port.press(Button.OPEN, scene.bin)
            director.at(began_s + _begins_s(number) + COMES_S + HELD_S + GOES_S)
            port.drop(scene.bin)
            if number == BROKER_GONE_AFTER:
                broker.stop()
                self._tell("the broker is stopped; the station goes on")
            if number == BROKER_BACK_AFTER:
                waiting = director.waiting
                broker.start()
                self._tell(f"the broker is back; {waiting} events were waiting")
        ended_s = began_s + _begins_s(len(SCENES))
        self._tell_when(director, ended_s, "a cigarette end was in it: smoke")
        port.smoke("other")
        director.at(ended_s + FIRE_AFTER_S)
        port.leave()

    def _tell_when(self, director: Director, moment_s: float, text: str) -> None:
        director.at(moment_s)
        self._tell(text)

    def _look(self, frame: Frame, _facts: tuple[Fact, ...], events: tuple[BinEvent, ...]) -> None:
        with self._lock:
            if self._camera_s is None:
                self._camera_s = frame.mono_s
            if any(isinstance(event, ItemShown) for event in events):
                self._shown = frame

    def _watch(self, report: Report, _seen_s: float) -> None:
        data = dict(report.data)
        what = ", ".join(f"{name} {value}" for name, value in data.items() if name not in ("warnings", "by", "drop"))
        if report.type != "bin.level":  # there are many, and the storyboard is about people
            self._tell(f"{report.type}{': ' + what if what else ''}")
        with self._lock:
            frame = self._shown
        if frame is None or report.type not in (*OUTCOMES, "bin.fire"):
            return
        if report.type == "bin.fire":
            lines = [f"by {data['by']} in the bin {data.get('bin', '-')}; before that was held up: {frame.name}"]
        else:
            judged = f"{data.get('category', 'not sure')} ({data.get('fine', '-')}), {data.get('probability', '-')}"
            lines = [f"held up: {frame.name}", f"taken for: {judged}"]
            lines.append(f"thrown into: {data['bin']}, which takes {data['takes']}")
        lines.append(f"{time.monotonic() - self._begun_s:.1f} s into the demonstration")
        colour = {"waste.dropped": GREEN, "waste.offhours": GREY}.get(report.type, RED)
        self._panels.append(Panel(frame, (), colour, report.type, lines))


def _configuration(port: int) -> str:
    """The hours of hazardous waste begin in three hours from now, so that it is closed whenever this is played."""
    now = datetime.now(UTC)
    opens, closes = (now + timedelta(hours=hours) for hours in (3, 5))
    head = _CONFIG.format(port=port, top=_TOP, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}", neighbour=NEIGHBOUR)
    categories = {"paper": "recyclable"}
    bins = (
        _BIN.format(
            name=name,
            category=categories.get(name, name),
            left=place - 0.125,
            top=_TOP,
            right=place + 0.125,
        )
        + (_FILLING if name == "paper" else _SLOWLY)
        + "\n"
        for name, place in _PLACES.items()
    )
    return head + "".join(bins)


def _trace() -> str:
    """A bin that rises evenly from empty to full, as a recording of its ranger."""
    steps = (tenth / 10 for tenth in range(round(FULL_AT_S * 10) + 1))
    return "seconds,mm\n" + "".join(f"{at_s},{1000 - (1000 - FULL_MM) * at_s / FULL_AT_S:.0f}\n" for at_s in steps)


def _begins_s(number: int) -> float:
    return FIRST_S + number * EVERY_S


def _item(number: int) -> str:
    scene = SCENES[number]
    return _ITEM.format(picture=scene.picture, begins_s=_begins_s(number), held_s=HELD_S, x=_PLACES[scene.bin], y=_INTO)


def _say_levels(port: int) -> None:
    """What a neighbouring station has said of its bins stands at the broker."""
    topic = Topics("demo", NEIGHBOUR).levels
    client = Client(CallbackAPIVersion.VERSION2, client_id=NEIGHBOUR)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(
        topic, levels({"paper": BinLevel("recyclable", 20.0, True)}, time.time_ns() // 1000), qos=1, retain=True
    ).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def _figures(left: Left) -> dict[str, Any]:
    figures = {
        "drops": sum(map(left.count, OUTCOMES)),
        "missorted": left.count("waste.missorted"),
        "offhours": left.count("waste.offhours"),
        "fires": left.count("bin.fire"),
        "levels": [_level(event) for event in left.stored if event["type"] in LEVELS],
        **left.figures,
    }
    figures["holds"] = bool(
        figures["exit_code"] == 0
        and figures["drops"] == len(SCENES)
        and figures["missorted"] >= 1
        and figures["offhours"] == 1
        and figures["fires"] == 1
        and "bin.full" in [level["type"] for level in figures["levels"]]
        and figures["spoken"]
        and figures["events_received"] >= 1
        and figures["events_missing"] == 0
        and figures["events_waiting"] <= LEFT_AT_THE_STOP
    )
    return figures


def _level(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": event["type"], **{name: event["data"].get(name) for name in ("bin", "percent")}}
