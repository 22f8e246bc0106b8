"""A few frames before and after a drop for supervision: faces blurred, sealed to the office, one event for each frame.

The frames as they were taken go along only where there is a second key for supervision, sealed to that one: who opens
them is told by `edge pictures open --reveal`.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.actions import KeepClip, Priority, Report
from edge.clock import Clock, Now
from edge.drivers.camera import Frame, Picture
from edge.drivers.camera.snapshot import FRESH_S, MEDIA, MOST_BYTES, encode
from edge.errors import EdgeError
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.mailbox import Inbox

log = logging.getLogger(__name__)

COMPONENT = "clips"
CLIP = "waste.clip"
BEFORE, AFTER = 4, 3
EVERY_S = 0.5
WAITING = 2
_LATEST_S = EVERY_S * AFTER + 3.0  # a camera that stalls does not hold a clip back for ever
_WAIT_S = 0.25

Blur = Callable[[Picture], Picture]
Seal = Callable[[bytes], bytes]


def about_original(source: str) -> bytes:
    """What a sealed frame that shows faces is bound to."""
    return b"edge original picture" + source.encode()


@dataclass(slots=True)
class _Clip:
    action: KeepClip
    now: Now
    frames: list[Frame]
    wanted: int


class ClipWorker:
    """`newest` gives the camera's last frame. `open_blur` makes what blurs faces; while it fails, which is a fault, no
    clip is sent. `seal` makes bytes unreadable for all but the office, `seal_original` for all but supervision. `take`
    may be called from any thread and does not wait.
    """

    def __init__(
        self,
        newest: Callable[[], Frame | None],
        open_blur: Callable[[], Blur],
        seal: Seal,
        submit: Callable[[Report, Now], object],
        clock: Clock,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        *,
        keep_days: int,
        width_px: int,
        quality: int,
        seal_original: Seal | None = None,
    ) -> None:
        self._newest = newest
        self._open_blur = open_blur
        self._seal = seal
        self._seal_original = seal_original
        self._submit = submit
        self._clock = clock
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._keep_days = keep_days
        self._width_px = width_px
        self._quality = quality
        self._blur: Blur | None = None
        self._ring: deque[Frame] = deque(maxlen=BEFORE)
        self._clips: deque[_Clip] = deque()
        self._orders: Inbox[tuple[KeepClip, Now]] = Inbox(WAITING)
        self._sample_at_s = float("-inf")
        self.kept = self.missed = 0

    def take(self, action: KeepClip) -> bool:
        """Keep a clip of this moment; False when too many wait already."""
        if self._orders.put((action, self._clock())):
            return True
        self.missed += 1
        return False

    def start(self) -> None:
        """The networks are loaded for the first clip: most stations never need one."""

    def step(self) -> None:
        order = self._orders.get(_WAIT_S)
        now_s = self._clock().mono_s
        if order is not None:
            self._begin(*order)
        if now_s >= self._sample_at_s:
            self._sample_at_s = now_s + EVERY_S
            self._sample(now_s)
        while self._clips and self._complete(self._clips[0], now_s):
            self._send(self._clips.popleft())

    def _begin(self, action: KeepClip, now: Now) -> None:
        if len(self._clips) >= WAITING:
            self.missed += 1
            return
        before = [frame for frame in self._ring if now.mono_s - frame.mono_s <= FRESH_S]
        self._clips.append(_Clip(action, now, before, len(before) + AFTER))

    def _sample(self, now_s: float) -> None:
        frame = self._newest()
        if frame is None or now_s - frame.mono_s > FRESH_S or (self._ring and self._ring[-1].number == frame.number):
            return
        self._ring.append(frame)
        for clip in self._clips:
            clip.frames.append(frame)

    def _complete(self, clip: _Clip, now_s: float) -> bool:
        return len(clip.frames) >= clip.wanted or now_s - clip.now.mono_s > _LATEST_S

    def _send(self, clip: _Clip) -> None:
        blur = self._blur or self._load()
        if blur is None or not clip.frames:
            self.missed += 1
            return
        for place, frame in enumerate(clip.frames):
            data = {
                "of": clip.action.why[:200],
                "drop": clip.action.about[:64],
                "frame": place + 1,
                "frames": len(clip.frames),
                "offset_ms": round((frame.mono_s - clip.now.mono_s) * 1e3),
                "keep_days": self._keep_days,
                "media": MEDIA,
                **_sealed(self._seal, self._coded(blur(frame.picture)), ""),
            }
            if self._seal_original is not None:
                data |= _sealed(self._seal_original, self._coded(frame.picture), "original_")
            self._submit(Report(CLIP, data, priority=Priority.PICTURE), clip.now)
        self.kept += 1

    def _load(self) -> Blur | None:
        try:
            self._blur = self._open_blur()
        except EdgeError as error:
            self._on_fault(COMPONENT, "faces cannot be blurred, so no clip is kept", str(error))
            return None
        self._on_recovered(COMPONENT)
        return self._blur

    def _coded(self, picture: Picture) -> bytes:
        # Half of a picture's limit, since there may be two in one event.
        return encode(picture, self._width_px, self._quality, MOST_BYTES // 2)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {"figures": {"taken": self.kept, "missed": self.missed}}

    def stop(self) -> None:
        """What waits is lost, and the networks go."""
        self._blur = None

    def wake(self) -> None:
        self._orders.wake()


def _sealed(seal: Seal, jpeg: bytes, prefix: str) -> dict[str, str]:
    sealed = seal(jpeg)
    return {
        f"{prefix}sha256": hashlib.sha256(sealed).hexdigest(),
        f"{prefix}sealed": base64.b64encode(sealed).decode(),
    }
