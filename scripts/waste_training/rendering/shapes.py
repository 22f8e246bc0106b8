"""Meshes of everyday things: turned profiles, boxes, crumpled balls, sheets, tubes along a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray

_AROUND = 40  # corners of a turned shape

Profile = Sequence[tuple[float, float, int]]
"""(radius, height, material of the ring above), from bottom to top."""


def linked(mesh: Any, materials: Sequence[Any], name: str = "item") -> Any:
    """The mesh as an object of the scene, smooth except at sharp edges."""
    for material in materials:
        mesh.materials.append(material)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.set_sharp_from_angle(angle=0.7)
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def turned(profile: Profile, materials: Sequence[Any]) -> Any:
    """A solid of revolution about z; the texture runs once around and once from bottom to top."""
    rings = [(max(radius, 1e-4), height) for radius, height, _ in profile]
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    corners = [(r * np.cos(a), r * np.sin(a), z) for r, z in rings for a in angle]
    low, high = min(z for _, z in rings), max(z for _, z in rings)
    faces, chosen, texture = [], [], []
    for ring in range(len(rings) - 1):
        for at in range(_AROUND):
            beside = (at + 1) % _AROUND
            faces.append(
                (ring * _AROUND + at, ring * _AROUND + beside, (ring + 1) * _AROUND + beside, (ring + 1) * _AROUND + at)
            )
            chosen.append(profile[ring][2])
            below, above = ((z - low) / (high - low) for z in (rings[ring][1], rings[ring + 1][1]))
            left, right = at / _AROUND, (at + 1) / _AROUND
            texture += [(left, below), (right, below), (right, above), (left, above)]
    mesh = bpy.data.meshes.new("turned")
    mesh.from_pydata(corners, [], faces)
    layer = mesh.uv_layers.new()
    layer.data.foreach_set("uv", np.array(texture, np.float32).ravel())
    made = linked(mesh, materials)
    mesh.polygons.foreach_set("material_index", chosen)
    return made


def box(size: tuple[float, float, float], material: Any, bevel: float = 0.03) -> Any:
    """A box standing on z = 0, its edges rounded by `bevel`; the texture covers each face."""
    mesh = bpy.data.meshes.new("box")
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    bmesh.ops.scale(shape, vec=size, verts=shape.verts)
    bmesh.ops.translate(shape, vec=(0, 0, size[2] / 2), verts=shape.verts)
    if bevel:
        bmesh.ops.bevel(shape, geom=list(shape.edges), offset=bevel, segments=3, affect="EDGES")
    layer = shape.loops.layers.uv.new()
    for face in shape.faces:
        flat = int(np.argmax(np.abs(face.normal)))
        across, up = [axis for axis in range(3) if axis != flat]
        for loop in face.loops:
            at = loop.vert.co
            loop[layer].uv = (
                at[across] / size[across] + 0.5,
                (at[up] - (size[2] / 2 if up == 2 else 0)) / size[up] + 0.5,
            )
    shape.to_mesh(mesh)
    shape.free()
    return linked(mesh, [material])


def disc(radius: float, material: Any) -> Any:
    """A flat disc on z = 0; the texture covers it as a picture would."""
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    edge = np.column_stack([np.cos(angle), np.sin(angle)])
    mesh = bpy.data.meshes.new("disc")
    mesh.from_pydata([(radius * x, radius * y, 0) for x, y in edge], [], [list(range(_AROUND))])
    layer = mesh.uv_layers.new()
    layer.data.foreach_set("uv", (edge / 2 + 0.5).astype(np.float32).ravel())
    return linked(mesh, [material])


def empty(name: str) -> Any:
    """Something for things that belong together to hang on."""
    made = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(made)
    return made


def crumpled(random: np.random.Generator, material: Any, depth: float, sharp: float, stretch: Sequence[float]) -> Any:
    """A ball with folds: paper, foil, a bag, a stone or a fruit, by depth and sharpness of the folds."""
    mesh = bpy.data.meshes.new("ball")
    shape = bmesh.new()
    bmesh.ops.create_icosphere(shape, subdivisions=5, radius=1.0)
    shape.to_mesh(mesh)
    shape.free()
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    points = points.reshape(-1, 3)
    points *= (1 + depth * folds(random, points, sharp))[:, None]
    points *= np.asarray(stretch, np.float32)
    points[:, 2] -= points[:, 2].min()
    mesh.vertices.foreach_set("co", points.ravel())
    return linked(mesh, [material])


def sheet(random: np.random.Generator, material: Any, size: tuple[float, float], depth: float, sharp: float) -> Any:
    """A rectangular sheet lying on the ground with folds: cloth, paper, card, foil."""
    count = 48
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, count), np.linspace(-0.5, 0.5, count))
    points = np.stack([x.ravel() * size[0], y.ravel() * size[1], np.zeros(count * count)], 1)
    points[:, 2] = depth * folds(random, points * (2.5 / max(size)), sharp)
    points[:, 2] -= points[:, 2].min()
    faces = [
        (r * count + c, r * count + c + 1, (r + 1) * count + c + 1, (r + 1) * count + c)
        for r in range(count - 1)
        for c in range(count - 1)
    ]
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata(points.tolist(), [], faces)
    layer = mesh.uv_layers.new()
    grid = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], 1)
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corner)
    layer.data.foreach_set("uv", grid[corner].astype(np.float32).ravel())
    return linked(mesh, [material])


def tube(points: NDArray[np.float64], radius: float, material: Any) -> Any:
    """A round tube along points (n, 3)."""
    curve = bpy.data.curves.new("tube", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", radius, 5
    curve.use_fill_caps = True
    line = curve.splines.new("POLY")
    line.points.add(len(points) - 1)
    line.points.foreach_set("co", np.column_stack([points, np.ones(len(points))]).astype(np.float32).ravel())
    line.use_smooth = True
    curve.materials.append(material)
    made = bpy.data.objects.new("tube", curve)
    bpy.context.scene.collection.objects.link(made)
    return made


def folds(random: np.random.Generator, points: NDArray[Any], sharp: float) -> NDArray[np.float32]:
    """Noise about 0 with ridges: waves in random directions, folded at zero by `sharp` (0 smooth to 1)."""
    total = np.zeros(len(points))
    for octave in range(5):
        for _ in range(3):
            direction = random.normal(size=3) * 1.6 * 1.8**octave
            wave = np.sin(points @ direction + random.uniform(0, 6.3))
            total += ((1 - sharp) * wave + sharp * (1 - 2 * np.abs(wave))) / 1.7**octave
    return (total / 4).astype(np.float32)
