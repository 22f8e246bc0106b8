"""Round cells, alone, in rows, and in packs. Lengths in centimetres."""

from __future__ import annotations

from typing import Any

import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.batteries import wires
from waste_training.rendering.materials import brass, plastic, printed, steel, surface
from waste_training.rendering.wrappers import card, wrapper

Random = np.random.Generator
Kind = tuple[Any, Any, int]
"""What makes cells equals: the wrapper, the metal of the ends, and the size."""

# Diameter and length (IEC 60086): AA, AAA, C, D, AAAA, 23A, CR123A; 18650 and 21700 after IEC 61960.
_CELLS = (
    (1.45, 5.05),
    (1.05, 4.45),
    (2.62, 5.0),
    (3.42, 6.15),
    (0.83, 4.25),
    (1.03, 2.85),
    (1.7, 3.45),
    (1.84, 6.5),
    (2.1, 7.0),
)
_CELL_ODDS = (0.34, 0.19, 0.1, 0.13, 0.02, 0.03, 0.05, 0.1, 0.04)


def kind_of_cell(random: Random) -> Kind:
    size = int(random.choice(len(_CELLS), p=_CELL_ODDS))
    skin = printed(random, wrapper(random), 0.9)
    return skin, brass(random) if random.random() < 0.12 else steel(random), size


def cell(random: Random, like: Kind | None = None) -> Any:
    """A round cell standing on its negative end; `like` makes one of a set of equals."""
    skin, end, size = like or kind_of_cell(random)
    width, length = _CELLS[size]
    r, nub = width / 2, width * random.uniform(0.15, 0.24)
    shoulder, flat = random.uniform(0.08, 0.2), size >= 7 and random.random() < 0.6  # 18650 without a nub
    ring = plastic(random, 0.2) if random.random() < 0.4 else end
    low = length - shoulder
    top = (
        [(nub * 1.9, low + 0.02, 0)]
        if flat
        else [(nub * 1.05, low, 0), (nub, length - 0.03, 0), (nub * 0.8, length, 0)]
    )
    profile = [
        (0, 0.03, 0),
        (r * 0.8, 0.0, 0),
        (r * 0.85, 0.05, 2),
        (r * 0.97, 0.03, 1),
        (r, 0.08, 1),
        (r, low - 0.08, 1),
        (r * 0.97, low - 0.02, 2),
        (r * 0.8, low, 0),
        *top,
        (0, low + 0.02 if flat else length, 0),
    ]
    return shapes.turned(profile, [end, skin, ring])


def cells_in_row(random: Random) -> Any:
    """Two to eight equal cells, lying side by side or standing in rows, as a shop shows them."""
    kind = kind_of_cell(random)
    width, length = _CELLS[kind[2]]
    holder = shapes.empty("cells")
    standing, gap = random.random() < 0.5, width * random.uniform(1.0, 1.5)
    rows = int(random.integers(1, 3))
    for row in range(rows):
        for at in range(int(random.integers(2, 5))):
            one = cell(random, kind)
            if standing:
                one.rotation_euler.z = random.uniform(0, 6.3) if random.random() < 0.3 else random.normal(0, 0.5)
                one.location = (at * gap, row * gap, 0)
            else:
                turned = np.pi / 2 if random.random() < 0.85 else -np.pi / 2
                one.rotation_euler = (turned, random.uniform(0, 6.3), 0)
                one.location = (at * gap, row * length * 1.08 + (length if turned > 0 else 0), width / 2)
            one.parent = holder
    return holder


def pack(random: Random) -> Any:
    """Several equal cells, shrink-wrapped or glued together, some with wires; or on their printed card under a hood."""
    kind, count = kind_of_cell(random), int(random.integers(2, 7))
    width, length = _CELLS[kind[2]]
    holder = shapes.empty("pack")
    carded = random.random() < 0.5
    if carded:
        size = (width * count + random.uniform(0.5, 3), length + random.uniform(2, 6))
        back = shapes.box((*size, 0.08), printed(random, card(random), 0.2), 0.0)
        back.location.y = random.uniform(0, 0.3) * (size[1] - length)
        back.parent = holder
        if random.random() < 0.7:
            clear = surface((1, 1, 1), rough=random.uniform(0.02, 0.2), clear=1.0)
            hood = shapes.box((width * count * 1.06, length * 1.06, width * 1.1), clear, width * 0.2)
            hood.location.z = 0.05
            hood.parent = holder
    for at in range(count):
        one = cell(random, kind)
        over = -1 if carded or random.random() < 0.5 or at % 2 == 0 else 1
        one.rotation_euler = (over * np.pi / 2, random.uniform(0, 6.3), 0)
        one.location = ((at - (count - 1) / 2) * width * 1.02, over * length / 2, width / 2 + 0.08)
        one.parent = holder
    if not carded and random.random() < 0.4:
        film = wrapper(random, (128, 128))
        sleeve = shapes.box(
            (width * count * 1.05, length * random.uniform(0.5, 0.95), width * 1.06),
            printed(random, film, 0.4),
            width * 0.3,
        )
        sleeve.parent = holder
    if not carded and random.random() < 0.4:
        wires(random, holder, (width * count / 2, length / 2, width / 2))
    return holder
