"""A serial port through pyserial: opened exclusively, every read and write bounded, every failure a HardwareError."""

from __future__ import annotations

import contextlib
import errno
import select
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.errors import HardwareError

_MOST_BYTES = 256
_WRITE_S = 0.5
_HINTS = {
    errno.ENOENT: "ls /dev/serial/by-id /dev/ttyAMA*; a port of the header has to be switched on first",
    errno.EACCES: "let the service's user into the group dialout",
    errno.EAGAIN: "another program, or another sensor of this file, has it",
    errno.ENOTTY: "this is no serial port",
}


class SerialPort:
    """`framing`: data bits, parity (N, E or O) and stop bits, like "8N1"."""

    def __init__(self, path: Path, baud: int, framing: str = "8N1") -> None:
        self._path = path
        self._baud = baud
        self._framing = framing
        self._serial: Any = None

    def open(self) -> None:
        try:
            import serial
        except ImportError as error:
            raise HardwareError(f"pyserial is not available: {error}", hint="pip install pyserial") from error
        with self._faults("cannot be opened"):
            # Exclusively: two readers of one port would each get half of the bytes.
            self._serial = serial.Serial(
                str(self._path),
                self._baud,
                bytesize=int(self._framing[0]),
                parity=self._framing[1],
                stopbits=int(self._framing[2]),
                timeout=0,
                write_timeout=_WRITE_S,
                exclusive=True,
            )

    def read(self, wait_s: float) -> bytes:
        """What has come, at most 256 bytes; when nothing has, the first to come within `wait_s`, or nothing."""
        port = self._opened()
        with self._faults("cannot be read"):
            # Not by pyserial's own time-out: changing that means setting up the terminal anew each time.
            ready, _, _ = select.select([port.fileno()], [], [], max(0.0, wait_s))
            return bytes(port.read(_MOST_BYTES)) if ready else b""

    def write(self, data: bytes) -> None:
        with self._faults("cannot be written to"):
            self._opened().write(data)

    def discard(self) -> None:
        """Forget what has come and was not read."""
        with self._faults("cannot be read"):
            self._opened().reset_input_buffer()

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and has not failed since."""
        return self._serial is not None

    def close(self) -> None:
        port, self._serial = self._serial, None
        if port is not None:
            # A port that was unplugged may refuse even this; its file is closed all the same.
            with contextlib.suppress(OSError, termios.error):
                port.close()

    def _opened(self) -> Any:
        if self._serial is None:
            raise HardwareError(f"{self._path} is not open", hint="open() comes first")
        return self._serial

    @contextlib.contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except HardwareError:
            raise
        except (OSError, termios.error) as error:  # the latter is no OSError, and pyserial lets it through
            self.close()
            hint = _HINTS.get(_number_of(error), "check plug, power and wires")
            raise HardwareError(f"{self._path} {what}: {error}", hint=hint) from error


def _number_of(error: BaseException | None) -> int:
    """The system's number for what went wrong; pyserial may have wrapped it into a text."""
    while error is not None:
        numbers = [argument for argument in error.args if isinstance(argument, int)]
        if numbers:
            return numbers[0]
        error = error.__context__
    return 0
