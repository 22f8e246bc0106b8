"""Long straight edges around a face: the rim of a sheet, the bezel of a screen, and door frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SAMPLES = 8
"""Points per line that are followed."""
_MOST = 8
_CANNY = (40, 100)
_VOTES = 30


def long_lines(grey: NDArray[np.uint8], mask: NDArray[np.uint8], least_px: float) -> NDArray[np.float32]:
    """Straight edges of at least this length that run where `mask` is not 0: k × 4 (x0, y0, x1, y1), longest first,
    those that nearly coincide taken once.
    """
    edges = cv2.bitwise_and(cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), *_CANNY), mask)
    found = cv2.HoughLinesP(edges, 1.0, np.pi / 180.0, _VOTES, minLineLength=least_px, maxLineGap=least_px / 12.0)
    if found is None:
        return np.empty((0, 4), np.float32)
    lines = found.reshape(-1, 4).astype(np.float32)
    lengths = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    kept: list[NDArray[np.float32]] = []
    for line in lines[np.argsort(-lengths)]:
        if all(_apart(line, other) > 5.0 for other in kept):
            kept.append(line)
        if len(kept) == _MOST:
            break
    return np.asarray(kept, np.float32).reshape(-1, 4)


def samples(lines: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points on the lines, k · SAMPLES × 2, and each one's normal."""
    share = np.linspace(0.08, 0.92, SAMPLES, dtype=np.float32)[None, :, None]
    begin, end = lines[:, None, :2], lines[:, None, 2:]
    along = (end - begin) / np.maximum(np.linalg.norm(end - begin, axis=2, keepdims=True), 1e-6)
    normals = np.repeat(np.concatenate([-along[..., 1:], along[..., :1]], axis=2), SAMPLES, axis=1)
    return (begin + share * (end - begin)).reshape(-1, 2), normals.reshape(-1, 2)


def _apart(line: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The distance of the farther end of `line` from the endless line through `other`."""
    begin, way = other[:2], other[2:] - other[:2]
    normal = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6)
    return float(max(abs((line[:2] - begin) @ normal), abs((line[2:] - begin) @ normal)))
