"""What is held before the camera in place of a face: prints, flat, bent or with holes for the eyes, and screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator

from edge.drivers.camera import Picture
from edge.rig.body import Body
from edge.rig.drawn import Cast, Draw, make_setting
from edge.rig.head import Head
from edge.rig.lens import Lens
from edge.rig.motion import Approach, Handheld, Living, Manner
from edge.rig.people import living, make_head
from edge.rig.portrait import EYES_MM
from edge.rig.printed import PrintLook, print_of, print_of_picture
from edge.rig.ranges import Ranges, draw
from edge.rig.screen import Screen, ScreenLook
from edge.rig.takes import LiveTake, PrintTake, ScreenTake, only

_STILL_SHARE, _STAND_SHARE, _SWING_SHARE = 0.35, 0.15, 0.4  # held still; on a stand; swung to look like a turning head
_FILLS_SHARE, _FILLS = 0.4, 1.25  # of the large screens fill the view; how much higher than it they are then
_NEAREST_MM = 120.0
_BEFORE_SHARE, _BEFORE_S = 0.15, 1.5  # of the screens that play a film are put up so long before anybody comes in it
_PASS_MM, _PASS_SHARE = 60.0, 0.6  # width of a pass; how much of the view's height whoever holds it up makes it fill
_OUTLINE_SHARE, _TRIMMED_SHARE, _HOLDER_SHARE = 0.25, 0.25, 0.5


def printed(cast: Cast, by: Draw) -> PrintTake:
    return _on_paper(cast, by, _look(by.ranges, by.rng))


def bent(cast: Cast, by: Draw) -> PrintTake:
    return _on_paper(cast, by, _curved(_look(by.ranges, by.rng), by.ranges, by.rng))


def cutout(cast: Cast, by: Draw) -> PrintTake:
    look = replace(_look(by.ranges, by.rng), holes=True)
    look = replace(look, eyes_mm=min(max(look.eyes_mm, 55.0), 70.0))  # it has to fit whoever looks through
    if by.rng.random() < 0.5:
        look = _curved(look, by.ranges, by.rng)
        look = replace(look, bend=abs(look.bend))
    return _on_paper(cast, by, look)


def screen(cast: Cast, by: Draw) -> ScreenTake:
    """The portrait itself on a screen, between dark bars where its shape is another."""
    device = int(by.rng.integers(len(by.ranges.devices)))
    left, top, right, bottom = cast.shown.taken
    picture = cast.shown.picture[top:bottom, left:right]
    height, width = picture.shape[:2]
    high = by.ranges.devices[device][2]
    beside, above = max(0, round((height / high - width) / 2)), max(0, round((width * high - height) / 2))
    bars = (above, above, beside, beside)
    whole = np.asarray(cv2.copyMakeBorder(picture, *bars, cv2.BORDER_CONSTANT, value=(0, 0, 0)), dtype=np.uint8)
    return _on_screen(cast, by, lambda _: whole, (whole.shape[1], whole.shape[0]), cast.shown.eyes_px, device)


def replay(cast: Cast, by: Draw) -> ScreenTake:
    ranges, rng = by.ranges, by.rng
    device = int(rng.integers(len(ranges.devices)))
    upright = ranges.devices[device][2] > 1.0
    width, height = ranges.size_px[::-1] if upright else ranges.size_px
    setting = make_setting(ranges, rng, width, height)
    # Filmed close up, or the face would be too small on the screen; and who comes nearer is the person or the screen.
    # A large screen may fill the gate's whole view: then there is no border to see, and nothing comes nearer but him.
    fills = not upright and bool(rng.random() < _FILLS_SHARE) and not by.firm
    closer = 0.8 if fills else 1.6
    close = replace(setting, lens=replace(setting.lens, focal_px=setting.lens.focal_px * closer))
    comes = fills or bool(rng.random() < 0.5)
    before = bool(rng.random() < _BEFORE_SHARE) and not by.firm
    manner = "entering" if before else "coming" if comes else "standing"
    filmed = living(cast.shown, setting, by, filmed=manner)
    filmed = LiveTake(close, filmed.head, filmed.body, filmed.living)
    eyes_px = close.lens.focal_px * EYES_MM * filmed.head.build.size / filmed.living.approach.stop_mm
    play = partial(only, filmed)
    return _on_screen(
        cast, by, play, (width, height), eyes_px, device, comes=not (comes or before), fills=fills, before=before
    )


def pass_held_up(picture: Picture, by: Draw) -> PrintTake:
    """A picture that shows no face (a pass with its code) on a sheet, held close to the camera."""
    setting = by.camera()
    look = PrintLook(white=245.0, black=15.0, saturation=1.0, gloss_mm=150.0)
    sheet = print_of_picture(by.rng, picture, _PASS_MM, look)
    stop_mm = setting.lens.focal_px * sheet.size_mm[1] / (_PASS_SHARE * setting.lens.height_px)
    held = Handheld(by.rng, by.approach(stop_mm, setting.lens, stands=True), 1.5, 3.0, 0.0, 0.0)
    return PrintTake(setting, sheet, held, None, None, (0.0, 0.0))


def _on_paper(cast: Cast, by: Draw, look: PrintLook) -> PrintTake:
    ranges, rng, setting = by.ranges, by.rng, by.camera()
    sheet = print_of(rng, cast.shown, look)
    stop_mm = by.stop_mm(setting.lens, look.eyes_mm)
    body = Body(rng, cast.holder) if rng.random() < _HOLDER_SHARE else None
    held = _held(by, stop_mm, setting.lens, draw(rng, ranges.flex) if look.bend else 0.0, raised=body is None)
    eyes = None
    if look.holes:
        head = make_head(cast.holder, ranges, rng)
        head = Head(cast.holder, replace(head.build, size=look.eyes_mm / EYES_MM))
        manner = Manner(sway_mm=0.0, yaw=0.6, pitch=0.5, roll=0.2, blinks_a_minute=draw(rng, ranges.blinks_a_minute))
        eyes = head, Living(rng, Approach(stop_mm, stop_mm, 0.0), manner, by.length_s, by.acts)
    aside = draw(rng, ranges.aside_mm) * 0.5, draw(rng, ranges.height_mm) * 0.5
    return PrintTake(setting, sheet, held, body, eyes, aside)


def _on_screen(
    cast: Cast,
    by: Draw,
    content: Callable[[float], Picture],
    shape: tuple[int, int],
    eyes_px: float,
    device: int,
    *,
    comes: bool = True,
    fills: bool = False,
    before: bool = False,
) -> ScreenTake:
    """`shape`: width and height of the content in pixels, `eyes_px`: of the face in it. `comes`: it is carried
    nearer. `fills`: it is so near that its edges are out of view. `before`: it is there before
    anybody comes in its film.
    """
    ranges, rng, setting = by.ranges, by.rng, by.camera()
    width, pitch, high = ranges.devices[device]
    width_mm = draw(rng, width)
    look = ScreenLook(
        width_mm=width_mm,
        height_mm=width_mm * high,
        pitch_mm=draw(rng, pitch),
        bezel_mm=draw(rng, ranges.bezel_mm),
        bezel=float(rng.uniform(5.0, 40.0)) if rng.random() < 0.8 else float(rng.uniform(150.0, 220.0)),
        black=draw(rng, ranges.screen_black),
        brightness=draw(rng, ranges.brightness),
        tint=(float(rng.uniform(0.92, 1.0)), 1.0, draw(rng, ranges.blue)),
        gamma=float(rng.uniform(0.9, 1.12)),
        saturation=draw(rng, ranges.vivid),
        dims=float(rng.uniform(0.2, 1.2)),
        pwm_hz=draw(rng, ranges.pwm_hz),
        pwm=draw(rng, ranges.pwm),
        gloss_mm=float(rng.uniform(6.0, 30.0)),
    )
    shown_px = min(shape[0], shape[1] / high)  # of the content's width that it shows
    eyes_mm = eyes_px * width_mm / shown_px
    stop_mm = by.stop_mm(setting.lens, eyes_mm)
    body = Body(rng, cast.holder) if rng.random() < _HOLDER_SHARE else None
    lens = setting.lens
    if fills:
        stop_mm = lens.focal_px * look.height_mm / (lens.height_px * _FILLS)
        held = Handheld(
            rng, by.approach(stop_mm, lens, stands=True), 0.3 * draw(rng, ranges.shake_deg), 2.0, 0.0, 0.0, by.tilts
        )
    else:
        held = _held(by, max(stop_mm, _NEAREST_MM), lens, 0.0, comes=comes, raised=body is None)
    if before:
        held.approach = replace(held.approach, enters_s=-_BEFORE_S)
    aside = draw(rng, ranges.aside_mm) * 0.3, draw(rng, ranges.height_mm) * 0.3
    return ScreenTake(setting, Screen(look), held, content, (0.0, 0.0) if fills else aside, body)


def _held(by: Draw, stop_mm: float, lens: Lens, flex: float, *, comes: bool = True, raised: bool = False) -> Handheld:
    ranges, rng = by.ranges, by.rng
    stands = not comes or (bool(rng.random() < _STILL_SHARE) and not by.firm)
    approach = by.approach(stop_mm, lens, stands=stands, raised=raised)
    if stands and rng.random() < _STAND_SHARE / _STILL_SHARE:
        return Handheld(rng, approach, 0.02, 0.05, 0.0, 0.0)  # on a stand: nobody tilts it
    swing = draw(rng, ranges.swing_deg) if rng.random() < _SWING_SHARE and not by.firm else 0.0
    return Handheld(rng, approach, draw(rng, ranges.shake_deg), draw(rng, ranges.shake_mm), swing, flex, by.tilts)


def _look(ranges: Ranges, rng: Generator) -> PrintLook:
    edge, margin = "sheet", draw(rng, ranges.margin_mm)
    chance = float(rng.random())
    if chance < _OUTLINE_SHARE:
        edge = "outline"
    elif chance < _OUTLINE_SHARE + _TRIMMED_SHARE:
        margin = 0.0
    warm = float(rng.uniform(0.94, 1.0))
    return PrintLook(
        eyes_mm=draw(rng, ranges.print_eyes_mm),
        black=draw(rng, ranges.black),
        white=draw(rng, ranges.white),
        tint=(1.0, 1.0, warm),
        saturation=draw(rng, ranges.ink),
        dots_mm=draw(rng, ranges.dots_mm),
        dots=float(rng.uniform(0.1, 0.5)),
        grain=draw(rng, ranges.grain),
        margin_mm=margin,
        edge=edge,
        gloss_mm=float(rng.uniform(25.0, 120.0)),
    )


def _curved(look: PrintLook, ranges: Ranges, rng: Generator) -> PrintLook:
    sign = 1.0 if rng.random() < 0.8 else -1.0
    return replace(look, bend=sign / draw(rng, ranges.bend_radius_mm), axis_deg=draw(rng, ranges.axis_deg))
