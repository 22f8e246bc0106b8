"""What chance decides of a presentation: from which ranges, before which camera, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from numpy.random import Generator

from edge.rig.backdrop import make_backdrop
from edge.rig.imaging import Imaging, Sensor
from edge.rig.lens import Lens
from edge.rig.motion import Act, Approach
from edge.rig.portrait import Portrait
from edge.rig.ranges import Ranges, draw
from edge.rig.surface import Lamp, Optics
from edge.rig.takes import Setting

_HALF_MM = 300.0  # half of the widest that comes in: a body, or a monitor
_RAISED_SHARE = 0.5  # of what is held up without its holder in view


@dataclass(frozen=True, slots=True)
class Cast:
    """Whose face is shown, and who holds it (or looks through it)."""

    shown: Portrait
    holder: Portrait


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What chance decides with. `length_s`: for how long there is to be something to see. `setting`: a camera that is
    there already, or none. `beside_mm`: see `Approach`; at 0 it is drawn how things come into view. `acts`: what
    somebody alive does, also in a film or behind the holes of a print; `tilts`: what hands do with a sheet or a screen.
    `firm`: comes as most do, and neither only steps in nor swings what he holds.
    """

    ranges: Ranges
    rng: Generator
    length_s: float
    setting: Setting | None = None
    beside_mm: float = 0.0
    acts: Sequence[Act] = ()
    tilts: Sequence[Act] = ()
    firm: bool = False

    def camera(self) -> Setting:
        return self.setting or make_setting(self.ranges, self.rng, *self.ranges.size_px)

    def stop_mm(self, lens: Lens, eyes_mm: float) -> float:
        """How far away somebody stops, or something is held, whose eyes are so far apart."""
        return lens.focal_px / lens.zoom * eyes_mm / draw(self.rng, self.ranges.stop_eyes_px)

    def approach(self, stop_mm: float, lens: Lens, *, stands: bool, raised: bool = False) -> Approach:
        """How somebody or something comes into view and nearer: nothing that a fixed camera sees is suddenly there.
        `raised`: it may also be lifted into view from below.
        """
        rng, ranges = self.rng, self.ranges
        far, rate = draw(rng, ranges.far), draw(rng, ranges.rate)
        speed_mm_s = 0.0 if stands else rate * stop_mm
        if self.beside_mm:
            return Approach(far * stop_mm, stop_mm, speed_mm_s, self.beside_mm, self.length_s)
        first_mm = stop_mm if stands else far * stop_mm
        beside_mm = first_mm * lens.width_px / (2 * lens.focal_px) + _HALF_MM
        pace_mm_s, side = draw(rng, ranges.enters_mm_s), 1.0 if rng.random() < 0.5 else -1.0
        if raised and rng.random() < _RAISED_SHARE:
            below_mm = first_mm * lens.height_px / (2 * lens.focal_px) + _HALF_MM
            return Approach(far * stop_mm, stop_mm, speed_mm_s, beside_s=below_mm / pace_mm_s, raised_mm=below_mm)
        return Approach(far * stop_mm, stop_mm, speed_mm_s, side * beside_mm, beside_s=beside_mm / pace_mm_s)


def make_setting(ranges: Ranges, rng: Generator, width: int, height: int) -> Setting:
    """A camera at its place and in its light."""
    backdrop = make_backdrop(rng, width, height)
    lens = Lens(width, height)
    lens = replace(lens, focal_px=draw(rng, ranges.focal_px) * lens.zoom)
    red, blue = draw(rng, ranges.balance), draw(rng, ranges.balance)
    sensor = Sensor(
        blur_px=draw(rng, ranges.blur_px),
        exposure_s=draw(rng, ranges.exposure_s),
        gain=draw(rng, ranges.gain),
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
    place = (float(side[0]), float(side[1]), float(side[2]))
    lamp = Lamp(place, 150.0, draw(rng, ranges.lamp), 2 * draw(rng, ranges.relief))
    return Setting(
        lens,
        backdrop,
        Imaging(sensor, rng, width, height),
        Optics(draw(rng, ranges.spread_px), draw(rng, ranges.aperture_px)),
        lamp,
    )
