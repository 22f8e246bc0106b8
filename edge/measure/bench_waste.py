"""One frame with an item held still, from the pixels to the decision, against what the network alone takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge import resources
from edge.bin_events import BinEvent, ItemShown
from edge.drivers.camera import Frame, Picture
from edge.errors import DataError
from edge.measure.runs import summary
from edge.runtime.mailbox import LatestSlot
from edge.vision.classify import ROLE, open_item_classifier
from edge.vision.item_pictures import Region
from edge.vision.item_worker import ItemWorker
from edge.vision.looking import Classifier, Scores
from edge.vision.manifest import load_manifest, open_network
from edge.vision.picture_file import load_picture

# A frame to the decision may take this many times the network's own invoke().
LIMIT = 1.25
_WIDTH, _HEIGHT = 640, 480
_ITEM_PX = 240
_STEP_S = 0.1
_EMPTY = 4
_MOST_FRAMES = 20


class _Counted:
    """The classifier, and how often it looked."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.looks = 0

    def look(self, frame: Picture, region: Region) -> Scores:
        self.looks += 1
        return self._classifier.look(frame, region)


def measure(runs: int, picture: Path | None = None) -> dict[str, Any]:
    """With the default classifier. Raises DataError when there is none, or the picture is not noticed as an item."""
    entry = load_manifest(*resources.manifests()).default(ROLE)
    network = open_network(entry)
    return measure_with(
        open_item_classifier(load_manifest(*resources.manifests())),
        network.invoke,
        runs,
        load_picture(picture or resources.demo_items() / "drink-can.jpg"),
        model=entry.id,
        runtime=network.runtime,
    )


def measure_with(
    classifier: Classifier, invoke: Callable[[], object], runs: int, item: Picture, **more: Any
) -> dict[str, Any]:
    """Frames and the bare network take turns, so that a busy moment of the machine meets both alike."""
    counted = _Counted(classifier)
    frames = list(_frames(item))
    whole: list[float] = []
    empty: list[float] = []
    bare: list[float] = []
    for _ in range(runs + 5):
        decided_ms, empty_ms = _visit(counted, frames)
        whole.append(decided_ms)
        empty += empty_ms
        begun = time.perf_counter()
        invoke()
        bare.append(1e3 * (time.perf_counter() - begun))
    del whole[:5], bare[:5]  # the first runs warm up caches and the clock of the processor
    network_ms = float(np.median(bare))
    empty_ms_median = float(np.median(empty))
    return summary(
        "waste",
        whole,
        LIMIT * network_ms,
        networks_ms=round(network_ms, 3),
        empty_scene_ms=round(empty_ms_median, 3),
        empty_scene_ratio=round(empty_ms_median / network_ms, 3),
        **more,
    )


def _visit(classifier: _Counted, frames: Sequence[Picture]) -> tuple[float, list[float]]:
    """Milliseconds of the last frame up to the decision that was classified, and of the frames without an item.

    The decision is made of the looks at several frames; each of them pays for one, and it is that frame's whole cost
    that counts here. The pictures are put by after the decision was told.
    """
    told: list[float] = []

    def post(event: BinEvent, _seen_s: float) -> bool:
        if isinstance(event, ItemShown):
            told.append(time.perf_counter())
        return True

    worker = ItemWorker(
        LatestSlot(),
        lambda: classifier,
        {},
        (0.0, 0.0, 1.0, 1.0),
        post,
        lambda _component, _what, _detail: None,
        lambda _component: None,
    )
    worker.start()
    empty_ms: list[float] = []
    decided_ms = 0.0
    for number, frame in enumerate(frames):
        looks, begun = classifier.looks, time.perf_counter()
        worker.take(Frame(frame, number * _STEP_S, number))
        spent_ms = 1e3 * ((told[0] if told else time.perf_counter()) - begun)
        if number < _EMPTY:
            empty_ms.append(spent_ms)
        elif classifier.looks > looks:
            decided_ms = spent_ms
        if told:
            return decided_ms, empty_ms[1:]
    raise DataError(
        "the picture is not noticed as an item", hint="give one with --picture that differs from a grey wall"
    )


def _frames(item: Picture) -> Iterator[Picture]:
    """An empty wall, and then the item before it, with a camera's noise."""
    random = np.random.default_rng(0)
    grain = [random.normal(0.0, 2.0, (_HEIGHT, _WIDTH, 3)).astype(np.float32) for _ in range(2)]
    wall = np.full((_HEIGHT, _WIDTH, 3), (148, 140, 128), np.float32)
    scale = _ITEM_PX / max(item.shape[:2])
    thing = cv2.resize(item, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    held = wall.copy()
    top, left = (_HEIGHT - thing.shape[0]) // 2, (_WIDTH - thing.shape[1]) // 2
    held[top : top + thing.shape[0], left : left + thing.shape[1]] = thing
    for number in range(_MOST_FRAMES):
        scene = wall if number < _EMPTY else held
        yield np.clip(scene + grain[number % 2], 0.0, 255.0).astype(np.uint8)
