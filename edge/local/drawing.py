"""What was found, drawn into the picture, and the picture as JPEG. Imported when somebody first asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from edge.drivers.camera import Picture

_QUALITY = 80
_GOOD, _POOR, _ZONE = (60, 200, 60), (230, 150, 30), (70, 140, 230)  # RGB


def jpeg(
    picture: Picture,
    width_px: int,
    found: Sequence[Mapping[str, Any]] = (),
    zones: Mapping[str, Sequence[float]] | None = None,
) -> tuple[bytes, tuple[int, int]]:
    """The RGB picture at most so wide as JPEG, with faces and zones drawn in; and its width and height."""
    height, width = picture.shape[:2]
    scale = min(1.0, width_px / width)
    size = (round(width * scale), max(1, round(height * scale)))
    small: Picture = np.array(picture)
    if scale < 1.0:
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    for name, zone in (zones or {}).items():
        _frame(small, zone, _ZONE, name)
    for face in found:
        _face(small, face)
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return coded.tobytes(), size


def _face(image: Picture, face: Mapping[str, Any]) -> None:
    colour = _GOOD if face["reason"] is None else _POOR
    _frame(image, face["box"], colour, face["reason"] or f"{face['quality']:.2f}")
    height, width = image.shape[:2]
    for x, y in face["points"]:
        cv2.circle(image, (round(x * width), round(y * height)), 2, colour, -1)


def _frame(image: Picture, box: Sequence[float], colour: tuple[int, int, int], text: str) -> None:
    height, width = image.shape[:2]
    corner = round(box[0] * width), round(box[1] * height)
    cv2.rectangle(image, corner, (round(box[2] * width), round(box[3] * height)), colour, 2)
    cv2.putText(image, text, (corner[0], max(12, corner[1] - 5)), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1)
