"""One conversation with the broker on behalf of the office: subscribe to an answer, publish, wait for it."""

from __future__ import annotations

import json
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.cli.broker_options import NOT_LET_IN
from edge.errors import HardwareError
from edge.uplink.settings import Broker, password, tls_context
from edge.uplink.trouble import of_failure

_MOST_BYTES = 65536


class Line:
    """A connection for one device. `wait_s` bounds the connecting and each wait for an answer."""

    def __init__(self, broker: Broker, audience: str, wait_s: float) -> None:
        self._broker = broker
        self._base = f"edge/v1/{audience}"
        self._wait_s = wait_s
        self._reply_topic = f"{self._base}/reply/{secrets.token_hex(8)}"
        self._changed = threading.Condition()
        self._ready = False
        self._refused = ""
        self._answers: dict[bytes, dict[str, Any]] = {}
        client = Client(
            CallbackAPIVersion.VERSION2, f"edge-command-{secrets.token_hex(6)}", protocol=MQTTProtocolVersion.MQTTv5
        )
        client.connect_timeout = broker.connect_timeout_s
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client

    def __enter__(self) -> Self:
        """Connect and subscribe. Raises HardwareError."""
        broker, client = self._broker, self._client
        if broker.username:
            client.username_pw_set(broker.username, password(broker))
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        try:
            client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
        except (OSError, ValueError) as error:
            trouble = of_failure(error, broker)
            raise HardwareError(trouble.what, hint=trouble.hint or "check --broker and TLS") from error
        client.loop_start()
        if not self._until(lambda: self._ready or self._refused) or self._refused:
            self.close()
            why = self._refused or "no answer"
            raise HardwareError(f"{broker.address} does not let us in: {why}", hint=NOT_LET_IN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection and its thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def ask(self, command: str, payload: bytes) -> dict[str, Any]:
        """Publish and wait. Raises HardwareError when nobody answers: what became of the command is not known then."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        correlation = secrets.token_bytes(8)
        properties.ResponseTopic, properties.CorrelationData = self._reply_topic, correlation
        properties.MessageExpiryInterval = max(1, round(self._wait_s))  # a device that is away does not get it later
        info: MQTTMessageInfo = self._client.publish(f"{self._base}/command/{command}", payload, 1, False, properties)
        if not self._until(lambda: correlation in self._answers):
            sent = "the broker has it" if info.is_published() else "the broker did not take it"
            raise HardwareError(
                f"no answer to {command} within {self._wait_s:g} s; {sent}", hint="is the device there?"
            )
        with self._changed:
            return self._answers.pop(correlation)

    def _until(self, done: Any) -> bool:
        until = time.monotonic() + self._wait_s
        with self._changed:
            return bool(self._changed.wait_for(done, until - time.monotonic()))

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._note(refused=str(reason))
        else:
            client.subscribe(self._reply_topic, 1)

    def _on_subscribe(self, _client: Client, _data: Any, _mid: Any, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        self._note(ready=not refused, refused=refused[0] if refused else "")

    def _note(self, *, ready: bool = False, refused: str = "") -> None:
        with self._changed:
            self._ready, self._refused = ready, refused
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"")
        try:
            answer = json.loads(message.payload) if len(message.payload) <= _MOST_BYTES else None
        except (ValueError, RecursionError):  # not from a device of ours: the wait goes on
            answer = None
        if isinstance(answer, dict):
            with self._changed:
                self._answers[correlation] = answer
                self._changed.notify_all()
