"""Who may connect, and what the installer is told when it does not work."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.uplink.settings import Broker
from tests.broker import MOSQUITTO, PrivateBroker, private_broker
from tests.uplink.certificates import Authority
from tests.uplink.rig import Rig, plain, running


@contextmanager
def tls_broker(folder: Path, ours: Authority, *, address: str = "127.0.0.1", expired: bool = False) -> Iterator[Broker]:
    """A mosquitto that wants a certificate of ours, and the settings of a device that has one."""
    cert, key = ours.issue("broker", address=address, expired=expired)
    device_cert, device_key = ours.issue("gate")
    lines = [
        f"cafile {ours.ca_file}",
        f"certfile {cert}",
        f"keyfile {key}",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    with private_broker(folder, lines) as running_broker:
        yield Broker(
            "127.0.0.1",
            running_broker.port,
            ca_file=ours.ca_file,
            cert_file=device_cert,
            key_file=device_key,
            longest_delay_s=1.0,
        )


def refused_with(rig: Rig, *words: str) -> None:
    """Wait for the one fault, and look for the words in it."""
    rig.submit()
    rig.wait(lambda: len(rig.faults) > 0)
    ((component, what, detail),) = rig.faults
    assert component == "uplink"
    for word in words:
        assert word in f"{what}: {detail}"
    assert not rig.uplink.status().connected
    assert rig.uplink.status().last_error


def test_mutual_tls(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours) as broker, running(tmp_path / "device", broker) as rig:
        rig.submit(300)
        rig.wait_empty()
        assert rig.uplink.status().acknowledged == 300
        assert rig.faults == []


def test_the_brokers_certificate_is_from_somebody_else(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    with (
        tls_broker(tmp_path, ours) as broker,
        running(tmp_path / "device", replace(broker, ca_file=theirs.ca_file)) as rig,
    ):
        refused_with(rig, "certificate", "ca_file does not name")


def test_the_brokers_certificate_has_expired(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours, expired=True) as broker, running(tmp_path / "device", broker) as rig:
        refused_with(rig, "has expired", "clock")


def test_the_brokers_certificate_is_for_another_address(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours, address="127.0.0.9") as broker, running(tmp_path / "device", broker) as rig:
        refused_with(rig, "another address", "host must be")


@pytest.mark.parametrize(
    ("which", "word"), [("none", "certificate required"), ("foreign", "unknown ca"), ("expired", "certificate expired")]
)
def test_the_devices_certificate_is_refused(tmp_path: Path, which: str, word: str) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours) as broker:
        cert, key = {
            "none": (None, None),
            "foreign": Authority(tmp_path, "theirs").issue("stranger"),
            "expired": ours.issue("old", expired=True),
        }[which]
        with running(tmp_path / "device", replace(broker, cert_file=cert, key_file=key)) as rig:
            refused_with(rig, "refuses this device's certificate", word, "cert_file is signed by", "not expired")


def test_a_key_that_does_not_fit_its_certificate_is_said_before_anybody_is_asked(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours) as broker:
        _, other_key = ours.issue("other")
        with running(tmp_path / "device", replace(broker, key_file=other_key)) as rig:
            refused_with(rig, "cert_file", "a key must fit its certificate")


def test_a_port_that_does_not_speak_tls(tmp_path: Path, broker: PrivateBroker) -> None:
    with running(tmp_path / "device", Broker("127.0.0.1", broker.port, longest_delay_s=1.0)) as rig:
        rig.submit()
        rig.wait(lambda: bool(rig.uplink.status().last_error))
        assert not rig.uplink.status().connected


def test_a_missing_file_is_named_and_its_arrival_noticed(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    with tls_broker(tmp_path, ours) as broker:
        assert broker.cert_file is not None
        away = broker.cert_file.rename(tmp_path / "not-yet.crt")
        with running(tmp_path / "device", broker) as rig:
            refused_with(rig, "cert_file", "No such file")
            away.rename(broker.cert_file)
            rig.wait_empty()
            assert rig.recovered == ["uplink"]


def test_a_wrong_password_is_said_and_a_right_one_needs_no_restart(tmp_path: Path) -> None:
    assert MOSQUITTO is not None
    tool = Path(MOSQUITTO).parents[1] / "bin" / "mosquitto_passwd"
    passwords, mine = tmp_path / "passwords", tmp_path / "password"
    subprocess.run([str(tool), "-c", "-b", str(passwords), "gate", "open sesame"], check=True)
    mine.write_text("open barley\n")
    with private_broker(tmp_path, [f"password_file {passwords}"], anonymous=False) as broker:
        settings = plain(broker.port, username="gate", password_file=mine)
        with running(tmp_path / "device", settings) as rig:
            refused_with(rig, "password_file")
            assert "barley" not in str(rig.faults)
            mine.write_text("open sesame\n")
            rig.wait_empty()
            assert rig.recovered == ["uplink"]
            assert rig.uplink.status().connects == 1
