"""What an item is: one look of the classifier at a picture, or at a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.drivers.inference import Network
from edge.drivers.inference.litert import Runtime
from edge.errors import DataError
from edge.vision.manifest import Manifest, ModelEntry, open_network
from edge.vision.pixels import Normaliser

ROLE = "waste-classifier"

Region = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


@dataclass(frozen=True, slots=True)
class ItemScores:
    """`probabilities`: calibrated, in the order of `classes`, sum 1. `energy`: -log of the sum of exp(logit), lower
    for what resembles the training pictures (Liu et al. 2020). `familiar`: whether it is at most the manifest's
    limit.
    """

    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    energy: float
    familiar: bool

    def by_class(self) -> Mapping[str, float]:
        """Class -> probability."""
        return dict(zip(self.classes, self.probabilities, strict=True))


class ItemClassifier:
    """Any classifier of the manifest. Not for two threads at once."""

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        self.model_id = entry.id
        self.spec = entry.as_classifier()
        if len(network.output_shapes) != 1 or int(np.prod(network.output_shapes[0])) != len(self.spec.classes):
            raise DataError(
                f"model {entry.id} has outputs {network.output_shapes}, "
                f"the manifest names {len(self.spec.classes)} classes",
                hint="correct classifier.classes in the manifest, or restore the model",
            )
        self.network = network
        self._px = entry.input_px
        self._normalise = Normaliser(entry)
        cv2.setNumThreads(1)  # as in FaceFinder: OpenCV's threads would spin between the calls

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the probabilities."""
        return self.spec.classes

    def look(self, frame: Picture, region: Region | None = None) -> ItemScores:
        """The scores of a frame (height × width × 3, RGB, uint8), or of a region of it; what lies outside the frame
        is cut off.

        Raises DataError when nothing of the region is on the frame.
        """
        part = frame if region is None else _cut(frame, region)
        square = _squashed(part, self._px)
        logits = self.network.run(self._normalise(square))[0].reshape(-1)
        if not np.isfinite(logits).all():
            raise DataError(
                f"model {self.model_id} answers with {logits}", hint="the file is damaged; restore the model"
            )
        highest = float(logits.max())
        energy = -highest - float(np.log(np.exp(logits - highest).sum()))
        shares = np.exp((logits - highest) / self.spec.temperature)
        probabilities = tuple(float(p) for p in shares / shares.sum())
        return ItemScores(self.spec.classes, probabilities, energy, energy <= self.spec.familiar_energy)


def open_item_classifier(manifest: Manifest, model: str = "", runtime: Runtime | None = None) -> ItemClassifier:
    """The manifest's classifier, or `model` (an id) in place of the default one.

    Raises DataError when the model is missing, damaged or of another kind, HardwareError without a runtime.
    """
    entry = manifest.model(model) if model else manifest.default(ROLE)
    entry.as_classifier()  # before a network of another kind is loaded for nothing
    return ItemClassifier(open_network(entry, runtime), entry)


def _cut(frame: Picture, region: Region) -> Picture:
    x, y, width, height = region
    part = frame[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    if part.size == 0:
        raise DataError(
            f"the region {region} is not on a picture of {frame.shape[1]} × {frame.shape[0]} pixels",
            hint="give x, y, width and height in pixels of this picture",
        )
    return part


def _squashed(part: Picture, px: int) -> Picture:
    """The part as a square of `px`. Halved first where that can be done: a linear filter alone would leave pixels out,
    and OpenCV's averaging is ten times quicker at exactly one half than at any other factor.
    """
    height, width = part.shape[:2]
    while min(height, width) >= 2 * px:
        height, width = height // 2, width // 2
        part = np.asarray(cv2.resize(part[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(part, (px, px), interpolation=cv2.INTER_LINEAR), np.uint8)
