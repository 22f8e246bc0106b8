"""The station's eyes post each item once, with what the classifier saw, and go on without it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from edge.bin_events import BinEvent, ItemGone, ItemPassed, ItemShown, SceneJudged, SceneState
from edge.drivers.camera import Frame
from edge.errors import DataError
from edge.runtime.mailbox import LatestSlot
from edge.vision.item_pictures import ITEMS, LONGER_PX, ItemPictures, Region, square
from edge.vision.item_worker import COMPONENT, RETRY_S, ItemWorker
from edge.vision.items import ItemWatch
from edge.vision.scene import FLOOR, SceneEvent, SceneWatch
from tests.unit.vision.station_scenes import BOX, CAN, OPENINGS, Scene, frames, moved, photographed, wall

PATH = ((2.0, 0.5, -0.3), (2.6, 0.5, 0.35), (4.6, 0.5, 0.35), (5.2, 0.16, 0.85))
UNHELD = (*PATH[:2], (3.2, 0.83, 0.85))
AWAY = (*PATH[:3], (5.2, 0.5, -0.4))


@dataclass
class Answer:
    box: float
    familiar: bool = True

    def by_class(self) -> Mapping[str, float]:
        return {"paper": self.box, "can": 1.0 - self.box}


@dataclass
class Eye:
    """Sure of a box where there is much blue; counts its looks for each frame that was shown."""

    looks: list[Region] = field(default_factory=list)

    def look(self, frame: NDArray[np.uint8], region: Region) -> Answer:
        self.looks.append(region)
        x, y, width, height = region
        part = frame[y : y + height, x : x + width].astype(np.float32)
        assert part.size > 0
        return Answer(0.9 if part[..., 2].mean() > part[..., 0].mean() else 0.1)


class Station:
    def __init__(self, broken: bool = False) -> None:
        self.eye = Eye()
        self.broken, self.full = broken, False
        self.now_s = 50.0
        self.told: list[tuple[BinEvent, float]] = []
        self.faults: list[str] = []
        self.watched = 0
        self.slot: LatestSlot[Frame] = LatestSlot()
        self.make(None)

    def make(self, scene: SceneWatch | None) -> None:
        self.worker = ItemWorker(
            self.slot,
            self.open,
            OPENINGS,
            (0.0, 0.0, 1.0, 1.0),
            lambda event, seen_s: self.post(event, seen_s),
            lambda component, _what, _detail: self.faults.append(component),
            lambda component: self.faults.append(f"{component} works"),
            lambda _frame, _facts, _events: setattr(self, "watched", self.watched + 1),
            scene,
            lambda: self.now_s,
        )
        self.worker.start()

    def open(self) -> Eye:
        if self.broken:
            raise DataError("no model", hint="install it")
        return self.eye

    def post(self, event: BinEvent, seen_s: float) -> bool:
        if not self.full:
            self.told.append((event, seen_s))
        return not self.full

    def see(self, scene: Scene, until_s: float) -> list[int]:
        """How many looks each frame cost."""
        costs = []
        for number, (at_s, picture) in enumerate(frames(scene, until_s)):
            before = len(self.eye.looks)
            self.slot.put(Frame(picture, at_s, number))
            self.worker.step()
            costs.append(len(self.eye.looks) - before)
        return costs

    @property
    def events(self) -> list[BinEvent]:
        return [event for event, _ in self.told]


def test_an_item_is_shown_and_then_passes_under_one_number() -> None:
    station = Station()
    station.see(moved(BOX, PATH, tremble_px=3.0), 7.0)
    shown, passed = station.events
    assert isinstance(shown, ItemShown)
    assert isinstance(passed, ItemPassed)
    assert (shown.item, passed.item, passed.bin, passed.parts) == (1, 1, "left", 1)
    assert shown.looks
    assert passed.looks
    assert all(look.probabilities["paper"] == 0.9 for look in (*shown.looks, *passed.looks))
    assert shown.looks[0].weight == 1.0
    assert all(0.0 < look.weight <= 1.0 for look in shown.looks)


def test_one_that_never_rested_passes_with_looks() -> None:
    station = Station()
    station.see(moved(CAN, UNHELD), 5.0)
    (passed,) = station.events
    assert isinstance(passed, ItemPassed)
    assert passed.bin == "right"
    assert passed.looks
    assert all(look.probabilities["can"] == 0.9 for look in passed.looks)


def test_one_that_is_taken_away_is_gone() -> None:
    station = Station()
    station.see(moved(CAN, AWAY), 7.0)
    assert [type(event) for event in station.events] == [ItemShown, ItemGone]
    assert station.events[1] == ItemGone(1)


def test_an_empty_scene_asks_the_classifier_nothing_and_an_item_once_a_frame() -> None:
    station = Station()
    assert sum(station.see(wall, 4.0)) == 0
    costs = Station().see(moved(BOX, PATH), 7.0)
    assert max(costs) == 1
    assert sum(costs) <= 12


def test_two_things_apart_are_told_as_two_with_a_look_at_each() -> None:
    station = Station()
    left = moved(CAN, ((2.0, 0.25, -0.3), (2.6, 0.25, 0.35), (5.0, 0.25, 0.35)))
    station.see(moved(BOX, ((2.0, 0.7, -0.3), (2.6, 0.7, 0.35), (5.0, 0.7, 0.35)), scene=left), 4.0)
    (shown,) = station.events
    assert isinstance(shown, ItemShown)
    assert shown.parts == 2
    assert {look.probabilities["paper"] for look in shown.looks} == {0.9, 0.1}


def test_without_the_classifier_drops_are_told_and_it_is_tried_again() -> None:
    station = Station(broken=True)
    assert station.faults == [COMPONENT]
    station.see(moved(BOX, PATH), 7.0)
    station.see(moved(BOX, AWAY), 7.0)
    assert station.events == [ItemPassed(1, "left", ())]
    assert station.worker.status()["working"] is False
    station.broken = False
    station.now_s += RETRY_S
    station.see(moved(BOX, PATH), 7.0)
    assert station.faults[-1] == f"{COMPONENT} works"
    shown = station.events[1]
    assert isinstance(shown, ItemShown)
    assert shown.looks


def test_what_a_full_inbox_refuses_is_told_later_in_order() -> None:
    station = Station()
    station.full = True
    station.see(moved(BOX, PATH), 7.0)
    assert station.told == []
    station.full = False
    station.slot.put(Frame(frames(wall, 0.1)[0][1], 7.0, 70))
    station.worker.step()
    assert [type(event) for event in station.events] == [ItemShown, ItemPassed]


def test_pictures_of_an_item_are_there_when_it_is_told() -> None:
    station = Station()
    asked: list[int] = []

    def post(event: BinEvent, _seen_s: float) -> bool:
        if isinstance(event, ItemPassed):
            asked.append(len(station.worker.pictures(event.item)))
        return True

    station.post = post  # type: ignore[method-assign]
    station.see(moved(CAN, UNHELD), 5.0)
    assert asked
    assert asked[0] > 0
    for jpeg in station.worker.pictures(1):
        picture = PilImage.open(io.BytesIO(jpeg))
        assert (picture.format, max(picture.size) <= LONGER_PX) == ("JPEG", True)
        red, _, blue = np.asarray(picture.convert("RGB")).reshape(-1, 3).mean(axis=0)
        assert red > blue
    assert station.worker.pictures(99) == ()


def test_the_ring_of_pictures_is_bounded() -> None:
    watch = ItemWatch((0.0, 0.0, 1.0, 1.0), OPENINGS)
    for at_s, picture in frames(moved(BOX, PATH), 4.0):
        watch.update(picture, at_s)
    ring = ItemPictures()
    for item in range(ITEMS + 3):
        ring.put(item, watch.best())
    assert [bool(ring.get(item)) for item in (0, 2, 3, ITEMS + 2)] == [False, False, True, True]


@pytest.mark.parametrize("goal", [(0.02, 0.02), (0.98, 0.98)])
def test_a_region_at_the_edge_lies_within_the_picture(goal: tuple[float, float]) -> None:
    watch = ItemWatch((0.0, 0.0, 1.0, 1.0), {})
    for at_s, picture in frames(moved(BOX, ((1.0, *goal), (4.0, *goal))), 3.0):
        watch.update(picture, at_s)
        for crop in watch.best():
            x, y, width, height = square(crop.boxes[0], picture)
            assert min(x, y) >= 0
            assert min(width, height) > 0
            assert x + width <= 640
            assert y + height <= 480
    assert watch.best()


def test_it_stops_and_wakes() -> None:
    station = Station()
    station.slot.put(Frame(frames(wall, 0.1)[0][1], 0.0, 0))
    station.worker.wake()
    station.worker.step()
    assert station.watched == 0
    station.worker.stop()
    assert station.worker.status()["working"] is False


def test_the_scene_is_looked_at_slowly_and_never_while_an_item_is_in_view() -> None:
    station = Station()
    clean = photographed(wall(0.0), 0)
    scene = SceneWatch(clean, {FLOOR: (0.0, 0.75, 1.0, 1.0)})
    looks: list[float] = []
    judge = scene.update

    def update(picture: NDArray[np.uint8], now_s: float) -> tuple[SceneEvent, ...]:
        looks.append(now_s)
        return (SceneJudged(FLOOR, SceneState.LITTERED), *judge(picture, now_s))

    scene.update = update  # type: ignore[method-assign]
    station.make(scene)
    station.see(moved(BOX, PATH), 9.0)
    assert looks == pytest.approx([0.0, 5.6], abs=0.35)
    assert SceneJudged(FLOOR, SceneState.LITTERED) in station.events
