"""A body below a head: shoulders, chest and arms in the colour of what the portrait's person wears."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.rig.backdrop import mottle
from edge.rig.lens import Lens
from edge.rig.portrait import Portrait
from edge.rig.raster import blend

_PX_PER_MM = 0.4
_WIDTH_MM, _HEIGHT_MM = 720, 1500
_BEHIND_MM = 105.0  # the middle of the body lies so far behind the eyes
# Half widths of neck, shoulders and chest at depths below the chin, in mm: an adult's in plain clothes.
_NECK = ((-40.0, 46.0), (30.0, 52.0), (60.0, 90.0))
_OUTLINE = ((14.0, 58.0), (36.0, 90.0), (58.0, 190.0), (85.0, 228.0), (140.0, 250.0), (1500.0, 270.0))


class Body:
    """`scale`: against an adult of middle size."""

    def __init__(self, rng: Generator, portrait: Portrait, scale: float = 1.0) -> None:
        width, height = round(_WIDTH_MM * _PX_PER_MM), round(_HEIGHT_MM * _PX_PER_MM)
        folds = mottle(rng, width, height, 0.55)
        round_off = 1.0 - 0.2 * np.abs(np.linspace(-1.4, 1.4, width))[None, :] ** 2
        shade = round_off * (1.0 + rng.uniform(0.03, 0.1) * folds)
        colours = np.empty((height, width, 3), np.float32)
        colours[:] = portrait.skin
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [_polygon(_NECK)], (255,), cv2.LINE_AA, 4)
        worn = np.zeros_like(mask)
        cv2.fillPoly(worn, [_polygon(_OUTLINE)], (255,), cv2.LINE_AA, 4)
        share = worn[..., None].astype(np.float32) / 255.0
        colours += share * (np.array(portrait.cloth, np.float32) - colours)
        colours = np.clip(colours * shade[..., None], 0, 255)
        mask = np.maximum(mask, worn)
        self._texture: NDArray[np.uint8] = np.dstack([colours.astype(np.uint8), mask])
        self._chin_mm, self._aside_mm, self._scale = portrait.chin_mm, portrait.neck_mm, scale

    def draw(self, picture: NDArray[np.uint8], lens: Lens, x_mm: float, y_mm: float, z_mm: float) -> None:
        """Put the body into a picture, in place, below a head whose eyes are there when it looks straight ahead."""
        depth = z_mm + _BEHIND_MM * self._scale
        px = lens.focal_px / depth
        grown = px * self._scale / _PX_PER_MM
        left = lens.width_px / 2 + (x_mm + (self._aside_mm - _WIDTH_MM / 2) * self._scale) * px
        top = lens.height_px / 2 + (y_mm + (self._chin_mm - 40.0) * self._scale) * px
        first, last = max(0, int(top)), lens.height_px
        if first >= last:
            return
        place = np.array([[grown, 0.0, left], [0.0, grown, top - first]])
        size = (lens.width_px, last - first)
        layer = cv2.warpAffine(self._texture, place, size, flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
        alpha = layer[..., 3].astype(np.float32) * np.float32(1 / 255)
        blend(picture, np.ascontiguousarray(layer[..., :3]), alpha, 0, first)


def _polygon(outline: tuple[tuple[float, float], ...]) -> NDArray[np.int32]:
    """An outline of half widths as corners in sixteenths of a texture pixel."""
    left = [(_WIDTH_MM / 2 - half, down + 40.0) for down, half in outline]
    right = [(_WIDTH_MM / 2 + half, down + 40.0) for down, half in reversed(outline)]
    return np.asarray(np.round(np.array(left + right) * _PX_PER_MM * 16).astype(np.int32))
