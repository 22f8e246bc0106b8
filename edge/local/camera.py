"""The running daemon's camera, lent to another program: what enrolment takes its pictures from.

A camera has one owner. So that somebody can be enrolled while the gate works, the pictures come through the local desk,
in full and at the camera's own rate; everything else (guidance, liveness, quality) is `edge.people.capture` as ever.
"""

from __future__ import annotations

import time

import numpy as np

from edge.drivers.camera import Frame, checked
from edge.errors import HardwareError
from edge.local.client import Desk, RefusedError

_PAUSE_S = 0.05


class DeskCamera:
    """A `Camera`. `name`: `people`, `second` or `station`, or empty for the only one."""

    def __init__(self, desk: Desk, name: str = "") -> None:
        self._desk = desk
        self._name = name
        self._last = -1

    def open(self) -> None:
        self._desk.service()

    def read(self, timeout_s: float) -> Frame | None:
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                shown = self._desk.picture(self._name, self._last)
            except RefusedError as refused:
                if refused.reason != "no_frame":
                    raise HardwareError(refused.message, hint=refused.hint) from refused
                if time.monotonic() >= until_s:
                    return None
                time.sleep(_PAUSE_S)
                continue
            width, height = shown.about["size_px"]
            if len(shown.data) != width * height * 3:
                raise HardwareError("the daemon sent half a picture", hint="see journalctl -u edge")
            self._last = int(shown.about["number"])
            picture = np.frombuffer(shown.data, np.uint8).reshape(height, width, 3)
            return Frame(checked(picture), float(shown.about["mono_s"]), self._last)

    def close(self) -> None:
        """Nothing is held between two pictures."""
