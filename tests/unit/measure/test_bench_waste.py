"""The benchmark of items measures what it says, whatever the classifier."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from edge import resources
from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.measure.bench_waste import LIMIT, measure_with
from edge.vision.item_pictures import Region
from edge.vision.picture_file import load_picture


class Scores:
    familiar = True

    def by_class(self) -> Mapping[str, float]:
        return {"can": 1.0}


class Eye:
    looks = 0

    def look(self, frame: Picture, region: Region) -> Scores:
        assert frame.shape == (480, 640, 3)
        assert region[2] >= 200
        self.looks += 1
        return Scores()


def test_all_figures_come_from_one_run() -> None:
    eye, invoked = Eye(), [0]

    def invoke() -> None:
        invoked[0] += 1

    item = load_picture(resources.demo_items() / "drink-can.jpg")
    result = measure_with(eye, invoke, 3, item, model="fake")
    assert invoked[0] == 8
    assert eye.looks >= 8
    assert result["runs"] == 3
    assert result["model"] == "fake"
    assert result["limit"] == pytest.approx(LIMIT * result["networks_ms"], abs=0.002)
    assert result["median_ms"] > result["empty_scene_ms"] > 0.0
    assert result["holds"] is False  # a network that takes no time leaves none for anything else


def test_a_picture_like_the_wall_is_refused() -> None:
    with pytest.raises(DataError, match="not noticed"):
        measure_with(Eye(), lambda: None, 1, np.full((200, 200, 3), (148, 140, 128), np.uint8))
