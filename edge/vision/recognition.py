"""What recognition at this gate means: which networks, whom to compare with, how sure to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.config.schema import Face
from edge.errors import DataError
from edge.vision.faces import FaceFinder, Search, open_face_finder
from edge.vision.geometry import Box
from edge.vision.impostors import ImpostorWatch
from edge.vision.liveness.opinion import Critic, open_critics
from edge.vision.manifest import Manifest
from edge.vision.match import Gallery


class Recognition:
    """The configured networks and operating point, and the gallery of the moment.

    Raises DataError when the manifest has no such network, or none that thresholds were derived for.
    """

    def __init__(self, manifest: Manifest, face: Face) -> None:
        entry = manifest.model(face.network) if face.network else manifest.default("face-embedder")
        self._manifest = manifest
        self._search = Search(min_eye_px=face.min_eye_px, zone=Box(*face.zone))
        self.points = entry.operating_points().at(face.target_fpir)
        self.model_id = entry.id
        self.impostors = ImpostorWatch(entry.id, self.points)
        self.model = {"network": entry.id, "target_fpir": face.target_fpir}
        self.dimension = entry.as_embedder().dimension
        # Replaced whole, never changed: the vision's thread takes it as it finds it.
        self.gallery = self._gallery(np.empty((0, self.dimension), np.float32), ())

    def deliver(self, matrix: NDArray[np.float32], ids: Sequence[str]) -> None:
        """Compare with these people from the next frame on; from any thread. Raises DataError for bad rows."""
        self.gallery = self._gallery(matrix, ids)
        self.impostors.follow(self.gallery)

    def _gallery(self, matrix: NDArray[np.float32], ids: Sequence[str]) -> Gallery:
        if len(matrix) and matrix.shape[1] != self.dimension:
            raise DataError(
                f"templates of {matrix.shape[1]} numbers for a network of {self.dimension}",
                hint="they are of another network; the people need to be enrolled again",
            )
        return Gallery(matrix, ids, self.points.second_floor)

    def open(self) -> FaceFinder:
        """Load the networks. Raises DataError or HardwareError."""
        return open_face_finder(self._manifest, self._search, self.model_id)

    def open_critics(self) -> tuple[Critic, ...]:
        """The networks that have a say about life, where the installer has added any. Raises as `open`."""
        return open_critics(self._manifest)
