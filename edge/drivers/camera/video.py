"""A webcam (V4L2) or a video file, through OpenCV's VideoCapture."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event as Flag
from typing import Any

import cv2

from edge.drivers.camera import Frame, checked
from edge.errors import HardwareError


class VideoCamera:
    """A device below /dev is opened through V4L2 at the asked size; anything else is a file, played at its own
    rate, or at `rate_fps` where it states none, and begun again at its end.

    VideoCapture.read on V4L2 waits up to ten seconds inside the library: a webcam that stops is seen by the
    supervisor as a hang of the camera's worker.
    """

    def __init__(self, path: Path, *, width_px: int = 640, height_px: int = 480, rate_fps: float = 15.0) -> None:
        self._path = path
        self._size = (width_px, height_px)
        self._rate_fps = rate_fps
        self._is_device = path.is_relative_to("/dev")
        self._capture: Any = None
        self._number = 0
        self._next_at_s = 0.0
        self._pause = Flag()

    def open(self) -> None:
        if not self._path.exists():
            raise HardwareError(f"no camera or video at {self._path}", hint="ls /dev/v4l/by-id names the webcams")
        backend = cv2.CAP_V4L2 if self._is_device else cv2.CAP_FFMPEG
        capture = cv2.VideoCapture(str(self._path), backend)
        if not capture.isOpened():
            capture.release()
            raise HardwareError(f"{self._path} cannot be opened as a video", hint="is another program using it?")
        if self._is_device:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            capture.set(cv2.CAP_PROP_FPS, self._rate_fps)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # old pictures are worth nothing
        elif 1.0 <= capture.get(cv2.CAP_PROP_FPS) <= 240.0:
            self._rate_fps = capture.get(cv2.CAP_PROP_FPS)
        self._capture = capture
        self._next_at_s = time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        if self._capture is None:
            raise HardwareError("the camera is not open", hint="open() comes first")
        if not self._is_device:
            wait_s = self._next_at_s - time.monotonic()
            if wait_s > 0:
                self._pause.wait(min(wait_s, timeout_s))
                if wait_s > timeout_s:
                    return None
            self._next_at_s = max(self._next_at_s + 1 / self._rate_fps, time.monotonic() - 1.0)
        there, array = self._capture.read()
        if not there and not self._is_device and self._number:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            there, array = self._capture.read()
        if not there:
            raise HardwareError(f"{self._path} gives no pictures", hint="unplugged, or not a video at all?")
        frame = Frame(checked(cv2.cvtColor(checked(array), cv2.COLOR_BGR2RGB)), time.monotonic(), self._number)
        self._number += 1
        return frame

    def close(self) -> None:
        self._pause.set()
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()
