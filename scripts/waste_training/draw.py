"""Renderings on some ground, one picture of each, to choose by; what is learned from is drawn by `composing.py`."""

from __future__ import annotations

import numpy as np

from waste_training import augment, panoramas, surfaces
from waste_training.classes import CLASSES
from waste_training.pool import Picture

Random = np.random.Generator


def compositions(
    rendered: dict[str, list[Picture]], places: list[Picture], random: Random, px: int
) -> list[tuple[Picture, int]]:
    """Every cut-out once, large enough to be told, on white, on a surface or in a place, as a photograph would be."""
    made = []
    for kind, items in sorted(rendered.items()):
        for item in items:
            which = int(random.integers(3))
            ground = (
                surfaces.white(random, px)
                if which == 0
                else surfaces.surface(random, px)
                if which == 1
                else panoramas.crop(places[int(random.integers(len(places)))], random, px)
            )
            picture = augment.pasted(random, item, ground, random.uniform(0.7, 1.1), False)
            made.append((augment.photographed(random, picture, 0.5), CLASSES.index(kind)))
    return made
