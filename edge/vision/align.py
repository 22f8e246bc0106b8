"""From a face in a picture to the square chip that an embedding network expects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.vision.embedding_spec import EmbeddingSpec
from edge.vision.warp import cut_out


def fit_similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, scale and shift (2 × 3) that bring `source` nearest to `target` (n × 2) in least squares.

    S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI 13(4),
    1991; in the plane its solution is one complex division. It never mirrors. Raises DataError when the source
    points coincide.
    """
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    a = (source - middle) @ (1.0, 1.0j)
    b = (target - goal) @ (1.0, 1.0j)
    power = float(np.vdot(a, a).real)
    if not power > 1e-9:
        raise DataError("the face's points coincide", hint="the picture shows no usable face")
    turn = np.vdot(a, b) / power
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.hstack([linear, (goal - linear @ middle)[:, None]])


def align(picture: Picture, mesh: NDArray[np.float32], spec: EmbeddingSpec, size_px: int) -> Picture:
    """The face as the network wants it: the mesh's points on the manifest's canonical ones, `size_px` square."""
    return cut_out(picture, fit_similarity(spec.of_mesh(mesh), spec.canonical()), size_px)
