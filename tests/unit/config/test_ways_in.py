"""The tables [card] and [keypad]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.config import check_table
from edge.config.credentials import MatrixKeypad, OsdpReaderConfig, SerialKeypad
from edge.config.desired import forbidden
from edge.config.schema import Config

GATE: dict[str, Any] = {
    "device": {"id": "gate-1", "site": "demo"},
    "camera": {"driver": "folder", "path": "pictures"},
    "door": {"driver": "gpio", "relay_pin": 17},
    "speaker": {"driver": "silent"},
    "uplink": {"host": "127.0.0.1", "tls": False},
}
OSDP = {"driver": "osdp", "port": "/dev/ttyAMA0", "key_file": "reader.key"}
MATRIX = {"driver": "matrix", "row_pins": [5, 6, 13, 19], "column_pins": [16, 20, 21]}


def read(**tables: Any) -> tuple[Config | None, list[str]]:
    config, problems = check_table({**GATE, **tables}, Path("/etc/edge"))
    return config, [f"{'.'.join(key)}: {what}" for key, what in problems]


def test_what_is_right() -> None:
    config, problems = read(card=OSDP, keypad=MATRIX)
    assert problems == []
    assert config is not None
    assert config.card == OsdpReaderConfig("osdp", Path("/dev/ttyAMA0"), Path("/etc/edge/reader.key"))
    assert config.keypad == MatrixKeypad("matrix", (5, 6, 13, 19), (16, 20, 21))
    for card in ({"driver": "line", "port": "/dev/ttyS1"}, {"driver": "simulated", "cards": ["w26:17-12345"]}):
        assert read(card=card)[1] == []
    config, problems = read(card={"driver": "wiegand", "port": "/dev/ttyS1"}, keypad={"driver": "reader"})
    assert problems == []
    config, _ = read(keypad={"driver": "serial", "port": "keys"})
    assert config is not None
    assert config.keypad == SerialKeypad("serial", Path("/etc/edge/keys"))


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"keypad": {**MATRIX, "row_pins": [5, 6, 13]}}, "keypad.row_pins: should be 4"),
        ({"keypad": {**MATRIX, "column_pins": [16, 20]}}, "keypad.column_pins: should be 3 or 4"),
        ({"keypad": {**MATRIX, "column_pins": [16, 20, 17]}}, "keypad.column_pins.2: pin 17 is already door.relay_pin"),
        ({"keypad": {**MATRIX, "row_pins": [5, 6, 13, 16]}}, "pin 16 is already keypad.row_pins.3"),
        ({"keypad": {**MATRIX, "row_pins": [2, 6, 13, 19]}}, "keypad.row_pins.0: pin 2 has a fixed pull-up"),
        ({"keypad": {**MATRIX, "row_pins": [5, 6, 13, 28]}}, "keypad.row_pins.3: 28 is out of bounds"),
        ({"keypad": {"driver": "reader"}}, "keypad.driver: this needs a [card] whose reader has keys"),
        (
            {"card": {"driver": "pn532", "port": "/dev/ttyS1"}, "keypad": {"driver": "reader"}},
            "keypad.driver: this needs a [card] whose reader has keys",
        ),
        (
            {"card": {"driver": "wiegand", "port": "/dev/ttyS1"}, "keypad": {"driver": "serial", "port": "/dev/ttyS1"}},
            "keypad.port: is that of card already",
        ),
        ({"card": {**OSDP, "baud": 1234}}, "card.baud: 1234 is not one of"),
        ({"card": {**OSDP, "address": 127}}, "card.address: 127 is out of bounds"),
        ({"card": {"driver": "osdp", "port": "/dev/ttyS1"}}, "card: 'key_file' is missing"),
        ({"card": {"driver": "rfid"}}, "card.driver: no such driver 'rfid'"),
        ({"card": {"driver": "simulated", "cards": ["17"]}}, "card.cards.0: '17': that is no card"),
        ({"card": {"driver": "simulated", "cards": ["W26:1-2"]}}, "should be written like"),
    ],
)
def test_what_is_wrong_is_told(tables: dict[str, Any], told: str) -> None:
    _, problems = read(**tables)
    assert any(told in one for one in problems), problems


def test_only_a_gate_asks_for_cards() -> None:
    bins = {"driver": "simulated"}
    station: dict[str, Any] = {
        **{name: GATE[name] for name in ("speaker", "uplink")},
        "device": {"id": "bin-1", "site": "demo", "roles": ["bin"]},
        "station": {"wiring": {"simulated": True}},
        "bins": {"kitchen": {"category": "kitchen", "sensors": {"top": bins}}},
        "card": {"driver": "simulated"},
        "keypad": {"driver": "simulated"},
    }
    _, problems = check_table(station, Path("/etc/edge"))
    assert [key for key, _ in problems] == [("card",), ("keypad",)]


def test_a_port_of_a_level_sensor_is_taken() -> None:
    tables = {
        "device": {**GATE["device"], "roles": ["gate", "bin"]},
        "station": {"wiring": {"simulated": True}},
        "bins": {"kitchen": {"category": "kitchen", "sensors": {"top": {"driver": "scale", "port": "/dev/ttyS1"}}}},
        "card": {"driver": "line", "port": "/dev/ttyS1"},
    }
    assert read(**tables)[1] == ["card.port: is that of a level sensor"]


def test_wires_and_key_are_not_changed_from_afar() -> None:
    found = forbidden({"card": {"port": "/dev/ttyS9"}, "keypad": {"driver": "simulated"}})
    assert {key[0] for key, _ in found} == {"card", "keypad"}


@pytest.mark.parametrize(
    ("tables", "fitted"),
    [
        ({}, ("face",)),
        ({"office": {"keys": {"anna": "anna.pem"}}}, ("face", "pass")),
        ({"card": OSDP, "keypad": MATRIX}, ("face", "card", "pin")),
        ({"card_inside": {"driver": "simulated"}}, ("face",)),
    ],
)
def test_what_can_be_shown_to_come_in(tables: dict[str, Any], fitted: tuple[str, ...]) -> None:
    config, problems = read(**tables)
    assert config is not None, problems
    assert config.fitted == fitted
