"""Connecting, on a thread of its own: name look-up, TCP and TLS block for seconds and cannot be interrupted, while
the worker has to go on answering. It is a daemon thread, so a process may end in the middle of it.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.uplink import messages
from edge.uplink.settings import Broker, equip
from edge.uplink.topics import Topics

Connect = Callable[[], Client]


def connect(broker: Broker, topics: Topics, heard: logging.Handler, version: MQTTProtocolVersion) -> Client:
    """A new client whose CONNECT has been sent, in MQTT 5 or 3.1.1. Raises OSError, ValueError or ConfigError.

    A client serves one connection. paho keeps what was not acknowledged and sends it again when it reconnects;
    here the outbox does that, and both would make two of each. What paho logs as a warning goes to `heard`.
    """
    five = version == MQTTProtocolVersion.MQTTv5
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=topics.client_id,
        clean_session=None if five else False,
        protocol=version,
        reconnect_on_failure=False,  # paho would go down to 3.1 by itself
        manual_ack=True,  # what a handler has not taken is not acknowledged
    )
    equip(client, broker, heard)
    client.max_inflight_messages = 0  # the session keeps the window; paho would search its queue at each answer
    client.on_socket_open = _without_delay
    client.will_set(topics.status, messages.OFFLINE, qos=1, retain=True)
    if five:
        properties = messages.connect_properties(broker.session_expiry_s)
        client.connect(broker.host, broker.port, keepalive=broker.keepalive_s, clean_start=False, properties=properties)
    else:
        client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
    return client


class Dial:
    """One attempt. `done()` is called on its thread when it has ended, either way."""

    def __init__(self, connect: Connect, done: Callable[[], None]) -> None:
        self._connect = connect
        self._done = done
        self._guard = threading.Lock()
        self._abandoned = False
        self.ended = False
        self.failure: Exception | None = None
        self.client: Client | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="uplink-dial", daemon=True).start()

    def abandon(self) -> None:
        """Nobody waits for the result any more; a connection that still comes about is closed."""
        with self._guard:
            self._abandoned = True
            if self.client is not None:
                self.client.disconnect()

    def _run(self) -> None:
        client: Client | None = None
        failure: Exception | None = None
        try:
            client = self._connect()
        except Exception as error:  # noqa: BLE001 - the thread boundary; the worker explains it
            failure = error
        with self._guard:
            if self._abandoned and client is not None:
                client.disconnect()
            self.client, self.failure, self.ended = client, failure, True
        self._done()


def _without_delay(_client: Client, _userdata: Any, sock: Any) -> None:
    if isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
