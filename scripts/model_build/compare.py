"""Says whether two builds of the networks are the same: first by their bytes, then by what they compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.install.conversion import calibration, quantise
from model_build import manifest
from model_build.embedder import FLOAT16_TOLERANCE, INT8_LEAST_COSINE
from model_build.networks import EMBEDDER_ALIGNMENT

_CHIPS = 12
_SEED = 7  # other faces' variations than those of the calibration


def report(shipped: Path, built: Path) -> int:
    """Prints one line per file; 0 when every pair is within its tolerance, else 1.

    int8 outputs may differ by rounding in another TensorFlow: their cosine must reach the one asked of int8 against
    dlib. Files that compute in float must agree to the tolerance of float16.
    """
    same = True
    for name, entry in manifest.read(built)["models"].items():
        for variant, file in entry["files"].items():
            fits, words = _compared(entry, variant, shipped / file["path"], built / file["path"])
            same = same and fits
            print(f"{name} {variant}: {words}{'' if fits else ': DIFFERENT'}")
    return 0 if same else 1


def _compared(entry: dict[str, Any], variant: str, old: Path, new: Path) -> tuple[bool, str]:
    if not old.exists():
        return False, f"{old.name} is missing"
    before, after = old.read_bytes(), new.read_bytes()
    if before == after:
        return True, "the same bytes"
    chips = calibration.chips(150, EMBEDDER_ALIGNMENT, count=_CHIPS, seed=_SEED)
    size = entry["input_px"]
    inputs = np.stack([cv2.resize(chip, (size, size)) for chip in chips])
    if entry["files"][variant]["input"]["dtype"] == "float32":
        inputs = (inputs - np.array(entry["mean"])) / np.array(entry["std"])
    one, other = quantise.run(before, inputs), quantise.run(after, inputs)
    if variant == "int8":
        cosine = float(quantise.cosine(one, other).min())
        return cosine >= INT8_LEAST_COSINE, f"other bytes, cosine of the outputs at least {cosine:.5f}"
    difference = float(np.abs(one - other).max())
    return difference <= FLOAT16_TOLERANCE, f"other bytes, outputs differ by at most {difference:.1e}"
