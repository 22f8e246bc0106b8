"""`edge station reference`: the picture of the clean station, against which overflow and litter are seen."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit, positive
from edge.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from edge.drivers.camera import Camera, Picture

_SECONDS = 4
_READ_S = 0.5
_MOST_FRAMES = 31  # a median of more is no better, and each is a megabyte


def register(commands: Subparsers) -> None:
    """Add `station` with its subcommand."""
    station = commands.add_parser("station", help="the waste station's camera")
    kinds = station.add_subparsers(dest="station_command", required=True, metavar="COMMAND")
    text = "write the picture of the clean station as PNG, for [station] reference"
    reference = kinds.add_parser("reference", help=text, description=text)
    reference.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
    reference.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    reference.add_argument("--seconds", type=positive, default=_SECONDS, metavar="N", help=f"({_SECONDS})")
    reference.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    reference.set_defaults(run=run_reference)


def run_reference(args: argparse.Namespace) -> int:
    """Exit code 4 when the pictures are of no use; the daemon must not run, it has the camera."""
    from edge.config import load_config
    from edge.parts.camera import make_camera
    from edge.store.keys import write_new
    from edge.vision.reference import as_png, clean_picture

    config = load_config(args.config)
    if config.station is None or config.station.camera is None:
        raise ConfigError(
            f"{args.config}: there is no [station.camera]", hint="only a station with a camera sees litter"
        )
    picture = clean_picture(frames_of(make_camera(config.station.camera), args.seconds))
    if not write_new(args.out, as_png(picture)):
        raise UsageError(f"{args.out} exists already", hint="name a new file")
    height, width = picture.shape[:2]
    emit(args, {"file": str(args.out), "size_px": [width, height]}, f"{args.out}: {width} × {height} pixels")
    return 0


def frames_of(camera: Camera, seconds: float, clock: Callable[[], float] = time.monotonic) -> list[Picture]:
    """What the camera shows for so long, evenly spread. Raises HardwareError when it cannot be opened or read."""
    frames: list[Picture] = []
    camera.open()
    try:
        begun_s = clock()
        while (since_s := clock() - begun_s) < seconds:
            frame = camera.read(_READ_S)
            if frame is not None and len(frames) <= since_s / seconds * _MOST_FRAMES:
                frames.append(frame.picture)
    finally:
        camera.close()
    return frames
