"""Builds the two files of the face embedding network and compares them with what dlib itself computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import DataError
from edge.install.conversion import calibration, quantise
from model_build import dlib_file, dlib_network, sources
from model_build.networks import EMBEDDER_ALIGNMENT

# Embeddings are about 1.4 long; dlib's own threshold between two people is a distance of 0.6.
FLOAT16_TOLERANCE = 4e-4  # largest difference of any component
INT8_LEAST_COSINE = 0.998


def build(cache: Path) -> dict[str, bytes]:
    """The network as `float16` and `int8` files, from the pinned source package."""
    network = dlib_network.network(dlib_file.layers(sources.read(sources.DLIB_RESNET, cache)))
    size = dlib_network.INPUT_PX
    return {
        "float16": quantise.float16(network, size),
        "int8": quantise.int8(network, size, calibration.chips(size, EMBEDDER_ALIGNMENT)),
    }


def compared_with_dlib(files: dict[str, bytes], reference: Path) -> dict[str, Any]:
    """How near the files come to the stored outputs of dlib, for the manifest.

    Raises `DataError` beyond the tolerances: a network that is not dlib's is not written.
    """
    with np.load(reference) as stored:
        chips, expected = stored["chips"], stored["embeddings"]
    difference = float(np.abs(quantise.run(files["float16"], chips) - expected).max())
    cosine = float(quantise.cosine(expected, quantise.run(files["int8"], chips)).min())
    if difference > FLOAT16_TOLERANCE or cosine < INT8_LEAST_COSINE:
        raise DataError(
            f"the rebuilt network differs from dlib: float16 by {difference:.1e}, int8 cosine {cosine:.4f}",
            hint="use the versions of TensorFlow that edge[models] pins",
        )
    return {"difference_to_dlib": {"float16": float(f"{difference:.1e}")}, "cosine_to_dlib": {"int8": round(cosine, 5)}}
