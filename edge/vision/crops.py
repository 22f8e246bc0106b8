"""The best few pictures of one item: sharp, large, whole in view, and apart in time."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.vision.geometry import Box

MOST_CROPS = 3
_APART_S = 0.15
_FULL_SHARE = 0.04  # of the picture: from here on more size tells the classifier nothing more
_CUT = 0.4  # what a crop is worth that the edge of the picture cuts; an arm does so too, so it is not nothing
_LOOKED_PX = 160  # sharpness is measured at the resolution that the classifier sees, about


@dataclass(slots=True, eq=False)
class Crop:
    """One frame of an item. `boxes` in its pixels, the largest part first; `score` above 0."""

    picture: Picture = field(repr=False)
    boxes: tuple[Box, ...]
    at_s: float
    score: float


def rate(picture: Picture, box: Box) -> float:
    """How good a picture of the item this is: sharpness (root mean square of the Laplacian of luma) × size × whole."""
    height, width = picture.shape[:2]
    part = picture[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    step = -(-max(part.shape[:2]) // _LOOKED_PX)
    # Made grey first: leaving pixels out is several times quicker where there is one channel.
    grey = np.ascontiguousarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)[::step, ::step])
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    sharpness = float(cv2.norm(edges)) / edges.size**0.5
    size = min(1.0, box.area / (_FULL_SHARE * width * height))
    whole = box.left > 0 and box.top > 0 and box.right < width and box.bottom < height
    return float((sharpness + 1.0) * size * (1.0 if whole else _CUT))


class BestCrops:
    """At most `MOST_CROPS` crops, 0.15 s apart, best first."""

    def __init__(self) -> None:
        self.crops: list[Crop] = []

    def offer(self, crop: Crop) -> None:
        near = [kept for kept in self.crops if abs(kept.at_s - crop.at_s) < _APART_S]
        if any(kept.score >= crop.score for kept in near):
            return
        kept = [one for one in self.crops if all(one is not other for other in near)]
        self.crops = sorted([*kept, crop], key=lambda one: -one.score)[:MOST_CROPS]
