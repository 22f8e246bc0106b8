"""A second camera must see a face at the matching place, now; without its pictures nobody passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.drivers.camera import Frame, Picture
from edge.events import Life
from edge.runtime.mailbox import LatestSlot
from edge.vision.faces import Face
from edge.vision.geometry import Box
from edge.vision.liveness.cue import Seen
from edge.vision.liveness.judge import fuse, gate_cues
from edge.vision.liveness.second import Second, SecondCamera
from edge.vision.liveness.view import EmptyView


def elsewhere(face: Face, right: float = 0.0, larger: float = 1.0) -> Face:
    """The face so much further right, in widths of the picture, and larger."""
    box, wide = face.box, face.picture.shape[1]
    moved = Box(box.left + right * wide, box.top, box.right + right * wide, box.bottom)
    return replace(face, box=moved, eye_px=face.eye_px * larger)


class Rig:
    """A cue before a second camera that shows what it is told to, `late_s` after the first."""

    def __init__(self, *, infrared: bool = False) -> None:
        self.slot: LatestSlot[Frame] = LatestSlot()
        self.faces: list[Face] = []
        self.looked = 0
        self.cue = Second(SecondCamera(self.slot.get, infrared=infrared), self.find)

    def find(self, picture: Picture) -> list[Face]:
        self.looked += 1
        return [replace(one, picture=picture) if picture.any() else one for one in self.faces]

    def show(self, face: Face, frames: int = 9, begun_s: float = 0.0, late_s: float = 0.0) -> float | None:
        for number in range(frames):
            now_s = begun_s + number / 15
            if late_s < 9.0:
                self.slot.put(Frame(np.zeros_like(face.picture), now_s - late_s, number, ""))
            self.cue.observe(Seen(face, None, now_s))
        return self.cue.score()


@pytest.mark.parametrize(
    ("right", "larger", "agrees"), [(0.0, 1.0, True), (0.1, 1.3, True), (0.3, 1.0, False), (0.0, 2.5, False)]
)
def test_the_face_must_be_at_the_matching_place(face: Face, right: float, larger: float, agrees: bool) -> None:
    rig = Rig()
    rig.faces = [elsewhere(face, right, larger)]
    found = rig.show(face)
    assert found is not None
    assert (found >= Second.passes) is agrees
    assert 2 <= rig.looked < 9  # each look takes as long as a frame


def test_nobody_there_or_no_fresh_picture_is_no_agreement(face: Face) -> None:
    rig = Rig()
    assert rig.show(face) == 0.0
    for late_s in (0.8, -0.8, 9.0):  # hanging, of another clock, gone
        gone = Rig()
        gone.faces = [face]
        assert gone.show(face, late_s=late_s) is None
    rig.faces = [face]
    assert (rig.show(face, frames=30, begun_s=10.0) or 0.0) >= Second.passes
    assert rig.show(face, frames=30, begun_s=12.0, late_s=9.0) is None  # what it said has grown old


@pytest.mark.parametrize(("level", "contrast", "agrees"), [(110, 30.0, True), (8, 2.0, False), (110, 2.0, False)])
def test_in_infrared_a_face_that_is_dark_or_flat_is_none(face: Face, level: int, contrast: float, agrees: bool) -> None:
    grain = np.random.default_rng(4).normal(level, contrast, face.picture.shape[:2])
    rig = Rig(infrared=True)
    rig.faces = [replace(face, picture=np.repeat(np.clip(grain, 0, 255).astype(np.uint8)[..., None], 3, axis=2))]
    found = rig.show(face)
    assert found is not None
    assert (found >= Second.passes) is agrees


def test_without_it_all_the_others_are_not_enough(face: Face) -> None:
    rig = Rig()
    cues = gate_cues(EmptyView(), lambda: [rig.cue])
    good = {cue.name: 1.0 for cue in cues}
    assert fuse(cues, good) is Life.LIVE
    assert fuse(cues, {name: value for name, value in good.items() if name != "second"}) is Life.DOUBT
    assert rig.show(face) == 0.0
