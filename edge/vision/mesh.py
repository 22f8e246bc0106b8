"""MediaPipe's face mesh: 468 points with depth from one detected face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.drivers.inference import Network
from edge.errors import DataError
from edge.vision.blazeface import Detection
from edge.vision.embedding_spec import MESH_POINTS
from edge.vision.manifest import ModelEntry
from edge.vision.pixels import Normaliser
from edge.vision.warp import cut_out, invert, scale_of, similarity_to_square

# mediapipe/modules/face_landmark/face_detection_front_detection_to_roi.pbtxt: scale 1.5, square of the longer side.
_CROP = 1.5
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377]
OVAL += [152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
"""The outline of the face in MediaPipe's mesh (FACEMESH_FACE_OVAL), in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`points`: 468 × 3 in picture pixels, z towards the back and in the same unit. `presence`: the chance that
    there is a face at all, [0, 1]. `crop`: the turned square that the network saw, RGB, upright; `to_crop`: the
    2 × 3 matrix from picture to crop.
    """

    points: NDArray[np.float32]
    presence: float
    crop: Picture
    to_crop: NDArray[np.float64]


class FaceMesh:
    """The landmark network."""

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        sizes = [int(np.prod(s)) for s in network.output_shapes]
        if sorted(sizes) != [1, 3 * MESH_POINTS]:
            raise DataError(
                f"model {entry.id} has outputs {network.output_shapes}, which are not the face mesh's",
                hint=f"a face mesh needs {MESH_POINTS} × 3 coordinates and one presence score",
            )
        self._network, self._px = network, entry.input_px
        self._coordinates, self._presence = sizes.index(3 * MESH_POINTS), sizes.index(1)
        self._normalise = Normaliser(entry)

    def fit(self, picture: Picture, face: Detection) -> Mesh:
        """The mesh of one detection, looked for in a square of 1.5 × its longer side, turned so that the eyes lie
        level.
        """
        right_eye, left_eye = face.keypoints[0], face.keypoints[1]
        angle = float(np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
        side = max(_CROP * max(face.box.width, face.box.height), 1.0)
        to_crop = similarity_to_square(face.box.centre, side, angle, self._px)
        crop = cut_out(picture, to_crop, self._px)
        outputs = self._network.run(self._normalise(crop))
        points = outputs[self._coordinates].reshape(MESH_POINTS, 3).copy()
        back = invert(to_crop)
        points[:, 2] *= scale_of(back)
        points[:, :2] = points[:, :2] @ back[:, :2].T + back[:, 2]
        logit = float(np.clip(outputs[self._presence].reshape(-1)[0], -80.0, 80.0))
        return Mesh(points, 1.0 / (1.0 + float(np.exp(-logit))), crop, to_crop)
