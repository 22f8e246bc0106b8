"""The language of NXP's PN532 on a serial line (user manual UM0701-02, chapter 6.2): pure, and in bounded memory.

A frame is `00 00 FF LEN LCS TFI PD… DCS 00`, with LEN + LCS and TFI + PD… + DCS each 0 modulo 256; short ones say that
a frame has come whole (ACK), has not (NACK), or made no sense (error). Extended frames, beyond 255 bytes, are nothing
that a card needs: they are passed over.
"""

from __future__ import annotations

WAKE = b"\x55\x55" + b"\x00" * 14
"""Rouses it from its power-down; the zeros give it the time to start its clock."""
ACK = b"\x00\x00\xff\x00\xff\x00"
ACKED, NACKED, SENSELESS = b"ack", b"nack", b"error"
"""What `Frames` gives for the short frames; no data is so short."""
TO_CHIP, FROM_CHIP = 0xD4, 0xD5
GET_FIRMWARE, SAM_CONFIGURATION, RF_CONFIGURATION, LIST_TARGETS = 0x02, 0x14, 0x32, 0x4A
_START = b"\x00\xff"
_UID_BYTES = (4, 7, 10)
_UID_PLACE = 8  # D5 4B NbTg Tg SENS_RES(2) SEL_RES NFCIDLength, and then the UID


def command(code: int, *parameters: int) -> bytes:
    """A frame for the chip."""
    return frame(bytes((TO_CHIP, code, *parameters)))


def frame(data: bytes) -> bytes:
    """1 to 255 bytes, TFI first, as they travel."""
    return b"\x00\x00\xff" + bytes((len(data), -len(data) & 0xFF)) + data + bytes((-sum(data) & 0xFF, 0))


class Frames:
    """Cuts frames out of a stream; between two calls at most 260 bytes are kept. `refused`: bytes of no frame."""

    def __init__(self) -> None:
        self._kept = b""
        self.refused = 0

    def feed(self, data: bytes) -> list[bytes]:
        """What the frames say that `data` completes, oldest first: TFI and what follows, or one of the short ones."""
        data = self._kept + data
        found, place = [], 0
        while (start := data.find(_START, place)) >= 0:
            self.refused += len(data[place:start].strip(b"\0"))
            content, size = _read(data[start:])
            if size > len(data) - start:
                place = start
                break
            if content is None:
                self.refused += 1
                place = start + 1
            else:
                found.append(content)
                place = start + size
        else:
            rest = data[place:]
            kept = rest[-1:] if rest.endswith(b"\0") else b""
            self.refused += len(rest.strip(b"\0"))
            self._kept = kept
            return found
        self._kept = data[place:]
        return found

    def pause(self) -> None:
        """The line was silent: what was begun does not go on."""
        self.refused += len(self._kept.strip(b"\0"))
        self._kept = b""


def uid_of(answer: bytes) -> bytes | None:
    """The UID in the answer to LIST_TARGETS for one ISO 14443A card; None when there is no card, or no such answer."""
    if len(answer) <= _UID_PLACE or answer[:3] != bytes((FROM_CHIP, LIST_TARGETS + 1, 1)):
        return None
    length = answer[_UID_PLACE - 1]
    uid = answer[_UID_PLACE : _UID_PLACE + length]
    return uid if length in _UID_BYTES and len(uid) == length else None


def _read(data: bytes) -> tuple[bytes | None, int]:
    """The content of the frame that begins here with 00 FF, and its size; None when it is none. A size beyond what is
    there: it cannot be told yet.
    """
    if len(data) < 4:
        return None, 4
    length, check = data[2], data[3]
    if (length, check) == (0x00, 0xFF):
        return ACKED, 4
    if (length, check) == (0xFF, 0x00):
        return NACKED, 4
    if length == 0 or (length + check) & 0xFF:
        return None, 0
    size = 4 + length + 1
    if len(data) < size:
        return None, size
    if sum(data[4:size]) & 0xFF:
        return None, 0
    content = data[4 : size - 1]
    return (SENSELESS if content == b"\x7f" else content), size
