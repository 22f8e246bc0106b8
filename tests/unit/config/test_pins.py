"""What only shows when all wires of a device are seen together."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import load_config
from edge.errors import ConfigError

DEVICE = """\
[device]
id = "d-1"
site = "s"
roles = ["gate", "bin"]
[camera]
driver = "folder"
path = "pictures"
[door]
driver = "gpio"
relay_pin = 17
[speaker]
driver = "silent"
[uplink]
host = "127.0.0.1"
tls = false
[station.wiring]
presence_pin = 16
[bins.paper]
category = "recyclable"
lid = {driver = "motor", open_pin = 22, close_pin = 23, open_stop_pin = 4, closed_stop_pin = 5, current_pin = 6}
wiring = {hand_pin = 10}
sensors.top = {driver = "pulse", trigger_pin = 12, echo_pin = 13}
[bins.food]
category = "kitchen"
lid = {driver = "servo", pin = 24}
wiring = {hand_pin = 11}
"""


def load(folder: Path, *changes: tuple[str, str]) -> str:
    """What is wrong with the device above when that is changed; empty when nothing is."""
    text = DEVICE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "device.toml").write_text(text)
    try:
        load_config(folder / "device.toml")
    except ConfigError as error:
        return error.message
    return ""


def test_a_station_beside_a_gate(tmp_path: Path) -> None:
    assert load(tmp_path) == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("relay_pin = 17", "relay_pin = 17\ntamper_pin = 24", "bins.food.lid.pin: pin 24 is already door.tamper_pin"),
        (
            "relay_pin = 17",
            "relay_pin = 17\nfire_rest_pin = 20",
            "door.fire_alarm_pin: fire_rest_pin and fire_alarm_pin",
        ),
        (
            "relay_pin = 17",
            "relay_pin = 17\nfire_alarm_pin = 20",
            "door.fire_rest_pin: fire_rest_pin and fire_alarm_pin",
        ),
        ("relay_pin = 17", "relay_pin = 17\nbusy_pin = 7", "door.busy_pin: pin 7 says that the door is free while"),
        ("relay_pin = 17", 'relay_pin = 17\nbusy_pin = 20\nbusy_level = "high"', "use one from 0 to 8"),
        ("[speaker]", "[lock]\ninterlock = true\n[speaker]", "lock.interlock: needs [door] other_door_pin"),
        ("relay_pin = 17", "relay_pin = 16", "station.wiring.presence_pin: pin 16 is already door.relay_pin"),
        ("hand_pin = 11", "hand_pin = 10", "bins.food.wiring.hand_pin: pin 10 is already bins.paper.wiring.hand_pin"),
        ("closed_stop_pin = 5", "closed_stop_pin = 4", "pin 4 is already bins.paper.lid.open_stop_pin"),
        ("echo_pin = 13", "echo_pin = 17", "bins.paper.sensors.top.echo_pin: pin 17 is already door.relay_pin"),
        ("pin = 24", "pin = 23", "bins.food.lid.pin: pin 23 is already bins.paper.lid.close_pin"),
        ("open_pin = 22", "open_pin = 2", "bins.paper.lid.open_pin: pin 2 is pulled up"),
        ("pin = 24", "pin = 8", "bins.food.lid.pin: pin 8 is pulled up"),
        ("hand_pin = 11", "beam_pin = 11", "bins.food.lid: a lid that closes by itself needs hand_pin"),
        ("pin = 24", "pin = 24, open_us = 1000", "must differ from closed_us"),
        ('{driver = "servo", pin = 24}', '{driver = "simulated"}', "needs simulated = true"),
    ],
)
def test_wires_that_cannot_be(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in load(tmp_path, (old, new))


def test_a_door_with_every_wire(tmp_path: Path) -> None:
    wires = (
        "fire_rest_pin = 0\nfire_alarm_pin = 1\ntamper_pin = 2\nother_door_pin = 3\nbusy_pin = 20\nwide_exit_pin = 7"
    )
    assert load(tmp_path, ("relay_pin = 17", f"relay_pin = 17\n{wires}")) == ""


def test_a_motor_may_have_its_strain_for_a_hand_sensor_but_needs_one_of_them(tmp_path: Path) -> None:
    without_hand = ("wiring = {hand_pin = 10}", "wiring = {}")
    assert load(tmp_path, without_hand) == ""
    assert "needs hand_pin under wiring, or current_pin" in load(tmp_path, without_hand, (", current_pin = 6", ""))


def test_simulated_wires_claim_no_pins(tmp_path: Path) -> None:
    assert load(tmp_path, ("presence_pin = 16", "presence_pin = 17\nsimulated = true"), ("hand_pin = 11", "")) == ""
