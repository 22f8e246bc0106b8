"""Who is it: one matrix-vector product against everybody, however many they are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.vision.embed import Embedding
from edge.vision.score import score


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest person. `top1`, `top2`: cosines of the nearest and the second-nearest person; `score` =
    top1 - 0.3 · top2. In an empty gallery `person` is None and `score` -1.3, below any threshold.
    """

    person: str | None
    top1: float
    top2: float
    score: float


_NOBODY = Match(None, -1.0, 1.0, score(-1.0, 1.0))


class Gallery:
    """Templates to compare with: `matrix` is N × D float32 with rows of length one, `ids` names each row's person.

    A person may have several rows; the second-best person is another one. `second_floor` is the least that
    top2 is taken for: with one person enrolled there is no second, and with a handful the second may by chance be
    unusually unlike, which would raise the score of a stranger. The floor is the median cosine between strangers
    (`OperatingPoints.second_floor`), the second-best that any larger gallery is bound to have.
    """

    def __init__(self, matrix: NDArray[np.float32], ids: Sequence[str], second_floor: float) -> None:
        if matrix.ndim != 2 or len(matrix) != len(ids):
            raise DataError(f"{len(ids)} ids for a matrix of {matrix.shape}", hint="one id per row is needed")
        lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))
        if not np.all(np.abs(lengths - 1.0) < 1e-3):  # also true of NaN
            raise DataError("a template is not of length one", hint="enrol again; the stored template is damaged")
        # Rows of one person side by side: leaving a person out is then one slice.
        order = sorted(range(len(ids)), key=ids.__getitem__)
        self._matrix = np.ascontiguousarray(matrix[order], np.float32)
        self._ids = [ids[i] for i in order]
        self._first, self._end = _runs(self._ids)
        self._floor = np.float32(second_floor)
        self.people = len(set(ids))

    def __len__(self) -> int:
        return len(self._ids)

    def has(self, person: str) -> bool:
        """Whether this person has a template here."""
        at = bisect_left(self._ids, person)
        return at < len(self._ids) and self._ids[at] == person

    def match(self, probe: Embedding, without: str = "") -> Match:
        """The nearest person to a unit embedding. Raises DataError when its dimension is another one.

        `without`: the match as it would be if this person were not enrolled.
        """
        if not self._ids:
            return _NOBODY
        if probe.shape != (self._matrix.shape[1],):
            raise DataError(
                f"a probe of {probe.shape} against templates of {self._matrix.shape[1]}",
                hint="the templates are of another model; they need renewal",
            )
        cosines = self._matrix @ probe
        if without and self.has(without):
            if self.people == 1:
                return _NOBODY
            at = bisect_left(self._ids, without)
            cosines[self._first[at] : self._end[at]] = -2.0
        best = int(cosines.argmax())
        top1 = float(cosines[best])
        cosines[self._first[best] : self._end[best]] = self._floor  # leaves this person out, and is the floor
        top2 = float(cosines.max())
        return Match(self._ids[best], top1, top2, score(top1, top2))


def _runs(ids: Sequence[str]) -> tuple[list[int], list[int]]:
    """For every row of the sorted ids, where its person's rows begin and end."""
    starts = [i for i, name in enumerate(ids) if i == 0 or ids[i - 1] != name]
    ends = [*starts[1:], len(ids)] if ids else []
    first, end = [], []
    for start, stop in zip(starts, ends, strict=True):
        first += [start] * (stop - start)
        end += [stop] * (stop - start)
    return first, end
