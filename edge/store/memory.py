"""One small JSON file for what a role remembers over a restart: written whole, seldom, and never waited for.

It is worth a few hours of learning, so it is written once in a while and at the stop; a damaged one is a fresh start.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from typing import Any

from edge.store.keys import sync_folder

log = logging.getLogger(__name__)

EVERY_S = 600.0
"""A card lasts for some ten thousand writes of each block; this is fifty thousand a year, spread by the card."""

MOST_BYTES = 1 << 20
_WAIT_S = 0.25


def read_memory(path: Path) -> Any:
    """What was remembered; None where there is nothing, or nothing that can be read."""
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MOST_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s is not used: %s", path, error)
        return None


class MemoryWorker:
    """Writes what `snapshot` gives, when it has changed, every `every_s` and at the stop."""

    def __init__(
        self,
        path: Path,
        snapshot: Callable[[], Any],
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._snapshot = snapshot
        self._every_s = every_s
        self._monotonic = monotonic
        self._next_s = monotonic() + every_s
        self._written = b""
        self._failing = False
        self._stop = Flag()

    def start(self) -> None:
        """The first write comes after a while: nothing was learnt yet."""

    def step(self) -> None:
        self._stop.wait(_WAIT_S)
        if self._monotonic() >= self._next_s:
            self._next_s = self._monotonic() + self._every_s
            self.write()

    def write(self) -> None:
        """Write it now, if it has changed."""
        content = json.dumps(self._snapshot(), sort_keys=True, separators=(",", ":")).encode()
        if content == self._written:
            return
        scratch = self._path.with_suffix(".tmp")
        try:
            with scratch.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            if not self._failing:
                log.warning("%s cannot be written: %s", self._path, error.strerror)
            self._failing = True
            return
        self._written, self._failing = content, False

    def stop(self) -> None:
        self.write()

    def wake(self) -> None:
        self._stop.set()
