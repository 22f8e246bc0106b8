"""A description is checked at the desk, to the last key of the configuration that it becomes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edge.config import load_config
from edge.errors import ConfigError, DataError
from edge.install.provision.description import load
from edge.install.provision.settings import carried
from tests.card_samples import DESCRIPTION, describe

MISTAKES = [
    ('id = "gate-north"', 'id = "Gate North"', "device.id: 'Gate North' should be"),
    ('id = "gate-north"', 'id = "gate-"', "cannot end with '-'"),
    ('host = "broker.example"', "", "broker: 'host' is missing"),
    ('ca_file = "ca.pem"', "", "broker.ca_file: is missing"),
    ("correct horse battery", "short", "wifi.password: should be 8 to 63 letters"),
    ("192.168.7.20/24", "192.168.7.20", "lacks the length of the network"),
    ('address = "192.168.7.20/24"', "", "network.gateway: goes with an address"),
    ("ssh-ed25519 AAAA", "ssh-dss AAAA", "system.ssh_keys.0:"),
    ("[hardware.camera]", "[hardware.uplink]\nhost='x'\n[hardware.camera]", "belongs into [broker]"),
    ("[office.keys]", '[files]\n"/etc/passwd" = "ca.pem"\n[office.keys]', "should be like /etc/edge/"),
    ("[office.keys]", '[files]\n"/etc/edge/../shadow" = "ca.pem"\n[office.keys]', "should be like /etc/edge/"),
    ("[system]", "[sistem]", "did you mean 'system'?"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES, ids=[told for *_, told in MISTAKES])
def test_a_mistake_is_told_with_its_key_and_line(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in DESCRIPTION
    with pytest.raises(ConfigError) as refused:
        load(describe(tmp_path, DESCRIPTION.replace(right, wrong, 1)))
    assert told in refused.value.message
    assert refused.value.message.startswith(f"{tmp_path}/gate.toml:")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("relay_pin = 17", "relay_pin = 99", "hardware.door.relay_pin: 99 is out of bounds"),
        ("relay_pin = 17", "relay_pin = 27", "hardware.door"),
        ('driver = "silent"', 'driver = "silent"\ncard = "x"', "hardware.speaker.card: unknown key"),
        ("[hardware.camera]", "[hardware.camra]", "hardware.camra: unknown key 'camra'"),
    ],
)
def test_the_hardware_passes_what_edge_check_asks(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        carried(load(describe(tmp_path, DESCRIPTION.replace(right, wrong, 1))))
    assert told in refused.value.message


def test_the_configuration_is_one_that_the_daemon_takes(tmp_path: Path) -> None:
    files = carried(load(describe(tmp_path)))
    place = tmp_path / "edge.toml"
    place.write_bytes(files["edge.toml"])
    config = load_config(place)
    assert (config.device.site, config.device.id, config.uplink.host) == ("riverside", "gate-north", "broker.example")
    assert config.office.keys == {"anna": Path("/etc/edge/office/anna.pem")}
    assert tomllib.loads(files["edge.toml"].decode())["door"]["relay_pin"] == 17
    assert set(files) == {"edge.toml", "ca.pem", "office/anna.pem"}


def test_a_private_key_never_goes_onto_a_card(tmp_path: Path) -> None:
    path = describe(tmp_path)
    (tmp_path / "ca.pem").write_text("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n")
    with pytest.raises(DataError, match="is a private key"):
        carried(load(path))


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    path = describe(tmp_path)
    (tmp_path / "anna.pub.pem").unlink()
    with pytest.raises(ConfigError, match=r"anna\.pub\.pem: cannot be read"):
        carried(load(path))
