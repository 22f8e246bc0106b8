"""`edge eval liveness`: the gate's own tracking and liveness on recorded presentations, counted as in ISO/IEC 30107-3.

A presentation is accepted when the passive verdict is LIVE at any moment up to the time limit, counted from the first
frame in which a face is found. An attack that ends in doubt was not accepted: it would have been asked for a gesture,
which is not played here. A living person who ends in doubt was not accepted either, and counts as an error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge.events import Life
from edge.measure.presentations import Presentation, presentations_in
from edge.measure.statistics import half_sum, wilson
from edge.vision.faces import Face, FaceFinder
from edge.vision.liveness.judge import Evidence, Liveness, default_cues
from edge.vision.recognition import Recognition
from edge.vision.track import Observation, Tracker

LIMIT_S = 2.0
"""Until then a passive verdict counts. The gate asks for a gesture a little earlier, and goes on looking."""
GOAL_S = 0.8  # by when most of the living should have passed
LIVE_FOLDER = "live"
_SEARCH_S = 30.0  # how much of a recording is searched for a first face


@dataclass(slots=True)
class Outcome:
    """One presentation. `live_s`, `spoof_s`: when the verdict first was LIVE or SPOOF, after the first face; `last`:
    the verdict at the end; `cues`: each cue's score then. `faces`: frames with a face.
    """

    kind: str
    faces: int = 0
    live_s: float | None = None
    spoof_s: float | None = None
    last: Life = Life.DOUBT
    cues: dict[str, float] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return self.live_s is not None


class Watched:
    """A judge whose time is taken."""

    def __init__(self, spent_ms: list[float]) -> None:
        self._judge = Liveness()
        self._spent_ms = spent_ms
        self.evidence: Evidence | None = None

    def observe(self, face: Face, now_s: float) -> None:
        begun_s = time.perf_counter()
        self._judge.observe(face, now_s)
        self.evidence = self._judge.verdict()
        self._spent_ms.append(1e3 * (time.perf_counter() - begun_s))

    def verdict(self) -> Evidence:
        return self._judge.verdict()


class Examiner:
    """Shows presentations to a gate at which nobody is enrolled."""

    def __init__(self, recognition: Recognition, finder: FaceFinder, limit_s: float) -> None:
        self._recognition, self._finder, self._limit_s = recognition, finder, limit_s
        self.spent_ms: list[float] = []

    def examine(self, presentation: Presentation) -> Outcome:
        """Raises DataError for what cannot be read."""
        outcome = Outcome(presentation.kind)
        judges: list[Watched] = []

        def judge() -> Watched:
            judges.append(Watched(self.spent_ms))
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
    recognition: Recognition, folder: Path, network_ms: float, *, fps: float = 0.0, limit_s: float = LIMIT_S
) -> dict[str, Any]:
    """Figures with 95 % intervals. `network_ms`: what the mesh network's invoke() takes, to compare with. Raises
    DataError for a folder without presentations, and for one that cannot be read.
    """
    presentations = presentations_in(folder, fps)
    examiner = Examiner(recognition, recognition.open(), limit_s)
    outcomes, shows = [], sys.stderr.isatty()
    for number, presentation in enumerate(presentations, start=1):
        outcomes.append(examiner.examine(presentation))
        if shows:
            sys.stderr.write(f"\r{number}/{len(presentations)} presentations" + "\n" * (number == len(presentations)))
            sys.stderr.flush()
    return {**figures(outcomes), **_cost(examiner.spent_ms, network_ms), "limit_s": limit_s}


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of some outcomes. Those in which no face was found are told apart (APNRR, BPNRR) and left out of
    the error rates, so that they can dilute none.
    """
    seen = [outcome for outcome in outcomes if outcome.faces]
    live = [outcome for outcome in seen if outcome.kind == LIVE_FOLDER]
    kinds = sorted({outcome.kind for outcome in outcomes} - {LIVE_FOLDER})
    attacks = {kind: [outcome for outcome in seen if outcome.kind == kind] for kind in kinds}
    rates = {kind: _share(sum(o.accepted for o in some), len(some)) for kind, some in attacks.items()}
    measured = [rate for rate in rates.values() if rate["share"] is not None]
    worst = max(measured, key=lambda rate: (rate["share"], rate["ci"][1]), default=None)
    bpcer = _share(sum(not o.accepted for o in live), len(live))
    return {
        "presentations": len(outcomes),
        "apcer": rates,
        "apcer_max": worst["share"] if worst else None,
        "apcer_max_ci": worst["ci"] if worst else None,
        "bpcer": bpcer["share"],
        "bpcer_ci": bpcer["ci"],
        "bpcer_spoof": _share(sum(o.last is Life.SPOOF and not o.accepted for o in live), len(live)),
        **_acer(worst, bpcer),
        "no_response": {
            kind: _share(sum(not o.faces for o in outcomes if o.kind == kind), sum(o.kind == kind for o in outcomes))
            for kind in (LIVE_FOLDER, *kinds)
            if any(o.kind == kind for o in outcomes)
        },
        "doubt": {
            kind: _share(sum(o.last is Life.DOUBT and not o.accepted for o in some), len(some))
            for kind, some in ((LIVE_FOLDER, live), *attacks.items())
            if some
        },
        "decision": _times([o.live_s for o in live]),
        "refusal": {kind: _times([o.spoof_s for o in some]) for kind, some in attacks.items() if some},
        "cues": _per_cue(live, attacks),
    }


def _per_cue(live: Sequence[Outcome], attacks: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Of each cue, were it alone at the end: `passed`, the share of each kind that it finds living, and `failed`, the
    share that it finds not to be.
    """
    groups = {LIVE_FOLDER: live, **attacks}
    result: dict[str, Any] = {}
    for cue in default_cues():
        scores = {kind: [o.cues[cue.name] for o in some if cue.name in o.cues] for kind, some in groups.items()}
        result[cue.name] = {
            kind: {
                "passed": round(sum(score >= cue.passes for score in some) / len(some), 4),
                "failed": round(sum(score <= cue.fails for score in some) / len(some), 4),
                "n": len(some),
            }
            for kind, some in scores.items()
            if some
        }
    return result


def _acer(worst: Mapping[str, Any] | None, bpcer: Mapping[str, Any]) -> dict[str, Any]:
    if worst is None or bpcer["share"] is None:
        return {"acer": None, "acer_ci": None}
    low, high = half_sum((worst["share"], *worst["ci"]), (bpcer["share"], *bpcer["ci"]))
    return {"acer": round((worst["share"] + bpcer["share"]) / 2, 5), "acer_ci": [round(low, 5), round(high, 5)]}


def _share(hits: int, of: int) -> dict[str, Any]:
    """A share and its interval; None where nothing was there to measure."""
    return {
        "share": round(hits / of, 5) if of else None,
        "ci": [round(end, 5) for end in wilson(hits, of)] if of else None,
        "n": of,
    }


def _times(times_s: Sequence[float | None]) -> dict[str, Any]:
    """Quantiles over all, those without the verdict counting as never; None for a quantile that is never."""
    filled = np.array([float("inf") if t is None else t for t in times_s])
    if not len(filled):
        return {"median_s": None, "p95_s": None, "within_goal": None}
    median, late = (float(np.quantile(filled, q, method="higher")) for q in (0.5, 0.95))
    return {
        "median_s": round(median, 3) if np.isfinite(median) else None,
        "p95_s": round(late, 3) if np.isfinite(late) else None,
        "within_goal": round(float((filled <= GOAL_S + 1e-9).mean()), 4),
    }


def _cost(spent_ms: Sequence[float], network_ms: float) -> dict[str, Any]:
    added = spent_ms or [0.0]
    return {
        "ms_per_frame": round(float(np.median(added)), 3),
        "ms_per_frame_p99": round(float(np.quantile(added, 0.99)), 3),
        "mesh_invoke_ms": round(network_ms, 3),
    }
