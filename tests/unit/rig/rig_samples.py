"""What the tests of the rig share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.drivers.camera import Picture

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "models" / "manifest.toml"
PORTRAITS = ROOT / "edge" / "demo" / "pictures"


def grey(width: int = 640, height: int = 480) -> Picture:
    return np.full((height, width, 3), 128, np.uint8)
