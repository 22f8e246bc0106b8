"""Overflow and litter are seen in any light; people, shadows and a sheet over the camera are neither."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge.bin_events import SceneJudged, SceneState, ViewCovered
from edge.vision.scene import BEAT_S, FLOOR, LOOKS, SceneEvent, SceneWatch
from tests.unit.vision.station_scenes import HEIGHT, WIDTH, Image, paste, photographed, rough, shadow

ZONES = {FLOOR: (0.0, 0.75, 1.0, 1.0), "kitchen": (0.1, 0.4, 0.4, 0.55), "paper": (0.6, 0.4, 0.9, 0.55)}
BAG = rough(90, 110, (60, 60, 70), 50.0, 7, grain=8)
PERSON = rough(420, 150, (90, 70, 120), 40.0, 8)


def clean() -> Image:
    """A wall, a floor, two bins."""
    scene = rough(HEIGHT, WIDTH, (150, 145, 135), 25.0, 11, grain=14)
    scene[360:] = rough(HEIGHT - 360, WIDTH, (110, 110, 112), 25.0, 12, grain=12)
    for x, colour in ((0.25, (60, 110, 70)), (0.75, (60, 80, 140))):
        scene = paste(scene, rough(160, 190, colour, 18.0, 13), x, 0.65)
    return scene


def told(scene: Callable[[int], Image], looks: int = 2 * LOOKS, watch: SceneWatch | None = None) -> list[SceneEvent]:
    watching = watch or SceneWatch(photographed(clean(), 0), ZONES)
    return [
        event for look in range(looks) for event in watching.update(photographed(scene(look), look + 1), BEAT_S * look)
    ]


def sun(_look: int) -> Image:
    light = np.ones((HEIGHT, WIDTH, 1), np.float32)
    light[380:470, 200:450] = 1.5
    return np.asarray(cv2.GaussianBlur(light, (0, 0), 3.0))[..., None] * clean()


def turned(_look: int) -> Image:
    return np.roll(clean(), 150, axis=1)


def sheet(_look: int) -> Image:
    return rough(HEIGHT, WIDTH, (170, 165, 160), 12.0, 20, grain=40)


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (lambda _: clean(), []),
        (lambda _: clean() * 0.4, []),
        (lambda _: clean() * np.array([1.25, 1.0, 0.75], np.float32), []),
        (lambda _: clean() * np.linspace(1.4, 0.6, WIDTH, dtype=np.float32)[None, :, None], []),
        (lambda look: clean() * shadow(2.0 + 0.25 * look), []),
        (lambda _: clean() * shadow(3.6), []),
        (sun, []),
        (lambda look: paste(clean(), PERSON, 0.1 + 0.3 * (look % 4), 0.6), []),
        (lambda _: paste(clean(), BAG, 0.5, 0.9), [SceneJudged(FLOOR, SceneState.LITTERED)]),
        (lambda _: paste(clean(), BAG, 0.5, 0.9) * 0.5, [SceneJudged(FLOOR, SceneState.LITTERED)]),
        (lambda _: paste(clean(), BAG, 0.25, 0.47), [SceneJudged("kitchen", SceneState.OVERFLOWING)]),
        (lambda _: paste(clean(), BAG[:40, :40], 0.75, 0.9), []),
        (sheet, [ViewCovered(True)]),
        (lambda _: clean() * 0.0, [ViewCovered(True)]),
        (turned, [ViewCovered(True)]),
    ],
    ids=[
        "clean", "dim", "other white balance", "lamp at one side", "shadow passing", "shadow lying", "sun spot",
        "people", "bag", "bag in the evening", "overflow", "a scrap", "sheet", "lens cap", "turned",
    ],
)  # fmt: skip
def test_what_is_there_for_good_is_told_once(scene: Callable[[int], Image], expected: list[SceneEvent]) -> None:
    assert told(scene) == expected


def test_it_is_clear_again_when_the_bag_is_gone() -> None:
    events = told(lambda look: paste(clean(), BAG, 0.5, 0.9) if look < LOOKS else clean(), 3 * LOOKS)
    assert events == [SceneJudged(FLOOR, SceneState.LITTERED), SceneJudged(FLOOR, SceneState.CLEAR)]


def test_after_a_sheet_the_clean_scene_is_known_again_and_nothing_was_full() -> None:
    events = told(lambda look: sheet(look) if look < LOOKS else clean(), 3 * LOOKS)
    assert events == [ViewCovered(True), ViewCovered(False)]


def test_a_bag_that_lay_there_for_less_than_all_looks_is_not_told() -> None:
    assert told(lambda look: paste(clean(), BAG, 0.5, 0.9) if look < LOOKS - 1 else clean(), 3 * LOOKS) == []


def test_it_is_due_every_few_seconds() -> None:
    watch = SceneWatch(photographed(clean(), 0), ZONES)
    assert watch.due(100.0)
    watch.update(photographed(clean(), 1), 100.0)
    assert [watch.due(100.0 + late) for late in (0.0, BEAT_S - 0.1, BEAT_S)] == [False, False, True]
