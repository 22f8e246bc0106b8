"""Everyday things by the same renderer, so that what is rendered is not thereby hazardous. Lengths in centimetres."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.labels import colour, label
from waste_training.rendering.materials import glass, plastic, printed, steel, surface

Random = np.random.Generator


def plastic_bottle(random: Random) -> Any:
    r, high = random.uniform(2.8, 4.5), random.uniform(16, 28)
    clear = random.random() < 0.6
    body = surface((0.9, 0.97, 1.0), rough=random.uniform(0.02, 0.15), clear=0.95) if clear else plastic(random)
    waves = [(r * (1 - 0.04 * (i % 2)), high * (0.04 + 0.03 * i), 0) for i in range(10)]
    return shapes.turned(
        [
            (0, 0.3, 0),
            (r * 0.9, 0, 0),
            *waves,
            (r * 1.01, high * 0.36, 1),
            (r * 1.01, high * 0.6, 0),
            (r, high * 0.7, 0),
            (r * 0.7, high * 0.85, 0),
            (1.3, high * 0.93, 0),
            (1.3, high * 0.95, 2),
            (1.5, high * 0.95, 2),
            (1.5, high, 2),
            (0, high, 2),
        ],
        [body, printed(random, label(random, "food"), 0.1), plastic(random)],
    )


def tub(random: Random) -> Any:
    """A yoghurt pot, a tray or a plastic cup, open."""
    r, high = random.uniform(3, 6), random.uniform(3, 11)
    skin = plastic(random, 0.4) if random.random() < 0.5 else surface((0.95, 0.97, 1), rough=0.08, clear=0.9)
    return shapes.turned(
        [
            (0, 0, 0),
            (r * 0.75, 0, 0),
            (r * 0.78, high * 0.2, 1),
            (r * 0.95, high * 0.8, 0),
            (r, high, 0),
            (r * 1.05, high, 0),
            (r * 0.97, high, 0),
            (r * 0.74, 0.2, 0),
            (0, 0.2, 0),
        ],
        [skin, printed(random, label(random, "food"), 0) if random.random() < 0.5 else skin],
    )


def glass_bottle(random: Random) -> Any:
    r, high = random.uniform(2.8, 4.2), random.uniform(18, 30)
    body, shoulder = glass(random, 0.8), random.uniform(0.5, 0.65)
    cap = [(1.45, high, 2), (0, high, 2)] if random.random() < 0.4 else [(1.1, high - 0.1, 0), (0.9, high - 2, 0)]
    return shapes.turned(
        [
            (0, 0.5, 0),
            (r, 0, 0),
            (r, high * 0.15, 1),
            (r, high * 0.45, 0),
            (r, high * shoulder, 0),
            (r * 0.8, high * (shoulder + 0.08), 0),
            (1.4, high * 0.78, 0),
            (1.3, high * 0.95, 0),
            (1.5, high * 0.95, 0),
            *cap,
        ],
        [body, printed(random, label(random, "food"), 0) if random.random() < 0.7 else body, steel(random)],
    )


def jar(random: Random) -> Any:
    r, high = random.uniform(3, 5), random.uniform(7, 14)
    body = glass(random, 0.1)
    lid = (
        [(r * 0.95, high * 0.9, 2), (r * 0.95, high, 2), (0, high, 2)]
        if random.random() < 0.6
        else [(r * 0.85, high, 0), (r * 0.8, high * 0.9, 0)]
    )
    return shapes.turned(
        [(0, 0.3, 0), (r, 0, 0), (r, high * 0.2, 1), (r, high * 0.7, 0), (r * 0.88, high * 0.85, 0), *lid],
        [body, printed(random, label(random, "food"), 0) if random.random() < 0.5 else body, plastic(random)],
    )


def drink_can(random: Random) -> Any:
    r, high = random.choice([2.6, 3.3]), random.uniform(9, 16)
    can = shapes.turned(
        [
            (0, 0.8, 0),
            (r * 0.7, 0.2, 0),
            (r * 0.75, 0, 0),
            (r, 1.1, 1),
            (r, high - 1.2, 0),
            (r * 0.82, high, 0),
            (r * 0.8, high - 0.3, 0),
            (0, high - 0.35, 0),
        ],
        [steel(random), printed(random, label(random, "food"), 1.0) if random.random() < 0.85 else steel(random)],
    )
    if random.random() < 0.35:  # stepped on
        can.scale = (1.0, random.uniform(0.35, 0.7), random.uniform(0.6, 1.0))
    return can


def food_tin(random: Random) -> Any:
    r = random.uniform(3, 5.5)
    high = r * random.uniform(0.6, 2.6)
    ribs = [(r * (1 - 0.02 * (i % 2)), high * (0.12 + 0.08 * i), 1) for i in range(10)]
    open_top = (
        [(r * 0.98, high, 0), (r * 0.95, 0.3, 0), (0, 0.3, 0)]
        if random.random() < 0.5
        else [(r * 0.93, high - 0.3, 0), (0, high - 0.3, 0)]
    )
    return shapes.turned(
        [(0, 0.2, 0), (r * 0.95, 0, 0), (r * 1.02, 0.2, 0), *ribs, (r, high * 0.95, 0), (r * 1.02, high, 0), *open_top],
        [steel(random), printed(random, label(random, "food"), 0.2) if random.random() < 0.6 else steel(random)],
    )


def foil(random: Random) -> Any:
    return shapes.crumpled(random, steel(random), random.uniform(0.2, 0.4), 0.9, random.uniform(2, 5, 3))


def paper_ball(random: Random) -> Any:
    skin = (
        printed(random, label(random, "food", (192, 192)), 0)
        if random.random() < 0.3
        else surface((random.uniform(0.6, 0.95),) * 3, rough=0.9)
    )
    return shapes.crumpled(random, skin, random.uniform(0.25, 0.45), 0.95, random.uniform(3, 6, 3))


def paper_sheet(random: Random) -> Any:
    what = str(
        random.choice(["food", "medicine", "lamp", "flat battery"])
    )  # leaflets, not things: print alone says nothing
    return shapes.sheet(
        random,
        printed(random, label(random, what, (256, 256)), 0),
        (21, random.uniform(15, 30)),
        random.uniform(0.1, 2),
        0.4,
    )


def brown(random: Random) -> tuple[float, float, float]:
    value = random.uniform(0.15, 0.55)
    return value, value * random.uniform(0.6, 0.75), value * random.uniform(0.3, 0.5)


def cardboard_box(random: Random) -> Any:
    size = tuple(random.uniform(3, 25, 3))
    made = shapes.box(size, surface(brown(random), rough=0.9), 0.05)
    if random.random() < 0.5:
        tape = shapes.box((size[0] * 1.005, size[1] * 0.15, 0.05), plastic(random, 0.2), 0)
        tape.location.z = size[2]
        tape.parent = made
    return made


def cardboard_piece(random: Random) -> Any:
    return shapes.sheet(
        random,
        surface(brown(random), rough=0.9),
        (random.uniform(8, 25), random.uniform(8, 25)),
        random.uniform(0.2, 2.5),
        0.8,
    )


def drink_carton(random: Random) -> Any:
    width, high = random.uniform(4.5, 9), random.uniform(10, 24)
    body = shapes.box(
        (width, width * random.uniform(0.6, 1), high), printed(random, label(random, "food", (192, 256)), 0.1), 0.1
    )
    if random.random() < 0.6:
        cap = shapes.turned([(1.3, 0, 0), (1.3, 1.3, 0), (0, 1.3, 0)], [plastic(random)])
        cap.location = (width * 0.2, 0, high)
        cap.parent = body
    return body


def fruit(random: Random) -> Any:
    """An apple, orange, tomato, potato, onion, egg: a round thing with its own skin."""
    tint = (
        (0.5, 0.03, 0.02),
        (0.75, 0.25, 0.02),
        (0.3, 0.5, 0.05),
        (0.7, 0.55, 0.1),
        (0.35, 0.22, 0.1),
        (0.6, 0.2, 0.1),
        (0.75, 0.5, 0.35),
    )[random.integers(7)]
    skin = surface(tint, rough=random.uniform(0.25, 0.8), image=_mottled(random, tint))
    stretch = random.uniform(3, 4.5) * np.array([1, random.uniform(0.8, 1), random.uniform(0.7, 1.3)])
    return shapes.crumpled(random, skin, random.uniform(0.01, 0.08), 0.0, stretch)


def banana(random: Random) -> Any:
    tint = ((0.75, 0.5, 0.05), (0.4, 0.5, 0.08), (0.3, 0.18, 0.05))[random.integers(3)]
    bend = np.linspace(-0.9, 0.9, 30)
    path = np.column_stack([9 * np.sin(bend), 9 * np.cos(bend) - 6, np.full(30, 1.6)])
    made = shapes.tube(path, 1.6, surface(tint, rough=0.5))
    taper = np.clip(np.sin(np.linspace(0.08, 3.06, 30)) * 1.6, 0.15, 1)
    made.data.splines[0].points.foreach_set("radius", taper.astype(np.float32))
    return made


def leaves(random: Random) -> Any:
    holder = shapes.empty("leaves")
    green = ((0.06, 0.2, 0.03), (0.2, 0.3, 0.05), (0.35, 0.2, 0.05), (0.3, 0.1, 0.03))[random.integers(4)]
    for _ in range(random.integers(3, 16)):
        leaf = shapes.sheet(
            random,
            surface(tuple(np.clip(np.array(green) * random.uniform(0.6, 1.5), 0, 1)), rough=0.6),
            (1, 1),
            0.05,
            0.1,
        )
        corners = np.empty(len(leaf.data.vertices) * 3, np.float32)
        leaf.data.vertices.foreach_get("co", corners)
        corners = corners.reshape(-1, 3)
        corners[:, 1] *= np.sqrt(np.clip(1 - (2 * corners[:, 0]) ** 2, 0, 1)) * random.uniform(0.35, 0.9)
        corners[:, 2] += random.uniform(0, 0.5) * corners[:, 0] ** 2
        leaf.data.vertices.foreach_set("co", (corners * random.uniform(4, 8)).ravel())
        leaf.location = (*random.normal(0, 3, 2), random.uniform(0, 0.8))
        leaf.rotation_euler = (*random.normal(0, 0.3, 2), random.uniform(0, 6.3))
        leaf.parent = holder
    return holder


def cloth(random: Random) -> Any:
    image = np.empty((64, 64, 3), np.float32)
    image[:] = np.array(colour(random)) / 255
    if random.random() < 0.5:
        image[:, :: random.integers(2, 9)] = np.array(colour(random)) / 255
    return shapes.sheet(
        random,
        surface((1, 1, 1), rough=1.0, image=image),
        tuple(random.uniform(15, 35, 2)),
        random.uniform(2, 6),
        random.uniform(0, 0.5),
    )


def bag(random: Random) -> Any:
    skin = plastic(random, 0.4) if random.random() < 0.5 else surface((0.95, 0.95, 0.95), rough=0.15, clear=0.8)
    return shapes.crumpled(random, skin, random.uniform(0.2, 0.45), random.uniform(0.3, 0.7), random.uniform(4, 10, 3))


def odd_thing(random: Random) -> Any:
    """Something that is no waste of any class: toys, tools, plain solids, stones, sticks."""
    kind = random.integers(7)
    skin = plastic(random) if random.random() < 0.6 else steel(random)
    if kind == 0:
        return shapes.box(tuple(random.uniform(1, 8, 3)), skin, random.uniform(0, 0.4))
    if kind == 1:
        return shapes.turned([(0, 0, 0), (random.uniform(1, 4), 0, 0), (0, random.uniform(2, 9), 0)], [skin])
    if kind == 2:
        turn = np.linspace(0, 2 * np.pi, 50)
        r = random.uniform(2, 6)
        return shapes.tube(np.column_stack([r * np.cos(turn), r * np.sin(turn), np.full(50, r / 4)]), r / 4, skin)
    if kind == 3:  # a plain cylinder: shape alone makes no battery
        r, high = random.uniform(0.4, 2), random.uniform(1, 9)
        return shapes.turned([(0, 0, 0), (r, 0, 0), (r, high, 0), (0, high, 0)], [skin])
    if kind == 4:  # pens, screwdrivers, sticks
        r, high = random.uniform(0.3, 0.8), random.uniform(9, 18)
        return shapes.turned(
            [(0, 0, 1), (r * 0.3, 0.6, 1), (r, 2, 0), (r, high * 0.7, 1), (r * 0.9, high, 1), (0, high, 1)],
            [skin, plastic(random)],
        )
    if kind == 5:
        return shapes.crumpled(
            random, surface((random.uniform(0.1, 0.5),) * 3, rough=0.95), 0.15, 0.4, random.uniform(2, 5, 3)
        )
    grain = surface(brown(random), rough=0.7, image=_mottled(random, brown(random), (1, 14)))
    return shapes.box((random.uniform(10, 30), random.uniform(2, 8), random.uniform(0.5, 3)), grain, 0.05)


def hand(random: Random) -> Any:
    """A hand, palm down or gripping, of any skin colour."""
    melanin = random.random()
    tint = tuple((1 - melanin) * np.array([0.75, 0.45, 0.33]) + melanin * np.array([0.08, 0.035, 0.02]))
    mass = bpy.data.metaballs.new("hand")
    mass.resolution, mass.render_resolution, mass.threshold = 0.5, 0.28, 0.1
    curl, spread = random.uniform(0, 1.1), random.uniform(0.05, 0.3)
    for x in np.linspace(-3.2, 3.2, 5):
        for y in np.linspace(-3, 3.5, 5):
            _ball(mass, (x, y, 0), 2.1)
    for finger, length in enumerate((6.2, 7.4, 7.0, 5.4)):
        _finger(mass, np.array([-3.2 + 2.15 * finger, 4.2, 0]), (1.5 - finger) * -spread, length, curl, 1.25)
    _finger(mass, np.array([-4.2, -1.5, -0.3]), random.uniform(-1.3, -0.6), 5.8, curl * 0.6, 1.4)
    for y in np.linspace(-4, -14, 8):
        for x in (-1.5, 0, 1.5):
            _ball(mass, (x, y, 0), 2.2)
    mass.materials.append(surface(tint, rough=random.uniform(0.4, 0.6)))
    made = bpy.data.objects.new("hand", mass)
    bpy.context.scene.collection.objects.link(made)
    made.location.z = 1.6 + 4.5 * curl
    return made


def _finger(mass: Any, root: np.ndarray, aside: float, length: float, curl: float, radius: float) -> None:
    at, pitch = root.astype(float), 0.0
    for step in range(9):
        _ball(mass, at, radius * (1.12 - 0.03 * step))
        pitch += curl / 5
        at = at + length / 9 * np.array([np.sin(aside) * np.cos(pitch), np.cos(aside) * np.cos(pitch), -np.sin(pitch)])


def _ball(mass: Any, at: Any, radius: float) -> None:
    part = mass.elements.new()
    part.co, part.radius, part.stiffness = at, radius, 2.0


def _mottled(random: Random, tint: Any, shape: tuple[int, int] = (9, 9)) -> Any:
    import cv2

    rough = np.clip(
        np.array(tint) ** (1 / 2.2) + random.normal(0, 0.08, (*shape, 1)) + random.normal(0, 0.03, (*shape, 3)), 0, 1
    )
    return cv2.resize(rough.astype(np.float32), (96, 96), interpolation=cv2.INTER_CUBIC).clip(0, 1)
