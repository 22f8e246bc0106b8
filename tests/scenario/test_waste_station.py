"""A whole waste station on simulated hardware: what must work when something else does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge import resources
from edge.app import Device
from edge.bin_events import Button, LidPosition
from edge.config import load_config
from edge.drivers.station.simulated import SimulatedStationPort
from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.schema import EVENTS_NAME
from tests.scenario.rig import TABLES, configure, perform, until

MODEL = "waste-lite2.int8.tflite"
STATION = {
    "device": 'id = "bin-1"\nsite = "riverside"\nroles = ["bin"]',
    "station": "lid_open_s = 1.0",
    "station.wiring": "simulated = true",
    "bins.paper": 'category = "recyclable"\nsettle_s = 0.5',
    "bins.paper.lid": 'driver = "simulated"\ntravel_s = 0.2',
    "bins.paper.sensors.top": 'driver = "simulated"\nperiod_s = 0.1',
    "bins.other": 'category = "other"',
    "bins.other.lid": 'driver = "simulated"\ntravel_s = 0.2',
}
EYES = {"station.camera": 'driver = "folder"\npath = "pictures"'}


def station(folder: Path, *, gate: bool = False, **more: str) -> Device:
    tables = {**STATION, **more}
    if gate:
        tables["device"] = STATION["device"].replace('["bin"]', '["gate", "bin"]')
    config = configure(folder, **tables)
    if not gate:
        text = config.read_text()
        for name in ("camera", "door"):
            text = text.replace(f"[{name}]\n{TABLES[name]}\n", "")
        config.write_text(text)
    return Device(load_config(config))


def port(device: Device) -> SimulatedStationPort:
    assert device.station is not None
    assert isinstance(device.station.port, SimulatedStationPort)
    return device.station.port


def stored(device: Device) -> list[dict[str, Any]]:
    with closing(EventReader(device.config.store.state_dir / EVENTS_NAME)) as reader:
        return [json.loads(event.body) for event in History(reader).export()]


def happened(device: Device, kind: str) -> Callable[[], bool]:
    return lambda: any(event["type"] == kind for event in stored(device))


def lid(device: Device, name: str) -> str | None:
    assert device.station is not None
    shown: str | None = device.station.show()[name]["lid"]
    return shown


def closed(device: Device) -> None:
    """The lids open when a station starts, and close again."""
    until(lambda: all(lid(device, name) == LidPosition.CLOSED for name in ("paper", "other")))


def test_who_asks_is_let_in_and_every_drop_is_told(tmp_path: Path) -> None:
    def act(device: Device) -> None:
        closed(device)
        port(device).press(Button.OPEN, "paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        assert lid(device, "other") == LidPosition.CLOSED
        port(device).drop("paper")
        until(happened(device, "waste.dropped"))
        closed(device)
        until(happened(device, "bin.level"))

    device = station(tmp_path)
    assert perform(device, act) == 0
    (drop,) = [event["data"] for event in stored(device) if event["type"].startswith("waste.")]
    assert (drop["bin"], drop["by"]) == ("paper", ["beam"])
    # The stop has begun to open both, one look apart perhaps.
    assert port(device).lid_place("paper") == pytest.approx(port(device).lid_place("other"), abs=0.1)


def test_a_lid_meets_a_hand_and_goes_back(tmp_path: Path) -> None:
    def act(device: Device) -> None:
        closed(device)
        port(device).press(Button.OPEN, "paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        until(lambda: lid(device, "paper") == LidPosition.MOVING)
        port(device).hold_hand("paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        port(device).hold_hand("paper", present=False)
        closed(device)

    assert perform(station(tmp_path), act) == 0


def test_a_fire_shuts_its_lid_and_the_button_does_not_open_it(tmp_path: Path) -> None:
    def act(device: Device) -> None:
        closed(device)
        port(device).smoke("other")
        until(happened(device, "bin.fire"))
        port(device).press(Button.OPEN, "other")
        port(device).press(Button.OPEN, "paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        assert lid(device, "other") == LidPosition.CLOSED

    device = station(tmp_path)
    assert perform(device, act) == 0
    (fire,) = [event for event in stored(device) if event["type"] == "bin.fire"]
    assert (fire["priority"], fire["data"]["bin"]) == (0, "other")


def test_without_a_classifier_the_lids_open_for_whoever_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(resources.folder("models"), tmp_path / "models")
    (tmp_path / "models" / MODEL).write_bytes(b"no network")
    shutil.copytree(resources.folder("config"), tmp_path / "config")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / name)

    def act(device: Device) -> None:
        closed(device)
        until(lambda: "item-vision" in device.faults.present())
        port(device).press(Button.OPEN, "paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        port(device).drop("other")
        until(happened(device, "waste.dropped"))

    device = station(tmp_path, **EYES)
    assert perform(device, act) == 0
    assert any(event["type"] == "device.fault" and event["subject"] == "item-vision" for event in stored(device))


def test_a_gate_and_a_station_in_one_daemon(tmp_path: Path) -> None:
    def act(device: Device) -> None:
        closed(device)
        until(lambda: device.dispatcher.relay_on >= 1)
        port(device).press(Button.OPEN, "paper")
        until(lambda: lid(device, "paper") == LidPosition.OPEN)
        port(device).drop("paper")
        until(happened(device, "waste.dropped"))
        until(happened(device, "access.exit"))
        assert {"bins", "door", "vision", "station"} <= set(device.monitoring.board.latest)

    device = station(tmp_path, gate=True, door='driver = "simulated"\nexit_every_s = 1.0')
    assert perform(device, act) == 0
    assert not device.dispatcher.energised


def test_what_was_learnt_outlives_a_restart(tmp_path: Path) -> None:
    def act(device: Device) -> None:
        until(lambda: device.brain.now.state.station.bins["paper"].level.level is not None)

    assert perform(station(tmp_path), act) == 0
    assert (tmp_path / "state" / "station-memory.json").is_file()
    assert perform(station(tmp_path), act) == 0
