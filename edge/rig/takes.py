"""One presentation, frame by frame: what stands or is held before one camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np

from edge.drivers.camera import Picture
from edge.rig.body import Body
from edge.rig.head import Head, HeadPose
from edge.rig.imaging import Imaging
from edge.rig.lens import Lens
from edge.rig.motion import Handheld, Living
from edge.rig.printed import Print
from edge.rig.raster import Map
from edge.rig.screen import Screen
from edge.rig.surface import Lamp, Optics

_LOOK_BACK_S = 0.02  # over which the speed of what is shown is taken, for the smear
_HELD_OUT_MM = 280.0  # whoever holds something stands so far behind it
_BEHIND_HOLES_MM = 12.0
_GLASS = 12  # grey level of a screen that shows nothing


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A camera at its place."""

    lens: Lens
    backdrop: Picture
    imaging: Imaging
    optics: Optics
    lamp: Lamp

    def told(self) -> dict[str, Any]:
        """What was drawn for it."""
        return {"focal_px": self.lens.focal_px, "sensor": asdict(self.imaging.sensor), "optics": asdict(self.optics)}


class Take(Protocol):
    """A presentation before a setting's camera."""

    setting: Setting

    @property
    def enters_s(self) -> float:
        """When it begins to come into view; before, the view is empty. 0, or less for what is put up beforehand."""
        ...

    def pose(self, at_s: float) -> HeadPose:
        """Where what is shown is, so long after its beginning."""
        ...

    def draw(self, scene: Picture, pattern: Map, at_s: float, /) -> None:
        """Put it into a scene, and what it has of detail finer than the pixels, as a gain, into a pattern."""
        ...

    def told(self) -> dict[str, Any]:
        """What was drawn by chance for it."""
        ...


def frame(setting: Setting, takes: Sequence[Take], at_s: Sequence[float], clock_s: float) -> Picture:
    """What the camera sees at `clock_s`: the takes, the furthest first, each so long after its own beginning."""
    lens = setting.lens
    scene = setting.backdrop.copy()
    pattern = np.ones((lens.height_px, lens.width_px, 3), np.float32)
    for take, since_s in zip(takes, at_s, strict=True):
        take.draw(scene, pattern, since_s)
    speed = (0.0, 0.0)
    if takes:
        places = [takes[-1].pose(at_s[-1] - back_s) for back_s in (_LOOK_BACK_S, 0.0)]
        points = np.array([(pose.x_mm, pose.y_mm, pose.z_mm) for pose in places])
        moved = np.diff(lens.project(points), axis=0)[0] / _LOOK_BACK_S
        speed = float(moved[0]), float(moved[1])
    return setting.imaging.take(scene, clock_s, speed, setting.backdrop, None if (pattern == 1.0).all() else pattern)


def only(take: Take, at_s: float) -> Picture:
    """What the camera sees of one take alone; before it begins, the empty view."""
    return frame(take.setting, [take] if at_s >= take.enters_s else [], [at_s][: at_s >= take.enters_s], at_s)


class LiveTake:
    """Somebody alive."""

    def __init__(self, setting: Setting, head: Head, body: Body, living: Living) -> None:
        self.setting, self.head, self.body, self.living = setting, head, body, living

    @property
    def enters_s(self) -> float:
        return self.living.approach.enters_s

    def pose(self, at_s: float) -> HeadPose:
        return self.living.at(at_s)

    def told(self) -> dict[str, Any]:
        living = self.living
        return {**self.setting.told(), "approach": asdict(living.approach), "manner": asdict(living.manner)}

    def draw(self, scene: Picture, _: Map, at_s: float) -> None:
        pose = self.living.at(at_s)
        self.body.draw(scene, self.setting.lens, pose.x_mm, pose.y_mm, pose.z_mm)
        self.head.draw(scene, self.setting.lens, pose)


class PrintTake:
    """A print in somebody's hands. `eyes`: the head that looks through its holes. `aside`: where it is held, in mm."""

    def __init__(
        self,
        setting: Setting,
        sheet: Print,
        held: Handheld,
        body: Body | None,
        eyes: tuple[Head, Living] | None,
        aside: tuple[float, float],
    ) -> None:
        self.setting, self.sheet, self._held, self._body, self._eyes, self._aside = (
            setting,
            sheet,
            held,
            body,
            eyes,
            aside,
        )

    @property
    def enters_s(self) -> float:
        return self._held.approach.enters_s

    def pose(self, at_s: float) -> HeadPose:
        return self._held.at(at_s)[0].shifted(*self._aside, 0.0)

    def told(self) -> dict[str, Any]:
        held = {"approach": asdict(self._held.approach), "holder_seen": self._body is not None}
        return {**self.setting.told(), **held, "print": asdict(self.sheet.look)}

    def draw(self, scene: Picture, pattern: Map, at_s: float) -> None:
        pose, flex = self.pose(at_s), self._held.at(at_s)[1]
        lens = self.setting.lens
        if self._body is not None:
            _draw_holder(self._body, scene, lens, pose)
        if self._eyes is not None:
            head, living = self._eyes
            own = living.at(at_s)
            turned = replace(own, yaw=pose.yaw + own.yaw, pitch=pose.pitch + own.pitch, roll=pose.roll + own.roll)
            behind = self.sheet.eyes_at(pose, flex) + np.array([0.0, 0.0, _BEHIND_HOLES_MM])
            head.draw(scene, lens, head.with_eyes_at(turned, behind))
        self.sheet.draw(scene, pattern, lens, pose, flex, self.setting.lamp, self.setting.optics)


class ScreenTake:
    """A screen in somebody's hands, that shows `content` of each moment."""

    def __init__(
        self,
        setting: Setting,
        screen: Screen,
        held: Handheld,
        content: Callable[[float], Picture],
        aside: tuple[float, float],
        body: Body | None,
    ) -> None:
        self.setting, self.screen, self._held, self._content = setting, screen, held, content
        self._aside, self._body = aside, body

    @property
    def enters_s(self) -> float:
        return self._held.approach.enters_s

    def pose(self, at_s: float) -> HeadPose:
        return self._held.at(at_s)[0].shifted(*self._aside, 0.0)

    def in_infrared(self) -> ScreenTake:
        """The same, as a camera sees it that sees no visible light: what it shows is dark."""

        def dark(at_s: float) -> Picture:
            return np.full_like(self._content(at_s), _GLASS)

        return ScreenTake(self.setting, self.screen, self._held, dark, self._aside, self._body)

    def told(self) -> dict[str, Any]:
        return {**self.setting.told(), "approach": asdict(self._held.approach), "screen": asdict(self.screen.look)}

    def draw(self, scene: Picture, pattern: Map, at_s: float) -> None:
        setting, pose = self.setting, self.pose(at_s)
        if self._body is not None:
            _draw_holder(self._body, scene, setting.lens, pose)
        self.screen.draw(scene, pattern, setting.lens, pose, self._content(at_s), setting.lamp, setting.optics)
        sensor = setting.imaging.sensor
        bands = self.screen.bands(setting.lens.height_px, sensor.row_s, sensor.exposure_s, at_s)
        part = self.screen.covers(setting.lens, pose)
        if bands is not None and part is not None:
            pattern[part] *= bands[part[0]]


def _draw_holder(body: Body, scene: Picture, lens: Lens, pose: HeadPose) -> None:
    """Whoever holds something stands behind it, hidden down to the shoulders."""
    further = (pose.z_mm + _HELD_OUT_MM) / pose.z_mm
    body.draw(scene, lens, pose.x_mm * further, pose.y_mm * further, pose.z_mm + _HELD_OUT_MM)
