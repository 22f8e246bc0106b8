"""NXP's PN532 on a serial port: asked for the card before it, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edge.cards import of_uid
from edge.config.credentials import Pn532ReaderConfig
from edge.drivers.card import Card, Shown
from edge.drivers.card import pn532_frames as protocol
from edge.drivers.card.pn532_frames import Frames
from edge.drivers.level.port import SerialPort
from edge.errors import HardwareError

ANSWER_S = 0.5
# It answers in 15 ms that it has heard (UM0701-02, 6.2.1.5); a card is found in some 30.
REST_S = 0.05
MISSES = 3
_NORMAL_MODE, _SAM_WAIT, _NO_IRQ = 0x01, 0x14, 0x00
_MAX_RETRIES, _ANY, _ONCE, _TRIES = 0x05, 0xFF, 0x01, 0x02  # RFConfiguration item 5: otherwise it looks for ever
_ONE_TARGET, _ISO14443A_106K = 0x01, 0x00


class Pn532Reader:
    """A CardReader. `clock`: monotonic seconds."""

    secured = False

    def __init__(self, settings: Pn532ReaderConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = SerialPort(settings.port, settings.baud)
        self._frames = Frames()
        self._clock = clock
        self._misses = 0

    @property
    def refused(self) -> int:
        return self._frames.refused

    def open(self) -> None:
        self._port.open()
        self._misses = 0
        self._port.write(protocol.WAKE)
        for code, parameters in (
            (protocol.SAM_CONFIGURATION, (_NORMAL_MODE, _SAM_WAIT, _NO_IRQ)),
            (protocol.RF_CONFIGURATION, (_MAX_RETRIES, _ANY, _ONCE, _TRIES)),
        ):
            if self._ask(code, *parameters) is None:
                raise HardwareError("the PN532 does not answer", hint="its switches to HSU; TX and RX crossed; baud")

    def read(self, timeout_s: float) -> Sequence[Shown]:
        until_s = self._clock() + timeout_s
        answer = self._ask(protocol.LIST_TARGETS, _ONE_TARGET, _ISO14443A_106K)
        if answer is None:
            self._misses += 1
            if self._misses >= MISSES:
                raise HardwareError(f"the PN532 left {MISSES} questions unanswered", hint="check its power and wires")
            return ()
        self._misses = 0
        uid = protocol.uid_of(answer)
        if uid is not None:
            return (Card(of_uid(uid)),)
        self._frames.feed(self._port.read(max(0.0, min(REST_S, until_s - self._clock()))))
        return ()

    def close(self) -> None:
        self._port.close()

    def _ask(self, code: int, *parameters: int) -> bytes | None:
        """The answer to a command; None when none comes in ANSWER_S, or it says that the command made no sense."""
        self._port.discard()
        self._frames.pause()  # an answer that came too late is not the answer to this
        question = protocol.command(code, *parameters)
        self._port.write(question)
        until_s = self._clock() + ANSWER_S
        while (left_s := until_s - self._clock()) > 0:
            for content in self._frames.feed(self._port.read(left_s)):
                if content == protocol.NACKED:
                    self._port.write(question)
                elif content == protocol.SENSELESS:
                    return None
                elif content[:2] == bytes((protocol.FROM_CHIP, code + 1)):
                    return content
        return None
