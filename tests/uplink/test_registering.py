"""A registration through a real mosquitto with the shipped configuration and access list."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

import edge.install.registering.renewing as renewing
from edge.config.schema import Uplink
from edge.errors import DataError, HardwareError
from edge.install.registering.authority import Authority
from edge.install.registering.device import ask, csr_of, register
from edge.install.registering.exchange import Answer, new_attempt, request_topic
from edge.install.registering.line import Line
from edge.install.registering.renewing import refused_by, renew
from edge.install.registration import make_token
from edge.store.identity import pem
from edge.store.keys import DeviceKey
from edge.uplink.settings import Broker
from tests.broker import MOSQUITTO, NO_MOSQUITTO, PrivateBroker, free_port
from tests.card_samples import KEY
from tests.unit.install.registering.registering_samples import NAME, ROOT, Asking, asking, make_ca, token

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)

LIMIT_S = 30.0


class RegistrationBroker(PrivateBroker):
    """The shipped configuration but for ports and paths."""

    def __init__(self, folder: Path, pki: Path) -> None:
        super().__init__(folder)
        self.office_port = free_port()
        text = (ROOT / "config/mosquitto-registration.conf").read_text(encoding="utf-8")
        acl = folder / "mosquitto.acl"
        acl.write_text((ROOT / "config/mosquitto-registration.acl").read_text(encoding="utf-8"))
        for shipped, here in {
            "/etc/mosquitto/registration/mosquitto-registration.acl": str(acl),
            "/etc/mosquitto/registration/": f"{pki}/",
            "listener 8885": f"listener {self.port} 127.0.0.1",
            "listener 8886": f"listener {self.office_port} 127.0.0.1",
        }.items():
            assert shipped in text
            text = text.replace(shipped, here)
        self._lines = [*text.splitlines(), "user root"]


class Office:
    """`edge registration serve` in a process of its own."""

    def __init__(self, folder: Path, pki: Path, port: int, *more: str) -> None:
        self.folder = folder
        (folder / "anna.pub.pem").write_bytes(pem(KEY.public_key()))
        words = [f"--broker=127.0.0.1:{port}", f"--ca-file={pki}/ca.pem", f"--cert-file={pki}/registrar.pem"]
        words += [f"--key-file={pki}/registrar.key", f"--public={folder}/anna.pub.pem", "--kid=anna"]
        words += [f"--book={folder}/book", f"--out={folder}/devices", "--json", *more]
        command = [sys.executable, "-m", "edge", "registration", "serve", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "waiting for new devices" in line:
                break
        else:
            raise AssertionError("it did not start")

    def end(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_S)
        self.log = err
        return out


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    make_ca(folder, "authority")
    make_ca(folder, "broker", "127.0.0.1")
    make_ca(folder, "program", "registrar", "visitor")
    return folder


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[RegistrationBroker]:
    broker = RegistrationBroker(tmp_path_factory.mktemp("broker"), pki)
    broker.start()
    yield broker
    broker.stop()


class Device:
    """What a first boot leaves: a request, and a certificate of its own."""

    def __init__(self, folder: Path, pki: Path, port: int, asked: Asking) -> None:
        folder.mkdir(parents=True)
        self.folder, self.asked, self.place = folder, asked, folder / "device.pem"
        self.place.write_text("its own")
        (folder / "registration.request").write_bytes(asked.request + b"\n")
        self.uplink = Uplink("127.0.0.1", ca_file=pki / "ca.pem", cert_file=self.place, registration_port=port)

    def register(self) -> str:
        return register(self.uplink, self.asked.name, self.folder)


def test_a_device_registers_the_office_is_killed_and_a_thief_comes_too_late(
    tmp_path: Path, pki: Path, broker: RegistrationBroker
) -> None:
    authority = (f"--authority={pki}/ca.pem", f"--authority-key={pki}/ca.key")
    card = token()
    device = Device(tmp_path / "device", pki, broker.port, asking(card))
    thief = Device(tmp_path / "thief", pki, broker.port, asking(card, secret=7))
    office = Office(tmp_path, pki, broker.office_port, *authority)
    assert device.register().startswith(f"registered; {device.place} is the office's")
    office.end(signal.SIGKILL)
    office = Office(tmp_path, pki, broker.office_port, *authority)
    with pytest.raises(DataError, match="the office refuses: the token was used already"):
        thief.register()
    assert thief.place.read_text() == "its own"
    again = ask(device.uplink, NAME, device.asked.request)
    assert again is not None and again.certificate == device.place.read_text()
    expired = make_token(NAME, "anna", KEY, 1_700_000_000, 7)
    with pytest.raises(DataError, match="expired"):
        Device(tmp_path / "late", pki, broker.port, asking(expired)).register()
    assert json.loads(office.end())["answered"] == {"expired": 1, "registered": 1, "used": 1}
    assert "somebody has copied it" in office.log
    assert len(list((tmp_path / "book").iterdir())) == 1
    # With that certificate the connection to the broker of the events is made; here to the office's listener.
    (tmp_path / "device.key").write_bytes(_private(device.asked))
    own = Broker("127.0.0.1", broker.office_port, ca_file=pki / "ca.pem", cert_file=device.place)
    line = Line(Broker(**{**_fields(own), "key_file": tmp_path / "device.key"}), new_attempt(), [request_topic(NAME)])
    line.close()


def test_a_certificate_near_its_end_is_renewed_once_the_broker_has_taken_the_new_one(
    tmp_path: Path, pki: Path, broker: RegistrationBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The office's listener stands for the broker of the events: it wants a certificate, too."""
    monkeypatch.setattr(renewing, "_LISTEN_S", 1.0)
    device, now = Device(tmp_path / "device", pki, broker.port, asking(token())), datetime.now(UTC)
    key_file = tmp_path / "device.key"
    key_file.write_bytes(_private(device.asked))
    office = Office(tmp_path, pki, broker.office_port, f"--authority={pki}/ca.pem", f"--authority-key={pki}/ca.key")
    device.register()
    authority = Authority(pki / "ca.pem", pki / "ca.key", 730)
    old = authority.sign(csr_of(device.asked.request), NAME, now - timedelta(days=700))
    for place in (device.place, tmp_path / f"devices/{NAME}.pem"):
        place.write_bytes(old)
    uplink, own = replace(device.uplink, port=9, key_file=key_file), DeviceKey(bytes(32))
    told = renew(uplink, NAME, own, now)
    assert not told.good and "nothing answers" in told.detail and device.place.read_bytes() == old
    told = renew(replace(uplink, port=broker.office_port), NAME, own, now)
    assert told.good and told.detail.startswith("renewed"), told
    assert device.place.read_bytes() == (tmp_path / f"devices/{NAME}.pem").read_bytes() != old
    assert json.loads(office.end())["answered"] == {"registered": 3}
    make_ca(tmp_path / "other", "authority")
    make_ca(tmp_path / "other", "device", NAME)
    other = tmp_path / "other/devices" / NAME
    foreign = Broker("127.0.0.1", broker.office_port, ca_file=pki / "ca.pem", cert_file=other.with_suffix(".pem"))
    assert "refuses this device's certificate" in refused_by(replace(foreign, key_file=other.with_suffix(".key")))


def _fields(broker: Broker) -> dict[str, object]:
    return {name: getattr(broker, name) for name in Broker.__slots__}


def _private(asked: Asking) -> bytes:
    from cryptography.hazmat.primitives import serialization

    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return asked.key.private_bytes(serialization.Encoding.PEM, *form)


def test_a_stranger_may_ask_and_do_nothing_else(pki: Path, broker: RegistrationBroker) -> None:
    plain = Broker("127.0.0.1", broker.port, ca_file=pki / "ca.pem")
    topic, attempt = request_topic(NAME), new_attempt()
    for listened in (topic, f"{topic}/{attempt}", "edge/v1/+/+/registration/+", "#"):
        watcher = _listener(plain, new_attempt(), listened)  # mosquitto grants it, and hands nothing over
        with pytest.raises(HardwareError, match="does not let us write"):
            watcher.say(f"edge/v1/{NAME}/registration/{attempt}", b"forged")
    with pytest.raises(HardwareError, match="does not let us write"):
        _listener(plain, new_attempt(), f"{topic}/x").say(f"edge/v1/{NAME}/command/unlock", b"open")
    # Whoever has a certificate of the site, and is not the registrar, may no more than a stranger.
    visitor = Broker(
        "127.0.0.1",
        broker.office_port,
        ca_file=pki / "ca.pem",
        cert_file=pki / "visitor.pem",
        key_file=pki / "visitor.key",
    )
    with pytest.raises(HardwareError, match="does not let us write"):
        _listener(visitor, "v", topic).say(f"{topic}/{attempt}", b"forged")


def test_an_answer_goes_to_the_one_who_asked(pki: Path, broker: RegistrationBroker) -> None:
    plain = Broker("127.0.0.1", broker.port, ca_file=pki / "ca.pem")
    registrar = Broker(
        "127.0.0.1",
        broker.office_port,
        ca_file=pki / "ca.pem",
        cert_file=pki / "registrar.pem",
        key_file=pki / "registrar.key",
    )
    topic, attempt = request_topic(NAME), new_attempt()
    office = Line(registrar, "office", ["edge/v1/+/+/registration"])
    device = _listener(plain, attempt, f"{topic}/{attempt}")
    spies = [_listener(plain, new_attempt(), listened) for listened in (f"{topic}/{attempt}", f"{topic}/+", "#")]
    device.say(topic, b"request", answer_to=f"{topic}/{attempt}")
    arrived = office.pump(LIMIT_S)
    assert arrived == (topic, b"request", f"{topic}/{attempt}")
    office.say(f"{topic}/{attempt}", Answer("", "waiting").written())
    got = device.pump(LIMIT_S)
    assert got is not None and got.topic == f"{topic}/{attempt}"
    assert [spy.pump(0.2) for spy in spies] == [None, None, None]
    for line in (office, device, *spies):
        line.close()


def test_nothing_can_be_left_there(pki: Path, broker: RegistrationBroker) -> None:
    client = Client(CallbackAPIVersion.VERSION2, client_id=new_attempt(), protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(str(pki / "ca.pem"))
    ended: list[str] = []
    client.on_disconnect = lambda _client, _data, _flags, reason, _properties: ended.append(reason.getName())
    client.connect("127.0.0.1", broker.port)
    client.loop(1.0)
    client.publish(request_topic(NAME), b"for ever", qos=1, retain=True)
    for _ in range(40):
        if ended:
            break
        client.loop(0.25)
    assert ended == ["Retain not supported"]


def _listener(broker: Broker, client_id: str, topic: str) -> Line:
    return Line(broker, client_id, [topic])
