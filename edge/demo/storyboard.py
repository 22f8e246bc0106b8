"""One picture that tells the story: the decisive frames with what the gate saw in them and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from edge.drivers.camera import Frame
from edge.vision.faces import Face

GREEN, RED, GREY, INK, PAPER = "#1a9850", "#d73027", "#777777", "#222222", "#ffffff"
WIDTH, HEIGHT, TEXT_HEIGHT, COLUMNS = 640, 480, 150, 2
_DOT = 1


@dataclass(frozen=True, slots=True)
class Panel:
    """One frame of the story. `colour` frames it; `lines` stand below it."""

    frame: Frame
    faces: Sequence[Face]
    colour: str
    title: str
    lines: Sequence[str]


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write the storyboard as PNG: two panels a row, each with boxes, the 468 landmarks and the decision."""
    rows = -(-len(panels) // COLUMNS)
    cell = (WIDTH + 24, HEIGHT + TEXT_HEIGHT)
    sheet = Image.new("RGB", (cell[0] * COLUMNS, cell[1] * max(rows, 1)), PAPER)
    for place, panel in enumerate(panels):
        sheet.paste(_panel(panel), ((place % COLUMNS) * cell[0] + 12, (place // COLUMNS) * cell[1] + 12))
    sheet.save(path)


def _panel(panel: Panel) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT + TEXT_HEIGHT - 24), PAPER)
    image.paste(Image.fromarray(panel.frame.picture).resize((WIDTH, HEIGHT)))
    pen = ImageDraw.Draw(image)
    for place, face in enumerate(panel.faces):
        colour = panel.colour if place == 0 else GREY
        box = face.box
        pen.rectangle((box.left, box.top, box.right, box.bottom), outline=colour, width=3)
        for x, y in face.points[:, :2].tolist():
            pen.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=colour)
    pen.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline=panel.colour, width=6)
    pen.text((8, HEIGHT + 6), panel.title, fill=panel.colour, font=ImageFont.load_default(24))
    for number, line in enumerate(panel.lines):
        pen.text((8, HEIGHT + 40 + 22 * number), line, fill=INK, font=ImageFont.load_default(17))
    return image
