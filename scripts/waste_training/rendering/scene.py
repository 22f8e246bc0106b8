"""Sets things up, lights them and takes their picture with a transparent surrounding and their shadow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from waste_training.rendering import batteries, cells, everyday, hazardous, small

Random = np.random.Generator
Maker = Callable[[Random], Any]

PX = 192
_SAMPLES = 6
_SHADOWS = 0.35  # a ground that catches the shadow triples the time of a picture; others get a drawn one
_SKY_PX = (256, 128)  # light needs no more, and decoding a large panorama takes longer than rendering

# fine class -> (maker, weight). "unknown" is what the station should not answer.
KINDS: dict[str, tuple[tuple[Maker, float], ...]] = {
    "battery": (
        (cells.cell, 4),
        (cells.cells_in_row, 2),
        (cells.pack, 2),
        (batteries.coin, 1),
        (batteries.nine_volt, 1),
        (batteries.flat_pack, 1.3),
        (batteries.block, 1.2),
    ),
    "lamp": ((hazardous.bulb, 2), (hazardous.fluorescent, 1.5), (hazardous.compact_lamp, 1.5)),
    "medicine": (
        (hazardous.blister, 3),
        (hazardous.pills, 1),
        (hazardous.medicine_bottle, 1),
        (hazardous.thermometer, 1),
    ),
    "chemical": ((hazardous.spray_can, 1.2), (hazardous.paint_tin, 1)),
    "plastic": (
        (everyday.plastic_bottle, 1),
        (everyday.tub, 1),
        (everyday.bag, 0.7),
        (small.squeezed_tube, 0.7),
        (small.small_bottle, 1),
    ),
    "glass": ((everyday.glass_bottle, 1), (everyday.jar, 1)),
    "metal": (
        (everyday.drink_can, 1.5),
        (small.printed_can, 1),
        (everyday.food_tin, 1),
        (everyday.foil, 0.5),
        (small.screw, 0.8),
        (small.lid, 0.8),
        (small.cutlery, 0.7),
    ),
    "paper": ((everyday.paper_ball, 1), (everyday.paper_sheet, 1)),
    "cardboard": ((everyday.cardboard_box, 1), (everyday.cardboard_piece, 1), (small.small_box, 1)),
    "carton": ((everyday.drink_carton, 1),),
    "food": ((everyday.fruit, 1.5), (everyday.banana, 0.5)),
    "vegetation": ((everyday.leaves, 1),),
    "textile": ((everyday.cloth, 1),),
    "unknown": ((everyday.odd_thing, 2), (everyday.hand, 1), (small.stick, 1)),
}
_FLAT = {
    batteries.coin,
    cells.cells_in_row,
    batteries.block,
    cells.pack,
    small.lid,
    small.cutlery,
    small.small_box,
    hazardous.blister,
    hazardous.pills,
    everyday.leaves,
    everyday.cloth,
    everyday.paper_sheet,
    everyday.cardboard_piece,
    everyday.hand,
    everyday.banana,
    everyday.drink_carton,
    everyday.cardboard_box,
}
_FEW = {
    cells.cell: 7,
    batteries.coin: 6,
    batteries.nine_volt: 2,
    batteries.flat_pack: 2,
    cells.cells_in_row: 2,
    small.screw: 8,
    small.lid: 5,
    small.cutlery: 3,
    small.stick: 3,
    hazardous.bulb: 2,
    hazardous.thermometer: 1,
    everyday.fruit: 4,
    everyday.drink_can: 2,
    everyday.odd_thing: 3,
    hazardous.blister: 2,
}


def prepare(skies: Sequence[Path]) -> list[Any]:
    """An empty scene that renders quickly; the panoramas as worlds, to choose from."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.max_bounces, scene.cycles.transmission_bounces = _SAMPLES, 4, 4
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 3.0
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser, scene.cycles.denoising_quality = "OPENIMAGEDENOISE", "FAST"
    scene.cycles.film_transparent_glass = True
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = PX
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
    scene.view_settings.view_transform = "Standard"
    return [_world(sky) for sky in skies]


def photograph(random: Random, kind: str, worlds: Sequence[Any], target: Path) -> None:
    """One picture of one or a few things of the class `kind`, written as PNG with alpha; its shadow is in the alpha."""
    _clear()
    makers = KINDS[kind]
    odds = np.array([weight for _, weight in makers])
    maker = makers[int(random.choice(len(makers), p=odds / odds.sum()))][0]
    few = _FEW.get(maker, 1)
    count = int(random.integers(1, few + 1)) if few > 1 and random.random() < 0.45 else 1
    things = [_placed(random, maker) for _ in range(count)]
    bpy.context.view_layer.update()
    _arrange(random, things)
    scene = bpy.context.scene
    floating = random.random() < 0.2
    if not floating and random.random() < _SHADOWS:
        _ground()
    scene.world = worlds[int(random.integers(len(worlds)))]
    _lit(random)
    _framed(random, things, floating)
    scene.view_settings.exposure = float(random.normal(0, 0.35))
    scene.cycles.seed = int(random.integers(2**31 - 1))
    scene.render.filepath = str(target)
    bpy.ops.render.render(write_still=True)


def _placed(random: Random, maker: Maker) -> Any:
    """One thing in a pose it could have: standing, lying, leaning, or as it was made."""
    thing = maker(random)
    turn = random.uniform(0, 2 * math.pi)
    if maker in _FLAT or random.random() < 0.3:
        thing.rotation_euler.z = turn
    else:
        tilt = math.pi / 2 if random.random() < 0.8 else random.uniform(0.2, 1.4)
        thing.rotation_euler = (tilt, 0.0, turn)
    return thing


def _arrange(random: Random, things: Sequence[Any]) -> None:
    """On the ground, beside each other."""
    taken: list[tuple[float, float, float]] = []
    for thing in things:
        low, high = bounds([thing])
        r = float(np.linalg.norm((high - low)[:2])) / 2 * 0.62
        place = np.zeros(2)
        reach = 0.0
        while any(math.hypot(place[0] - x, place[1] - y) < r + other for x, y, other in taken):
            reach += 0.4
            place = random.normal(0, reach, 2)
        taken.append((place[0], place[1], r))
        middle = (low + high) / 2
        thing.location.x += place[0] - middle[0]
        thing.location.y += place[1] - middle[1]
        thing.location.z -= low[2]
    bpy.context.view_layer.update()


def bounds(things: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest corner, in the world, of the things and what hangs on them."""
    corners = [
        part.matrix_world @ Vector(corner)
        for thing in things
        for part in (thing, *thing.children_recursive)
        if part.type != "EMPTY"
        for corner in part.bound_box
    ]
    points = np.array([tuple(corner) for corner in corners])
    return points.min(0), points.max(0)


def _framed(random: Random, things: Sequence[Any], floating: bool) -> None:
    """The camera sees all of it, from somewhere above; when floating, from anywhere."""
    low, high = bounds(things)
    middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
    around, up = random.uniform(0, 2 * math.pi), math.asin(random.uniform(0.05 if floating else 0.3, 1.0))
    angle = random.uniform(0.35, 1.0)
    away = size / 2 / math.sin(angle / 2) * random.uniform(0.85, 1.1)
    eye = middle + away * np.array([math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)])
    lens = bpy.data.cameras.new("camera")
    lens.angle, lens.clip_end = angle, 1000
    camera = bpy.data.objects.new("camera", lens)
    camera.location = eye
    aim = (Vector(middle) - Vector(eye)).to_track_quat("-Z", "Y").to_euler()
    camera.rotation_euler = aim
    camera.rotation_euler.rotate_axis("Z", random.normal(0, 0.3))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def _ground() -> None:
    bpy.ops.mesh.primitive_plane_add(size=400, location=(0, 0, -0.01))
    plane = bpy.context.object
    plane.is_shadow_catcher = True


def _lit(random: Random) -> None:
    """The panorama at any turn and strength, and up to two lamps."""
    world = bpy.context.scene.world
    nodes = world.node_tree.nodes
    next(n for n in nodes if n.type == "MAPPING").inputs["Rotation"].default_value[2] = random.uniform(0, 6.3)
    next(n for n in nodes if n.type == "BACKGROUND").inputs["Strength"].default_value = float(
        np.exp(random.normal(-0.1, 0.35))
    )
    for _ in range(random.integers(0, 3)):
        lamp = bpy.data.lights.new("lamp", "SUN")
        lamp.energy, lamp.angle = random.uniform(0.5, 3.0), random.uniform(0.01, 0.9)
        lamp.color = (1.0, random.uniform(0.75, 1.0), random.uniform(0.55, 1.0))
        sun = bpy.data.objects.new("lamp", lamp)
        sun.rotation_euler = (random.uniform(-1.1, 1.1), random.uniform(-1.1, 1.1), 0)
        bpy.context.scene.collection.objects.link(sun)


def _world(sky: Path) -> Any:
    world = bpy.data.worlds.new(sky.stem)
    world.use_fake_user = True
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    texture, mapping, at = (nodes.new(f"ShaderNode{n}") for n in ("TexEnvironment", "Mapping", "TexCoord"))
    texture.image = bpy.data.images.load(str(sky))
    texture.image.use_fake_user = True
    texture.image.scale(*_SKY_PX)
    texture.image.pack()
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 64
    links.new(at.outputs["Generated"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    background = next(n for n in nodes if n.type == "BACKGROUND")
    links.new(texture.outputs["Color"], background.inputs["Color"])
    return world


def _clear() -> None:
    for held in (
        bpy.data.objects,
        bpy.data.meshes,
        bpy.data.materials,
        bpy.data.lights,
        bpy.data.cameras,
        bpy.data.curves,
        bpy.data.metaballs,
    ):
        for one in list(held):
            held.remove(one)
    for image in list(bpy.data.images):
        if image.name.startswith("label"):
            bpy.data.images.remove(image)
