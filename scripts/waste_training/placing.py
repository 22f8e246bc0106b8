"""Where the logits of hazardous waste and of what is left over belong, found on the photographs of `val`.

Training leaves both too low or too high: most photographs say nothing about hazardous waste, and what is left over is
the rarest category. A constant added to their logits moves them without learning anew (Menon et al. 2021).
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from numpy.typing import NDArray

from waste_training import pool
from waste_training.classes import CATEGORY, CLASSES
from waste_training.groups import GROUPS, grouped, softmax, truth
from waste_training.point import answers, opened
from waste_training.shape import PX

_FALSE_HAZARDOUS = 0.008  # of val, none of which is hazardous; the same share is wanted below 0.01 elsewhere
_NEARLY = 0.0031
HAZARDOUS = [at for at, name in enumerate(CLASSES) if CATEGORY.get(name) == "hazardous"]
TRASH = [CLASSES.index("trash")]


def run(arguments: argparse.Namespace) -> None:
    """Places the logits by the int8 file in --out, and writes the weights back; `export` is due again after it."""
    entry = json.loads((arguments.work / "entry.json").read_text())
    val = pool.photographs(arguments.data, "val", PX)
    logits, labels = answers(opened(arguments.out, entry), val.pictures), np.array(val.labels)
    path = arguments.work / f"{arguments.name}.npz"
    with np.load(path) as stored:
        weights = {name: stored[name] for name in stored.files}
    with (arguments.work / f"{arguments.name}.log").open("a") as log:
        for name, rows in (("hazardous", HAZARDOUS), ("trash", TRASH)):
            offset = hazardous(logits) if rows is HAZARDOUS else trash(logits, labels)
            logits = moved(logits, rows, offset)
            weights["head.logits.bias"][rows] += offset
            print(f"{time.strftime('%H:%M:%S')} int8: {name} moved by {offset:.1f}", file=log)
    np.savez(path, **weights)


def hazardous(logits: NDArray[np.float64]) -> float:
    """How far the hazardous logits may be moved until too many photographs are called hazardous."""
    for offset in np.arange(4.0, -8.0, -0.1):
        if (told(moved(logits, HAZARDOUS, offset)) == GROUPS.index("hazardous")).mean() <= _FALSE_HAZARDOUS:
            return float(offset)
    return -8.0


def trash(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The furthest up that costs next to no category accuracy: what is left over is found most often there."""
    true = truth(labels)
    steps = np.arange(-1.5, 1.51, 0.1)
    right = np.array([(told(moved(logits, TRASH, step)) == true).mean() for step in steps])
    return float(steps[np.flatnonzero(right >= right.max() - _NEARLY)[-1]])


def moved(logits: NDArray[np.float64], rows: list[int], offset: float) -> NDArray[np.float64]:
    made = logits.copy()
    made[:, rows] += offset
    return made


def told(logits: NDArray[np.float64]) -> NDArray[np.int64]:
    """The likeliest of `point.GROUPS`."""
    return np.asarray(grouped(softmax(logits, 1.0)).argmax(1))
