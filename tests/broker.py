"""A private mosquitto on a free loopback port, and a subscriber that remembers everything it received."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.sink.reading import elements

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
NO_MOSQUITTO = "mosquitto is not installed (apt install mosquitto)"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PrivateBroker:
    """A mosquitto of our own. `lines` go into its configuration; by default nothing is kept over a restart."""

    def __init__(
        self, folder: Path, lines: Sequence[str] = (), *, anonymous: bool = True, port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.log: list[str] = []
        self._config = folder / "mosquitto.conf"
        self._lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'true' if anonymous else 'false'}",
            "max_queued_messages 0",
            "user root",
            *lines,
        ]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert MOSQUITTO is not None, NO_MOSQUITTO
        self._config.write_text("\n".join(self._lines) + "\n")
        self._process = subprocess.Popen(
            [MOSQUITTO, "-v", "-c", str(self._config)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line.rstrip())
            if line.rstrip().endswith(" running"):
                break
        else:
            self._process.wait()
            raise RuntimeError("mosquitto did not start: " + " | ".join(self.log[-3:]))
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def stop(self) -> None:
        """An orderly stop, as at a broker's update."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(subprocess.Popen.kill)

    def reload(self) -> None:
        """Read the access list and the passwords again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait(10)
            self._process = None

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.log.append(line.rstrip())


@contextmanager
def private_broker(
    folder: Path, lines: Sequence[str] = (), *, anonymous: bool = True, port: int | None = None
) -> Iterator[PrivateBroker]:
    broker = PrivateBroker(folder, lines, anonymous=anonymous, port=port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@dataclass(frozen=True)
class Received:
    """One message as the subscriber got it. `user` are the MQTT 5 user properties."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    content_type: str
    user: dict[str, str]


def single_events(message: Received) -> list[Received]:
    """The events in a message, each as if it had come alone."""
    if "/event/" in message.topic:
        return [message]
    if message.topic.endswith("/events"):
        return [replace(message, payload=body) for body, _event in elements(message.payload)]
    return []


class Subscriber:
    """Subscribes with QoS 1, keeps its session while away, and reconnects at once when the broker returns."""

    def __init__(
        self,
        port: int,
        topics: Sequence[str] = ("edge/v1/#",),
        *,
        name: str = "office",
        login: tuple[str, str] | None = None,
    ) -> None:
        self.messages: list[Received] = []
        self.connects = 0
        self.keep: Callable[[Received], None] = self._keep
        self._port = port
        self._topics = topics
        self._changed = threading.Condition()
        self._ready = False
        self._closing = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
        if login is not None:
            self._client.username_pw_set(*login)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._thread = threading.Thread(target=self._run, name="subscriber", daemon=True)

    def start(self) -> Subscriber:
        """Connect and wait until the subscription stands."""
        self._thread.start()
        self.wait(lambda _: self._ready)
        return self

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, response_topic: str = "", correlation: bytes = b""
    ) -> None:
        """Say something, with QoS 1."""
        properties = Properties(PacketTypes.PUBLISH)
        if response_topic:
            properties.ResponseTopic = response_topic
        if correlation:
            properties.CorrelationData = correlation
        self._client.publish(topic, payload, 1, retain, properties)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)

    def wait(self, done: Callable[[list[Received]], bool], timeout_s: float = 20.0) -> list[Received]:
        """Wait until `done(messages)`; returns the messages. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while not done(self.messages):
                if not self._changed.wait(until - time.monotonic()) and time.monotonic() >= until:
                    raise TimeoutError(f"the subscriber has {len(self.messages)} messages and still waits")
            return list(self.messages)

    def wait_ready(self) -> None:
        """Wait until the subscription stands again, after the broker was away."""
        self.wait(lambda _: self._ready)

    def events(self) -> list[Received]:
        """One for each event, also of those that came many in a message."""
        with self._changed:
            messages = list(self.messages)
        return [one for message in messages for one in single_events(message)]

    def _run(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        while not self._closing.is_set():
            try:
                self._client.connect("127.0.0.1", self._port, clean_start=False, properties=properties)
            except OSError:
                self._closing.wait(0.02)
                continue
            while not self._closing.is_set() and self._client.loop(0.05) == MQTTErrorCode.MQTT_ERR_SUCCESS:
                pass
            with self._changed:
                self._ready = False
        self._client.disconnect()
        if (sock := self._client.socket()) is not None:  # paho leaves it to a loop that runs no more
            sock.close()

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self.connects += 1
            client.subscribe([(topic, SubscribeOptions(qos=1, retainAsPublished=True)) for topic in self._topics])

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        properties = message.properties
        received = Received(
            message.topic,
            bytes(message.payload),
            message.qos,
            message.retain,
            getattr(properties, "ContentType", ""),
            dict(getattr(properties, "UserProperty", [])),
        )
        self.keep(received)

    def _keep(self, received: Received) -> None:
        with self._changed:
            self.messages.append(received)
            self._changed.notify_all()


class Counter:
    """Counts the wanted events of a topic without keeping them. Times are monotonic seconds; a repetition counts
    once, by `seq`.
    """

    def __init__(self, port: int, topic: str, wanted: Callable[[Any], bool] = lambda _event: True) -> None:
        self._wanted = wanted
        self._changed = threading.Condition()
        self._seen: set[tuple[str, int]] = set()
        self.first_s = self.last_s = 0.0
        self._subscriber = Subscriber(port, (topic,), name=f"counter-{port}")
        self._subscriber.keep = self._count

    def start(self) -> Counter:
        self._subscriber.start()
        return self

    def close(self) -> None:
        self._subscriber.close()

    def wait_for(self, count: int, timeout_s: float) -> None:
        """Wait for `count` different events. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._seen) >= count, timeout_s):
                raise TimeoutError(f"{len(self._seen)} of {count} events have come")

    def _count(self, message: Received) -> None:
        now = time.monotonic()
        for one in single_events(message):
            event = json.loads(one.payload)
            if self._wanted(event):
                with self._changed:
                    self.first_s = self.first_s or now
                    self.last_s = now
                    self._seen.add((event["epoch"], event["seq"]))
                    self._changed.notify_all()
