"""The eyes: takes the newest frame, looks for faces when something moves, posts what it decided about them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Any

from edge.drivers.camera import Frame, Picture
from edge.errors import EdgeError
from edge.events import Event, GestureBegun, GestureSeen
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.histogram import Histogram
from edge.runtime.mailbox import LatestSlot
from edge.vision.embed import Embedding
from edge.vision.faces import Face, FaceFinder
from edge.vision.liveness.added import added_cues
from edge.vision.liveness.cue import Cue
from edge.vision.liveness.judge import at_the_gate
from edge.vision.liveness.opinion import Critic
from edge.vision.liveness.second import SecondCamera
from edge.vision.liveness.view import EmptyView
from edge.vision.motion import MotionGate
from edge.vision.recognition import Recognition
from edge.vision.track import Fact, Observation, Tracker

COMPONENT = "vision"
WAIT_S = 0.25
RETRY_S = 10.0

Watcher = Callable[[Frame, list[Face], list[Fact]], None]


class VisionWorker:
    """`post(event, seen_s)` puts into the brain's inbox. `watch` sees every frame that was looked at, for a
    storyboard. `second`: another camera, that must agree. Networks that cannot be loaded are a fault that is tried
    again: the door's other ways in go on.
    """

    def __init__(
        self,
        slot: LatestSlot[Frame],
        recognition: Recognition,
        post: Callable[[Event, float], bool],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        watch: Watcher = lambda _frame, _faces, _decisions: None,
        second: SecondCamera | None = None,
    ) -> None:
        self._slot = slot
        self._recognition = recognition
        self._post = post
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._watch = watch
        self._second = second
        self._motion = MotionGate()
        self._view = EmptyView()
        self._critics: tuple[Critic, ...] = ()
        self._tracker = Tracker(recognition.gallery, recognition.points, lambda: at_the_gate(self._view, self._more))
        self._finder: FaceFinder | None = None
        self._newest: Embedding | None = None
        self._retry_at_s = float("-inf")
        self._stop = Flag()
        self._untold: list[tuple[Event, float]] = []
        self._frames = self._looked = 0
        self._look_ms = Histogram()

    def start(self) -> None:
        self._load()

    def _load(self) -> None:
        try:
            self._critics = self._recognition.open_critics()
            self._finder = self._recognition.open()
        except EdgeError as error:
            self._on_fault(COMPONENT, "networks cannot be loaded", str(error))
            self._retry_at_s = time.monotonic() + RETRY_S
            return
        self._on_recovered(COMPONENT)  # from this worker's fault or a predecessor's

    def _more(self) -> list[Cue]:
        """The cues that not every gate has."""
        return added_cues(self._critics, self._find, self._second)

    def _find(self, picture: Picture) -> Sequence[Face]:
        finder = self._finder
        return () if finder is None else finder.find(picture)

    def step(self) -> None:
        if self._finder is None:
            self._stop.wait(WAIT_S)
            if time.monotonic() >= self._retry_at_s:
                self._load()
            return
        self._tell()
        frame = self._slot.get(WAIT_S)
        if frame is None or self._stop.is_set():
            return
        self._frames += 1
        if self._motion.update(frame.picture, frame.mono_s, tracked=bool(self._tracker.tracks)):
            begun_s = time.perf_counter()
            self._look(self._finder, frame)
            self._looked += 1
            self._look_ms.add((time.perf_counter() - begun_s) * 1e3)
        else:
            self._view.observe(frame.picture, frame.mono_s, (), still=True)

    def _look(self, finder: FaceFinder, frame: Frame) -> None:
        self._tracker.gallery = self._recognition.gallery
        faces = finder.find(frame.picture)
        self._view.observe(frame.picture, frame.mono_s, [face.box for face in faces])
        observations = []
        for place, face in enumerate(faces):
            embedding = None
            # Only the foremost face is recognised: the door opens for who stands before it.
            if place == 0 and face.quality.reason is None and self._tracker.wants(face.box, frame.mono_s):
                embedding = self._newest = finder.embed(face)
            observations.append(Observation(face.box, face.quality, embedding, face))
        decisions = self._tracker.observe(observations[:1], frame.mono_s)
        decided = [one for one in decisions if not isinstance(one, GestureBegun | GestureSeen)]
        if decided and observations:
            # A decision may have waited for signs of life: the frame that it is told with need not have been embedded.
            self._recognition.impostors.look(decided, self._newest, self._tracker.gallery)
        self._untold += [(decision, frame.mono_s) for decision in decisions]
        self._tell()
        self._watch(frame, faces, decisions)

    def _tell(self) -> None:
        """A full inbox refuses: what it refused is offered again with the next frame, in order."""
        while self._untold and self._post(*self._untold[0]):
            self._untold.pop(0)
        del self._untold[:-10]

    def status(self) -> dict[str, Any]:
        """For the status board. `empty_view`: whether it is known what the camera sees when nobody is there."""
        return {
            "model": self._recognition.model_id,
            "working": self._finder is not None,
            "people": self._recognition.gallery.people,
            "empty_view": self._view.known,
            "figures": {
                "frames": self._frames,
                "looked": self._looked,
                "in_view": len(self._tracker.tracks),
                "dropped_frames": self._slot.replaced,
                "look": self._look_ms.summary(),
            },
        }

    def stop(self) -> None:
        """The networks go with the worker."""
        self._finder = None

    def wake(self) -> None:
        self._stop.set()
        self._slot.wake()
