from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from vision_samples import portrait

from edge.drivers.camera import Picture
from edge.vision.faces import Face, FaceFinder


@pytest.fixture(scope="session")
def face(finder: FaceFinder) -> Face:
    """A face with 44 px between the eyes in the middle of 320 × 320."""
    whole = portrait("obama")
    found = finder.find(whole)[0]
    scale = 44.0 / found.eye_px
    middle = found.points[:, :2].mean(axis=0) * scale
    matrix = np.array([[scale, 0.0, 160.0 - middle[0]], [0.0, scale, 160.0 - middle[1]]])
    small = cv2.resize(whole, None, fx=1.0, fy=1.0)
    small = cv2.GaussianBlur(small, (0, 0), max(0.4 / scale, 0.1))
    picture = np.asarray(cv2.warpAffine(small, matrix, (320, 320), borderMode=cv2.BORDER_REFLECT), np.uint8)
    return replace(finder.find(picture)[0])


@pytest.fixture(scope="session")
def wall() -> Picture:
    """A wall with some structure."""
    grain = np.random.default_rng(1).normal(0.0, 60.0, (320, 320, 3)).astype(np.float32)
    return np.clip(120.0 + 4.0 * cv2.GaussianBlur(grain, (0, 0), 3.0), 0, 255).astype(np.uint8)
