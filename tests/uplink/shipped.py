"""The broker of config/mosquitto.conf and config/mosquitto.acl, with certificates of scripts/make-ca, and whoever
connects to it.
"""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.settings import Broker
from tests.broker import PrivateBroker, free_port

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 20.0
AUDITOR = "\nuser auditor\ntopic read #\ntopic read $SYS/#\n"


def make_ca(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """scripts/make-ca, run to its end."""
    command = [sys.executable, str(ROOT / "scripts/make-ca"), str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def make_everything(folder: Path, *devices: str) -> Path:
    """An authority, a broker at 127.0.0.1, these devices, and the programs of the access list. Returns the folder."""
    orders = [
        ["authority"],
        ["broker", "127.0.0.1"],
        ["device", *devices],
        ["program", "office", "sink", "homeassistant", "auditor", "visitor"],
    ]
    for words in orders:
        done = make_ca(folder, *words)
        assert done.returncode == 0, done.stderr
    return folder


class ShippedBroker(PrivateBroker):
    """The shipped configuration but for ports and paths. `port` is the devices', `office_port` the programs'. There is
    one user more, the auditor, who sees everything. `more` is added to the access list.
    """

    def __init__(self, folder: Path, pki: Path, more: str = "") -> None:
        super().__init__(folder)
        self.office_port = free_port()
        acl, state = folder / "mosquitto.acl", folder / "state"
        state.mkdir()
        acl.write_text((ROOT / "config/mosquitto.acl").read_text(encoding="utf-8") + AUDITOR + more, encoding="utf-8")
        text = (ROOT / "config/mosquitto.conf").read_text(encoding="utf-8")
        for shipped, here in {  # from the longer to the shorter
            "/etc/mosquitto/mosquitto.acl": str(acl),
            "/etc/mosquitto/": f"{pki}/",
            "/var/lib/mosquitto/": f"{state}/",
            "listener 8883": f"listener {self.port} 127.0.0.1",
            "listener 8884": f"listener {self.office_port} 127.0.0.1",
        }.items():
            assert shipped in text, f"config/mosquitto.conf has no {shipped} any more"
            text = text.replace(shipped, here)
        self._lines = [*text.splitlines(), "user root"]


def device_settings(broker: ShippedBroker, pki: Path, name: str) -> Broker:
    """How the device `site/device` reaches this broker."""
    certificate = pki / f"devices/{name}.pem"
    return Broker(
        "127.0.0.1",
        broker.port,
        ca_file=pki / "ca.pem",
        cert_file=certificate,
        key_file=certificate.with_suffix(".key"),
        longest_delay_s=1.0,
    )


class Peer:
    """Somebody with a certificate who publishes and subscribes as they like."""

    def __init__(
        self,
        port: int,
        pki: Path,
        certificate: str,
        client_id: str = "",
        will: str = "",
    ) -> None:
        client_id = client_id or uuid4().hex
        self.received: list[tuple[str, bytes]] = []
        self.lost = False
        self._acknowledged: dict[int, int] = {}
        self._subscribed: set[int] = set()
        self._changed = threading.Condition()
        self._connected = False
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5)
        context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
        context.load_cert_chain(pki / f"{certificate}.pem", pki / f"{certificate}.key")
        client.tls_set_context(context)
        if will:
            client.will_set(will, b"will", qos=1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        # mosquitto 2.0.11 closes a TLS connection after it has refused a message on it; paho then connects again.
        client.reconnect_delay_set(0.01, 0.05)  # type: ignore[arg-type]
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 60
        client.connect("127.0.0.1", port, properties=properties)
        client.loop_start()
        self._client = client
        self._wait(lambda: self._connected)

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> int:
        """The broker's reason code."""
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._wait(lambda: mid in self._acknowledged)
        return self._acknowledged[mid]

    def subscribe(self, topic: str) -> None:
        mid = self._client.subscribe(topic, qos=1)[1]
        assert mid is not None
        self._wait(lambda: mid in self._subscribed)

    def wait_for(self, topic: str, payload: bytes = b"x") -> list[str]:
        """Wait for this message; returns the topics of all that have come, it included."""
        self._wait(lambda: (topic, payload) in self.received)
        return [each for each, _ in self.received]

    def die(self) -> None:
        """Leave so that the broker publishes the will."""
        self._client.disconnect(reasoncode=ReasonCode(PacketTypes.DISCONNECT, identifier=4))
        self._client.loop_stop()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _wait(self, done: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(done, LIMIT_S), "the broker does not answer"

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._changed:
            self._connected = not reason.is_failure
            self._changed.notify_all()

    def _on_disconnect(self, *_: Any) -> None:
        with self._changed:
            self.lost = True
            self._changed.notify_all()

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        with self._changed:
            self._acknowledged[mid] = reason.value
            self._changed.notify_all()

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, *_: Any) -> None:
        with self._changed:
            self._subscribed.add(mid)
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        with self._changed:
            self.received.append((message.topic, bytes(message.payload)))
            self._changed.notify_all()
