"""What is printed on batteries: bold wrappers with a coloured or metallic top, cards, engraved coins. No real brand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from waste_training.rendering.labels import colour, name, small_print, write

Random = np.random.Generator
Colour = tuple[int, int, int]

_METALLIC = ((190, 115, 60), (205, 165, 80), (190, 192, 198), (215, 185, 120), (150, 90, 55))
_SIZES = ("AA", "AAA", "LR6", "LR03", "C", "D", "R20", "LR14", "1.5V", "9V", "6LR61", "3.7V", "1.2V", "12V", "CR123A")
_WORDS = (
    "ALKALINE",
    "Ni-MH",
    "2500mAh",
    "Li-ion",
    "POWER",
    "HEAVY DUTY",
    "MAX",
    "RECHARGEABLE",
    "PLUS",
    "ULTRA",
    "PRO",
)
_COINS = ("CR2032", "CR2025", "LR44", "CR1620", "AG13", "CR2450", "SR626")


def wrapper(random: Random, size: tuple[int, int] = (160, 192)) -> NDArray[np.float32]:
    """An RGB picture (height, width, 3), 0 to 1, once around the cell and from its foot to its head."""
    width, height = size
    body, other = _ink(random), _ink(random)
    picture = Image.new("RGB", size, body)
    draw = ImageDraw.Draw(picture)
    style = random.random()
    if style < 0.55:  # the head, or the foot, in another colour
        share = random.uniform(0.12, 0.42)
        box = (0, 0, width, share * height) if random.random() < 0.75 else (0, (1 - share) * height, width, height)
        draw.rectangle(box, fill=other)
        if random.random() < 0.4:
            edge = box[3] if box[1] == 0 else box[1]
            draw.rectangle((0, edge - 3, width, edge + 3), fill=_ink(random))
    elif style < 0.7:  # one colour runs into the other
        blend = np.linspace(0, 1, height)[:, None, None] ** random.uniform(0.5, 2)
        mixed = blend * np.array(body) + (1 - blend) * np.array(other)
        picture = Image.fromarray(np.broadcast_to(mixed, (height, width, 3)).astype(np.uint8).copy())
        draw = ImageDraw.Draw(picture)
    elif style < 0.8:  # stripes along
        for at in range(int(random.integers(1, 4))):
            x = width * (at + random.random()) / 3
            draw.rectangle((x, 0, x + width * random.uniform(0.05, 0.25), height), fill=other)
    if random.random() < 0.12:
        return np.asarray(picture, np.float32) / 255  # a bare wrapper
    ink = _readable(random, body)
    brand = name(random)
    for at in range(int(random.integers(1, 3))):
        across = (at + random.uniform(0.1, 0.5)) * width / 2
        write(
            picture,
            random,
            brand,
            random.uniform(0.22, 0.5) * width / 2,
            True,
            (across, random.uniform(0.1, 0.45) * height),
            ink,
        )
        write(
            picture,
            random,
            str(random.choice(_SIZES)),
            random.uniform(0.1, 0.25) * width,
            random.random() < 0.4,
            (across + random.uniform(-10, 20), random.uniform(0.5, 0.85) * height),
            ink,
        )
    if random.random() < 0.6:
        write(picture, random, str(random.choice(_WORDS)), random.uniform(0.07, 0.16) * width, True, None, ink)
    for _ in range(int(random.integers(1, 4))):
        write(
            picture,
            random,
            "+",
            random.uniform(0.12, 0.3) * width,
            False,
            (random.uniform(0, 0.9) * width, 0.03 * height),
            _readable(random, other),
        )
    if random.random() < 0.4:
        write(
            picture,
            random,
            "–",
            random.uniform(0.12, 0.3) * width,
            False,
            (random.uniform(0, 0.9) * width, 0.82 * height),
            ink,
        )
    for _ in range(int(random.integers(0, 3))):
        small_print(ImageDraw.Draw(picture), random, size)
    if random.random() < 0.3:
        _bolt(ImageDraw.Draw(picture), random, size, _ink(random))
    return np.asarray(picture, np.float32) / 255


def card(random: Random) -> NDArray[np.float32]:
    """The card behind a blister of cells: a broad head with a name, a picture of colour, small print."""
    size = (192, 224)
    picture = Image.new("RGB", size, _ink(random))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size[0], random.uniform(0.15, 0.5) * size[1]), fill=_ink(random))
    ink = colour(random, 0.3)
    write(picture, random, name(random), random.uniform(0.15, 0.3) * size[1], False, (random.uniform(0, 40), 8), ink)
    for word in random.choice((*_SIZES, *_WORDS), random.integers(1, 4)):
        write(picture, random, str(word), random.uniform(0.06, 0.2) * size[1], False, None, colour(random, 0.5))
    small_print(draw, random, size)
    return np.asarray(picture, np.float32) / 255


def coin_face(random: Random) -> NDArray[np.float32]:
    """Letters and a plus on metal, a little darker or lighter than it."""
    grey = int(random.integers(140, 225))
    picture = Image.new("RGB", (128, 128), (grey, grey, grey))
    shade = int(np.clip(grey + random.choice([-1, -1, 1]) * random.integers(25, 120), 0, 255))
    ink = (shade, shade, shade)
    write(
        picture,
        random,
        str(random.choice(_COINS)),
        random.uniform(16, 28),
        False,
        (random.uniform(8, 30), random.uniform(55, 90)),
        ink,
    )
    write(picture, random, "+", random.uniform(25, 50), False, (random.uniform(40, 70), random.uniform(5, 25)), ink)
    if random.random() < 0.6:
        write(
            picture,
            random,
            name(random),
            random.uniform(12, 22),
            False,
            (random.uniform(8, 40), random.uniform(35, 55)),
            ink,
        )
    if random.random() < 0.5:
        write(
            picture, random, "3V", random.uniform(14, 24), False, (random.uniform(30, 80), random.uniform(85, 105)), ink
        )
    return np.asarray(picture, np.float32) / 255


def _ink(random: Random) -> Colour:
    """Black, white, copper, gold, silver, or strong."""
    which = random.random()
    if which < 0.24:
        value = int(random.integers(8, 40))
        return value, value, value
    if which < 0.46:
        return _METALLIC[random.integers(len(_METALLIC))]
    if which < 0.54:
        return 240, 240, 240
    return colour(random, 1.0)


def _readable(random: Random, ground: Colour) -> Colour:
    """An ink that can be told from its ground."""
    bright = sum(ground) > 380
    if random.random() < 0.65:
        return (15, 15, 18) if bright else (245, 245, 245)
    made = colour(random, 0.9)
    return made if abs(sum(made) - sum(ground)) > 150 else ((20, 20, 90) if bright else (250, 220, 60))


def _bolt(draw: ImageDraw.ImageDraw, random: Random, size: tuple[int, int], fill: Colour) -> None:
    """A flash of lightning or a leaf's oval, as makers like them."""
    x, y, r = random.uniform(0, size[0]), random.uniform(0.1, 0.8) * size[1], random.uniform(10, 30)
    if random.random() < 0.6:
        shape = ((0.2, -1), (-0.5, 0.15), (0.0, 0.15), (-0.2, 1), (0.5, -0.2), (0.0, -0.2))
        draw.polygon([(x + r * a, y + r * b) for a, b in shape], fill=fill)
    else:
        draw.ellipse((x - r, y - r / 2, x + r, y + r / 2), fill=fill)
