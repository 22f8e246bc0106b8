"""A portrait on paper: what a printer can do of its colours, its raster, margins or none, holes for the eyes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.rig.anatomy import CORNERS, LOWER, UPPER
from edge.rig.head import HeadPose
from edge.rig.lens import Lens, Points
from edge.rig.portrait import Portrait
from edge.rig.raster import Map, blend
from edge.rig.sheet import Sheet, Texture
from edge.rig.surface import Lamp, Optics, glare, light_up, shading, stripes

_SCREEN_ANGLES = (15.0, 75.0, 45.0)  # of cyan, magenta and black, as offset printing has them
_HOLE = 1.35  # a hole for an eye is cut a little larger than the eye


@dataclass(frozen=True, slots=True)
class PrintLook:
    """`eyes_mm`: distance of the eyes on paper. `black`, `white`: grey levels that ink and paper reach; `tint`: of the
    paper; `saturation`: of the ink. `dots_mm`: period of its raster, `dots`: depth. `margin_mm`: white rim; `edge`:
    "sheet", or "outline" for a figure cut out along hair and shoulders. `bend`: 1 / mm. `gloss_mm`: how wide gloss
    spreads a lamp. `holes`: for the eyes.
    """

    eyes_mm: float = 63.0
    black: float = 40.0
    white: float = 230.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 0.85
    dots_mm: float = 0.17
    dots: float = 0.3
    grain: float = 2.0
    margin_mm: float = 5.0
    edge: str = "sheet"
    bend: float = 0.0
    axis_deg: float = 0.0
    gloss_mm: float = 60.0
    holes: bool = False


class Print:
    """One print. `face`: the sheet, RGBA; `eyes`: where the middle between the printed eyes is, in mm from its own."""

    def __init__(self, face: NDArray[np.uint8], px_per_mm: float, eyes: Points, look: PrintLook) -> None:
        self.look = look
        self._texture = Texture(face, px_per_mm)
        self.size_mm = face.shape[1] / px_per_mm, face.shape[0] / px_per_mm
        self._eyes = eyes

    def sheet(self, flex: float) -> Sheet:
        """The sheet, bent more or less than at rest by a share."""
        return Sheet(*self.size_mm, self.look.bend * (1.0 + flex), self.look.axis_deg)

    def eyes_at(self, pose: HeadPose, flex: float) -> Points:
        """Where the middle between the printed eyes is, in mm before the camera."""
        return np.asarray(self.sheet(flex).points(self._eyes[None], pose)[0])

    def draw(
        self,
        picture: NDArray[np.uint8],
        pattern: Map | None,
        lens: Lens,
        pose: HeadPose,
        flex: float,
        lamp: Lamp,
        optics: Optics,
    ) -> None:
        """Put it into a picture and its raster into `pattern`, both in place."""
        sheet = self.sheet(flex)
        seen = sheet.look(lens, pose)
        if seen is None:
            return
        layer = self._texture.seen(seen)
        alpha = layer[..., 3].astype(np.float32) * np.float32(1 / 255)
        lit = light_up(layer, shading(sheet, lamp, pose, seen), glare(lamp, pose, seen, self.look.gloss_mm))
        blend(picture, lit, alpha, seen.left, seen.top)
        if pattern is not None:
            height, width = alpha.shape
            part = pattern[seen.top : seen.top + height, seen.left : seen.left + width]
            ink = 1.0 - lit.astype(np.float32) * np.float32(1 / 255)
            for channel, angle in enumerate(_SCREEN_ANGLES):
                lean = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
                for across in (lean, lean[::-1] * (1.0, -1.0)):
                    dots = stripes(seen, optics, self.look.dots_mm, across, self.look.dots, 0.0)
                    if dots is not None:
                        part[..., channel] *= 1.0 + dots * alpha * ink[..., channel]


def print_of(rng: Generator, portrait: Portrait, look: PrintLook) -> Print:
    """A portrait as it comes out of a printer, and out of the hands of who cuts it."""
    left, top, right, bottom = portrait.taken
    ink = _inked(rng, portrait.picture[top:bottom, left:right], look)
    alpha = np.full(ink.shape[:2], 255, np.uint8)
    if look.edge == "outline":
        alpha = portrait.pyramid[0][top:bottom, left:right, 3].copy()
    if look.holes:
        for hole in eye_holes(portrait):
            cv2.fillPoly(alpha, [np.round((hole - (left, top)) * 16).astype(np.int32)], (0,), cv2.LINE_AA, 4)
    px_per_mm = portrait.eyes_px / look.eyes_mm
    eyes = portrait.points[[*CORNERS[0], *CORNERS[1]], :2].mean(axis=0, dtype=np.float64)
    eyes = (eyes - (left, top) - np.array(ink.shape[1::-1]) / 2) / px_per_mm
    return Print(_with_margin(np.dstack([ink, alpha]), px_per_mm, look), px_per_mm, eyes, look)


def print_of_picture(rng: Generator, picture: Picture, width_mm: float, look: PrintLook) -> Print:
    """Any picture on a sheet."""
    ink = _inked(rng, picture, look)
    px_per_mm = picture.shape[1] / width_mm
    face = np.dstack([ink, np.full(ink.shape[:2], 255, np.uint8)])
    return Print(_with_margin(face, px_per_mm, look), px_per_mm, np.zeros(2), look)


def _with_margin(face: NDArray[np.uint8], px_per_mm: float, look: PrintLook) -> NDArray[np.uint8]:
    if look.edge != "sheet" or look.margin_mm <= 0.0:
        return face
    rim = round(look.margin_mm * px_per_mm)
    paper = [*(look.white * t for t in look.tint), 255.0]
    return np.asarray(cv2.copyMakeBorder(face, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=paper), dtype=np.uint8)


def eye_holes(portrait: Portrait) -> list[Points]:
    """The outlines of both eyes in the portrait's pixels, grown a little."""
    holes = []
    for corners, upper, lower in zip(CORNERS, UPPER, LOWER, strict=True):
        outline = portrait.points[[corners[0], *upper, corners[1], *reversed(lower)], :2].astype(np.float64)
        middle = outline.mean(axis=0)
        holes.append(middle + (outline - middle) * (_HOLE, _HOLE * 1.25))
    return holes


def _inked(rng: Generator, picture: Picture, look: PrintLook) -> NDArray[np.uint8]:
    """The portrait in ink on paper: less contrast, less colour, the printer's own grain."""
    colours = picture.astype(np.float32)
    grey = colours.mean(axis=2, keepdims=True)
    colours = grey + (colours - grey) * look.saturation
    colours = look.black + colours * ((look.white - look.black) / 255.0)
    colours += rng.normal(0.0, look.grain, picture.shape).astype(np.float32)
    return np.asarray(np.clip(colours * np.array(look.tint), 0, 255).astype(np.uint8))
