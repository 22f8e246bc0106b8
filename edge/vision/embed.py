"""Faces as unit vectors: the same person's point the same way."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.drivers.inference import Network
from edge.errors import DataError
from edge.vision.align import align
from edge.vision.manifest import ModelEntry
from edge.vision.pixels import Normaliser

Embedding = NDArray[np.float32]
"""D numbers of length one."""


class Embedder:
    """Any embedding network of the manifest."""

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        self.model_id = entry.id
        self.spec = entry.as_embedder()
        size = int(np.prod(network.output_shapes[0]))
        if len(network.output_shapes) != 1 or size != self.spec.dimension:
            raise DataError(
                f"model {entry.id} has outputs {network.output_shapes}, "
                f"the manifest says dimension {self.spec.dimension}",
                hint="correct embedding.dimension in the manifest, or restore the model",
            )
        self._network, self._px = network, entry.input_px
        self._normalise = Normaliser(entry)

    def chip(self, picture: Picture, mesh: NDArray[np.float32]) -> Picture:
        """The aligned face, input_px square, RGB."""
        return align(picture, mesh, self.spec, self._px)

    def embed(self, chip: Picture) -> Embedding:
        """The unit embedding of a chip; where the manifest says `mirror`, of the sum with its mirror image's.

        Raises DataError when the network's answer has no direction.
        """
        total = self._answer(chip)
        if self.spec.mirror:
            total = total + self._answer(np.asarray(cv2.flip(chip, 1)))
        return unit(total)

    def _answer(self, chip: Picture) -> NDArray[np.float32]:
        return self._network.run(self._normalise(chip))[0].reshape(-1)


def unit(vector: NDArray[np.float32]) -> Embedding:
    """The vector at length one. Raises DataError when it has no direction."""
    length = float(np.linalg.norm(vector))
    if not (np.isfinite(length) and length > 1e-6):
        raise DataError("the embedding has no direction", hint="the picture shows no usable face")
    return (vector / length).astype(np.float32)


def fuse(embeddings: Sequence[Embedding], weights: Sequence[float] | None = None) -> Embedding:
    """The unit vector of a weighted mean: several pictures of one person, as a template or as a probe.

    Raises DataError when nothing is given or everything cancels.
    """
    if not embeddings:
        raise DataError("there is no embedding to fuse", hint="give at least one picture")
    stacked = np.asarray(embeddings, np.float32)
    share = np.ones(len(stacked), np.float32) if weights is None else np.asarray(weights, np.float32)
    return unit(share @ stacked)
