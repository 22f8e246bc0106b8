"""Faces made unrecognisable: every one that a detector finds is reduced to a few blocks and blurred."""

from __future__ import annotations

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.vision.blazeface import BlazeFace
from edge.vision.geometry import Box
from edge.vision.manifest import Manifest, open_network

_LARGER = 1.7  # the detectors' box ends at brow and chin; hair and ears tell who it is as well
_BLOCKS = (5, 3, 2, 1, 1)
"""Across a face, in one round after the other: with five a 112-pixel embedder has nothing left to measure, but a
detector may still take the blot for somebody.
"""

_SOFT = 0.12  # standard deviation of the blur, of the box


class FaceBlur:
    """Not for two threads at once: the networks are not."""

    def __init__(self, far: BlazeFace, near: BlazeFace) -> None:
        self._detectors = (far, near)

    def __call__(self, picture: Picture) -> Picture:
        """A copy in which neither detector finds a face any more; what they take a blot for is blurred again."""
        blurred = picture.copy()
        for turn, blocks in enumerate(_BLOCKS):
            boxes = [found.box for detector in self._detectors for found in detector.detect(blurred)]
            if not boxes:
                return blurred
            for box in boxes:
                _blur(blurred, box, _LARGER if turn == 0 else 1.0, blocks)
        return _coarse(blurred)


def open_face_blur(manifest: Manifest) -> FaceBlur:
    """With the manifest's own detectors. Raises DataError or HardwareError, as edge.vision.faces does."""
    far, near = (manifest.default(role) for role in ("face-detector-far", "face-detector-near"))
    return FaceBlur(BlazeFace(open_network(far), far), BlazeFace(open_network(near), near))


def _blur(picture: Picture, box: Box, larger: float, across: int) -> None:
    height, width = picture.shape[:2]
    side = larger * max(box.width, box.height)
    x, y = box.centre
    left, top = max(0, int(x - side / 2)), max(0, int(y - side / 2))
    right, bottom = min(width, int(x + side / 2) + 1), min(height, int(y + side / 2) + 1)
    if right - left > 1 and bottom - top > 1:
        part = _blocks(np.ascontiguousarray(picture[top:bottom, left:right]), side / larger / across)
        picture[top:bottom, left:right] = cv2.GaussianBlur(part, (0, 0), max(1.0, _SOFT * side / larger))


def _coarse(picture: Picture) -> Picture:
    """A picture in which something is taken for a face however it is blurred: better nothing to see than somebody."""
    return _blocks(picture, max(picture.shape[:2]) / 24)


def _blocks(picture: Picture, px: float) -> Picture:
    height, width = picture.shape[:2]
    size = (max(1, round(width / px)), max(1, round(height / px)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
