"""What is said on the topics: events, answers, and what stands retained. All with QoS 1."""

from __future__ import annotations

from dataclasses import dataclass

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from edge.store.outbox import OutboxRow
from edge.uplink import batch
from edge.uplink.inbound import MOST_BYTES
from edge.uplink.replies import Reply
from edge.uplink.topics import Topics

ONLINE, OFFLINE = b"online", b"offline"
_RECEIVE_MAXIMUM = 20  # unacknowledged messages from the broker


@dataclass(frozen=True, slots=True)
class Message:
    """One PUBLISH."""

    topic: str
    payload: bytes
    retain: bool = False
    properties: Properties | None = None

    @property
    def size(self) -> int:
        """An upper bound of the packet's length in bytes: fixed header, packet id, lengths, and the parts."""
        properties: bytes = b"" if self.properties is None else self.properties.pack()  # type: ignore[no-untyped-call]
        return 16 + len(self.topic.encode()) + len(properties) + len(self.payload)


class PackedProperties(Properties):
    """Properties that are bytes already. paho packs them attribute by attribute, which takes longer than all the
    rest of a PUBLISH: with this one 14,000 messages a second pass where 6,300 did.
    """

    def __init__(self, packed: bytes) -> None:
        object.__setattr__(self, "packed", packed)

    def pack(self) -> bytes:
        packed: bytes = object.__getattribute__(self, "packed")
        return packed

    def __str__(self) -> str:
        return repr(self.pack())


def event(topics: Topics, row: OutboxRow) -> Message:
    """An event, never retained, with its id and seq readable without opening it."""
    pairs = _user(b"id", row.id) + _user(b"seq", str(row.seq))
    return Message(topics.event(row.type), row.body, False, PackedProperties(_pack(_CLOUDEVENT + pairs)))


def several(topics: Topics, rows: tuple[OutboxRow, ...]) -> Message:
    """Events of the backlog in one message, with how many there are, and the first and the last seq."""
    pairs = _user(b"count", str(len(rows))) + _user(b"first", str(rows[0].seq)) + _user(b"last", str(rows[-1].seq))
    return Message(topics.events, batch.payload(rows), False, PackedProperties(_pack(_CLOUDEVENTS + pairs)))


def reply(answer: Reply) -> Message:
    """The answer to a command; worth nothing to anybody after a few minutes."""
    correlation = _CORRELATION + _bytes(answer.correlation) if answer.correlation else b""
    properties = _REPLY_EXPIRY + _JSON + correlation
    return Message(answer.topic, answer.payload, False, PackedProperties(_pack(properties)))


def retained(topic: str, payload: bytes) -> Message:
    """What stands on a topic for whoever subscribes later: ONLINE or OFFLINE as plain text, else JSON."""
    content_type = _PLAIN if payload in (ONLINE, OFFLINE) else _JSON
    return Message(topic, payload, True, PackedProperties(_pack(content_type)))


def connect_properties(session_expiry_s: int) -> Properties:
    """What CONNECT carries: how long the broker keeps our session after we are gone, and what it may send us."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = session_expiry_s
    properties.MaximumPacketSize = MOST_BYTES
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    return properties


def _user(name: bytes, value: str) -> bytes:
    return _USER_PROPERTY + _text(name) + _text(value.encode())


def _text(utf8: bytes) -> bytes:
    return len(utf8).to_bytes(2, "big") + utf8


_bytes = _text  # binary data is written alike


def _pack(properties: bytes) -> bytes:
    length: bytes = VariableByteIntegers.encode(len(properties))  # type: ignore[no-untyped-call]
    return length + properties


# Identifiers of MQTT 5.0, section 2.2.2.2.
_USER_PROPERTY = b"\x26"
_CLOUDEVENT = b"\x03" + _text(b"application/cloudevents+json; charset=utf-8")
_CLOUDEVENTS = b"\x03" + _text(b"application/cloudevents-batch+json; charset=utf-8")
_JSON = b"\x03" + _text(b"application/json")
_PLAIN = b"\x03" + _text(b"text/plain")
_CORRELATION = b"\x09"
_REPLY_EXPIRY = b"\x02" + (300).to_bytes(4, "big")  # seconds
