"""One-wire thermometers, read beside everything else: the kernel takes 0.75 s for a reading, or never answers.

A thread of its own asks them in turn, and whoever samples takes what was read last. It is no worker: one that hangs in
the kernel cannot be replaced by another that would hang too, and the daemon must not restart for it. What has not
been read for `STALE_S` is a fault, and no temperature.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.errors import DataError

EVERY_S = 2.0
STALE_S = 30.0
# A DS18B20 measures from -55 to 125 °C, and says exactly 85 when it has not measured yet.
_LOW_C, _HIGH_C, _NOT_MEASURED_C = -55.0, 125.0, 85.0


def read_one_wire(path: Path) -> float:
    """The temperature in °C of the kernel's file, which holds thousandths as text. Raises OSError, or DataError for
    what is no measurement.
    """
    with path.open("rb") as file:
        text = file.read(32)
    try:
        celsius = int(text) / 1000.0
    except ValueError as error:
        raise DataError(f"{path}: {text!r} is no temperature", hint="name the file `temperature`") from error
    if not _LOW_C <= celsius <= _HIGH_C or celsius == _NOT_MEASURED_C:
        raise DataError(f"{path}: {celsius:g} °C is no measurement", hint="see to the sensor's supply and wires")
    return celsius


class Thermometers:
    """The thermometers of a station's bins. Constructing starts nothing."""

    def __init__(
        self,
        paths: Mapping[str, Path],
        read: Callable[[Path], float] = read_one_wire,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths = paths
        self._read = read
        self._clock = clock
        self._stop = threading.Event()
        self._since_s = 0.0
        self._last: dict[str, tuple[float, float]] = {}  # °C, and when
        self._wrong: dict[str, str] = {}

    def start(self) -> None:
        self._since_s = self._clock()
        self._stop.clear()
        if self._paths:
            threading.Thread(target=self._run, name="thermometers", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Read each of them once. One that cannot be read keeps its last temperature until that is stale."""
        for name, path in self._paths.items():
            if self._stop.is_set():
                return
            try:
                self._last[name] = self._read(path), self._clock()
            except (OSError, DataError) as error:
                self._wrong[name] = str(error)
            else:
                self._wrong.pop(name, None)

    def now(self, name: str) -> tuple[float | None, str]:
        """The temperature in °C, if one is known and fresh, and what is wrong, or an empty text."""
        if name not in self._paths:
            return None, ""
        celsius, at_s = self._last.get(name, (None, self._since_s))
        if self._clock() - at_s < STALE_S:
            return celsius, ""
        return None, self._wrong.get(name, "does not answer")

    def stop(self) -> None:
        """Let the thread end after the reading that it is at; one that hangs ends with the process."""
        self._stop.set()
