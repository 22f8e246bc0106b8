"""Pictures for the office: the newest frame, made small and sealed, becomes an event that is sent last.

The brain only asks. Encoding and sealing take a few milliseconds and happen on a thread of their own; what cannot be
read on the way need not be hidden anywhere else, so a picture needs no second store beside the outbox.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import cv2

from edge.actions import Priority, Report, TakePicture
from edge.clock import Clock, Now
from edge.drivers.camera import Frame, Picture
from edge.runtime.mailbox import Inbox

log = logging.getLogger(__name__)

TAKEN = "picture.taken"
MEDIA = "image/jpeg"
MOST_BYTES = 200_000
"""Of the JPEG; sealed and in base64 a third more."""

WAITING = 4
FRESH_S = 5.0
"""An older frame shows somebody else, or a camera that is gone."""

_WAIT_S = 0.25
_LEAST_QUALITY, _QUALITY_STEP = 25, 10
_SHRINK = 0.75


@dataclass(frozen=True, slots=True)
class _Order:
    action: TakePicture
    frame: Frame
    now: Now


def encode(picture: Picture, width_px: int, quality: int, most_bytes: int = MOST_BYTES) -> bytes:
    """The RGB picture as JPEG, at most `width_px` wide and `most_bytes` long: first the quality gives way (JPEG's,
    1 to 100), then the size. Nothing else is in the file.
    """
    image = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    scale = min(1.0, width_px / image.shape[1])
    now = quality
    while True:
        small = image if scale == 1.0 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, now])
        if len(coded) <= most_bytes:
            return coded.tobytes()
        if now > _LEAST_QUALITY:
            now = max(_LEAST_QUALITY, now - _QUALITY_STEP)
        else:
            scale *= _SHRINK


def about(source: str) -> bytes:
    """What a sealed picture is bound to: that it is one, and of which device (`/{site}/{device}`)."""
    return b"edge picture" + source.encode()


class SnapshotWorker:
    """`newest` gives the camera's last frame. `seal` makes bytes unreadable for all but the office. `after`: the types
    of event that a picture is taken after. `take` and `reported` may be called from any thread and do not wait.
    """

    def __init__(
        self,
        newest: Callable[[], Frame | None],
        seal: Callable[[bytes], bytes],
        submit: Callable[[Report, Now], object],
        clock: Clock,
        *,
        width_px: int,
        quality: int,
        after: Collection[str] = (),
    ) -> None:
        self._newest = newest
        self._seal = seal
        self._submit = submit
        self._clock = clock
        self._width_px = width_px
        self._quality = quality
        self._after = frozenset(after) - {TAKEN}
        self._orders: Inbox[_Order] = Inbox(WAITING)
        self.taken = self.missed = 0

    def take(self, action: TakePicture) -> bool:
        """Keep the frame of this moment; False when there is none, or too many wait already."""
        now, frame = self._clock(), self._newest()
        if frame is not None and now.mono_s - frame.mono_s <= FRESH_S and self._orders.put(_Order(action, frame, now)):
            return True
        self.missed += 1
        log.info("no picture was taken: the camera gives none, or too many wait")
        return False

    def reported(self, report: Report) -> None:
        """Take a picture if this is an event that one is wanted after."""
        if report.type in self._after:
            self.take(TakePicture(report.type, report.subject))

    def start(self) -> None:
        """The orders come by themselves."""

    def step(self) -> None:
        order = self._orders.get(_WAIT_S)
        if order is None:
            return
        sealed = self._seal(encode(order.frame.picture, self._width_px, self._quality))
        data = {
            "sha256": hashlib.sha256(sealed).hexdigest(),
            "media": MEDIA,
            "of": order.action.why[:200],
            "sealed": base64.b64encode(sealed).decode(),
        }
        self._submit(Report(TAKEN, data, order.action.subject, Priority.PICTURE), order.now)
        self.taken += 1

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {"figures": {"taken": self.taken, "missed": self.missed}}

    def stop(self) -> None:
        """What waits is lost: a picture is worth less than a quick stop."""

    def wake(self) -> None:
        self._orders.wake()
