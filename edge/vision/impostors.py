"""What the gate learns of strangers from its own residents: how near everybody else comes to a face that it knows.

A face that is one person's for sure is no stranger's, and whoever else is enrolled is an impostor to it: the score that
it would have had if its person were not enrolled is that of a stranger before a gallery of everybody else. Sure is
judged by the cosine to that person alone, as strong as `OperatingPoints.strong` against the usual second best. The
score itself would not do: it takes the second best off, and so would pick those whom nobody else resembles (on LFW
that made the estimate a quarter too low). Each person counts once a day, so that no guard who passes all the time makes
the figure. The scores are counted, not kept; a month halves what they weigh, since faces and galleries change.

A face that was *not* recognised may be a stranger's, or an enrolled person's badly seen, whose score lies just below
the threshold. Taken for strangers, a few of the latter would make the tail, and the estimate far too high; with its
nearest person left out, a stranger would lose the very score that matters. So these are counted and not used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from zlib import crc32

import numpy as np

from edge.errors import DataError
from edge.events import FaceMatched, FaceUnknown, Life
from edge.vision.attempt import Decision
from edge.vision.embed import Embedding
from edge.vision.lookalikes import LookAlikes
from edge.vision.match import Gallery
from edge.vision.score import MARGIN
from edge.vision.tail import BINS, GROUPS, NEAR, Counts, Rate, bin_of, rate_beyond
from edge.vision.thresholds import OperatingPoints

VERSION = 1
REFERENCE_FPIR = 0.001  # scores are counted against this operating point, whichever is configured
HALF_LIFE_DAYS = 30.0
GROWTH = (1.0, 1.2, 1.5, 2.0)
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class FalseAccepts:
    """What is expected of strangers' attempts with one picture at the configured operating point.

    `rates`: for galleries of that many people; empty while too little is known. `comparisons`: how many the
    estimate rests on, the older ones weighing less. `unknown`: faces that were not recognised, weighed alike.
    """

    comparisons: float
    days: int
    unknown: float
    people: int
    rates: Mapping[int, Rate]
    look_alikes: Sequence[tuple[str, str, float]]


class ImpostorWatch:
    """`look` is for the vision's thread, `follow` for whoever delivers the gallery, everything else for a third."""

    def __init__(self, model_id: str, points: OperatingPoints) -> None:
        self._points = points.at(REFERENCE_FPIR)
        self._level = math.log(REFERENCE_FPIR / points.target_fpir)
        self._basis = [model_id, points.second_floor, points.tail, *self._points.one_frame]
        self._lock = Lock()
        self._counts = np.zeros((GROUPS, BINS))
        self._people_sum = self._unknown = 0.0
        self._days = 0
        self._today: set[str] = set()
        self._noted: set[str] = set()
        self._pairs = LookAlikes()
        self._gallery: Gallery | None = None

    def follow(self, gallery: Gallery) -> None:
        """Who is enrolled now: what is known of pairs goes with either of them."""
        with self._lock:
            if gallery is not self._gallery:
                self._gallery = gallery
                self._pairs.keep(gallery.has)

    def look(self, decisions: Sequence[Decision], embedding: Embedding | None, gallery: Gallery) -> None:
        """What was decided about a face, and its embedding in the frame that led to it (None: there is none)."""
        self.follow(gallery)
        with self._lock:
            for decision in decisions:
                if isinstance(decision, FaceUnknown):
                    self._unknown += 1.0
                elif isinstance(decision, FaceMatched) and embedding is not None:
                    self._compare(decision, embedding, gallery)

    def _compare(self, decision: FaceMatched, embedding: Embedding, gallery: Gallery) -> None:
        person, own = decision.person, gallery.match(embedding)
        if decision.life is Life.SPOOF or own.person != person:  # this very frame is not that sure
            return
        other = gallery.match(embedding, without=person)
        if other.person is None:
            return
        people, points = gallery.people - 1, self._points
        excess = (other.score - points.threshold(people, fused=False)) / points.tail
        if person not in self._noted:
            self._noted.add(person)
            self._pairs.note(person, other.person, near=excess >= self._level - NEAR)
        sure = points.threshold(gallery.people, fused=False) + points.strong + MARGIN * points.second_floor
        # Two who are named, and far beyond the threshold, are no chance: they say nothing of strangers.
        twins = excess > max(self._level, 0.0) + NEAR and self._pairs.names(person, other.person)
        if own.top1 >= sure and not twins and person not in self._today:
            self._today.add(person)
            self._counts[crc32(person.encode()) % GROUPS, bin_of(excess)] += 1.0
            self._people_sum += people

    def new_day(self) -> None:
        """Everybody counts anew, and what was counted so far weighs a little less."""
        with self._lock:
            self._noted.clear()
            if not self._today:  # a day on which nobody came teaches nothing, and makes nothing forgotten
                return
            fading = 0.5 ** (1.0 / HALF_LIFE_DAYS)
            self._counts *= fading
            self._people_sum *= fading
            self._unknown *= fading
            self._days += 1
            self._today.clear()

    def figures(self) -> FalseAccepts:
        """The estimate for the gallery of the moment and for larger ones; some ten milliseconds."""
        with self._lock:
            counts, comparisons = self._counts.copy(), float(self._counts.sum())
            average = self._people_sum / comparisons if comparisons else 0.0
            people = self._gallery.people if self._gallery else 0
            days, unknown, pairs = self._days + bool(self._today), self._unknown, self._pairs.frequent()
        rates = {}
        for times in GROWTH if average and people else ():
            size = math.ceil(people * times)
            # More people are more chances (at most that many times as many), met by a higher threshold.
            rise = self._points.threshold(size, fused=False) - self._points.threshold(round(average), fused=False)
            if (rate := rate_beyond(counts, self._level + rise / self._points.tail, size / average)) is not None:
                rates[size] = rate
        return FalseAccepts(comparisons, days, unknown, people, rates, pairs)

    @property
    def forgotten(self) -> int:
        """How many pairs were dropped because one of them is enrolled no more."""
        return self._pairs.dropped

    def memory(self) -> dict[str, Any]:
        """What is worth keeping over a restart, JSON-ready."""
        with self._lock:
            return {
                "version": VERSION,
                "basis": self._basis,
                "counts": [[round(count, 3) for count in row] for row in self._counts.tolist()],
                "people_sum": round(self._people_sum, 3),
                "unknown": round(self._unknown, 3),
                "days": self._days + bool(self._today),
                "pairs": self._pairs.memory(),
            }

    def remember(self, found: object) -> bool:
        """Go on from what `memory` gave; False where it is of another network or operating point. Raises DataError."""
        if not isinstance(found, Mapping) or found.get("version") != VERSION:
            raise DataError("not what this gate had learnt", hint="it begins anew")
        if found.get("basis") != self._basis:
            return False
        counts, sums = _read(found)
        pairs = LookAlikes.remembered(found.get("pairs"))
        with self._lock:
            self._counts, self._pairs, self._gallery = counts, pairs, None
            self._people_sum, self._unknown, self._days = sums[0], sums[1], int(sums[2])
        return True


def _read(found: Mapping[str, Any]) -> tuple[Counts, list[float]]:
    """The counts, and people_sum, unknown and days. Raises DataError."""
    try:
        counts = np.asarray(found.get("counts"), np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"counts that are none: {error}", hint="it begins anew") from error
    sums = [found.get(name) for name in ("people_sum", "unknown", "days")]
    known = [float(value) for value in sums if isinstance(value, int | float) and 0 <= value < _MOST]
    if counts.shape != (GROUPS, BINS) or not ((counts >= 0.0) & (counts < _MOST)).all() or len(known) < len(sums):
        raise DataError("counts that cannot be", hint="it begins anew")
    return counts, known
