"""`edge eval faces`: verification by pairs, and identification of one among many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import DataError
from edge.measure.embeddings import Embedded, embed_all
from edge.measure.pairs import Pair, people_in, read_pairs
from edge.measure.statistics import auc, best_accuracy, eer, tar_at_far, wilson
from edge.vision.faces import FaceFinder
from edge.vision.match import Gallery
from edge.vision.score import MARGIN
from edge.vision.thresholds import OperatingPoints

FARS = (0.01, 0.001, 0.0001)
# A failed picture matches nobody: below any score that two unit vectors can have.
_FAILED = -2.0


def verify(finder: FaceFinder, points: OperatingPoints, folder: Path, pairs_file: Path) -> dict[str, Any]:
    """One picture against one. A pair with a picture without a usable face counts as a non-match.

    The gate compares one against many; the shipped threshold for a single pair is that of the smallest gallery,
    as a cosine: the score's margin, taken at the floor of the second-best, is added back.
    """
    pairs = read_pairs(pairs_file)
    embedded = embed_all(finder, folder, (path for pair in pairs for path in (pair.a, pair.b)))
    _require_some(embedded, folder)
    scores = np.array([_cosine(pair, embedded) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    genuine, impostor = scores[same], scores[~same]
    threshold = points.threshold(1, fused=False) + MARGIN * points.second_floor
    missed, let_in = int((genuine <= threshold).sum()), int((impostor > threshold).sum())
    return {
        "pairs": len(pairs),
        "genuine": len(genuine),
        "impostor": len(impostor),
        "failures_to_enrol": len(embedded.failures),
        "accuracy": round(best_accuracy(genuine, impostor), 5),
        "auc": round(auc(genuine, impostor), 5),
        "eer": round(eer(genuine, impostor), 5),
        "tar_at_far": {f"{far:g}": round(tar_at_far(genuine, impostor, far)[0], 5) for far in FARS},
        "tar_at_far_ci": {
            f"{far:g}": _interval(round(tar_at_far(genuine, impostor, far)[0] * len(genuine)), len(genuine))
            for far in FARS
        },
        "threshold_used": round(threshold, 4),
        "fmr": round(let_in / len(impostor), 6),
        "fmr_ci": _interval(let_in, len(impostor)),
        "fnmr": round(missed / len(genuine), 5),
        "fnmr_ci": _interval(missed, len(genuine)),
        "ms_per_image": embedded.ms_per_image,
        "model": finder.embedder.model_id,
    }


def identify(finder: FaceFinder, points: OperatingPoints, folder: Path) -> dict[str, Any]:
    """One against many: the first picture of each person who has several is enrolled, their other pictures are
    the probes, and the people with a single picture are strangers.

    `fnir`: mated probes whose person was not recognised at the shipped threshold; `fpir`: strangers who were taken
    for somebody. A mated probe without a face is an error, a stranger without one is refused.
    """
    people = people_in(folder)
    embedded = embed_all(finder, folder, (path for files in people.values() for path in files))
    _require_some(embedded, folder)
    enrolled = {name: files[0] for name, files in people.items() if len(files) > 1}
    ids = [name for name, first in enrolled.items() if first in embedded.vectors]
    if not ids:
        raise DataError(
            f"nobody in {folder} has two pictures", hint="identification needs a picture to enrol and another"
        )
    gallery = Gallery(np.stack([embedded.vectors[enrolled[name]] for name in ids]), ids, points.second_floor)
    threshold = points.threshold(gallery.people, fused=False)
    mated = [(name, path) for name in enrolled for path in people[name][1:]]
    strangers = [files[0] for files in people.values() if len(files) == 1]
    rank1 = missed = 0
    for name, path in mated:
        probe = embedded.vectors.get(path)
        match = gallery.match(probe) if probe is not None else None
        found = match is not None and match.person == name
        rank1 += found
        missed += not (found and match is not None and match.score >= threshold)
    let_in = sum(_best_score(gallery, embedded.vectors, path) >= threshold for path in strangers)
    return {
        "gallery": gallery.people,
        "probes": len(mated),
        "strangers": len(strangers),
        "failures_to_enrol": len(embedded.failures),
        "rank1": round(rank1 / len(mated), 5),
        "rank1_ci": _interval(rank1, len(mated)),
        "threshold_used": round(threshold, 4),
        "fnir": round(missed / len(mated), 5),
        "fnir_ci": _interval(missed, len(mated)),
        "fpir": round(let_in / len(strangers), 5) if strangers else None,
        "fpir_ci": _interval(let_in, len(strangers)),
        "target_fpir": points.target_fpir,
        "ms_per_image": embedded.ms_per_image,
        "model": finder.embedder.model_id,
    }


def _best_score(gallery: Gallery, vectors: Mapping[str, Any], path: str) -> float:
    return gallery.match(vectors[path]).score if path in vectors else _FAILED


def _cosine(pair: Pair, embedded: Embedded) -> float:
    a, b = embedded.vectors.get(pair.a), embedded.vectors.get(pair.b)
    return _FAILED if a is None or b is None else float(a @ b)


def _interval(hits: int, of: int) -> Sequence[float]:
    return [round(end, 6) for end in wilson(hits, of)]


def _require_some(embedded: Embedded, folder: Path) -> None:
    if not embedded.vectors:
        reason = next(iter(embedded.failures.values()), "no pictures")
        raise DataError(f"no face could be used below {folder}: {reason}", hint="is it the right folder?")
