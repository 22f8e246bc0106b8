"""Two pictures of one face, made equally sharp before they are compared.

Whoever comes in is smeared, and further away shows less; when he stands he is sharp. What a smear takes from a nose and
leaves of a cheek looks like depth. So along each axis the sharper picture is blurred until its slopes are as steep as
the other's. That moves nothing: a turn of the head stays where it is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.patch import Floats

_DETAIL = 7.0
"""How far the filtered texture of a face reaches, px squared: a Gaussian blur of variance s takes its squared slopes to
(1 + s / _DETAIL)^-1.5 of what they were. Of 422 pairs of pictures of the rig's people half are within a seventh of it.
"""
_NEARLY = 1.08  # times as steep: less is left alone
_MOST_SIGMA = 4.0


def equally_sharp(
    one: Floats, other: Floats, places: NDArray[np.intp], before: tuple[float, float]
) -> tuple[Floats, Floats, float]:
    """Both, the sharper one of each axis blurred, and the share of `one`'s squared slopes that is left. `places`: where
    they are compared; `before`: the `steepness` of `one` there.
    """
    theirs = steepness(other, places)
    first = int(_apart(before[1], theirs[1]) > _apart(before[0], theirs[0]))
    mine = before
    for axis in (first, 1 - first):  # blurred along one axis, slanted edges are flatter along the other one as well
        ratio = mine[axis] / max(theirs[axis], 1e-9)
        if ratio > _NEARLY:
            one = _blurred(one, ratio, axis)
            mine = steepness(one, places)
        elif ratio < 1.0 / _NEARLY:
            other = _blurred(other, 1.0 / max(ratio, 1e-9), axis)
            theirs = steepness(other, places)
    return one, other, sum(mine) / max(sum(before), 1e-9)


def _apart(one: float, other: float) -> float:
    return abs(math.log(max(one, 1e-9) / max(other, 1e-9)))


def steepness(image: Floats, places: NDArray[np.intp]) -> tuple[float, float]:
    """Sums of the squared slopes along rows and along columns. `places`: counted row by row, no nearer to an edge than
    a pixel.
    """
    values, width = image.reshape(-1), image.shape[1]
    across, down = values[places + 1] - values[places - 1], values[places + width] - values[places - width]
    return float(across @ across), float(down @ down)


def _blurred(image: Floats, ratio: float, axis: int) -> Floats:
    """Blurred along one axis until its squared slopes are `ratio` times less."""
    sigma = min(math.sqrt(_DETAIL * (ratio ** (2.0 / 3.0) - 1.0)), _MOST_SIGMA)
    kernel, still = cv2.getGaussianKernel(2 * math.ceil(3.0 * sigma) + 1, sigma, cv2.CV_32F), np.ones(1, np.float32)
    return np.asarray(cv2.sepFilter2D(image, -1, *((still, kernel) if axis else (kernel, still))), np.float32)
