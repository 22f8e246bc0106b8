"""What is presented to a gate's camera, from files: `<kind>/<video>` or `<kind>/<folder of frames>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.measure.pairs import SUFFIXES
from edge.vision.picture_file import load_picture

FPS = 15.0  # of a folder whose name does not say it, and of a video that does not
_LEAST_FPS, _MOST_FPS = 1.0, 240.0
_FPS_IN_NAME = re.compile(r"[-_ ](\d+(?:\.\d+)?)fps$", re.IGNORECASE)
_HINT = "it should hold <kind>/<video> or <kind>/<folder of frames>, one kind being live"


@dataclass(frozen=True, slots=True)
class Presentation:
    """`kind`: the name of its folder; `path`: a video, or a folder of frames; `fps`: 0 for what the file says."""

    kind: str
    path: Path
    fps: float = 0.0

    def frames(self) -> Iterator[tuple[float, Picture]]:
        """The time in seconds since its beginning, and the frame. Raises DataError for what cannot be read."""
        return self._from_folder() if self.path.is_dir() else self._from_video()

    def _from_folder(self) -> Iterator[tuple[float, Picture]]:
        named = _FPS_IN_NAME.search(self.path.name)
        fps = self.fps or (float(named.group(1)) if named else FPS)
        if not _LEAST_FPS <= fps <= _MOST_FPS:
            read = f"{_LEAST_FPS:g} to {_MOST_FPS:g} are read"
            raise DataError(f"{self.path} says {fps:g} frames a second", hint=read)
        files = sorted(path for path in self.path.iterdir() if path.suffix.lower() in SUFFIXES)
        if not files:
            raise DataError(f"{self.path} holds no frames", hint=f"pictures that end in {', '.join(sorted(SUFFIXES))}")
        for number, file in enumerate(files):
            yield number / fps, load_picture(file)

    def _from_video(self) -> Iterator[tuple[float, Picture]]:
        capture = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG)
        with closing(_Released(capture)):
            told = capture.get(cv2.CAP_PROP_FPS)
            fps = self.fps or (told if _LEAST_FPS <= told <= _MOST_FPS else FPS)
            number = 0
            while True:
                there, array = capture.read()
                if not there:
                    break
                yield number / fps, np.ascontiguousarray(cv2.cvtColor(array, cv2.COLOR_BGR2RGB))
                number += 1
        if not number:
            raise DataError(f"{self.path} is no video that can be read", hint="convert it, or give a folder of frames")


class _Released:
    """Lets `closing` give an OpenCV capture back."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def close(self) -> None:
        self._capture.release()


def presentations_in(folder: Path, fps: float = 0.0) -> list[Presentation]:
    """All of them, by kind. Raises DataError when there are none, or single pictures where a presentation belongs."""
    found = []
    for kind in sorted(folder.iterdir() if folder.is_dir() else ()):
        for path in sorted(kind.iterdir() if kind.is_dir() else ()):
            if path.name.startswith("."):
                continue
            if path.suffix.lower() in SUFFIXES and path.is_file():
                raise DataError(f"{path} is a single picture", hint="a presentation is a video or a folder of frames")
            found.append(Presentation(kind.name, path, fps))
    if not found:
        raise DataError(f"no presentations below {folder}", hint=_HINT)
    return found
