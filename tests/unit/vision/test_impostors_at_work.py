"""The vision's worker lets the impostor watch see whatever it decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from vision_samples import POINTS, at_cosine, quality, unit_rows

from edge.drivers.camera import Frame, Picture
from edge.events import Event
from edge.runtime.mailbox import LatestSlot
from edge.vision.faces import Face
from edge.vision.geometry import Box
from edge.vision.impostors import ImpostorWatch
from edge.vision.match import Gallery
from edge.vision.worker import VisionWorker

ROWS = unit_rows(12, 32, 2)
IDS = [f"p{n:02}" for n in range(12)]


class Finder:
    """Sees one face in every picture: that of whoever stands there."""

    def __init__(self) -> None:
        self.who = ROWS[0]

    def find(self, picture: Picture) -> list[Face]:
        points = np.zeros((468, 3), np.float32)
        return [Face(Box(10.0, 10.0, 60.0, 60.0), points, 30.0, 0.9, 0.9, quality(0.4), picture)]

    def embed(self, _face: object) -> Any:
        return self.who


def test_everybody_who_is_recognised_or_not_reaches_the_watch() -> None:
    finder, posted = Finder(), list[Event]()
    recognition: Any = SimpleNamespace(
        gallery=Gallery(ROWS, IDS, POINTS.second_floor),
        points=POINTS,
        model_id="net-a",
        impostors=ImpostorWatch("net-a", POINTS),
        open=lambda: finder,
        open_critics=lambda: (),
    )
    slot: LatestSlot[Frame] = LatestSlot()
    worker = VisionWorker(
        slot, recognition, lambda event, _s: posted.append(event) is None, lambda *_: None, lambda _component: None
    )
    worker.start()
    random = np.random.default_rng(0)
    for number in range(40):
        stranger = number >= 20
        finder.who = at_cosine(-ROWS[0] if stranger else ROWS[0], 0.95)
        picture = random.integers(0, 255, (120, 160, 3), np.uint8)
        slot.put(Frame(picture, 100.0 + number * 0.1 + 10.0 * stranger, number))
        worker.step()
    assert [type(event).__name__ for event in posted] == ["FaceMatched", "FaceUnknown"]
    figures = recognition.impostors.figures()
    assert (figures.comparisons, figures.unknown, figures.people) == (1.0, 1.0, 12)
