"""What can be configured of a camera: one class per driver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from edge.config.check import Between
from edge.config.kinds import Seconds


@dataclass(frozen=True, slots=True)
class FolderCamera:
    """A folder of pictures shown one after the other, each for `show_s`; the shipped simulator."""

    driver: Literal["folder"]
    path: Path
    rate_fps: Annotated[float, Between(1.0, 60.0)] = 10.0
    show_s: Seconds = 3.0
    repeat: bool = True
    width_px: Annotated[int, Between(160, 1920)] = 640
    height_px: Annotated[int, Between(120, 1080)] = 480


@dataclass(frozen=True, slots=True)
class VideoCamera:
    """A webcam (V4L2, `/dev/video0` or better a name under /dev/v4l/by-id) or a video file."""

    driver: Literal["video"]
    path: Path
    width_px: Annotated[int, Between(160, 1920)] = 640
    height_px: Annotated[int, Between(120, 1080)] = 480
    rate_fps: Annotated[float, Between(1.0, 60.0)] = 15.0


@dataclass(frozen=True, slots=True)
class PiCamera:
    """A Raspberry Pi camera through picamera2."""

    driver: Literal["picamera2"]
    number: Annotated[int, Between(0, 3)] = 0
    width_px: Annotated[int, Between(160, 1920)] = 960
    height_px: Annotated[int, Between(120, 1080)] = 720
    rate_fps: Annotated[float, Between(1.0, 60.0)] = 15.0


@dataclass(frozen=True, slots=True)
class ScriptedCamera:
    """Items carried into view, held still, and carried into an opening, as a script says; the station's simulator."""

    driver: Literal["script"]
    path: Path
    rate_fps: Annotated[float, Between(1.0, 60.0)] = 10.0
    width_px: Annotated[int, Between(160, 1920)] = 640
    height_px: Annotated[int, Between(120, 1080)] = 480


@dataclass(frozen=True, slots=True)
class VisitorsCamera:
    """People who walk up to a gate, and what is held before it in their place, as a script says; its simulator.

    `hears`: the simulated loudspeaker's `spoken.jsonl`, so that visitors can do what they are asked for. `infrared`: it
    sees no colours, and screens dark.
    """

    driver: Literal["visitors"]
    path: Path
    hears: Path | None = None
    infrared: bool = False
    rate_fps: Annotated[float, Between(1.0, 60.0)] = 12.0
    width_px: Annotated[int, Between(160, 1920)] = 640
    height_px: Annotated[int, Between(120, 1080)] = 480


CameraConfig = FolderCamera | VideoCamera | PiCamera | ScriptedCamera | VisitorsCamera
