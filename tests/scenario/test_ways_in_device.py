"""A gate with a card reader and a keypad, from the wires to the board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.actions import KEYPAD, CheckPin, KeepFailures
from edge.app import Device
from edge.config import load_config
from edge.store.pin_failures import initial_failures
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile
from tests.scenario.rig import configure, edge, perform, until

CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)


@pytest.fixture(autouse=True)
def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def test_a_gate_hears_cards_and_keys_and_compares_pins(tmp_path: Path) -> None:
    tables = {"card": 'driver = "simulated"', "keypad": 'driver = "reader"'}
    config = load_config(configure(tmp_path, **tables))
    with Roster.open(config.store.state_dir, create=True) as roster:
        ann = roster.add(Profile("Ann", CONSENT, cards=("w26:17-12345",)), [], 1)

    def act(device: Device) -> None:
        parts = device.credentials
        assert parts is not None
        bridge, card, keypad = parts.bridges["card"], parts.readers["card"], parts.keypad
        assert keypad is not None
        until(lambda: parts.owner("w26:17-12345") == ann)  # the roster has been delivered
        bridge.show("w26:17-12345")
        bridge.press("1204*4711#")
        until(lambda: card.now.shown == 1 and keypad.now.typed == 1)
        assert card.now.unknown == 0
        device.dispatcher.carry_out([CheckPin(1, ann, "4711", {KEYPAD: 1})], device.clock())
        until(lambda: initial_failures(config.store.state_dir) == {KEYPAD: 1})
        device.dispatcher.carry_out([KeepFailures({})], device.clock())
        until(lambda: initial_failures(config.store.state_dir) == {})
        until(lambda: "credentials" in device.monitoring.board.latest)
        shown = device.monitoring.board.latest["credentials"]
        assert {name: part["working"] for name, part in shown.items()} == dict.fromkeys(
            ("card", "keypad", "pins"), True
        )
        assert not device.faults.present()

    assert perform(Device(config), act) == 0


def test_a_reader_that_is_missing_keeps_nobody_else_out(tmp_path: Path) -> None:
    tables = {"card": 'driver = "line"\nport = "/dev/serial/by-id/missing"'}

    def act(device: Device) -> None:
        until(lambda: "card" in device.faults.present())
        until(lambda: device.brain.now.state.gate.people is not None and device.seeing())
        assert "cannot be read" in device.faults.present()["card"]
        assert device.supervisor.working()

    assert perform(Device(load_config(configure(tmp_path, **tables))), act) == 0


def test_check_looks_at_the_readers_key(tmp_path: Path) -> None:
    key = tmp_path / "reader.key"
    key.write_text("30" * 16)
    key.chmod(0o600)
    table = 'driver = "osdp"\nport = "/dev/ttyUSB0"\nkey_file = "reader.key"'
    config = configure(tmp_path, card=table)
    done = edge("check", "--config", config, "--json")
    assert (done.returncode, "everybody knows" in json.loads(done.stdout)["error"]) == (4, True)
    key.write_text("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    assert edge("check", "--config", config, "--json").returncode == 0
