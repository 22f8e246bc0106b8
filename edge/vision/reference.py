"""The picture of the clean station: the median of a few seconds, in which noise and whoever walks by are gone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.errors import DataError

FEWEST_FRAMES = 5
_DIFFERS = 25.0  # steps of luma, far beyond noise
_LEAST_ALIKE = 0.9  # of the pixels must look like the median in every frame, or somebody stood in the way


def clean_picture(frames: Sequence[Picture]) -> Picture:
    """Raises DataError when there are too few frames, they are dark, or something moved in much of the picture."""
    if len(frames) < FEWEST_FRAMES:
        raise DataError(
            f"the camera gave {len(frames)} pictures, {FEWEST_FRAMES} are needed",
            hint="check the camera, or take longer",
        )
    if len({frame.shape for frame in frames}) > 1:
        raise DataError("the camera's pictures differ in size", hint="set width_px and height_px")
    clean = np.ascontiguousarray(np.median(np.stack(frames), axis=0).astype(np.uint8))
    if float(clean.mean()) < _DIFFERS:
        raise DataError("the picture is dark", hint="make it by daylight, or with the lamp on")
    for frame in frames:
        far = cv2.absdiff(frame, clean).max(axis=-1) > _DIFFERS
        if float(np.mean(far)) > 1.0 - _LEAST_ALIKE:
            raise DataError("something moves before the camera", hint="step aside and try again")
    return clean


def as_png(picture: Picture) -> bytes:
    """The RGB picture as PNG, without loss."""
    _, coded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return coded.tobytes()
