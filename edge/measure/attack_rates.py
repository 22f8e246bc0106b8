"""The error rates of presentation attack detection, as ISO/IEC 30107-3 has them, from outcomes of presentations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.events import Life
from edge.measure.statistics import half_sum, wilson
from edge.vision.liveness.judge import default_cues, gate_cues
from edge.vision.liveness.opinion import Opinion
from edge.vision.liveness.view import EmptyView

GOAL_S = 0.8  # by when most of the living should have passed
LIVE_FOLDER = "live"


@dataclass(slots=True)
class Outcome:
    """One presentation. `live_s`, `spoof_s`: when the verdict first was LIVE or SPOOF, after the first face; `last`:
    the verdict at the end; `cues`: each cue's score then. `faces`: frames with a face. `view_known`: what the camera
    sees when nobody is there was.
    """

    kind: str
    faces: int = 0
    live_s: float | None = None
    spoof_s: float | None = None
    last: Life = Life.DOUBT
    cues: dict[str, float] = field(default_factory=dict)
    view_known: bool = False

    @property
    def accepted(self) -> bool:
        return self.live_s is not None


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
        "without_empty_view": sum(bool(o.faces) and not o.view_known for o in outcomes),
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
    for cue in {cue.name: cue for cue in (*gate_cues(EmptyView()), Opinion(()), *default_cues())}.values():
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
