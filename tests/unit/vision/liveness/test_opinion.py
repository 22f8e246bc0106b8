"""A network that was added has a say, and only to keep the door shut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from vision_samples import MANIFEST

from edge.errors import DataError
from edge.events import Life
from edge.vision.faces import Face
from edge.vision.liveness.cue import Seen
from edge.vision.liveness.judge import fuse, gate_cues
from edge.vision.liveness.opinion import Critic, Opinion, cropped, open_critics
from edge.vision.liveness.view import EmptyView
from edge.vision.liveness_spec import LivenessSpec
from edge.vision.manifest import ModelEntry, load_manifest


class Says:
    """A network that gives these logits, and keeps what it was shown."""

    def __init__(self, *logits: float) -> None:
        self.logits = np.array([logits], np.float32)
        self.output_shapes = (self.logits.shape,)
        self.shown: list[NDArray[Any]] = []

    def run(self, pixels: NDArray[Any]) -> Sequence[NDArray[np.float32]]:
        self.shown.append(pixels)
        return [self.logits]


@pytest.fixture(scope="module")
def entry() -> ModelEntry:
    plain = load_manifest(MANIFEST).default("face-mesh")
    return replace(
        plain,
        id="judge",
        role="liveness",
        input_px=80,
        channel_order="BGR",
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        liveness=LivenessSpec(2.7, 1),
    )


def scored(cue: Opinion, face: Face, frames: int = 9) -> float | None:
    for number in range(frames):
        cue.observe(Seen(face, None, number / 15))
    return cue.score()


def test_its_probability_of_life_is_the_score(face: Face, entry: ModelEntry) -> None:
    lives, not_so = Says(0.0, 3.0, 0.0), Says(3.0, 0.0, 0.0)
    found = scored(Opinion([Critic(lives, entry)]), face)
    assert found == pytest.approx(np.exp(3) / (np.exp(3) + 2))
    assert (scored(Opinion([Critic(not_so, entry)]), face) or 0.0) < Opinion.passes
    both = scored(Opinion([Critic(lives, entry), Critic(not_so, entry)]), face)
    assert both == pytest.approx((np.exp(3) + 1) / 2 / (np.exp(3) + 2))
    assert scored(Opinion([Critic(lives, entry)]), face, frames=3) is None
    assert len(lives.shown) < 9  # not every frame
    assert lives.shown[0].shape == (1, 80, 80, 3)


def test_it_sees_blue_first_and_a_part_of_the_picture(face: Face, entry: ModelEntry) -> None:
    red = np.zeros_like(face.picture)
    red[..., 0] = 200
    network = Says(0.0, 1.0, 0.0)
    scored(Opinion([Critic(network, entry)]), replace(face, picture=red))
    assert network.shown[0][0, 40, 40].tolist() == [0, 0, 200]
    tight, wide = (cropped(face, times).shape for times in (1.0, 1.5))
    assert wide[0] > tight[0]
    assert cropped(face, 40.0).shape[0] <= face.picture.shape[0]
    aside = replace(face, points=face.points + np.float32([400.0, 0.0, 0.0]))
    assert min(cropped(aside, 2.7).shape[:2]) >= 2


def test_it_must_agree_where_it_was_added(entry: ModelEntry) -> None:
    critics = [Critic(Says(0.0, 3.0, 0.0), entry)]
    cues = gate_cues(EmptyView(), lambda: [Opinion(critics)])
    assert [cue.name for cue in cues] == ["geometry", "figure", "surface", "life", "network"]
    good = {cue.name: 1.0 for cue in cues}
    assert fuse(cues, good) is Life.LIVE
    assert fuse(cues, {**good, "network": 0.4}) is Life.DOUBT
    assert fuse(cues, {name: value for name, value in good.items() if name != "network"}) is Life.DOUBT


def test_nothing_is_added_by_default_and_another_model_is_no_judge(entry: ModelEntry) -> None:
    assert open_critics(load_manifest(MANIFEST)) == ()
    with pytest.raises(DataError, match="says nothing about life"):
        Critic(Says(1.0), entry)
    with pytest.raises(DataError, match="says nothing about life"):
        Critic(Says(0.0, 0.0, 0.0), replace(entry, liveness=None))
