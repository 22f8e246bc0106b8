"""One probe against 50,000 templates, against the bare matrix-vector product."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from edge.measure.runs import summary
from edge.vision.match import Gallery

PEOPLE, DIMENSION = 50_000, 128
LIMIT = 1.3


def measure(runs: int) -> dict[str, Any]:
    """Searches and bare products take turns, so that a busy moment of the machine meets both alike."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(PEOPLE, DIMENSION)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    gallery = Gallery(matrix, [f"{row:05}" for row in range(PEOPLE)], 0.0)
    whole, bare = [], []
    for row in range(runs + 10):
        probe = matrix[row * 7 % PEOPLE].copy()
        begun = time.perf_counter()
        match = gallery.match(probe)
        done = time.perf_counter()
        np.dot(matrix, probe)
        bare.append(1e3 * (time.perf_counter() - done))
        whole.append(1e3 * (done - begun))
        assert match.person == f"{row * 7 % PEOPLE:05}"
    del whole[:10], bare[:10]
    product_ms = float(np.median(bare))
    return summary("search", whole, LIMIT * product_ms, product_ms=round(product_ms, 3), templates=PEOPLE)
