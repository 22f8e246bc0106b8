"""Makes a picture look as if another camera had taken it, from elsewhere, in another light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Picture = NDArray[np.uint8]

_NOISE = np.random.default_rng(1).normal(0, 1, (512, 512, 3)).astype(np.float32)


def photographed(random: Random, picture: Picture, strength: float = 1.0) -> Picture:
    """Colour cast, exposure, contrast, shade, blur, small copies, noise, JPEG."""
    tone = np.linspace(0, 1, 256)[:, None] ** np.exp(random.normal(0, 0.25 * strength))
    tone = tone * np.exp(random.normal(0, 0.2 * strength)) * (1 + random.normal(0, 0.07 * strength, 3))
    if random.random() < 0.3:
        tone = (tone - 0.5) * random.uniform(0.6, 1.4) + 0.5
    made = cv2.LUT(picture, np.clip(255 * tone, 0, 255).astype(np.uint8)[None])
    if random.random() < 0.3:
        grey = cv2.cvtColor(cv2.cvtColor(made, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        colourful = random.uniform(0.2, 1.6)
        made = cv2.addWeighted(made, colourful, grey, 1 - colourful, 0)
    if random.random() < 0.25:
        corners = np.exp(random.normal(0, 0.35, (2, 2))).astype(np.float32)
        shade = cv2.resize(corners, made.shape[1::-1])
        made = cv2.multiply(made, cv2.merge([shade] * 3), dtype=cv2.CV_8U)
    px = made.shape[0]
    if random.random() < 0.3:
        small = int(px * random.uniform(0.3, 0.9))
        made = cv2.resize(
            cv2.resize(made, (small, small), interpolation=cv2.INTER_AREA), (px, px), interpolation=cv2.INTER_LINEAR
        )
    if random.random() < 0.3:
        made = _blurred(random, made)
    if random.random() < 0.15:  # sharpened by the camera
        made = cv2.addWeighted(made, 2.0, cv2.GaussianBlur(made, (0, 0), random.uniform(0.8, 2.0)), -1.0, 0)
    if random.random() < 0.4:
        made = _grainy(random, made)
    if random.random() < 0.4:
        made = cv2.imdecode(
            cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 92))])[1], cv2.IMREAD_COLOR
        )
    if random.random() < 0.2:
        _covered(random, made)
    return np.asarray(made)


def pasted(random: Random, item: NDArray[np.uint8], ground: Picture, size: float, partly_out: bool) -> Picture:
    """An RGBA cut-out on a background, its longer side `size` of the picture's; its soft edge takes the background's
    light.
    """
    px = ground.shape[0]
    seen = item[..., 3] > 24
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return ground
    cut = item[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    cut[..., :3] *= cut[..., 3:] * np.float32(1 / 255)
    scale = size * px / max(cut.shape[:2])
    angle, mirror = (
        random.uniform(-np.pi, np.pi) if random.random() < 0.5 else random.normal(0, 0.2),
        random.choice([-1, 1]),
    )
    matrix = scale * np.array([[np.cos(angle) * mirror, -np.sin(angle)], [np.sin(angle) * mirror, np.cos(angle)]])
    room = 0.5 if partly_out else max(0.0, (1 - size) / 2)
    centre = px * (0.5 + random.uniform(-room, room, 2))
    shift = centre - matrix @ np.array([cut.shape[1] / 2, cut.shape[0] / 2])
    flags = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR
    placed = cv2.warpAffine(cut, np.column_stack([matrix, shift]), (px, px), flags=flags)
    cast = (ground.mean((0, 1)) / max(ground.mean(), 1.0)) ** random.uniform(0, 0.7)
    seen_through = 1 - placed[..., 3] * np.float32(1 / 255)
    if random.random() < 0.6:
        seen_through = seen_through * _shadow(random, placed[..., 3])
    behind = cv2.multiply(ground, cv2.merge([seen_through] * 3), dtype=cv2.CV_32F)
    return np.asarray(cv2.add(placed[..., :3] * cast.astype(np.float32), behind, dtype=cv2.CV_8U))


def _shadow(random: Random, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much light is left on the ground beside the item: its outline, moved and blurred."""
    px = alpha.shape[0]
    small = cv2.resize(alpha, (px // 4, px // 4), interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, random.normal(0, 0.015 * px)], [0, 1, abs(random.normal(0, 0.015 * px))]])
    small = cv2.GaussianBlur(cv2.warpAffine(small, shift, small.shape[::-1]), (0, 0), random.uniform(0.6, 5))
    dark = cv2.resize(small, (px, px), interpolation=cv2.INTER_LINEAR) * np.float32(random.uniform(0.1, 0.7) / 255)
    return np.asarray(1 - dark)


def _grainy(random: Random, picture: Picture) -> Picture:
    """Sensor noise, coloured or grey, cut from a prepared field because drawing it takes longer than all the rest."""
    height, width = picture.shape[:2]
    y, x = random.integers(0, len(_NOISE) - height), random.integers(0, len(_NOISE) - width)
    piece = _NOISE[y : y + height, x : x + width] * np.float32(random.uniform(1, 14))
    if random.random() < 0.4:
        piece = cv2.merge([piece[..., 0]] * 3)
    return np.asarray(cv2.add(picture, piece, dtype=cv2.CV_8U))


def _blurred(random: Random, picture: Picture) -> Picture:
    if random.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 2.2)))
    length = int(random.integers(3, 13))  # moved by the hand
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), random.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return np.asarray(cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1e-6)))


def _covered(random: Random, picture: Picture) -> None:
    """A finger, a glove, a sticker: something covers a part."""
    px = picture.shape[0]
    size = random.uniform(0.08, 0.3, 2) * px
    x, y = random.uniform(-0.1, 1, 2) * px
    tint = tuple(int(c) for c in random.uniform(0, 255, 3))
    cv2.ellipse(
        picture,
        (int(x), int(y)),
        (int(size[0] / 2) + 1, int(size[1] / 2) + 1),
        random.uniform(0, 180),
        0,
        360,
        tint,
        -1,
    )
