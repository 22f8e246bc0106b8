"""Operating points: from which score on a face counts as recognised, given the gallery's size.

More people enrolled means more chances for a stranger to resemble one of them, so the threshold follows from the
gallery's size and the accepted rate of false identifications. The numbers are derived by a script and stand in
the manifest; there is no built-in default, because a wrong one opens doors.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise

from edge.vision.score import MARGIN
from edge.vision.toml_table import Table


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Score thresholds for galleries of growing size, for one frame and for several frames fused.

    `target_fpir`: the share of strangers' attempts that may be accepted; `one_frame` holds for an attempt of one
    picture, `fused` for one of up to five. `gallery`: sizes in people, rising. `second_floor`: the median cosine of a
    stranger and a template, the least that the second best is taken for (see `Gallery`). `tail`: see `at`.
    """

    target_fpir: float
    gallery: tuple[int, ...]
    one_frame: tuple[float, ...]
    fused: tuple[float, ...]
    second_floor: float
    tail: float

    def at(self, target_fpir: float) -> OperatingPoints:
        """The points for another target. Strangers' best scores fall off exponentially: `tail` is the rise of the
        score that makes them e times as rare.
        """
        rise = self.tail * math.log(self.target_fpir / target_fpir)
        return replace(
            self,
            target_fpir=target_fpir,
            one_frame=tuple(score + rise for score in self.one_frame),
            fused=tuple(score + rise for score in self.fused),
        )

    @property
    def alone(self) -> float:
        """How far beyond `one_frame` a single frame decides at once: where strangers are ten times as rare, since
        an attempt has several such frames.
        """
        return self.tail * math.log(10.0)

    @property
    def strong(self) -> float:
        """How far beyond its threshold a score is strong: where strangers are a hundred times as rare."""
        return self.tail * math.log(100.0)

    @property
    def same_face(self) -> float:
        """The least cosine of two frames that may show one person: halfway from strangers to recognised.

        The latter is the cosine that just reaches the lowest threshold against the usual second best.
        """
        recognised = min(self.one_frame) + MARGIN * self.second_floor
        return (self.second_floor + recognised) / 2

    def threshold(self, people: int, *, fused: bool) -> float:
        """The score to reach: linear in log10 of the gallery's size between the derived points.

        Below the first size its threshold holds (never less safe than derived); beyond the last one the last
        slope goes on, and never falls.
        """
        points = self.fused if fused else self.one_frame
        if people <= self.gallery[0] or len(self.gallery) == 1:
            return points[0]
        right = min(bisect_right(self.gallery, people), len(self.gallery) - 1)
        left = right - 1
        low, high = math.log10(self.gallery[left]), math.log10(self.gallery[right])
        slope = (points[right] - points[left]) / (high - low)
        if people > self.gallery[-1]:
            return points[right] + max(slope, 0.0) * (math.log10(people) - high)
        return points[left] + slope * (math.log10(people) - low)


def read_operating_points(table: Table) -> OperatingPoints:
    """A `[models.<id>.embedding.thresholds]` table. Raises DataError."""
    target = table.number("target_fpir")
    if not 0.0 < target < 1.0:
        raise table.refuse("target_fpir", f"is {target}", "a share between 0 and 1 belongs here, 0.001 for instance")
    gallery = table.integers("gallery")
    if any(b <= a for a, b in pairwise(gallery)):
        raise table.refuse("gallery", f"is {list(gallery)}", "sizes that rise belong here")
    return OperatingPoints(
        target_fpir=target,
        gallery=gallery,
        one_frame=_read_scores(table, "one_frame", len(gallery)),
        fused=_read_scores(table, "fused", len(gallery)),
        second_floor=_read_cosine(table, "second_floor"),
        tail=_read_tail(table),
    )


def _read_scores(table: Table, name: str, count: int) -> tuple[float, ...]:
    scores = table.numbers(name, count)
    if not all(-1.3 <= s <= 1.3 for s in scores):  # top1 - 0.3 top2 of two cosines
        raise table.refuse(name, f"is {list(scores)}", "scores between -1.3 and 1.3 belong here")
    return scores


def _read_cosine(table: Table, name: str) -> float:
    cosine = table.number(name)
    if not -1.0 <= cosine <= 1.0:
        raise table.refuse(name, f"is {cosine}", "a cosine between -1 and 1 belongs here")
    return cosine


def _read_tail(table: Table) -> float:
    tail = table.number("tail")
    if not 0.0 < tail < 0.2:
        raise table.refuse("tail", f"is {tail}", "a small rise of the score belongs here, 0.005 for instance")
    return tail
