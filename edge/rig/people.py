"""Somebody alive before the camera: a head and a body, drawn from ranges, and how they move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from edge.rig.body import Body
from edge.rig.drawn import Draw
from edge.rig.head import Build, Head
from edge.rig.motion import Living, Manner
from edge.rig.portrait import EYES_MM, Portrait
from edge.rig.ranges import Ranges, draw
from edge.rig.takes import LiveTake, Setting

_STILL_SHARE, _HARDLY_SHARE, _TALKS_SHARE = 0.35, 0.25, 0.2  # of the living: stand; hardly move; speak


def make_head(portrait: Portrait, ranges: Ranges, rng: Generator) -> Head:
    """Somebody in the flesh."""
    light = rng.normal(0, 1, 3) * (1.0, 0.6, 0.3) + (0.0, -0.7, -0.8)
    light /= np.linalg.norm(light)
    build = Build(
        draw(rng, ranges.size),
        draw(rng, ranges.depth),
        (float(light[0]), float(light[1]), float(light[2])),
        draw(rng, ranges.relief),
    )
    return Head(portrait, build)


def living(portrait: Portrait, setting: Setting, by: Draw, *, filmed: str = "") -> LiveTake:
    """`filmed`: "coming", "standing" or "entering" (an empty view) before a camera that is pointed at the face, empty
    for a gate's.
    """
    ranges, rng = by.ranges, by.rng
    head = make_head(portrait, ranges, rng)
    hardly = bool(rng.random() < _HARDLY_SHARE) and not by.firm
    stands = filmed == "standing" or hardly or (bool(rng.random() < _STILL_SHARE) and not by.firm)
    stop_mm = by.stop_mm(setting.lens, EYES_MM * head.build.size)
    manner = make_manner(ranges, rng, hardly=hardly)
    approach = by.approach(stop_mm, setting.lens, stands=stands)
    if filmed:
        manner = replace(manner, x_mm=0.15 * manner.x_mm, y_mm=0.15 * manner.y_mm)
    if filmed in ("coming", "standing"):
        approach = replace(approach, beside_mm=0.0)
    living = Living(rng, approach, manner, by.length_s, by.acts)
    return LiveTake(setting, head, Body(rng, portrait, head.build.size), living)


def make_manner(ranges: Ranges, rng: Generator, *, hardly: bool) -> Manner:
    """How somebody holds himself; `hardly`: moves as little as people can."""
    calm = 0.25 if hardly else 1.0
    at = draw(rng, ranges.at_deg), 0.5 * draw(rng, ranges.at_deg)
    come_from = (draw(rng, ranges.from_yaw_deg), draw(rng, ranges.from_pitch_deg))
    return Manner(
        x_mm=draw(rng, ranges.aside_mm),
        y_mm=draw(rng, ranges.height_mm),
        sway_mm=calm * draw(rng, ranges.sway_mm),
        yaw=calm * draw(rng, ranges.yaw_deg),
        pitch=calm * draw(rng, ranges.pitch_deg),
        roll=calm * draw(rng, ranges.roll_deg),
        looks_from=at if hardly else come_from,
        looks_at=at,
        turns_s=float(rng.uniform(0.1, 0.8)),
        within_s=float(rng.uniform(0.3, 0.8)),
        bob_mm=draw(rng, ranges.bob_mm),
        blinks_a_minute=draw(rng, ranges.blinks_a_minute),
        talks=float(rng.uniform(0.05, 0.12)) if rng.random() < _TALKS_SHARE else 0.0,
    )
