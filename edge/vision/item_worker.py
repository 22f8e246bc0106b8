"""The station's eyes: follows what is held before the camera, asks the classifier about it, and posts what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event as Flag
from typing import Any

from edge.bin_events import BinEvent, ItemGone, ItemPassed, ItemShown
from edge.drivers.camera import Frame
from edge.errors import EdgeError
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.histogram import Histogram
from edge.runtime.mailbox import LatestSlot
from edge.vision.item_pictures import ItemPictures
from edge.vision.items import Fact, Gone, Held, ItemWatch, Passed
from edge.vision.looking import Classifier, Looking
from edge.vision.scene import SceneWatch

COMPONENT = "item-vision"
WAIT_S = 0.25
RETRY_S = 10.0
_MOST_UNTOLD = 20

Watcher = Callable[[Frame, tuple[Fact, ...], tuple[BinEvent, ...]], None]


class ItemWorker:
    """`openings` (by bin) and `item_zone` are fractions left, top, right, bottom. `post(event, seen_s)` puts into the
    brain's inbox. `watch` sees every frame, with what came of it. `scene`, where there is a picture of the clean
    station, looks every few seconds.

    Without the classifier, which is a fault that is tried again, nothing is shown, and drops are told with no looks.
    """

    def __init__(
        self,
        slot: LatestSlot[Frame],
        open_classifier: Callable[[], Classifier],
        openings: Mapping[str, Sequence[float]],
        item_zone: Sequence[float],
        post: Callable[[BinEvent, float], bool],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        watch: Watcher = lambda _frame, _facts, _events: None,
        scene: SceneWatch | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        counted: int = 0,
    ) -> None:
        self._slot = slot
        self._open = open_classifier
        self._items = ItemWatch(item_zone, openings, counted=counted)
        self._post = post
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._watch = watch
        self._scene = scene
        self._clock = clock
        self._classifier: Classifier | None = None
        self._retry_at_s = float("-inf")
        self._look_ms, self._watch_ms = Histogram(), Histogram()
        self._looking = Looking(self._look_ms.add, time.perf_counter)
        self._pictures = ItemPictures()
        self._stop = Flag()
        self._untold: list[tuple[BinEvent, float]] = []
        self._frames = self._shown = self._passed = self._last_shown = 0

    def start(self) -> None:
        self._load()

    def _load(self) -> None:
        try:
            self._classifier = self._open()
        except EdgeError as error:
            self._on_fault(COMPONENT, "the classifier cannot be loaded", str(error))
            self._retry_at_s = self._clock() + RETRY_S
            return
        self._on_recovered(COMPONENT)  # from this worker's fault or a predecessor's

    def step(self) -> None:
        if self._classifier is None and self._clock() >= self._retry_at_s:
            self._load()
        self._tell()
        frame = self._slot.get(WAIT_S)
        if frame is None or self._stop.is_set():
            return
        self._frames += 1
        self.take(frame)

    def take(self, frame: Frame) -> None:
        """From one frame to what is told of it; at most one frame's parts are classified."""
        begun_s = time.perf_counter()
        facts = self._items.update(frame.picture, frame.mono_s)
        self._watch_ms.add((time.perf_counter() - begun_s) * 1e3)
        events: tuple[BinEvent, ...] = tuple(event for fact in facts if (event := self._judge(fact)) is not None)
        # Not while there is an item: its decision does not wait.
        if self._scene is not None and self._scene.due(frame.mono_s) and not (facts or self._items.active):
            events += self._scene.update(frame.picture, frame.mono_s)
        self._untold += [(event, frame.mono_s) for event in events]
        self._tell()
        for fact in facts:
            if isinstance(fact, Held):
                self._pictures.put(fact.item, fact.crops)
        if not facts and self._items.active and not self._items.told and self._classifier is not None:
            self._looking.look(self._classifier, self._items.best())
        self._watch(frame, facts, events)

    def _judge(self, fact: Fact) -> BinEvent | None:
        if isinstance(fact, Gone):
            self._looking.forget()
            return ItemGone(fact.item) if fact.item == self._last_shown else None
        # An item that was looked at while it was held is not looked at again on its way into the opening.
        looks = self._looking.of(fact.crops, fact.parts)
        if self._classifier is not None and (isinstance(fact, Held) or not looks):
            self._looking.look(self._classifier, fact.crops)
            looks = self._looking.of(fact.crops, fact.parts)
        if isinstance(fact, Passed):
            self._looking.forget()
            self._pictures.put(fact.item, fact.crops)  # before it is told: whoever hears of it asks for them at once
            self._passed += 1
            return ItemPassed(fact.item, fact.bin, looks, fact.parts)
        if not looks:
            return None
        self._shown += 1
        self._last_shown = fact.item
        return ItemShown(fact.item, looks, fact.parts)

    def _tell(self) -> None:
        """A full inbox refuses: what it refused is offered again with the next frame, in order."""
        while self._untold and self._post(*self._untold[0]):
            self._untold.pop(0)
        del self._untold[:-_MOST_UNTOLD]

    @property
    def counted(self) -> int:
        """The number of the newest item, for a successor."""
        return self._items.counted

    def pictures(self, item: int) -> tuple[bytes, ...]:
        """Small JPEGs of an item of late, best first; may be called from any thread."""
        return self._pictures.get(item)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {
            "working": self._classifier is not None,
            "figures": {
                "frames": self._frames,
                "shown": self._shown,
                "passed": self._passed,
                "dropped_frames": self._slot.replaced,
                "watch": self._watch_ms.summary(),
                "look": self._look_ms.summary(),
            },
        }

    def stop(self) -> None:
        """The network goes with the worker."""
        self._classifier = None

    def wake(self) -> None:
        self._stop.set()
        self._slot.wake()
