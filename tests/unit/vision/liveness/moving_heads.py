"""Faces whose motion is known: one portrait's texture, moved as a head, a flat sheet or a bent one, without networks.

A point p with depth z goes to m + (1 + grow) (p - m) + shift + z (turn), as a small turn of the view moves it; `depth`
says whose z that is. The wall behind stands still unless it is told to move along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.pose import Pose

FPS = 15.0
Depth = Callable[[Face], NDArray[np.float32]]


@dataclass(frozen=True)
class Step:
    """One frame: `turn` in radians (yaw, pitch as the nose shows them), `shift` in pixels, `grow` a share."""

    turn: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    grow: float = 0.0


def head(face: Face) -> NDArray[np.float32]:
    """The mesh's depth at every pixel, from the nearest vertices."""
    height, width = face.picture.shape[:2]
    sums, counts = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    columns, rows = np.clip(np.rint(face.points[:, :2]).astype(int), 0, (width - 1, height - 1)).T
    np.add.at(sums, (rows, columns), face.points[:, 2])
    np.add.at(counts, (rows, columns), 1.0)
    wide = 0.06 * float(np.ptp(face.points[:, 0]))
    depth = cv2.GaussianBlur(sums, (0, 0), wide) / np.maximum(cv2.GaussianBlur(counts, (0, 0), wide), 1e-6)
    return np.asarray(depth, np.float32)


def sheet(face: Face) -> NDArray[np.float32]:
    return np.zeros(face.picture.shape[:2], np.float32)


def bent_sheet(face: Face) -> NDArray[np.float32]:
    """Bent around an upright axis with a radius of three eye distances."""
    height, width = face.picture.shape[:2]
    across = np.arange(width, dtype=np.float32) - face.points[:, 0].mean()
    return np.tile(np.minimum(across**2 / (6.0 * face.eye_px), 2.0 * face.eye_px), (height, 1)).astype(np.float32)


def halved(face: Face) -> Face:
    """Seen from twice as far."""
    height, width = (n // 2 for n in face.picture.shape[:2])
    picture = np.asarray(cv2.resize(face.picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return replace(face, picture=picture, points=face.points * np.float32(0.5), eye_px=face.eye_px / 2)


def mesh_beside(face: Face, grown: float, shift: tuple[float, float]) -> Face:
    """The same picture, in which the mesh has put the face a little beside where it is."""
    points = face.points.copy()
    middle = points[:, :2].mean(axis=0)
    points[:, :2] = middle + (points[:, :2] - middle) * np.float32(grown) + np.float32(shift)
    return replace(face, points=points)


def moved(
    face: Face,
    wall: Picture,
    steps: list[Step],
    depth: Depth = head,
    *,
    reach: float = 1.35,
    noise: float = 1.0,
    meshed: bool = True,
    body: bool = True,
) -> Iterator[tuple[float, Face]]:
    """Times and faces of the frames. `reach`: the ellipse that moves, in half ovals. `meshed`: the mesh sees the turn.
    `body`: something below the chin moves along.
    """
    rng = np.random.default_rng(5)
    height, width = wall.shape[:2]
    z = depth(face)
    z = z - float(np.median(face.points[:, 2])) if depth is head else z - float(z.min())
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    inside = np.hypot((x - middle[0]) / (reach * half[0]), (y - middle[1]) / (reach * half[1])) < 1.0
    if body:
        inside |= (np.abs(x - middle[0]) < half[0]) & (y > middle[1] + 0.8 * half[1])
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)
    for number, step in enumerate(steps):
        v = -step.turn[0], -step.turn[1]  # what is near has a small z and moves with the nose
        px, py = x, y
        for _ in range(4):
            at = cv2.remap(z, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            px = (x - step.shift[0] - v[0] * at - middle[0]) / (1.0 + step.grow) + middle[0]
            py = (y - step.shift[1] - v[1] * at - middle[1]) / (1.0 + step.grow) + middle[1]
            px, py = px.astype(np.float32), py.astype(np.float32)
        seen = cv2.remap(face.picture, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        share = cv2.remap(alpha, px, py, cv2.INTER_LINEAR)[..., None]
        picture = seen * share + wall * (1.0 - share) + rng.normal(0.0, noise, wall.shape)
        points = face.points.copy()
        own = face.points[:, 2:] - np.median(face.points[:, 2])
        points[:, :2] = (points[:, :2] - middle) * (1.0 + step.grow) + middle + step.shift
        points[:, :2] += own * v if meshed and depth is head else 0.0
        figures = face.quality.figures
        yaw, pitch = np.degrees(step.turn) if meshed else (0.0, 0.0)
        pose = Pose(figures.pose.yaw + float(yaw), figures.pose.pitch + float(pitch), figures.pose.roll)
        quality = replace(face.quality, figures=replace(figures, pose=pose))
        now = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
        eye_px = face.eye_px * (1.0 + step.grow)
        seen_now = replace(face, picture=now, points=points.astype(np.float32), eye_px=eye_px, quality=quality)
        yield number / FPS, seen_now


def walk(frames: int = 14) -> list[Step]:
    """Somebody who comes nearer and looks about a little."""
    time = np.arange(frames) / FPS
    return [
        Step((0.12 * np.sin(3.0 * t), 0.06 * np.sin(2.0 * t)), (4.0 * np.sin(4.0 * t), 3.0 * np.sin(5.0 * t)), 0.12 * t)
        for t in time
    ]
