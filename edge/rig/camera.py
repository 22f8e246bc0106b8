"""The simulated camera of a gate: people who walk up, and prints, screens and passes that are held before it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

import numpy as np

from edge.drivers.camera import Frame, Picture
from edge.errors import DataError, HardwareError
from edge.events import Gesture
from edge.rig.attack import pass_held_up
from edge.rig.drawn import Cast, Draw, make_setting
from edge.rig.hearing import Hearing
from edge.rig.motion import Act
from edge.rig.portrait import Fit, Portrait, make_portrait
from edge.rig.ranges import TUNING
from edge.rig.scenes import make_take
from edge.rig.takes import ScreenTake, Setting, Take, frame
from edge.rig.visitors import Visitor, read_visitors

_BESIDE_MM = 900.0  # comes from there, beside the picture
_REACTS_S = 0.35  # from the end of a sentence to the beginning of what it asks for
_ANSWER_S = 2.0  # a sentence that is said again in two languages is answered once


@dataclass(slots=True)
class _Guest:
    """A visitor, and how it looks once that was worked out. `moves`: shared with its take, which shows them."""

    visitor: Visitor
    picture: Picture
    number: int
    moves: list[Act]
    take: Take | None = None
    heard_s: dict[Gesture, float] = field(default_factory=dict)


class VisitorsCamera:
    """Frames of `width_px` × `height_px` at `rate_fps`; each frame's `name` is the picture of whoever is in view,
    empty for nobody. `decode` reads one picture file, `open_fit` loads the networks that find the face in it; a script,
    file or portrait that cannot be used makes `open` fail. `hears`: the simulated loudspeaker's `spoken.jsonl`.
    `infrared`: a camera beside the gate's with a lamp of its own, which sees no colours, and no picture on a screen.
    """

    def __init__(
        self,
        script: Path,
        decode: Callable[[Path], Picture],
        open_fit: Callable[[], Fit],
        *,
        hears: Path | None = None,
        infrared: bool = False,
        width_px: int = 640,
        height_px: int = 480,
        rate_fps: float = 12.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script, self._decode, self._open_fit = script, decode, open_fit
        self._hearing = Hearing(hears) if hears else None
        self._infrared = infrared
        self._size = (width_px, height_px)
        self._rate_fps = rate_fps
        self._monotonic = monotonic
        self._guests: list[_Guest] = []
        self._portraits: dict[str, Portrait] = {}
        self._setting: Setting | None = None
        self._fit: Fit | None = None
        self._began_s = self._next_at_s = 0.0
        self._number = 0
        self._pause = Flag()

    def open(self) -> None:
        try:
            visitors = read_visitors(self._script)
            self._fit = self._open_fit()
            pictures = {name: self._decode(self._script.parent / name) for name in {v.picture for v in visitors}}
            for name in {visitor.picture for visitor in visitors if visitor.kind != "pass"}:
                self._look(name, pictures[name])
        except DataError as error:
            raise HardwareError(error.message, hint=error.hint) from error
        self._guests = [
            _Guest(
                visitor, pictures[visitor.picture], number, [Act(move.at_s, move.gesture) for move in visitor.gestures]
            )
            for number, visitor in enumerate(visitors)
        ]
        self._setting = make_setting(TUNING, np.random.default_rng(0), *self._size)
        if self._hearing:
            self._hearing.skip()
        self._began_s = self._next_at_s = self._monotonic()

    def _look(self, name: str, picture: Picture) -> None:
        """Find the face, so that a picture without one is known of at once; the head itself is made later."""
        assert self._fit is not None
        try:
            self._fit(picture)
        except DataError as error:
            raise DataError(f"{self._script.parent / name}: {error.message}", hint=error.hint) from error

    def read(self, timeout_s: float) -> Frame | None:
        if self._setting is None:
            raise HardwareError("the camera is not open", hint="open() comes first")
        self._prepare_one()
        wait_s = self._next_at_s - self._monotonic()
        if wait_s > timeout_s:
            self._pause.wait(timeout_s)
            return None
        if wait_s > 0:
            self._pause.wait(wait_s)
        now_s = self._monotonic()
        self._next_at_s = max(self._next_at_s + 1 / self._rate_fps, now_s - 1.0)
        name, picture = self.scene_at(now_s - self._began_s)
        shot = Frame(picture, now_s, self._number, name)
        self._number += 1
        return shot

    def scene_at(self, at_s: float) -> tuple[str, Picture]:
        """Who is in view so long after the camera was opened, and the frame."""
        assert self._setting is not None
        self._listen(at_s)
        there = [guest for guest in self._guests if guest.visitor.begins_s <= at_s < guest.visitor.ends_s]
        takes = [(self._take(guest), at_s - guest.visitor.begins_s) for guest in there]
        takes.sort(key=lambda one: -one[0].pose(one[1]).z_mm)
        picture = frame(self._setting, [take for take, _ in takes], [since_s for _, since_s in takes], at_s)
        if self._infrared:
            picture = np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        return there[-1].visitor.picture if there else "", picture

    def close(self) -> None:
        self._pause.set()
        self._fit = None

    def _listen(self, at_s: float) -> None:
        """Whoever is alive, there, and meant to answer, does what was asked for."""
        for ends_s, gesture in self._hearing.asked() if self._hearing else ():
            begins_s = ends_s - self._began_s + _REACTS_S
            for guest in self._guests:
                visitor = guest.visitor
                there = visitor.begins_s <= at_s < visitor.ends_s
                if visitor.answers and there and begins_s - guest.heard_s.get(gesture, -_ANSWER_S) >= _ANSWER_S:
                    guest.heard_s[gesture] = begins_s
                    guest.moves.append(Act(begins_s - visitor.begins_s, gesture))

    def _prepare_one(self) -> None:
        """Work out one more visitor ahead of time: it takes a part of a second, which is short enough for one read."""
        waiting = next((guest for guest in self._guests if guest.take is None), None)
        if waiting is not None:
            self._take(waiting)

    def _take(self, guest: _Guest) -> Take:
        if guest.take is None:
            guest.take = self._make(guest)
        return guest.take

    def _make(self, guest: _Guest) -> Take:
        assert self._setting is not None
        rng = np.random.default_rng([1, guest.number])
        side = _BESIDE_MM if guest.number % 2 else -_BESIDE_MM
        leaves_s = guest.visitor.stays_s - 0.8
        by = Draw(TUNING, rng, leaves_s, self._setting, side, guest.moves, firm=True)
        if guest.visitor.kind == "pass":
            return pass_held_up(guest.picture, by)
        cast = Cast(self._portrait(guest), self._portrait(self._holder_for(guest)))
        take = make_take(guest.visitor.kind, cast, by)
        return take.in_infrared() if self._infrared and isinstance(take, ScreenTake) else take

    def _holder_for(self, guest: _Guest) -> _Guest:
        """Somebody else of the script, where there is anybody."""
        others = (one for one in self._guests if one.visitor.kind != "pass")
        return next((one for one in others if one.visitor.picture != guest.visitor.picture), guest)

    def _portrait(self, guest: _Guest) -> Portrait:
        name = guest.visitor.picture
        if name not in self._portraits:
            assert self._fit is not None
            try:
                self._portraits[name] = make_portrait(name, guest.picture, self._fit)
            except DataError as error:
                raise HardwareError(f"{self._script.parent / name}: {error.message}", hint=error.hint) from error
        return self._portraits[name]
