"""A whole device, put together and not started: its workers are those of the overview, and nothing else is loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.app import Device
from edge.config.effective import load_effective
from edge.store.identity import pem

OVERVIEW = Path(__file__).parents[3] / "docs/overview.md"
WORKER = re.compile(r"^\| (`[^|]*) \| [^|]* \| [^|]* \| (\d+) s \|", flags=re.MULTILINE)

LEAST = """
[device]
id = "edge-1"
site = "riverside"
roles = {roles}
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
tls = false
"""
DOOR = """
[camera]
driver = "folder"
path = "."
[door]
driver = "simulated"
"""
BINS = """
[station]
wiring = {simulated = true}
[bins.paper]
category = "recyclable"
"""
ALL_ELSE = """
[second_camera]
driver = "folder"
path = "."
[card]
driver = "simulated"
[card_inside]
driver = "simulated"
[keypad]
driver = "simulated"
[station.camera]
driver = "folder"
path = "."
[bins.paper.sensors.top]
driver = "simulated"
[service]
simulated = true
[office]
sealing_key_file = "sealing.pem"
[office.keys]
anna = "anna.pem"
[metrics]
port = 9464
"""

LOADED = """
import sys
from pathlib import Path
from edge.app import Device
from edge.config import load_config

Device(load_config(Path(sys.argv[1])))
print(*sys.modules)
"""
OFFICE = ("edge.device.office", "edge.device.passing", "edge.passes", "edge.commands", "edge.runtime.metrics")
WAYS_IN = ("edge.device.credentials", "edge.drivers.card", "edge.drivers.keypad", "edge.drivers.service")
STATION = (
    "edge.device.station",
    "edge.waste",
    "edge.drivers.level",
    "edge.drivers.station.",
    "edge.vision.item_worker",
)
PEOPLE = ("edge.device.sight", "edge.people", "edge.vision.recognition", "edge.vision.liveness.judge")


def write(folder: Path, roles: str, *tables: str) -> Path:
    config = folder / "edge.toml"
    config.write_text("".join((LEAST.format(roles=roles), *tables)))
    return config


def test_the_overview_tells_of_each_worker_in_the_order_of_start_and_when_it_hangs(tmp_path: Path) -> None:
    (tmp_path / "anna.pem").write_bytes(pem(Ed25519PrivateKey.generate().public_key()))
    (tmp_path / "sealing.pem").write_bytes(pem(X25519PrivateKey.generate().public_key()))
    effective = load_effective(write(tmp_path, '["gate", "bin"]', DOOR, BINS, ALL_ELSE))
    started = [(spec.name, spec.hang_after_s) for spec in Device(effective.config, effective=effective).workers()]
    told = [
        (name.replace("<bin>.<sensor>", "paper.top"), float(bound))
        for names, bound in WORKER.findall(OVERVIEW.read_text())
        for name in re.findall("`([^`]*)`", names)
    ]
    assert told == started


def test_what_the_second_camera_sees_is_there_for_an_enrolment(tmp_path: Path) -> None:
    (tmp_path / "anna.pem").write_bytes(pem(Ed25519PrivateKey.generate().public_key()))
    (tmp_path / "sealing.pem").write_bytes(pem(X25519PrivateKey.generate().public_key()))
    device = Device(load_effective(write(tmp_path, '["gate", "bin"]', DOOR, BINS, ALL_ELSE)).config)
    assert set(device.local.views) == {"people", "second", "station"}
    assert device.sight is not None and device.sight.second is not None
    assert device.sight.second.now._onlookers == (device.local.views["second"],)


@pytest.mark.parametrize(
    ("role", "tables", "unused"),
    [("gate", DOOR, (*OFFICE, *WAYS_IN, *STATION)), ("bin", BINS, (*OFFICE, *WAYS_IN, *PEOPLE))],
)
def test_what_is_left_out_is_not_loaded(tmp_path: Path, role: str, tables: str, unused: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", LOADED, str(write(tmp_path, f'["{role}"]', tables))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert "edge.device.optional" in loaded
    assert [name for name in loaded if name.startswith(unused)] == []
