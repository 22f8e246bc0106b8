"""What several tests of the vision share: where things are, and faces made of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.events import Life, PoorReason
from edge.vision.faces import Face
from edge.vision.liveness.judge import Evidence
from edge.vision.picture_file import load_picture
from edge.vision.pose import Pose
from edge.vision.quality import Figures, Quality
from edge.vision.texture import Texture
from edge.vision.thresholds import OperatingPoints

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "models" / "manifest.toml"
PORTRAITS = ROOT / "edge" / "demo" / "pictures"

POINTS = OperatingPoints(
    target_fpir=0.001,
    gallery=(10, 100, 1000),
    one_frame=(0.5, 0.6, 0.65),
    fused=(0.4, 0.5, 0.58),
    second_floor=0.0,
    tail=0.01,
)


def portrait(name: str) -> Picture:
    return load_picture(PORTRAITS / f"{name}.jpg")


def unit_rows(count: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def at_cosine(row: NDArray[np.float32], cosine: float, seed: int = 1) -> NDArray[np.float32]:
    """A unit vector with this cosine to `row`."""
    other = np.random.default_rng(seed).normal(size=len(row))
    other -= (other @ row) * row
    other /= np.linalg.norm(other)
    return (cosine * row + np.sqrt(1.0 - cosine**2) * other).astype(np.float32)


def quality(score: float = 1.0, reason: PoorReason | None = None) -> Quality:
    figures = Figures(40.0, 1.0, Pose(0.0, 0.0, 0.0), Texture(120.0, 0.0, 0.3), 100.0)
    return Quality(score, reason, reason, figures)


class Says:
    """A judge of life who has made up his mind; `life` may be changed."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.observed = 0

    def observe(self, face: Face, now_s: float) -> None:
        assert face.eye_px > 0.0
        assert now_s >= 0.0
        self.observed += 1

    def verdict(self) -> Evidence:
        return Evidence(self.life, {"geometry": 0.9})
