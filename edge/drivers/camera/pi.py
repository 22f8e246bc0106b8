"""A Raspberry Pi camera through picamera2, which comes with Raspberry Pi OS and from nowhere else.

picamera2's format "RGB888" is B, G, R in memory (picamera2 issue 191), so "BGR888" is asked for to get RGB.
A capture can hang for ever (issues 794, 1090): jobs are started without waiting and awaited with a bound.

libcamera's short exposure mode is asked for, and made shorter still (edge.drivers.camera.pi_exposure) where the camera
starts with that: a door needs its camera more than short exposures.

Left alone, libcamera takes the sensor's mode by the size of the picture, and a Camera Module 2 shows the middle of its
view at 640 × 480 (picamera2 issues 558, 683). Half the sensor's resolution asks for the mode that reads all of it, two
by two pixels added up.
"""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from edge.drivers.camera import Frame, checked
from edge.drivers.camera.pi_exposure import tuned
from edge.errors import HardwareError

_SHORT_MODE = 1  # libcamera's AeExposureModeEnum.Short


class PiCamera:
    """`number` counts the cameras as `rpicam-hello --list-cameras` does."""

    def __init__(self, number: int = 0, *, width_px: int = 960, height_px: int = 720, rate_fps: float = 15.0) -> None:
        self._which = number
        self._size = (width_px, height_px)
        self._rate_fps = rate_fps
        self._camera: Any = None
        self._job: Any = None
        self._number = 0

    def open(self) -> None:
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise HardwareError(
                f"picamera2 is not available: {error}",
                hint="apt-get install python3-picamera2, and make the environment with --system-site-packages",
            ) from error
        try:
            self._camera = Picamera2(self._which, tuning=tuned(Picamera2, self._which))
            period_us = round(1e6 / self._rate_fps)
            controls: dict[str, Any] = {"FrameDurationLimits": (period_us, period_us)}
            if "AeExposureMode" in self._camera.camera_controls:  # asking for what a camera has not stops picamera2
                controls["AeExposureMode"] = _SHORT_MODE
            width, height = self._camera.sensor_resolution
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": self._size, "format": "BGR888"},
                    raw={"size": (width // 2, height // 2)},
                    controls=controls,
                    buffer_count=3,
                )
            )
            self._camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            self.close()
            raise HardwareError(
                f"camera {self._which} cannot be started: {error}",
                hint="rpicam-hello --list-cameras shows what is there; check the ribbon cable",
            ) from error

    def read(self, timeout_s: float) -> Frame | None:
        if self._camera is None:
            raise HardwareError("the camera is not open", hint="open() comes first")
        if self._job is None:
            self._job = self._camera.capture_array("main", wait=False)
        try:
            array = self._camera.wait(self._job, timeout=timeout_s)
        except (FutureTimeoutError, TimeoutError):
            return None  # the job goes on; the next read waits for it again
        except RuntimeError as error:
            raise HardwareError(f"camera {self._which} failed: {error}", hint="check the ribbon cable") from error
        self._job = None
        frame = Frame(checked(array), time.monotonic(), self._number)
        self._number += 1
        return frame

    def close(self) -> None:
        camera, self._camera, self._job = self._camera, None, None
        if camera is not None:
            camera.close()
