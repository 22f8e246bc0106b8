"""From rendered pictures through the shipped networks to the verdict: a few; rates are measured elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from vision_samples import MANIFEST, PORTRAITS

from edge.events import Life
from edge.rig.attack import printed, screen
from edge.rig.drawn import Cast, Draw
from edge.rig.people import living
from edge.rig.portrait import load_portrait, open_fit
from edge.rig.ranges import TUNING
from edge.rig.takes import Take, only
from edge.vision.faces import FaceFinder
from edge.vision.liveness.judge import at_the_gate
from edge.vision.liveness.view import EmptyView
from edge.vision.manifest import load_manifest

FPS = 15
FRAMES = 26


@pytest.fixture(scope="module")
def cast() -> Cast:
    fit = open_fit(load_manifest(MANIFEST))
    return Cast(load_portrait(PORTRAITS / "obama.jpg", fit), load_portrait(PORTRAITS / "astronaut.jpg", fit))


def somebody(cast: Cast, by: Draw) -> Take:
    return living(cast.shown, by.camera(), by)


def verdicts(finder: FaceFinder, make: Callable[[Cast, Draw], Take], cast: Cast, seed: int) -> list[Life]:
    """One for each frame in which there is a face; the camera has seen its empty view for a second before."""
    by = Draw(TUNING, np.random.default_rng(seed), FRAMES / FPS, firm=True)
    take = make(cast, by)
    view = EmptyView()
    liveness, found = at_the_gate(view), []
    for number in range(-FPS, FRAMES):
        picture = only(take, number / FPS)
        faces = finder.find(picture) if number >= 0 else []
        view.observe(picture, number / FPS, [face.box for face in faces])
        if faces:
            liveness.observe(faces[0], number / FPS)
            found.append(liveness.verdict().life)
    return found


def test_a_resident_who_walks_up_is_seen_to_live(finder: FaceFinder, cast: Cast) -> None:
    found = verdicts(finder, somebody, cast, seed=6)
    assert Life.LIVE in found[: int(0.8 * FPS)]
    assert Life.SPOOF not in found


@pytest.mark.parametrize("make", [printed, screen])
def test_a_picture_of_him_is_not(finder: FaceFinder, cast: Cast, make: Callable[[Cast, Draw], Take]) -> None:
    assert Life.LIVE not in verdicts(finder, make, cast, seed=3)
