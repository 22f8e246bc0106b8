"""A broker that says just what a test wants it to: it speaks enough MQTT 5 to misbehave."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 0x10, 0x20, 0x30, 0x40, 0x80, 0x90, 0xE0
ACCEPTED = bytes([CONNACK, 3, 0, 0, 0])


def with_receive_maximum(count: int) -> bytes:
    return bytes([CONNACK, 6, 0, 0, 3, 0x21, *count.to_bytes(2, "big")])


@dataclass
class Published:
    """One PUBLISH as it came over the wire."""

    packet_id: int
    topic: str
    duplicate: bool
    body: bytes

    @property
    def ids(self) -> list[bytes]:
        """Of the events in it."""
        return re.findall(rb'"specversion":"1.0","id":"([^"]+)"', self.body)


@dataclass
class Connection:
    """One connection of the device."""

    sock: socket.socket
    published: list[Published] = field(default_factory=list)

    def say(self, packet: bytes) -> None:
        self.sock.sendall(packet)

    level: int = 5

    def acknowledge(self, message: Published, code: int = 0) -> None:
        reason = [code] if self.level == 5 else []
        self.say(bytes([PUBACK, 2 + len(reason), *message.packet_id.to_bytes(2, "big"), *reason]))

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the device has gone already
            self.sock.shutdown(socket.SHUT_RDWR)


class MuteBroker:
    """Answers CONNECT with `greeting` (nothing if empty), and everything but events with a PUBACK; events only once
    `answers` is set. Every subscription gets the reason code `suback`. MQTT 5 is refused with `five`, if it is
    given: bytes, or nothing for a broker that just hangs up; so often as `refusals` says.
    """

    def __init__(self, greeting: bytes = ACCEPTED, five: bytes | None = None, refusals: int = 1000) -> None:
        self.greeting = greeting
        self.five = five
        self.refusals = refusals
        self.suback = 1
        self.answers = False
        self.connections: list[Connection] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> MuteBroker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, count: int, connection: int = 0, timeout_s: float = 20.0) -> list[Published]:
        """Wait for so many events on a connection; returns the messages with events."""

        def enough() -> bool:
            return sum(len(message.ids) for message in self._events(connection)) >= count

        with self._changed:
            if not self._changed.wait_for(enough, timeout_s):
                raise TimeoutError(f"{[self._events(n) for n in range(len(self.connections))]}")
            return self._events(connection)

    def wait_connections(self, count: int, timeout_s: float = 20.0) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.connections) >= count, timeout_s):
                raise TimeoutError(f"only {len(self.connections)} connections")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _events(self, connection: int) -> list[Published]:
        if connection >= len(self.connections):
            return []
        return [message for message in self.connections[connection].published if "/event" in message.topic]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(sock)
            with self._changed:
                self.connections.append(connection)
                self._changed.notify_all()
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: Connection) -> None:
        with connection.sock, connection.sock.makefile("rb") as stream, contextlib.suppress(ConnectionError):
            while header := stream.read(1):
                length = shift = 0
                while True:
                    byte = stream.read(1)[0]
                    length |= (byte & 0x7F) << shift
                    shift += 7
                    if not byte & 0x80:
                        break
                self._handle(connection, header[0], stream.read(length))

    def _handle(self, connection: Connection, header: int, body: bytes) -> None:
        kind = header & 0xF0
        if kind == CONNECT:
            self._greet(connection, body[6])
        elif kind == SUBSCRIBE:
            connection.say(bytes([SUBACK, 4, *body[:2], 0, self.suback]))
        elif kind == PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            packet_id = int.from_bytes(body[end : end + 2], "big")
            message = Published(packet_id, body[2:end].decode(), bool(header & 0x08), body[end + 2 :])
            if self.answers or "/event" not in message.topic:
                connection.acknowledge(message)
            with self._changed:
                connection.published.append(message)
                self._changed.notify_all()

    def _greet(self, connection: Connection, level: int) -> None:
        connection.level = level
        if level == 5 and self.five is not None and self.refusals > 0:
            self.refusals -= 1
            connection.say(self.five)
            connection.close()
        elif level == 4:
            connection.say(bytes([CONNACK, 2, 0, 0]))
        elif self.greeting:
            connection.say(self.greeting)
