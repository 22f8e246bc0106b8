"""Which part of a portrait is the person: found with GrabCut from what the mesh says about head and shoulders."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture

_ROUNDS = 4
_WORK_PX = 180  # of the longer side: GrabCut takes a third of a second there
_SKULL = (1.16, 1.28)  # half axes of what is head in any case, as shares of the face's
_BLEED_PX = 64  # of the longer side: so coarse are the colours beyond the outline


def person_alpha(picture: Picture, oval: NDArray[np.float64]) -> NDArray[np.float32]:
    """0 to 1 for each pixel. `oval`: n × 2, the outline of the face in the picture.

    Hair and shoulders are guessed around the face, and where they end is found by colour (Rother and others, 2004).
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _WORK_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    outline = oval * (size[0] / width, size[1] / height)
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    mask = np.full((size[1], size[0]), cv2.GC_BGD, np.uint8)
    likely = np.zeros_like(mask)
    _ellipse(likely, (middle[0], middle[1] - 0.15 * half[1]), half * (1.5, 1.5))
    _shoulders(likely, middle, half)
    mask[likely > 0] = cv2.GC_PR_FGD
    skull = np.zeros_like(mask)
    _ellipse(skull, (middle[0], middle[1] - 0.24 * half[1]), half * _SKULL)
    sure = np.zeros_like(mask)
    cv2.fillConvexPoly(sure, cv2.convexHull(np.round(outline).astype(np.int32)), (1,))
    neck = [middle + half * place for place in ((-0.55, 0.6), (0.55, 0.6), (0.6, 1.5), (-0.6, 1.5))]
    cv2.fillConvexPoly(sure, np.round(np.array(neck)).astype(np.int32), (1,))
    mask[sure > 0] = cv2.GC_FGD
    if not (mask == cv2.GC_BGD).any():  # the face fills the picture: there is no background to learn from
        return np.ones((height, width), np.float32)
    cv2.setRNGSeed(0)
    cv2.grabCut(
        np.asarray(small), mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_MASK
    )
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    found = _largest(found | skull)
    soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 1.2)
    whole = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    return np.asarray(np.clip(whole * 1.6 - 0.5, 0.0, 1.0), dtype=np.float32)


def without_fringe(picture: Picture, alpha: NDArray[np.float32]) -> Picture:
    """The picture with the person's own colours carried on beyond the outline, so that no old background shows."""
    height, width = alpha.shape
    solid = (alpha > 0.95).astype(np.float32)
    small = (
        max(8, round(width * _BLEED_PX / max(width, height))),
        max(8, round(height * _BLEED_PX / max(width, height))),
    )
    weight = cv2.resize(solid, small, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(picture * solid[..., None], small, interpolation=cv2.INTER_AREA)
    near, near_weight = (cv2.GaussianBlur(array, (0, 0), 1.2) for array in (colours, weight))
    far, far_weight = (cv2.GaussianBlur(array, (0, 0), 8.0) for array in (colours, weight))
    carried = (near + 0.02 * far) / np.maximum(near_weight + 0.02 * far_weight, 1e-6)[..., None]
    whole = np.asarray(cv2.resize(carried, (width, height), interpolation=cv2.INTER_LINEAR))
    mixed = picture * solid[..., None] + whole * (1.0 - solid[..., None])
    return np.asarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _ellipse(mask: NDArray[np.uint8], centre: tuple[float, float], half: NDArray[np.float64]) -> None:
    whole = (round(centre[0]), round(centre[1])), (max(1, round(half[0])), max(1, round(half[1])))
    cv2.ellipse(mask, *whole, 0.0, 0.0, 360.0, (1,), -1)


def _shoulders(mask: NDArray[np.uint8], middle: NDArray[np.float64], half: NDArray[np.float64]) -> None:
    places = ((-0.8, 0.6), (0.8, 0.6), (1.1, 1.4), (2.7, 1.9), (3.4, 9.0), (-3.4, 9.0), (-2.7, 1.9), (-1.1, 1.4))
    corners = np.round(np.array([middle + half * place for place in places])).astype(np.int32)
    cv2.fillPoly(mask, [corners], (1,))


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), dtype=np.uint8)
