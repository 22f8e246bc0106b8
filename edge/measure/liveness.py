"""`edge eval liveness`: the gate's own tracking and liveness on recorded presentations, counted as in ISO/IEC 30107-3.

A presentation is accepted when the passive verdict is LIVE at any moment up to the time limit, counted from the first
frame in which a face is found. An attack that ends in doubt was not accepted: it would have been asked for a gesture,
which is not played here. A living person who ends in doubt was not accepted either, and counts as an error.

A gate has seen its empty view before anybody comes, so a recording should begin with a second of it. One that does
not is judged as at an enrolment, by the cues that need no empty view, and counted as such.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edge.drivers.inference.litert import LiteRtNetwork
from edge.events import Life
from edge.measure.attack_rates import Outcome, figures
from edge.measure.presentations import Presentation, presentations_in
from edge.vision.faces import Face, FaceFinder
from edge.vision.liveness.added import added_cues
from edge.vision.liveness.judge import Evidence, Liveness, at_an_enrolment, at_the_gate
from edge.vision.liveness.view import EmptyView
from edge.vision.recognition import Recognition
from edge.vision.track import Observation, Tracker

LIMIT_S = 2.0
"""Until then a passive verdict counts. The gate asks for a gesture a little earlier, and goes on looking."""
_SEARCH_S = 30.0  # how much of a recording is searched for a first face


class Stopwatch:
    """What liveness takes for a frame, and in turn what the mesh network's invoke() takes, so that a busy moment of the
    machine meets both alike.
    """

    def __init__(self, network: LiteRtNetwork) -> None:
        self._network = network
        self.added_ms: list[float] = []
        self.invoke_ms: list[float] = []

    def add(self, begun_s: float) -> None:
        """Liveness began then, and is done now."""
        done_s = time.perf_counter()
        self._network.invoke()
        self.added_ms.append(1e3 * (done_s - begun_s))
        self.invoke_ms.append(1e3 * (time.perf_counter() - done_s))

    def figures(self) -> dict[str, Any]:
        added, invoke = self.added_ms or [0.0], self.invoke_ms or [0.0]
        return {
            "ms_per_frame": round(float(np.median(added)), 3),
            "ms_per_frame_p99": round(float(np.quantile(added, 0.99)), 3),
            "mesh_invoke_ms": round(float(np.median(invoke)), 3),
        }


class Watched:
    """A judge whose time is taken."""

    def __init__(self, judge: Liveness, watch: Stopwatch) -> None:
        self._judge = judge
        self._watch = watch
        self.evidence: Evidence | None = None

    def observe(self, face: Face, now_s: float) -> None:
        begun_s = time.perf_counter()
        self._judge.observe(face, now_s)
        self.evidence = self._judge.verdict()
        self._watch.add(begun_s)

    def verdict(self) -> Evidence:
        return self._judge.verdict()


class Examiner:
    """Shows presentations to a gate at which nobody is enrolled."""

    def __init__(self, recognition: Recognition, finder: FaceFinder, watch: Stopwatch, limit_s: float) -> None:
        self._recognition, self._finder, self._limit_s = recognition, finder, limit_s
        self._critics = recognition.open_critics()
        self._watch = watch

    def examine(self, presentation: Presentation) -> Outcome:
        """Raises DataError for what cannot be read."""
        outcome = Outcome(presentation.kind)
        judges: list[Watched] = []
        view = EmptyView()
        more = partial(added_cues, self._critics, self._finder.find)

        def judge() -> Watched:
            outcome.view_known = view.known
            known = at_the_gate(view, more) if view.known else at_an_enrolment(more)
            judges.append(Watched(known, self._watch))
            return judges[-1]

        tracker = Tracker(self._recognition.gallery, self._recognition.points, judge)
        first_s: float | None = None
        for at_s, picture in presentation.frames():
            if at_s > (_SEARCH_S if first_s is None else first_s + self._limit_s):
                break
            faces = self._finder.find(picture)
            if faces and first_s is None:
                first_s = at_s
            outcome.faces += bool(faces)
            view.observe(picture, at_s, [face.box for face in faces])
            tracker.observe([self._observation(tracker, face, at_s) for face in faces[:1]], at_s)
            if faces and judges and judges[-1].evidence and first_s is not None:
                _note(outcome, judges[-1].evidence, at_s - first_s)
        return outcome

    def _observation(self, tracker: Tracker, face: Face, at_s: float) -> Observation:
        """As edge.vision.worker makes it."""
        wanted = face.quality.reason is None and tracker.wants(face.box, at_s)
        return Observation(face.box, face.quality, self._finder.embed(face) if wanted else None, face)


def _note(outcome: Outcome, evidence: Evidence, since_s: float) -> None:
    outcome.last = evidence.life
    if evidence.life is Life.LIVE and outcome.live_s is None:
        outcome.live_s = since_s
    if evidence.life is Life.SPOOF and outcome.spoof_s is None:
        outcome.spoof_s = since_s
    outcome.cues = dict(evidence.cues)


def evaluate(
    recognition: Recognition, folder: Path, network: LiteRtNetwork, *, fps: float = 0.0, limit_s: float = LIMIT_S
) -> dict[str, Any]:
    """Figures with 95 % intervals. `network`: the mesh's, whose invoke() the cost is compared with. Raises DataError
    for a folder without presentations, and for one that cannot be read.
    """
    presentations = presentations_in(folder, fps)
    watch = Stopwatch(network)
    examiner = Examiner(recognition, recognition.open(), watch, limit_s)
    outcomes, shows = [], sys.stderr.isatty()
    for number, presentation in enumerate(presentations, start=1):
        outcomes.append(examiner.examine(presentation))
        if shows:
            sys.stderr.write(f"\r{number}/{len(presentations)} presentations" + "\n" * (number == len(presentations)))
            sys.stderr.flush()
    return {**figures(outcomes), **watch.figures(), "limit_s": limit_s}
