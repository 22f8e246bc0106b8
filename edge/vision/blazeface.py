"""BlazeFace: where the faces are, with six keypoints each.

The layout of the anchors, the decoding and the thresholds are MediaPipe's published graph options
(mediapipe/modules/face_detection: face_detection_short_range.pbtxt, face_detection_full_range.pbtxt and the
calculators they name: SsdAnchors, TensorsToDetections, NonMaxSuppression with algorithm WEIGHTED).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.drivers.inference import Network
from edge.errors import DataError
from edge.vision.geometry import Box
from edge.vision.manifest import ModelEntry
from edge.vision.pixels import Normaliser

MIN_SCORE = 0.5  # min_score_thresh
_MERGE_IOU = 0.3  # min_suppression_threshold
_LOGIT_LIMIT = 80.0  # score_clipping_thresh is 100, which overflows a float32's exponential
_KEYPOINTS = 6
_MOST_CANDIDATES = 256  # a bound on the work that a picture of nothing but faces can cause

# Number of anchors -> (stride, anchors per cell) per feature map. Short range: strides 8, 16, 16, 16 with two
# anchors each (interpolated_scale_aspect_ratio 1), full range: stride 4 with one (ratio 0). All have size 1.
_LAYOUTS = {896: ((8, 2), (16, 6)), 2304: ((4, 1),)}


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face in picture pixels. `keypoints` (6 × 2): the picture's left eye and right eye, nose tip, mouth, left
    and right ear; so the first eye is the person's right one. `score` is [0, 1].
    """

    box: Box
    keypoints: NDArray[np.float32]
    score: float


class BlazeFace:
    """The short-range or the full-range network, told apart by the number of their anchors."""

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        shapes = network.output_shapes
        scores = [i for i, s in enumerate(shapes) if s[-1] == 1]
        if len(shapes) != 2 or len(scores) != 1 or shapes[scores[0]][1] not in _LAYOUTS:
            raise DataError(
                f"model {entry.id} has outputs {shapes}, which are not BlazeFace's",
                hint="a face detector needs 896 or 2304 anchors with 16 numbers and one score each",
            )
        self._network, self._px = network, entry.input_px
        self._scores, self._boxes = scores[0], 1 - scores[0]
        self._normalise = Normaliser(entry)
        self._anchors = anchors(self._px, shapes[scores[0]][1])

    def detect(self, picture: Picture, min_score: float = MIN_SCORE) -> list[Detection]:
        """The faces, best score first."""
        square, scale, left, top = letterbox(picture, self._px)
        outputs = self._network.run(self._normalise(square))
        logits = outputs[self._scores][0, :, 0]
        hits = np.flatnonzero(logits > np.log(min_score / (1.0 - min_score)))
        if not len(hits):
            return []
        hits = hits[np.argsort(-logits[hits])][:_MOST_CANDIDATES]
        values = outputs[self._boxes][0, hits].reshape(len(hits), 2 + _KEYPOINTS, 2)
        found = 1.0 / (1.0 + np.exp(-np.clip(logits[hits], -_LOGIT_LIMIT, _LOGIT_LIMIT)))
        return [
            _in_picture(faces, score, scale, left, top)
            for faces, score in merge(_corners_and_points(values, self._anchors[hits]), found)
        ]


def anchors(input_px: int, count: int) -> NDArray[np.float32]:
    """The centres (x, y in input pixels) that the network's answers are relative to, count × 2."""
    rows = []
    for stride, per_cell in _LAYOUTS[count]:
        cells = -(-input_px // stride)
        y, x = np.mgrid[0:cells, 0:cells]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * (input_px / cells)
        rows.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(rows).astype(np.float32)


def letterbox(picture: Picture, size_px: int) -> tuple[Picture, float, int, int]:
    """The whole picture in a square with black borders; (square, scale, left, top) with square = picture · scale
    + (left, top).
    """
    height, width = picture.shape[:2]
    scale = size_px / max(height, width)
    inner_w, inner_h = max(round(width * scale), 1), max(round(height * scale), 1)
    shrunk = shrink(picture, inner_w, inner_h)
    left, top = (size_px - inner_w) // 2, (size_px - inner_h) // 2
    square = np.zeros((size_px, size_px, 3), np.uint8)
    square[top : top + inner_h, left : left + inner_w] = shrunk
    return square, scale, left, top


def shrink(picture: Picture, width: int, height: int) -> Picture:
    """Resize by halving and one bilinear step: no source pixel is skipped, at a quarter of INTER_AREA's time."""
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        picture = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _corners_and_points(values: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """n × 8 × 2 in input pixels: left top corner, right bottom corner, six keypoints."""
    points = values + centres[:, None]
    points[:, 0] -= values[:, 1] / 2
    points[:, 1] = points[:, 0] + values[:, 1]
    return points


def merge(points: NDArray[np.float32], scores: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], float]]:
    """Weighted non-maximum suppression: each best face is the mean, weighted by score, of the ones that overlap
    it; steadier from frame to frame than keeping the best alone. `scores` fall.
    """
    size = np.maximum(points[:, 1] - points[:, 0], 0.0)
    area = size[:, 0] * size[:, 1]
    left = np.arange(len(scores))
    merged = []
    while len(left):
        best = left[0]
        corner = np.maximum(points[left, 0], points[best, 0])
        overlap = np.maximum(np.minimum(points[left, 1], points[best, 1]) - corner, 0.0)
        both = overlap[:, 0] * overlap[:, 1]
        same = both > _MERGE_IOU * (area[left] + area[best] - both)
        same[0] = True  # a box without area overlaps nothing, not even itself
        weights = scores[left[same]] / scores[left[same]].sum()
        merged.append((np.tensordot(weights, points[left[same]], axes=1), float(scores[best])))
        left = left[~same]
    return merged


def _in_picture(points: NDArray[np.float32], score: float, scale: float, left: int, top: int) -> Detection:
    points = ((points - (left, top)) / scale).astype(np.float32)
    (x0, y0), (x1, y1) = points[:2].tolist()
    return Detection(Box(x0, y0, x1, y1), points[2:], score)
