"""Small metal, plastic and cardboard things, printed as boldly as batteries are: neither size, shine nor print alone
makes a battery. Lengths in centimetres.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.labels import label
from waste_training.rendering.materials import brass, plastic, printed, steel, surface
from waste_training.rendering.wrappers import card, wrapper

Random = np.random.Generator


def screw(random: Random) -> Any:
    """A screw, bolt or nail with its head up."""
    r, long, metal = (
        random.uniform(0.15, 0.5),
        random.uniform(1.5, 8),
        brass(random) if random.random() < 0.2 else steel(random),
    )
    count = int(random.integers(8, 16)) if random.random() < 0.8 else 2
    thread = [(r * (1.0 if i % 2 else 0.8), long * (0.1 + 0.8 * i / count), 0) for i in range(count)]
    head = [(r * 1.9, long * 0.95, 0), (r * 1.9, long, 0), (r * 1.2, long * 1.03, 0), (0, long * 1.03, 0)]
    return shapes.turned([(0, 0, 0), (r * 0.7, long * 0.08, 0), *thread, *head], [metal])


def lid(random: Random) -> Any:
    """A crown cap, a jar lid or a screw cap, flat or hollow side up."""
    r = random.choice([1.4, 1.5, 3.5, 4.2]) * random.uniform(0.9, 1.1)
    high, skin = random.uniform(0.5, 1.4), printed(random, label(random, "food", (128, 128)), 0.8)
    inner = steel(random) if random.random() < 0.6 else surface((0.8, 0.8, 0.78), rough=0.5)
    made = shapes.turned(
        [
            (0, high, 0),
            (r * 0.9, high, 0),
            (r, high * 0.8, 0),
            (r * 1.05, 0, 0),
            (r * 0.97, 0, 1),
            (r * 0.9, high * 0.85, 1),
            (0, high * 0.9, 1),
        ],
        [skin if random.random() < 0.5 else steel(random), inner],
    )
    if random.random() < 0.4:
        made.rotation_euler.x = np.pi
    return made


def cutlery(random: Random) -> Any:
    """A fork-like or spoon-like piece, or a key: a flat thing of steel."""
    metal, long = steel(random), random.uniform(5, 18)
    handle = shapes.box((long, random.uniform(0.5, 1.2), 0.18), metal, 0.05)
    end = shapes.turned([(0, 0, 0), (1.0, 0.0, 0), (1.05, 0.2, 0), (0.7, 0.15, 0), (0, 0.1, 0)], [metal])
    end.scale = (random.uniform(1.2, 2.5), random.uniform(0.8, 1.6), random.uniform(1, 3))
    end.location.x = long / 2 + random.uniform(0.3, 1.0)
    end.parent = handle
    return handle


def printed_can(random: Random) -> Any:
    """A slim or stubby can with a two-coloured wrapper such as a battery has, and a can's rim and lid."""
    r = random.uniform(2.2, 4.0)
    high = r * random.uniform(1.6, 5.5)
    metal = steel(random)
    lid_of = [(r * 0.85, high, 0), (r * 0.82, high - 0.35, 0), (0, high - 0.4, 0)]
    return shapes.turned(
        [(0, 0.8, 0), (r * 0.7, 0.2, 0), (r * 0.76, 0, 0), (r, 0.9, 1), (r, high - 0.9, 0), *lid_of],
        [metal, printed(random, wrapper(random), 1.2)],
    )


def small_box(random: Random) -> Any:
    """A printed folding box, as pills, sweets, soap or screws are sold in: cardboard."""
    size = tuple(random.uniform(1.5, 12, 3))
    return shapes.box(
        size, printed(random, card(random) if random.random() < 0.5 else wrapper(random, (160, 160)), 0.0), 0.02
    )


def squeezed_tube(random: Random) -> Any:
    """A tube of toothpaste or cream with its cap: plastic."""
    r, long = random.uniform(1.0, 2.2), random.uniform(7, 15)
    skin, cap = (
        printed(random, wrapper(random) if random.random() < 0.5 else label(random, "food"), 0.3),
        plastic(random, 0.5),
    )
    made = shapes.turned(
        [
            (0, 0, 1),
            (r * 0.75, 0, 1),
            (r * 0.75, long * 0.14, 1),
            (r * 0.8, long * 0.15, 0),
            (r, long * 0.22, 0),
            (r, long * 0.7, 0),
            (r * 1.25, long, 0),
            (0, long, 0),
        ],
        [skin, cap],
    )
    made.scale = (1.0, random.uniform(0.4, 0.9), 1.0)
    return made


def small_bottle(random: Random) -> Any:
    """A bottle of shampoo or yoghurt, opaque, with a printed skin: plastic."""
    r, high = random.uniform(1.8, 4), random.uniform(7, 18)
    return shapes.turned(
        [
            (0, 0.2, 0),
            (r * 0.95, 0, 0),
            (r, high * 0.1, 1),
            (r, high * 0.72, 0),
            (r * 0.5, high * 0.82, 2),
            (r * 0.55, high * 0.83, 2),
            (r * 0.55, high, 2),
            (0, high, 2),
        ],
        [plastic(random, 0.5), printed(random, wrapper(random), 0.2), plastic(random, 0.5)],
    )


def stick(random: Random) -> Any:
    """A lipstick, marker, glue stick, lighter or candle: batteries' size, no waste that is known."""
    r, long = random.uniform(0.4, 1.6), random.uniform(5, 14)
    cap, step = random.uniform(0.25, 0.7), random.uniform(0.8, 1.0)
    skin = printed(random, wrapper(random) if random.random() < 0.5 else label(random, "food"), 0.3)
    other = steel(random) if random.random() < 0.3 else plastic(random, 0.6)
    return shapes.turned(
        [
            (0, 0, 0),
            (r, 0, 0),
            (r, long * cap, 1),
            (r * step, long * (cap + 0.01), 1),
            (r * step, long, 1),
            (0, long * random.uniform(0.95, 1.1), 1),
        ],
        [skin, other],
    )
