"""Printed labels as pictures: bands, made-up names, small print, pictograms. No real brand is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_SYLLABLES = (
    *("ka", "ro", "mi", "ne", "to", "va", "lu", "pe", "xo", "dur", "sun", "zen", "ber", "tra", "gon", "ul", "ti", "ma"),
    *("vol", "eco", "pan", "rex", "cel", "fi", "no", "sha", "hui"),
)
_FONTS = ("DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSans.ttf", "DejaVuSansCondensed-Bold.ttf")
_FLAT_BATTERY = (
    "Li-ion",
    "3.7V",
    "1500mAh",
    "11.1 V",
    "4400 mAh",
    "7.4V",
    "CAUTION",
    "BATTERY",
    "+",
    "–",
    "BL-5C",
    "10.8 Wh",
)
_OTHER = {
    "flat battery": _FLAT_BATTERY,
    "chemical": ("SPRAY", "PAINT", "LACQUER", "SOLVENT", "400 ml", "DANGER", "PRIMER", "INSECT", "1 L", "GLOSS"),
    "medicine": ("500 mg", "TABLETS", "20 pcs", "FORTE", "Rx", "CAPSULES", "10 mg", "EXP 2027"),
    "lamp": ("60 W", "E27", "230 V", "LED 9W", "2700 K", "T8 18W"),
}
_FOOD = (
    "FRESH",
    "COLA",
    "1 L",
    "JUICE",
    "ORIGINAL",
    "NATURAL",
    "MILK",
    "0 %",
    "WATER",
    "500 ml",
    "SOUP",
    "TEA",
    "ZERO",
)


def name(random: np.random.Generator) -> str:
    """A word that sounds like a brand and is none."""
    word = "".join(random.choice(_SYLLABLES, random.integers(2, 4)))
    return str(word.upper() if random.random() < 0.6 else word.capitalize())


def colour(random: np.random.Generator, vivid: float = 0.7) -> tuple[int, int, int]:
    """A print colour: vivid, or grey, black, white, gold, silver."""
    if random.random() < vivid:
        hue, value = random.random(), random.uniform(0.35, 1.0)
        channels = np.clip(np.abs(((hue + np.array([0, 2 / 3, 1 / 3])) % 1) * 6 - 3) - 1, 0, 1)
        strength = random.uniform(0.6, 1.0)
        return tuple(int(255 * value * (1 - strength + strength * c)) for c in channels)  # type: ignore[return-value]
    plain = [(20, 20, 22), (245, 245, 245), (120, 120, 125), (200, 160, 70), (190, 190, 195), (60, 40, 25)]
    return plain[random.integers(len(plain))]


def label(random: np.random.Generator, what: str, size: tuple[int, int] = (256, 128)) -> NDArray[np.float32]:
    """An RGB picture (height, width, 3), 0 to 1, that wraps around an item; `what` chooses the words."""
    width, height = size
    picture = Image.new("RGB", size, colour(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(random.integers(0, 4)):  # bands around or along
        low, thick = random.uniform(0, 1), random.uniform(0.05, 0.5)
        fill = colour(random)
        if random.random() < 0.7:
            draw.rectangle((0, low * height, width, (low + thick) * height), fill=fill)
        else:
            draw.rectangle((low * width, 0, (low + thick) * width, height), fill=fill)
    words: Sequence[str] = _OTHER.get(what, _FOOD)
    upright = random.random() < 0.3
    for _ in range(random.integers(1, 3)):
        write(picture, random, name(random), random.uniform(0.2, 0.5) * height, upright)
    for _ in range(random.integers(1, 5)):
        write(picture, random, str(random.choice(words)), random.uniform(0.1, 0.4) * height, upright)
    for _ in range(random.integers(2, 6) if what == "flat battery" else random.integers(0, 3)):
        small_print(draw, random, size)
    if random.random() < 0.5:
        _pictogram(draw, random, size)
    return np.asarray(picture, np.float32) / 255


def write(
    picture: Image.Image,
    random: np.random.Generator,
    text: str,
    height: float,
    turned: bool,
    at: tuple[float, float] | None = None,
    ink: tuple[int, int, int] | None = None,
) -> None:
    """Prints one word, upwards when `turned`; anywhere and in any colour unless these are given."""
    font = ImageFont.truetype(str(random.choice(_FONTS)), max(8, int(height)))
    left, top, right, bottom = font.getbbox(text)
    piece = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(piece).text((1 - left, 1 - top), text, 255, font)
    if turned:
        piece = piece.rotate(90, expand=True)
    x, y = at or (random.uniform(-0.1, 0.8) * picture.width, random.uniform(-0.1, 0.7) * picture.height)
    picture.paste(Image.new("RGB", piece.size, ink or colour(random, 0.4)), (int(x), int(y)), piece)


def small_print(draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int]) -> None:
    x, y, fill = random.uniform(0, size[0]), random.uniform(0, size[1]), colour(random, 0.1)
    for line in range(random.integers(2, 7)):
        draw.line((x, y + 5 * line, x + random.uniform(20, 60), y + 5 * line), fill=fill, width=2)


def _pictogram(draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int]) -> None:
    x, y, r = random.uniform(0, size[0]), random.uniform(0, size[1]), random.uniform(6, 26)
    shape, fill = random.integers(3), colour(random)
    if shape == 0:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    elif shape == 1:
        draw.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=fill)
    else:
        draw.rectangle((x - r, y - r, x + r, y + r), fill=fill, outline=colour(random))
