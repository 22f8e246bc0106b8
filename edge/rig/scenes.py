"""Presentations drawn from ranges: somebody who comes to the gate alive, or holds something before its camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from edge.rig.backdrop import make_backdrop
from edge.rig.body import Body
from edge.rig.head import Build, Head
from edge.rig.imaging import Imaging, Sensor
from edge.rig.lens import Lens
from edge.rig.motion import Approach, Handheld, Living, Manner
from edge.rig.portrait import EYES_MM, Portrait
from edge.rig.printed import Print, PrintLook
from edge.rig.ranges import Ranges, draw
from edge.rig.screen import Screen, ScreenLook
from edge.rig.surface import Lamp, Optics
from edge.rig.takes import LiveTake, PrintTake, ScreenTake, Setting, Take

KINDS = ("live", "print", "bent", "cutout", "screen", "replay")
ATTACKS = KINDS[1:]
_STILL_SHARE, _HARDLY_SHARE, _TALKS_SHARE = 0.35, 0.25, 0.2  # of the living: stand; hardly move; speak
_STAND_SHARE, _SWING_SHARE = 0.15, 0.4  # of what is held: on a stand; swung to look like a turning head
_EXPOSED = 125.0  # grey level that a camera strives for in the mean of what it sees
_OUTLINE_SHARE, _TRIMMED_SHARE, _HOLDER_SHARE = 0.25, 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Cast:
    """Whose face is shown, and who holds it (or looks through it)."""

    shown: Portrait
    holder: Portrait


def make_take(kind: str, cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> Take:
    """One presentation of a kind of `KINDS`. The same generator gives the same."""
    return _MAKERS[kind](cast, ranges, rng, length_s, fps)


def make_setting(ranges: Ranges, rng: Generator, width: int = 640, height: int = 480) -> Setting:
    """A camera at its place and in its light."""
    backdrop = make_backdrop(rng, width, height)
    lens = Lens(width, height, draw(rng, ranges.focal_px) * max(width, height) / 640.0)
    red, blue = draw(rng, ranges.balance), draw(rng, ranges.balance)
    sensor = Sensor(
        blur_px=draw(rng, ranges.blur_px),
        exposure_s=draw(rng, ranges.exposure_s),
        gain=draw(rng, ranges.gain) * (_EXPOSED / max(float(backdrop.mean()), 30.0)) ** 0.5,  # it adapts in part
        balance=(red, 1.0, blue),
        gamma=draw(rng, ranges.gamma),
        read_noise=draw(rng, ranges.read_noise),
        shot_noise=draw(rng, ranges.shot_noise),
        denoise=draw(rng, ranges.denoise_px),
        jpeg=round(draw(rng, ranges.jpeg)),
        flicker=draw(rng, ranges.flicker),
        row_s=draw(rng, ranges.row_s),
    )
    side = rng.uniform(-1200.0, 1200.0), rng.uniform(-2200.0, -400.0), rng.uniform(-1200.0, 500.0)
    lamp = Lamp((float(side[0]), float(side[1]), float(side[2])), 150.0, draw(rng, ranges.lamp), 2 * draw(rng, ranges.relief))
    return Setting(
        lens,
        backdrop,
        Imaging(sensor, rng, width, height),
        Optics(draw(rng, ranges.spread_px), draw(rng, ranges.aperture_px)),
        lamp,
    )


def make_head(portrait: Portrait, ranges: Ranges, rng: Generator) -> Head:
    """Somebody in the flesh."""
    light = rng.normal(0, 1, 3) * (1.0, 0.6, 0.3) + (0.0, -0.7, -0.8)
    light /= np.linalg.norm(light)
    build = Build(
        draw(rng, ranges.size),
        draw(rng, ranges.depth),
        (float(light[0]), float(light[1]), float(light[2])),
        draw(rng, ranges.relief),
    )
    return Head(portrait, build)


def make_manner(ranges: Ranges, rng: Generator, *, hardly: bool) -> Manner:
    """How somebody holds himself; `hardly`: moves as little as people can."""
    calm = 0.25 if hardly else 1.0
    at = draw(rng, ranges.at_deg), 0.5 * draw(rng, ranges.at_deg)
    come_from = (draw(rng, ranges.from_yaw_deg), draw(rng, ranges.from_pitch_deg))
    return Manner(
        x_mm=draw(rng, ranges.aside_mm),
        y_mm=draw(rng, ranges.height_mm),
        sway_mm=calm * draw(rng, ranges.sway_mm),
        yaw=calm * draw(rng, ranges.yaw_deg),
        pitch=calm * draw(rng, ranges.pitch_deg),
        roll=calm * draw(rng, ranges.roll_deg),
        looks_from=at if hardly else come_from,
        looks_at=at,
        turns_s=float(rng.uniform(0.1, 0.8)),
        within_s=float(rng.uniform(0.3, 0.8)),
        bob_mm=draw(rng, ranges.bob_mm),
        blinks_a_minute=draw(rng, ranges.blinks_a_minute),
        talks=float(rng.uniform(0.05, 0.12)) if rng.random() < _TALKS_SHARE else 0.0,
    )


def _approach(ranges: Ranges, rng: Generator, stop_mm: float, *, stands: bool) -> Approach:
    far, rate = draw(rng, ranges.far), draw(rng, ranges.rate)
    return Approach(far * stop_mm, stop_mm, 0.0 if stands else rate * stop_mm)


def _live(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> LiveTake:
    return _living(cast.shown, make_setting(ranges, rng), ranges, rng, length_s)


def _living(
    portrait: Portrait, setting: Setting, ranges: Ranges, rng: Generator, length_s: float, *, filmed: str = ""
) -> LiveTake:
    """`filmed`: "coming" or "standing" before a camera that is pointed at the face, empty for a gate's."""
    head = make_head(portrait, ranges, rng)
    hardly = bool(rng.random() < _HARDLY_SHARE)
    stands = filmed == "standing" or hardly or bool(rng.random() < _STILL_SHARE)
    stop_mm = setting.lens.focal_px * EYES_MM * head.build.size / draw(rng, ranges.stop_eyes_px)
    manner = make_manner(ranges, rng, hardly=hardly)
    if filmed:
        manner = replace(manner, x_mm=0.15 * manner.x_mm, y_mm=0.15 * manner.y_mm)
    living = Living(rng, _approach(ranges, rng, stop_mm, stands=stands), manner, length_s)
    body = Body(rng, portrait, head.build.size)
    return LiveTake(setting, head, body, living)


def _printed(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, look: PrintLook) -> PrintTake:
    setting = make_setting(ranges, rng)
    sheet = Print(rng, cast.shown, look)
    stop_mm = setting.lens.focal_px * look.eyes_mm / draw(rng, ranges.stop_eyes_px)
    held = _held(ranges, rng, stop_mm, draw(rng, ranges.flex) if look.bend else 0.0)
    body = Body(rng, cast.holder) if rng.random() < _HOLDER_SHARE else None
    eyes = None
    if look.holes:
        head = make_head(cast.holder, ranges, rng)
        head = Head(cast.holder, replace(head.build, size=look.eyes_mm / EYES_MM))
        manner = Manner(sway_mm=0.0, yaw=0.6, pitch=0.5, roll=0.2, blinks_a_minute=draw(rng, ranges.blinks_a_minute))
        eyes = head, Living(rng, Approach(stop_mm, stop_mm, 0.0), manner, length_s)
    aside = draw(rng, ranges.aside_mm) * 0.5, draw(rng, ranges.height_mm) * 0.5
    return PrintTake(setting, sheet, held, body, eyes, aside)


def _held(ranges: Ranges, rng: Generator, stop_mm: float, flex: float, *, comes: bool = True) -> Handheld:
    stands = not comes or bool(rng.random() < _STILL_SHARE)
    approach = _approach(ranges, rng, stop_mm, stands=stands)
    if stands and rng.random() < _STAND_SHARE / _STILL_SHARE:
        return Handheld(rng, approach, 0.02, 0.05, 0.0, 0.0)
    swing = draw(rng, ranges.swing_deg) if rng.random() < _SWING_SHARE else 0.0
    return Handheld(rng, approach, draw(rng, ranges.shake_deg), draw(rng, ranges.shake_mm), swing, flex)


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


def _print(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> PrintTake:
    return _printed(cast, ranges, rng, length_s, _look(ranges, rng))


def _bent(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> PrintTake:
    return _printed(cast, ranges, rng, length_s, _curved(_look(ranges, rng), ranges, rng))


def _curved(look: PrintLook, ranges: Ranges, rng: Generator) -> PrintLook:
    sign = 1.0 if rng.random() < 0.8 else -1.0
    return replace(look, bend=sign / draw(rng, ranges.bend_radius_mm), axis_deg=draw(rng, ranges.axis_deg))


def _cutout(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> PrintTake:
    look = replace(_look(ranges, rng), holes=True)
    look = replace(look, eyes_mm=min(max(look.eyes_mm, 55.0), 70.0))  # it has to fit whoever looks through
    if rng.random() < 0.5:
        look = _curved(look, ranges, rng)
        look = replace(look, bend=abs(look.bend))
    return _printed(cast, ranges, rng, length_s, look)


def _screened(
    ranges: Ranges,
    rng: Generator,
    content: Callable[[float], np.ndarray],  # type: ignore[type-arg]
    shape: tuple[int, int],
    eyes_px: float,
    device: int,
    *,
    comes: bool = True,
) -> ScreenTake:
    """`shape`: width and height of the content in pixels, `eyes_px`: of the face in it. `comes`: it is carried
    nearer.
    """
    setting = make_setting(ranges, rng)
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
    shown_px = shape[0] if shape[0] < shape[1] / high else shape[1] / high  # of the content's width that it shows
    eyes_mm = eyes_px * width_mm / shown_px
    stop_mm = setting.lens.focal_px * eyes_mm / draw(rng, ranges.stop_eyes_px)
    held = _held(ranges, rng, max(stop_mm, 120.0), 0.0, comes=comes)
    aside = draw(rng, ranges.aside_mm) * 0.3, draw(rng, ranges.height_mm) * 0.3
    return ScreenTake(setting, Screen(look), held, content, aside)


def _screen(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> ScreenTake:
    device = int(rng.integers(len(ranges.devices)))
    left, top, right, bottom = cast.shown.taken
    middle = cast.shown.points[:, 0].mean()
    half = int(min(middle - left, right - middle))
    picture = np.ascontiguousarray(cast.shown.picture[top:bottom, int(middle) - half : int(middle) + half])
    shape = picture.shape[1], picture.shape[0]
    return _screened(ranges, rng, lambda _: picture, shape, cast.shown.eyes_px, device)


def _replay(cast: Cast, ranges: Ranges, rng: Generator, length_s: float, fps: float) -> ScreenTake:
    device = int(rng.integers(len(ranges.devices)))
    upright = ranges.devices[device][2] > 1.0
    width, height = (480, 640) if upright else (640, 480)
    setting = make_setting(ranges, rng, width, height)
    # Filmed close up, or the face would be too small on the screen; and who comes nearer is the person or the screen.
    close = replace(setting, lens=replace(setting.lens, focal_px=setting.lens.focal_px * 1.6))
    comes = bool(rng.random() < 0.5)
    recorded = _living(cast.shown, setting, ranges, rng, length_s, filmed="coming" if comes else "standing")
    recorded = LiveTake(close, recorded.head, recorded.body, recorded.living)
    eyes_px = close.lens.focal_px * EYES_MM * recorded.head.build.size / recorded.living.approach.stop_mm
    return _screened(ranges, rng, recorded.frame, (width, height), eyes_px, device, comes=not comes)


_MAKERS: dict[str, Callable[[Cast, Ranges, Generator, float, float], Take]] = {
    "live": _live,
    "print": _print,
    "bent": _bent,
    "cutout": _cutout,
    "screen": _screen,
    "replay": _replay,
}
