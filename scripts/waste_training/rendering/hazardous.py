"""Lamps, medicine and chemicals: what must not go into the household bins, batteries apart. Lengths in centimetres."""

from __future__ import annotations

from typing import Any

import numpy as np

from waste_training.rendering import shapes
from waste_training.rendering.labels import label
from waste_training.rendering.materials import brass, glass, plastic, printed, steel, surface

Random = np.random.Generator


def bulb(random: Random) -> Any:
    """A filament or LED bulb, its metal base down."""
    r, clear = random.uniform(2.2, 3.2), random.random() < 0.45
    envelope = glass(random, 0.1) if clear else surface((0.9, 0.88, 0.82), rough=random.uniform(0.15, 0.5))
    base = steel(random) if random.random() < 0.7 else brass(random)
    thread = [(1.3 if i % 2 else 1.18, 0.7 + 0.22 * i, 0) for i in range(9)]
    globe = [
        (r * np.sin(a), 2.9 + r * 1.35 - r * np.cos(a) * (1.0 if a > 1.57 else 1.25), 1)
        for a in np.linspace(0.42, 3.14, 14)
    ]
    skirt = [(1.5, 2.7, 2), (r * 0.6, 3.6, 2)] if random.random() < 0.5 else []
    return shapes.turned(
        [(0, 0, 3), (0.5, 0.1, 3), (1.1, 0.6, 0), *thread, *skirt, *globe],
        [base, envelope, plastic(random, 0.1), surface((0.05, 0.05, 0.05))],
    )


def fluorescent(random: Random) -> Any:
    """A straight tube with metal caps and pins, sometimes short, sometimes cut by the frame."""
    r, length = random.uniform(0.8, 1.9), random.uniform(15, 60)
    white = surface((0.93, 0.94, 0.95), rough=random.uniform(0.1, 0.3))
    return shapes.turned(
        [
            (0, 0, 1),
            (0.15, 0, 1),
            (0.15, 0.7, 1),
            (r * 0.9, 0.7, 1),
            (r, 0.8, 1),
            (r, 2.8, 0),
            (r * 1.01, 2.9, 0),
            (r, length - 2.8, 1),
            (r, length - 0.8, 1),
            (r * 0.9, length - 0.7, 1),
            (0.15, length - 0.7, 1),
            (0, length, 1),
        ],
        [white, steel(random)],
    )


def compact_lamp(random: Random) -> Any:
    """An energy-saving lamp: a spiral or bent tubes on a plastic housing with a screw base."""
    white = surface((0.93, 0.93, 0.9), rough=random.uniform(0.15, 0.3))
    thread = [(1.3 if i % 2 else 1.18, 0.7 + 0.22 * i, 0) for i in range(9)]
    housing = shapes.turned(
        [(0, 0, 0), (1.1, 0.6, 0), *thread, (1.6, 2.7, 1), (2.4, 4.0, 1), (2.4, 5.6, 1), (0, 5.6, 1)],
        [steel(random), plastic(random, 0.1)],
    )
    if random.random() < 0.6:
        turn = np.linspace(0, 2 * np.pi * random.uniform(2.5, 4), 140)
        path = np.column_stack([1.9 * np.cos(turn), 1.9 * np.sin(turn), 5.8 + turn * 0.3])
        parts = [shapes.tube(path, random.uniform(0.4, 0.6), white)]
    else:
        bend = np.linspace(0, np.pi, 12)
        high = random.uniform(10, 14)
        path = np.vstack(
            [
                [[-0.8, 0, 5.5]],
                np.column_stack([-0.8 * np.cos(bend), 0 * bend, high + 0.8 * np.sin(bend)]),
                [[0.8, 0, 5.5]],
            ]
        )
        parts = []
        for y in (-1.1, 0.0, 1.1):
            parts.append(shapes.tube(path + np.array([0, y, 0]), 0.5, white))
    for part in parts:
        part.parent = housing
    return housing


def blister(random: Random) -> Any:
    """A strip of tablets in foil, bubbles up or foil side up."""
    rows, columns = int(random.integers(1, 4)), int(random.integers(3, 7))
    step = random.uniform(1.1, 1.7)
    foil = steel(random) if random.random() < 0.5 else printed(random, label(random, "medicine", (192, 128)), 1.0)
    strip = shapes.box((columns * step + 1, rows * step + 0.8, 0.05), foil, 0.0)
    clear = random.random() < 0.5
    bubble = steel(random) if not clear else surface((0.95, 0.95, 0.95), rough=0.1, clear=0.6)
    tablet = plastic(random, 0.5)
    long = random.uniform(1.0, 1.7)
    dome = [(0.42 * np.cos(a), 0.05 + 0.45 * np.sin(a), 0) for a in np.linspace(0, 1.57, 6)]
    for row in range(rows):
        for column in range(columns):
            gone = random.random() < 0.15
            one = shapes.turned(dome, [bubble if gone or random.random() < 0.5 or not clear else tablet])
            one.scale = (long if step * 0.8 > 1.0 else 1.0, 1.0, 0.2 if gone else 1.0)
            one.location = ((column - (columns - 1) / 2) * step, (row - (rows - 1) / 2) * step, 0)
            one.parent = strip
    if random.random() < 0.3:
        strip.rotation_euler.x = np.pi
        strip.location.z = 0.5
    return strip


def pills(random: Random) -> Any:
    """Loose tablets and capsules, a handful."""
    holder = shapes.empty("pills")
    one, two = plastic(random, 0.7), plastic(random, 0.4)
    capsule, high = random.random() < 0.6, random.uniform(0.25, 0.4)
    end = np.linspace(0, 1.57, 5)
    long = [
        *[(0.35 * np.sin(a), 0.35 - 0.35 * np.cos(a), 0) for a in end],
        (0.35, 0.9, 1),
        *[(0.35 * np.cos(a), 1.4 + 0.35 * np.sin(a), 1) for a in end],
    ]
    flat = [(0, 0, 0), (0.45, 0, 0), (0.55, high * 0.3, 0), (0.55, high * 0.7, 0), (0.45, high, 0), (0, high, 0)]
    for _ in range(random.integers(4, 18)):
        part = shapes.turned(long if capsule else flat, [one, two])
        part.location = (*random.normal(0, 1.6, 2), 0.35 if capsule else 0.0)
        part.rotation_euler = (np.pi / 2 if capsule else 0, 0, random.uniform(0, 6.3))
        part.parent = holder
    return holder


def medicine_bottle(random: Random) -> Any:
    """A pill bottle or a brown dropper bottle with a printed label."""
    r, high = random.uniform(1.6, 2.6), random.uniform(4, 8)
    body = glass(random, 1.0) if random.random() < 0.5 else surface((0.8, 0.35, 0.05), rough=0.2, clear=0.5)
    return shapes.turned(
        [
            (0, 0, 0),
            (r, 0, 0),
            (r, high * 0.15, 1),
            (r, high * 0.75, 0),
            (r * 0.75, high * 0.85, 2),
            (r * 0.85, high * 0.86, 2),
            (r * 0.85, high * 1.05, 2),
            (0, high * 1.05, 2),
        ],
        [body, printed(random, label(random, "medicine"), 0.1), plastic(random, 0.1)],
    )


def thermometer(random: Random) -> Any:
    """A glass thermometer with its silver or red column."""
    liquid = steel(random) if random.random() < 0.6 else surface((0.7, 0.02, 0.02), rough=0.2)
    length = random.uniform(10, 14)
    rod = shapes.turned(
        [
            (0, 0, 1),
            (0.2, 0.1, 1),
            (0.24, 1.2, 1),
            (0.2, 1.4, 0),
            (0.45, 2.0, 0),
            (0.45, length - 0.3, 0),
            (0.3, length, 0),
            (0, length, 0),
        ],
        [surface((0.92, 0.94, 0.92), rough=0.05, clear=0.5), liquid],
    )
    column = shapes.tube(np.array([[0, -0.42, 1.2], [0, -0.42, random.uniform(4, length - 1)]]), 0.07, liquid)
    scale = [shapes.box((0.35, 0.02, 0.04), surface((0.02, 0.02, 0.02)), 0) for _ in range(9)]
    for at, mark in enumerate(scale):
        mark.location = (0.1, -0.45, 2.6 + at * (length - 3.5) / 9)
    for part in (column, *scale):
        part.parent = rod
    return rod


def spray_can(random: Random) -> Any:
    """An aerosol can: domed shoulder, nozzle or cap."""
    r, high = random.uniform(2.2, 3.4), random.uniform(12, 21)
    skin, metal, cap = printed(random, label(random, "chemical"), 0.7), steel(random), plastic(random)
    top = [(r * 0.95, high, 2), (r * 0.95, high + 3.2, 2), (r * 0.85, high + 3.5, 2), (0, high + 3.5, 2)]
    if random.random() < 0.55:
        top = [
            (r * 0.97, high + 0.1, 1),
            (r * 0.6, high + 1.2, 1),
            (r * 0.35, high + 1.4, 2),
            (0.45, high + 1.5, 2),
            (0.45, high + 2.5, 2),
            (0, high + 2.5, 2),
        ]
    return shapes.turned(
        [
            (0, 0.2, 1),
            (r * 0.9, 0, 1),
            (r * 1.03, 0.15, 1),
            (r * 1.03, 0.35, 0),
            (r, 0.5, 0),
            (r, high - 0.3, 1),
            (r * 1.03, high, 1),
            *top,
        ],
        [skin, metal, cap],
    )


def paint_tin(random: Random) -> Any:
    """A paint tin with its lever lid, sometimes open with paint and drips, and a bail."""
    r = random.uniform(4, 9)
    high = r * random.uniform(1.4, 2.3)
    skin = printed(random, label(random, "chemical", (256, 160)), 0.3) if random.random() < 0.8 else steel(random)
    paint = plastic(random, 0.85)
    inside = (
        [(r * 0.85, high, 2), (0, high, 2)]
        if random.random() < 0.35
        else [(r * 0.85, high + 0.05, 0), (r * 0.8, high - 0.3, 0), (0, high - 0.3, 0)]
    )
    tin = shapes.turned(
        [
            (0, 0, 0),
            (r, 0, 0),
            (r * 1.02, 0.3, 1),
            (r, 0.5, 1),
            (r, high - 0.5, 0),
            (r * 1.02, high - 0.2, 0),
            (r, high, 0),
            *inside,
        ],
        [steel(random), skin, paint],
    )
    if random.random() < 0.5:
        bend = np.linspace(0, np.pi, 24)
        drop = random.uniform(-0.6, 1.2)
        bail = np.column_stack(
            [r * 1.03 * np.cos(bend), r * np.sin(bend) * np.cos(drop), high * 0.8 + r * np.sin(bend) * np.sin(drop)]
        )
        shapes.tube(bail, 0.12, steel(random)).parent = tin
    return tin
