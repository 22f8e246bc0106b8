"""Where the logits of hazardous waste and of what is left over belong, found on the photographs of `val`.

Training leaves both too low or too high: most photographs say nothing about hazardous waste, and what is left over is
the rarest category. A constant added to their logits moves them without learning anew (Menon et al. 2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waste_training.classes import CATEGORY, CLASSES
from waste_training.point import GROUPS, group, grouped, softmax

_FALSE_HAZARDOUS = 0.008  # of val, none of which is hazardous; the same share is wanted below 0.01 elsewhere
HAZARDOUS = [at for at, name in enumerate(CLASSES) if CATEGORY.get(name) == "hazardous"]
TRASH = [CLASSES.index("trash")]


def hazardous(logits: NDArray[np.float64]) -> float:
    """How far the hazardous logits may be moved until too many photographs are called hazardous."""
    for offset in np.arange(4.0, -8.0, -0.1):
        if (told(moved(logits, HAZARDOUS, offset)) == GROUPS.index("hazardous")).mean() <= _FALSE_HAZARDOUS:
            return float(offset)
    return -8.0


def trash(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Where the mean F1 of the categories is highest: it counts what is rare as much as what is frequent."""
    truth = np.array([GROUPS.index(group(CLASSES[label])) for label in labels])
    steps = np.arange(-0.5, 1.51, 0.1)
    return float(steps[int(np.argmax([_mean_f1(told(moved(logits, TRASH, step)), truth) for step in steps]))])


def moved(logits: NDArray[np.float64], rows: list[int], offset: float) -> NDArray[np.float64]:
    made = logits.copy()
    made[:, rows] += offset
    return made


def told(logits: NDArray[np.float64]) -> NDArray[np.int64]:
    """The likeliest of `point.GROUPS`."""
    return np.asarray(grouped(softmax(logits, 1.0)).argmax(1))


def _mean_f1(said: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    return float(
        np.mean([2 * ((said == g) & (truth == g)).sum() / ((said == g).sum() + (truth == g).sum()) for g in set(truth)])
    )
