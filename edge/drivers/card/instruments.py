"""Simulated readers that speak the real bytes. Whoever holds a card before one may do so from any thread."""

from __future__ import annotations

from collections import deque
from functools import reduce
from operator import xor

from edge.drivers.card import pn532_frames as protocol

STREAM_S = 0.05
_MOST_WAITING = 100


def bits_of_card(name: str) -> str:
    """The Wiegand bits of a card like `w26:17-12345`, parity included; those of other names are the text's own."""
    kind, _, rest = name.partition(":")
    if kind not in ("w26", "w34"):
        length = int(kind[1:])
        return f"{int(rest, 16):0{len(rest) * 4}b}"[:length]
    facility, _, number = rest.partition("-")
    middle = f"{int(facility):0{8 if kind == 'w26' else 16}b}{int(number):016b}"
    half = len(middle) // 2
    even = middle[:half].count("1") % 2
    odd = 1 - middle[half:].count("1") % 2
    return f"{even}{middle}{odd}"


def bits_of_key(key: str) -> str:
    """The eight bits of one of 0123456789*#."""
    value = "0123456789*#".index(key)
    return f"{value ^ 0xF:04b}{value:04b}"


def bit_frame(bits: str) -> bytes:
    """A frame of a bridge, see edge/drivers/card/bridge.py."""
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return bytes((0x02, len(bits))) + packed + bytes((reduce(xor, packed, len(bits)), 0x03))


def stx_frame(number: bytes) -> bytes:
    """A frame of a 125 kHz module with the five bytes of a card."""
    return b"\x02" + (number + bytes((reduce(xor, number),))).hex().upper().encode() + b"\x03"


class Talker:
    """An instrument that sends what it is told to, and hears nothing."""

    every_s = STREAM_S

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)

    def say(self, data: bytes) -> None:
        """Send it at the next occasion, in one piece."""
        self._waiting.append(data)

    def speak(self, _mono_s: float) -> bytes:
        return self._waiting.popleft() if self._waiting else b""

    def hear(self, _data: bytes, _mono_s: float) -> bytes:
        return b""


class SimulatedBridge(Talker):
    """A bridge with a Wiegand reader that has keys. A card that is shown is sent once, as such readers do."""

    def show(self, card: str) -> None:
        """Hold a card like `w26:17-12345` before it."""
        self.say(bit_frame(bits_of_card(card)))

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.say(bit_frame(bits_of_key(key)))


class SimulatedPn532:
    """A PN532, with the card of `uid` before it while that is not empty. `dead`: it answers nothing."""

    every_s = 60.0

    def __init__(self) -> None:
        self.uid = b""
        self.dead = False
        self._awake = False
        self._frames = protocol.Frames()

    def speak(self, _mono_s: float) -> bytes:
        return b""

    def hear(self, data: bytes, _mono_s: float) -> bytes:
        self._awake = self._awake or data.startswith(protocol.WAKE[:2])
        answers = b"".join(self._answer(content) for content in self._frames.feed(data))
        return b"" if self.dead or not self._awake else answers

    def _answer(self, content: bytes) -> bytes:
        if len(content) < 2 or content[0] != protocol.TO_CHIP:
            return b""
        code, found = content[1], b""
        if code == protocol.LIST_TARGETS:
            uid = self.uid
            found = b"\x01\x01\x00\x04\x08" + bytes((len(uid),)) + uid if uid else b"\x00"
        return protocol.ACK + protocol.frame(bytes((protocol.FROM_CHIP, code + 1)) + found)
