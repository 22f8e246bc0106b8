"""Presentations as folders of frames, each with what was drawn for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.errors import DataError
from edge.rig.casting import Company
from edge.rig.drawn import Draw
from edge.rig.ranges import Ranges
from edge.rig.scenes import KINDS, make_take
from edge.rig.takes import only

_QUALITY = 95
_EMPTY_S = 1.0


def write_take(out: Path, kind: str, number: int, company: Company, ranges: Ranges, length_s: float) -> dict[str, Any]:
    """Render one presentation into `out/<kind>/<number>-<fps>fps/`: a second of the empty view, then `length_s` from
    when something begins to come into it. The same number gives the same frames.

    Raises DataError for a folder that is already there, OSError when it cannot be written.
    """
    rng = np.random.default_rng([ranges.salt, KINDS.index(kind), number])
    fps = ranges.fps[int(rng.integers(len(ranges.fps)))]
    cast = company.cast(rng)
    take = make_take(kind, cast, Draw(ranges, rng, length_s))
    folder = out / kind / f"{number:04d}-{fps}fps"
    if folder.exists():
        raise DataError(f"{folder} is already there", hint="render into another folder, or from another --first on")
    folder.mkdir(parents=True)
    empty = round((_EMPTY_S - take.enters_s) * fps)
    frames = empty + max(2, round(length_s * fps))
    for frame in range(frames):
        picture = only(take, (frame - empty) / fps)
        _, packed = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        (folder / f"{frame:04d}.jpg").write_bytes(packed.tobytes())
    return {
        "kind": kind,
        "folder": f"{kind}/{folder.name}",
        "fps": fps,
        "frames": frames,
        "empty": empty,
        "shown": cast.shown.name,
        "holder": cast.holder.name if kind in ("print", "bent", "cutout") else "",
        **take.told(),
    }
