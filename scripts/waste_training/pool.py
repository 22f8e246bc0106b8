"""Where the pictures for learning and choosing come from."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from waste_training.classes import CLASSES

Picture = NDArray[np.uint8]

_STORED_PX = 256


@dataclass
class Photographs:
    """One split of `labels.csv`: pictures squashed to 256 pixels square, with class index and source."""

    pictures: list[Picture] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def photographs(folder: Path, split: str, px: int = _STORED_PX) -> Photographs:
    """The pictures of one split whose licence is stated; `measure` is refused by having another split's name."""
    found = Photographs()
    with (folder / "labels.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["split"] != split or row["licence"] not in ("MIT", "CC BY 4.0"):
                continue
            found.pictures.append(read(folder / row["path"], px))
            found.labels.append(CLASSES.index(row["fine"]))
            found.sources.append(row["source"])
            found.paths.append(row["path"])
    return found


def read(path: Path, px: int) -> Picture:
    """A picture file as RGB, squashed to a square."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA))


def renderings(folder: Path, held_out: bool = False) -> dict[str, list[Picture]]:
    """The rendered cut-outs by class, RGBA: those for learning, or every eighth, which learning does not see."""
    found: dict[str, list[Picture]] = {}
    for path in sorted(folder.glob("*/*.png")):
        if (int(path.stem) % 8 == 7) != held_out:
            continue
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is not None and picture.ndim == 3:
            found.setdefault(path.parent.name, []).append(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)))
    return found
