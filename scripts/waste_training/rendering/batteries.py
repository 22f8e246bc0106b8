"""Batteries of every kind that households throw away, alone and as they are sold. Lengths in centimetres."""

from __future__ import annotations

from typing import Any

import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.labels import label
from waste_training.rendering.materials import brass, plastic, printed, steel, surface
from waste_training.rendering.wrappers import card, coin_face, wrapper

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
        _wires(random, holder, (width * count / 2, length / 2, width / 2))
    return holder


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
        _wires(random, body, (size[0] * 0.3, 0.0, size[2]))
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


def _wires(random: Random, holder: Any, start: tuple[float, float, float]) -> None:
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
