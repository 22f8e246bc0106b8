"""Face chips for calibrating an int8 network, from public-domain portraits that lie beside this file.

Post-training quantisation only learns the range of each activation, so a few people suffice if the pictures vary
as a gate's do: the face a little off its place, turned, nearer or farther, dark, bright, coloured, blurred, noisy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError

Chips = NDArray[np.uint8]
FACES = Path(__file__).with_name("faces")
# (mesh points whose mean is taken, where it belongs in the chip, in pixels)
Alignment = Sequence[tuple[Sequence[int], tuple[float, float]]]
_MARGIN = 0.05  # of the chip's side: standard deviation of the shift
_TURN = 6.0  # degrees, standard deviation
_ZOOM = 0.06  # standard deviation of the logarithm


def chips(size: int, alignment: Alignment, *, count: int = 240, seed: int = 20240501) -> Chips:
    """`count` chips (count, size, size, 3), RGB; the same for the same arguments.

    The first chip has one black and one white pixel, so that the range of the input is 0 to 255 whatever the seed.
    """
    faces = _faces()
    random = np.random.default_rng(seed)
    made = [_varied(*faces[index % len(faces)], size, alignment, random) for index in range(count)]
    made[0][0, 0], made[0][0, 1] = 0, 255
    return np.stack(made)


def aligned(size: int, alignment: Alignment) -> dict[str, Chips]:
    """The portraits' chips without any variation, by file name: (size, size, 3), RGB."""
    result: dict[str, Chips] = {}
    for (picture, points), name in zip(_faces(), _names(), strict=True):
        result[name] = _warped(picture, _similarity(points, alignment), size)
    return result


def _names() -> list[str]:
    return list(json.loads((FACES / "points.json").read_text()))


def _faces() -> list[tuple[Chips, dict[int, NDArray[np.float64]]]]:
    result = []
    for name, points in json.loads((FACES / "points.json").read_text()).items():
        picture = cv2.imread(str(FACES / name))
        if picture is None:
            raise DataError(f"{FACES / name} cannot be read", hint="install edge again")
        rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8)
        result.append((rgb, {int(index): np.array(at) for index, at in points.items()}))
    return result


def _similarity(points: dict[int, NDArray[np.float64]], alignment: Alignment) -> NDArray[np.float64]:
    """The least-squares turn, scale and shift, 2×3, from the picture's points to the chip's."""
    source = np.array([np.mean([points[index] for index in mesh], axis=0) for mesh, _ in alignment])
    target = np.array([at for _, at in alignment])
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    from_centre = (source - centre) @ np.array([1, 1j])
    from_goal = (target - goal) @ np.array([1, 1j])
    turn = np.vdot(from_centre, from_goal) / np.vdot(from_centre, from_centre).real
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, goal - matrix @ centre])


def _varied(
    picture: Chips,
    points: dict[int, NDArray[np.float64]],
    size: int,
    alignment: Alignment,
    random: np.random.Generator,
) -> Chips:
    half = size / 2
    turn, zoom = random.normal(0, _TURN), float(np.exp(random.normal(0, _ZOOM)))
    change = np.asarray(cv2.getRotationMatrix2D((half, half), turn, zoom), dtype=np.float64)
    change[:, 2] += random.normal(0, _MARGIN * size, 2)
    transform = change @ np.vstack([_similarity(points, alignment), [0, 0, 1]])
    chip = _warped(picture, transform, size)
    if random.random() < 0.5:
        chip = chip[:, ::-1]
    blur = random.uniform(0, 2)
    if blur > 0.5:
        chip = cv2.GaussianBlur(chip, (0, 0), blur).astype(np.uint8)
    light = (chip / 255.0) ** np.exp(random.normal(0, 0.3)) * np.exp(random.normal(-0.1, 0.3))
    light = light * (1 + random.normal(0, 0.08, 3))
    noise = random.normal(0, random.uniform(0, 0.04), chip.shape)
    varied: Chips = np.clip(np.rint(255 * (light + noise)), 0, 255).astype(np.uint8)
    return varied


def _warped(picture: Chips, transform: NDArray[np.float64], size: int) -> Chips:
    chip = cv2.warpAffine(picture, transform, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return chip.astype(np.uint8)
