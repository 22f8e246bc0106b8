"""The things of a foreground mask: connected regions that lie apart, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.foreground import COLUMNS, ROWS, Mask
from edge.vision.geometry import Box

FEWEST_CELLS = 8  # of 4,800: a battery at arm's length covers about eighteen
_PART_SHARE = 0.2  # of the largest region: less is a finger or a reflection
MOST_PARTS = 3
_MARGIN_CELLS = 1


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """`mask` of all parts, `boxes` of each in cells, largest first, and the centre of the mask (x, y in [0, 1])."""

    mask: NDArray[np.bool_]
    boxes: tuple[Box, ...]

    @property
    def cells(self) -> int:
        return int(np.count_nonzero(self.mask))

    @property
    def centre(self) -> tuple[float, float]:
        return centre_of(self.mask)


def centre_of(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """The middle of what is set, as fractions of the picture; there must be something."""
    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    return (moments["m10"] / moments["m00"] + 0.5) / COLUMNS, (moments["m01"] / moments["m00"] + 0.5) / ROWS


def find_regions(mask: Mask) -> Regions | None:
    """None when nothing in the mask is large enough."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or sizes.max() < FEWEST_CELLS:
        return None
    least = max(FEWEST_CELLS, _PART_SHARE * float(sizes.max()))
    order = [int(place) + 1 for place in np.argsort(-sizes)[:MOST_PARTS] if sizes[place] >= least]
    boxes = []
    for label in order:
        left, top, width, height = (float(side) for side in stats[label, :4])
        boxes.append(Box(left, top, left + width, top + height))
    # One region is the rule, and a comparison a tenth of what numpy takes to look labels up.
    return Regions(labels == order[0] if len(order) == 1 else np.isin(labels, order), tuple(boxes))


def in_pixels(box: Box, width: int, height: int) -> Box:
    """A box in cells as one in the picture's pixels, with a margin of a cell, cut at the picture's edges."""
    across, down = width / COLUMNS, height / ROWS
    return Box(
        max(0.0, (box.left - _MARGIN_CELLS) * across),
        max(0.0, (box.top - _MARGIN_CELLS) * down),
        min(float(width), (box.right + _MARGIN_CELLS) * across),
        min(float(height), (box.bottom + _MARGIN_CELLS) * down),
    )


def area_mask(area: Sequence[float]) -> NDArray[np.bool_]:
    """The cells of an area that is given as fractions left, top, right, bottom; at least one cell."""
    left, top, right, bottom = area
    mask = np.zeros((ROWS, COLUMNS), np.bool_)
    first, above = min(int(left * COLUMNS), COLUMNS - 1), min(int(top * ROWS), ROWS - 1)
    mask[above : max(round(bottom * ROWS), above + 1), first : max(round(right * COLUMNS), first + 1)] = True
    return mask
