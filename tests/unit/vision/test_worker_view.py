"""The worker shows its frames to the empty view, also those that the networks are not asked about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from vision_samples import POINTS, unit_rows

from edge.drivers.camera import Frame
from edge.errors import DataError
from edge.runtime.mailbox import LatestSlot
from edge.vision.impostors import ImpostorWatch
from edge.vision.match import Gallery
from edge.vision.worker import VisionWorker


class Nobody:
    """A finder before which nobody stands."""

    looked = 0

    def find(self, _picture: object) -> list[Any]:
        self.looked += 1
        return []


def made(finder: Nobody, told: list[str], broken: bool = False) -> tuple[VisionWorker, LatestSlot[Frame]]:
    def critics() -> tuple[()]:
        if broken:
            raise DataError("minifasnet-near is damaged", hint="add it again")
        return ()

    recognition: Any = SimpleNamespace(
        gallery=Gallery(unit_rows(2, 32, 2), ["a", "b"], POINTS.second_floor),
        points=POINTS,
        model_id="net-a",
        impostors=ImpostorWatch("net-a", POINTS),
        open=lambda: finder,
        open_critics=critics,
    )
    slot: LatestSlot[Frame] = LatestSlot()
    worker = VisionWorker(
        slot, recognition, lambda _event, _s: True, lambda _part, _what, why: told.append(why), lambda _component: None
    )
    worker.start()
    return worker, slot


def test_the_empty_view_is_learned_while_nothing_moves() -> None:
    finder = Nobody()
    worker, slot = made(finder, [])
    assert worker.status()["empty_view"] is False
    wall = np.full((480, 640, 3), 140, np.uint8)
    for number in range(60):
        slot.put(Frame(wall, 100.0 + number / 10, number))
        worker.step()
    assert worker.status()["empty_view"] is True
    assert 0 < finder.looked < 40  # nothing moves: the networks rest, and the view is kept up to date


def test_an_added_judge_that_cannot_be_loaded_stops_recognition_and_is_told() -> None:
    told: list[str] = []
    worker, _ = made(Nobody(), told, broken=True)
    assert worker.status()["working"] is False
    assert any("minifasnet-near is damaged" in why for why in told)
