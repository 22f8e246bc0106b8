"""Batteries that are no round cells: coins, 9 V blocks, those of telephones, laptops, cars, tools. In centimetres."""

from __future__ import annotations

from typing import Any

import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.labels import label
from waste_training.rendering.materials import brass, plastic, printed, steel, surface
from waste_training.rendering.wrappers import coin_face, wrapper

Random = np.random.Generator


def coin(random: Random) -> Any:
    """A button or coin cell lying flat (IEC 60086: CR2032 and its sisters, LR44)."""
    width, height = ((2.0, 0.32), (2.45, 0.5), (1.6, 0.2), (1.16, 0.54), (0.79, 0.36))[random.integers(5)]
    r, metal, seal = width / 2, steel(random), surface((0.1, 0.1, 0.1), rough=0.5)
    up = random.random() < 0.7  # the positive side, which is printed or engraved
    rings = [(0.0, 0.0), (0.93, 0.0), (1.0, 0.1), (1.0, 0.8), (0.9, 0.82), (0.86, 1.0), (0.0, 1.0)]
    if up:
        rings = [(radius, 1 - z) for radius, z in reversed(rings)]
    made = shapes.turned(
        [(r * radius, height * z, 1 if abs(radius - 0.95) < 0.06 and 0.1 < z < 0.9 else 0) for radius, z in rings],
        [metal, seal],
    )
    if up and random.random() < 0.85:
        face = shapes.disc(r * 0.93, printed(random, coin_face(random), 1.6))
        face.location.z = height + 0.004
        face.parent = made
    return made


def nine_volt(random: Random) -> Any:
    """A 9 V block with its two snap contacts (6LR61)."""
    body = shapes.box((2.65, 1.75, 4.5), printed(random, wrapper(random, (128, 192)), 0.8), 0.12)
    plate = shapes.box((2.5, 1.6, 0.06), plastic(random, 0.1) if random.random() < 0.6 else steel(random), 0.0)
    plate.location.z = 4.48
    contacts = [
        shapes.turned(
            [(r, 4.5, 0), (r, 4.5 + h, 0), (r * 0.9, 4.5 + h, 0), (r * 0.5, 4.5 + h * 0.7, 0), (0, 4.5 + h * 0.7, 0)],
            [steel(random)],
        )
        for r, h in ((0.28, 0.32), (0.42, 0.28))
    ]
    for contact, side in zip(contacts, (-0.63, 0.63), strict=True):
        contact.location.x = side
        contact.parent = body
    plate.parent = body
    return body


def flat_pack(random: Random) -> Any:
    """A battery of a telephone, camera or laptop: a flat box with small print and contacts, some with a cable."""
    size = ((4.2, 0.5, 5.6), (3.6, 0.9, 5.0), (20.0, 2.0, 5.0), (6.0, 0.4, 8.5))[random.integers(4)]
    size = tuple(s * random.uniform(0.75, 1.3) for s in size)
    style = wrapper(random, (192, 192)) if random.random() < 0.4 else label(random, "flat battery", (192, 192))
    body = shapes.box(size, printed(random, style, 0.3), min(0.12, size[1] * 0.3))
    count = int(random.integers(3, 7))
    for at in range(count):
        contact = shapes.box((0.28, size[1] * 0.6, 0.05), brass(random), 0.0)
        contact.location = ((at - count / 2) * 0.42, 0, size[2])
        contact.parent = body
    if random.random() < 0.35:
        wires(random, body, (size[0] * 0.3, 0.0, size[2]))
    return body


def block(random: Random) -> Any:
    """A car, lantern or tool battery: a box with terminals on top."""
    kind = random.integers(3)
    size = ((6.7, 6.7, 10.0), (22.0, 15.0, 16.0), (7.5, 11.0, 4.5))[kind]
    size = tuple(s * random.uniform(0.75, 1.3) for s in size)
    what = printed(random, wrapper(random, (192, 160)), 0.4)
    dark = surface((random.uniform(0.01, 0.06),) * 3, rough=random.uniform(0.3, 0.6))
    body = shapes.box(size, what if kind == 0 or random.random() < 0.4 else dark, 0.15)
    if kind:  # a coloured lid, and a label on the front
        lid = shapes.box(
            (size[0] * 1.02, size[1] * 1.02, size[2] * random.uniform(0.1, 0.25)), plastic(random, 0.6), 0.15
        )
        lid.location.z = size[2] * 0.9
        lid.parent = body
        front = shapes.box((size[0] * 0.85, 0.05, size[2] * 0.6), what, 0.0)
        front.location = (0, -size[1] / 2, size[2] * 0.15)
        front.parent = body
    high = size[2] * (1.05 if kind else 1.0)
    for side in (-1, 1):
        if kind == 2:
            part = shapes.box((size[0] * 0.2, size[1] * 0.7, 0.8), dark, 0.05)
        elif kind == 1 or random.random() < 0.3:
            part = shapes.turned([(0.9, 0, 0), (0.8, 1.6, 0), (0, 1.6, 0)], [steel(random)])
        else:
            part = shapes.turned(
                [(0.9, 0, 0), (0.75, 0.5, 0), (0.5, 1.0, 0), (0.3, 1.5, 0), (0, 1.5, 0)], [brass(random)]
            )
        part.location = (side * size[0] * 0.33, size[1] * random.uniform(-0.2, 0.2), high)
        part.parent = body
    return body


def wires(random: Random, holder: Any, start: tuple[float, float, float]) -> None:
    """A red and a black wire that end in a plug."""
    reach, bend = random.uniform(3, 7), random.normal(0, 2, 2)
    along = np.linspace(0, 1, 16)
    for side, tint in ((-0.15, (0.5, 0.01, 0.01)), (0.15, (0.01, 0.01, 0.01))):
        path = np.column_stack(
            [
                start[0] + bend[0] * along**2 + side,
                start[1] + reach * along,
                start[2] * (1 - along) + 0.15 + 0 * along,
            ]
        )
        shapes.tube(path, 0.09, surface(tint, rough=0.4)).parent = holder
    plug = shapes.box((0.8, 0.9, 0.5), surface((0.8, 0.8, 0.75), rough=0.4), 0.05)
    plug.location = (start[0] + bend[0], start[1] + reach, 0)
    plug.parent = holder
