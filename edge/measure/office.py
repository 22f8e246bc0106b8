"""When alarms arrive at a subscriber."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.errors import HardwareError

_PATIENCE_S = 20.0


class AlarmClock:
    """Subscribes to one topic and notes when each alarm was raised and when it came, by the `n` in its data. A
    context manager.
    """

    def __init__(self, port: int, topic: str) -> None:
        self._port = port
        self._topic = topic
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._raised: dict[int, float] = {}
        self._came: dict[int, float] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._received

    def __enter__(self) -> AlarmClock:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        if not self._subscribed.wait(_PATIENCE_S):
            raise HardwareError("the subscriber could not subscribe", hint="is the private broker running?")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def raised(self, number: int) -> None:
        """Alarm `number` is being raised now."""
        self._raised[number] = time.perf_counter()

    def latencies_ms(self, count: int) -> list[float]:
        """Milliseconds that each of `count` alarms took. Raises HardwareError if one does not come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._came) >= count, _PATIENCE_S):
                raise HardwareError(f"{count - len(self._came)} alarms did not arrive", hint="try again")
        return [1e3 * (came - self._raised[number]) for number, came in sorted(self._came.items())]

    def _received(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        now = time.perf_counter()
        number = json.loads(message.payload)["data"]["n"]
        with self._changed:
            self._came.setdefault(number, now)
            self._changed.notify_all()
