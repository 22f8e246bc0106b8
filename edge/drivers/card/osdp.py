"""A reader that speaks OSDP v2 on RS-485, through LibOSDP, and only over its Secure Channel.

The library is told to enforce it: it then never uses the default key, installs none, and leaves a reader offline that
cannot prove to have ours. So nobody can listen on the wire, play it back, or put another reader in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from edge.cards import of_bits
from edge.config.credentials import OsdpReaderConfig
from edge.drivers.card import Card, Keys, Shown
from edge.drivers.card.osdp_key import read_key
from edge.drivers.level.port import SerialPort
from edge.errors import HardwareError

CONNECT_S = 3.0
"""A handshake takes 0.3 s with LibOSDP at both ends."""
LOST_S = 2.0
TURN_S = 0.02
_MOST_BYTES = 4096
_KEYS = {0x7F: "*", 0x0D: "#"} | {ord(digit): digit for digit in "0123456789"}  # SIA OSDP 2.2, osdp_KEYPAD
_HINT = "the reader's address, speed and key; pip install 'edge[osdp]'"


class OsdpReader:
    """A CardReader. `clock`: monotonic seconds."""

    secured = True

    def __init__(self, settings: OsdpReaderConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._port = SerialPort(settings.port, settings.baud)
        self._clock = clock
        self._panel: Any = None
        self._channel: _Channel | None = None
        self._safe_s = 0.0
        self.refused = 0

    def open(self) -> None:
        key = read_key(self._settings.key_file)
        try:
            from osdp import ControlPanel, LibFlag, LogLevel, PDInfo
        except ImportError as error:
            raise HardwareError(f"OSDP is not available: {error}", hint=_HINT) from error
        self._port.open()
        self._channel = _Channel(self._port)
        reader = PDInfo(self._settings.address, self._channel, scbk=key, name="reader", flags=[LibFlag.EnforceSecure])
        try:
            # Above errors: the library would tell a missing reader again and again, and at debug level its keys.
            self._panel = ControlPanel([reader], log_level=LogLevel.Critical)
        except RuntimeError as error:  # the binding's own word for everything
            raise HardwareError(f"OSDP cannot be set up: {error}", hint=_HINT) from error
        until_s = self._clock() + CONNECT_S
        while not self._turn():
            if self._clock() >= until_s:
                raise HardwareError("no Secure Channel with the reader", hint=_HINT)
        self._safe_s = self._clock()

    def read(self, timeout_s: float) -> Sequence[Shown]:
        until_s = self._clock() + timeout_s
        while True:
            safe = self._turn()
            now_s = self._clock()
            if safe:
                self._safe_s = now_s
            elif now_s - self._safe_s > LOST_S:
                raise HardwareError("the Secure Channel with the reader is lost", hint=_HINT)
            found = self._shown(safe)
            if found or now_s >= until_s:
                return found

    def close(self) -> None:
        panel, self._panel, self._channel = self._panel, None, None
        if panel is not None:
            panel.ctx = None  # the library's part refers back to the panel, and Python cannot see such a circle
        self._port.close()

    def _turn(self) -> bool:
        """Let the library speak and listen once; whether the Secure Channel stands."""
        panel, channel = self._panel, self._channel
        if panel is None or channel is None:
            raise HardwareError("the reader is not open", hint="open() comes first")
        channel.listen(TURN_S)
        panel.ctx.refresh()
        channel.check()
        return bool(panel.ctx.sc_status() & 1)

    def _shown(self, safe: bool) -> list[Shown]:
        from osdp import CardFormat, Event

        found: list[Shown] = []
        while (event := self._panel.get_event(self._settings.address, -1)) is not None:
            shown: Shown | None = None
            data = bytes(event.get("data", b""))
            if event["event"] == Event.CardRead:
                shown = _ascii(data) if event["format"] == CardFormat.ASCII else _raw(data, event["length"])
            elif event["event"] == Event.KeyPress:
                shown = Keys("".join(_KEYS.get(byte, "") for byte in data))
            else:
                continue
            if shown is None or not safe:
                self.refused += len(data)
            else:
                found.append(shown)
        return found


class _Channel:
    """The library's way to the port: it is asked from C, where no exception must be raised."""

    def __init__(self, port: SerialPort) -> None:
        self.id = 0
        self._port = port
        self._heard = b""
        self._failure: HardwareError | None = None

    def listen(self, wait_s: float) -> None:
        self._heard = (self._heard + self._port.read(wait_s))[-_MOST_BYTES:]

    def check(self) -> None:
        """Raises what the port raised meanwhile."""
        if self._failure is not None:
            raise self._failure

    def read(self, most: int) -> bytes:
        data, self._heard = self._heard[:most], self._heard[most:]
        return data

    def write(self, data: bytes) -> int:
        try:
            self._port.write(data)
        except HardwareError as error:
            self._failure = error
        return len(data)

    def flush(self) -> None:
        self._heard = b""


def _raw(data: bytes, length: int) -> Card | None:
    if not 0 < length <= 8 * len(data):
        return None
    name = of_bits("".join(f"{byte:08b}" for byte in data)[:length])
    return None if name is None else Card(name)


def _ascii(data: bytes) -> Card | None:
    try:
        text = data.decode("ascii").strip().upper()
    except UnicodeDecodeError:
        return None
    good = 4 <= len(text) <= 20 and not text.strip("0123456789ABCDEF")
    return Card(f"id:{text}") if good else None
