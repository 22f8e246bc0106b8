"""From logits to what the station makes of them: probabilities, energy, and the sums over categories."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waste_training.classes import CATEGORY, CLASSES

GROUPS = ("recyclable", "hazardous", "kitchen", "other", "nothing", "unknown")


def group(fine: str) -> str:
    return CATEGORY.get(fine, "nothing" if fine == "background" else "unknown")


def grouped(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums (n, 6) in the order of GROUPS."""
    total = np.zeros((len(probabilities), len(GROUPS)))
    for at, name in enumerate(CLASSES):
        total[:, GROUPS.index(group(name))] += probabilities[:, at]
    return total


def softmax(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    scaled = logits / temperature
    shares = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True))


def energy(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = logits.max(1)
    return np.asarray(-highest - np.log(np.exp(logits - highest[:, None]).sum(1)))


def truth(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices of GROUPS for those of CLASSES."""
    return np.array([GROUPS.index(group(CLASSES[label])) for label in labels])
