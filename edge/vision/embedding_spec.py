"""What the manifest says of an embedding network: how a face is laid out for it, and how its answers compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from edge.vision.thresholds import OperatingPoints, read_operating_points
from edge.vision.toml_table import Table

Metric = Literal["cosine"]
MESH_POINTS = 468


@dataclass(frozen=True, slots=True)
class CanonicalPoint:
    """The mean of these face-mesh points lies at `at` (x, y in pixels) of the aligned chip."""

    mesh: tuple[int, ...]
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """`mirror`: the embedding of a face is the mean of the chip's and its mirror image's. `thresholds` is None
    as long as nobody has derived them; such a network can be measured but not opened for a door.
    """

    dimension: int
    metric: Metric
    mirror: bool
    points: tuple[CanonicalPoint, ...]
    thresholds: OperatingPoints | None = None

    def canonical(self) -> NDArray[np.float64]:
        """Where the points lie in the chip, n × 2."""
        return np.array([p.at for p in self.points], np.float64)

    def of_mesh(self, mesh: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same points of a face, n × 2, from its mesh (468 × 2 or 3)."""
        return np.array([mesh[list(p.mesh), :2].mean(axis=0) for p in self.points], np.float64)


def read_embedding(table: Table) -> EmbeddingSpec:
    """One `[models.<id>.embedding]` table. Raises DataError."""
    points = tuple(_read_point(p) for p in table.tables("points"))
    if len(points) < 2:
        raise table.refuse("points", "has one point", "a similarity needs at least two")
    return EmbeddingSpec(
        dimension=table.integer("dimension"),
        metric=cast(Metric, table.choice("metric", get_args(Metric))),
        mirror=table.flag("mirror"),
        points=points,
        thresholds=read_operating_points(table.table("thresholds")) if table.has("thresholds") else None,
    )


def _read_point(table: Table) -> CanonicalPoint:
    mesh = table.integers("mesh", at_least=0)
    if max(mesh) >= MESH_POINTS:
        raise table.refuse("mesh", f"is {list(mesh)}", f"indices below {MESH_POINTS} belong here")
    x, y = table.numbers("at", 2)
    return CanonicalPoint(mesh, (x, y))
