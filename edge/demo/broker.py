"""An independent subscriber: what arrives there is what the office would see."""

from __future__ import annotations

import json
import threading
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.errors import HardwareError

START_S = 10.0


class Office:
    """Subscribes to everything, in a session that outlives the broker's stop, and keeps each event by its id."""

    def __init__(self, port: int) -> None:
        self._lock = threading.Condition()
        self._subscribed = threading.Event()
        self.events: dict[str, dict[str, Any]] = {}
        self.messages = 0
        self.status: list[str] = []
        client = Client(CallbackAPIVersion.VERSION2, client_id="office", protocol=MQTTProtocolVersion.MQTTv5)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._connected
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._received
        expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        expiry.SessionExpiryInterval = 3600
        client.connect_async("127.0.0.1", port, clean_start=False, properties=expiry)
        self._client = client

    def start(self) -> None:
        """Connect; returns when the subscription stands."""
        self._client.loop_start()
        if not self._subscribed.wait(START_S):
            raise HardwareError("the subscriber could not subscribe", hint="is the private broker running?")

    def _connected(self, client: Client, *_: Any) -> None:
        client.subscribe("edge/v1/#", qos=1)

    def _received(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        # On paho's thread, where an exception would end the subscription without a word: only keep it here.
        with self._lock:
            if "/event" in message.topic:
                said = json.loads(message.payload)
                for envelope in said if isinstance(said, list) else [said]:
                    self.messages += 1
                    self.events[envelope["id"]] = envelope
                self._lock.notify_all()
            elif message.topic.endswith("/status"):
                self.status.append(message.payload.decode())

    def wait_for(self, ids: set[str], within_s: float) -> None:
        """Return when all these events are here, or after `within_s`: what the broker has acknowledged to the
        device may still be on its way to a subscriber that is only just reconnecting.
        """
        with self._lock:
            self._lock.wait_for(lambda: ids <= self.events.keys(), within_s)

    def received(self) -> list[dict[str, Any]]:
        """Every event once, in the order of their numbers."""
        with self._lock:
            return sorted(self.events.values(), key=lambda envelope: int(envelope["seq"]))

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
