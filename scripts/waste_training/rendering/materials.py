"""What surfaces are made of, as Blender materials."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from waste_training.rendering.labels import colour

Colour = tuple[float, float, float]


def surface(
    tint: Colour,
    *,
    metal: float = 0.0,
    rough: float = 0.5,
    clear: float = 0.0,
    image: NDArray[np.float32] | None = None,
) -> Any:
    """A principled material; `image` (height, width, 3) replaces the tint where it is given."""
    made = bpy.data.materials.new("surface")
    made.use_nodes = True
    node = next(n for n in made.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    node.inputs["Base Color"].default_value = (*tint, 1.0)
    node.inputs["Metallic"].default_value = metal
    node.inputs["Roughness"].default_value = rough
    node.inputs["Transmission Weight"].default_value = clear
    if image is not None:
        texture = made.node_tree.nodes.new("ShaderNodeTexImage")
        texture.image = _loaded(image)
        made.node_tree.links.new(texture.outputs["Color"], node.inputs["Base Color"])
    return made


def steel(random: np.random.Generator) -> Any:
    """Nickel-plated steel, tin or zinc."""
    grey = random.uniform(0.45, 0.85)
    return surface((grey, grey, grey * random.uniform(0.9, 1.02)), metal=1.0, rough=random.uniform(0.12, 0.45))


def brass(random: np.random.Generator) -> Any:
    return surface((0.75, random.uniform(0.5, 0.6), 0.25), metal=1.0, rough=random.uniform(0.15, 0.45))


def plastic(random: np.random.Generator, vivid: float = 0.7) -> Any:
    return surface(linear(colour(random, vivid)), rough=random.uniform(0.15, 0.7))


def glass(random: np.random.Generator, tinted: float = 0.5) -> Any:
    tint = (1.0, 1.0, 1.0)
    if random.random() < tinted:
        tint = ((0.25, 0.5, 0.2), (0.4, 0.18, 0.04), (0.6, 0.85, 0.75), (0.5, 0.7, 0.9))[random.integers(4)]
    return surface(tint, rough=random.uniform(0.0, 0.12), clear=1.0)


def printed(random: np.random.Generator, image: NDArray[np.float32], shiny: float = 0.5) -> Any:
    """A label: glossy or dull, now and then on foil."""
    return surface(
        (1, 1, 1),
        metal=random.uniform(0.5, 1) if random.random() < shiny * 0.5 else 0.0,
        rough=random.uniform(0.15, 0.6),
        image=image,
    )


def linear(rgb: tuple[int, int, int]) -> Colour:
    """sRGB bytes to the linear light that Blender calculates with (IEC 61966-2-1, as a power of 2.2)."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in rgb)
    return red, green, blue


def _loaded(image: NDArray[np.float32]) -> Any:
    height, width = image.shape[:2]
    made = bpy.data.images.new("label", width, height)
    full = np.ones((height, width, 4), np.float32)
    full[..., :3] = image[::-1]
    made.pixels.foreach_set(full.ravel())
    return made
