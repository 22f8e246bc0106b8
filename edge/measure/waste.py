"""`edge eval waste`: the shipped classifier and its abstention on pictures sorted into folders by class or by
category.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import DataError
from edge.measure.pairs import SUFFIXES
from edge.measure.statistics import wilson
from edge.vision.classify import ItemClassifier
from edge.vision.picture_file import load_picture
from edge.waste.sorting import CATEGORIES, Rules, judge
from edge.waste.verdict import Verdict

_BESIDES = ("nothing", "unknown")  # what is no category


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture: its folder, likeliest class, likeliest group (category, nothing, unknown) and verdict."""

    folder: str
    fine: str
    group: str
    verdict: Verdict


def evaluate(classifier: ItemClassifier, rules: Rules, folder: Path) -> dict[str, Any]:
    """Figures with 95 % intervals. `accuracy`, `macro_f1`, `per_class`, `confusion`: the likeliest class, without
    abstention, over the folders named by a class; where there are none, the likeliest category over those named by a
    category. `category_accuracy`: the likeliest category of all pictures whose folder says it. `abstained` and
    `accuracy_when_answering`: as the station does it, over pictures of waste. `answered`: the share of pictures that
    got a category, for each folder that names none (an empty scene, or a name that is no class): there every answer
    is wrong.

    Raises DataError when the folder holds no pictures, or a picture cannot be used.
    """
    files = _files(folder)
    started = time.perf_counter()
    judged = [_judged(classifier, rules, name, path) for name, path in files]
    elapsed = time.perf_counter() - started
    fine = [j for j in judged if j.folder in classifier.classes]
    sorted_in = [j for j in judged if _truth(rules, j.folder) is not None]
    scored = [(j.folder, j.fine) for j in fine] or [(j.folder, j.group) for j in sorted_in]
    grouped = [
        (rules.group_of.get(j.folder, j.folder), j.group) for j in (*fine, *(j for j in sorted_in if j not in fine))
    ]
    told = [j for j in sorted_in if j.verdict.kind == "sure"]
    right = sum(j.verdict.category == _truth(rules, j.folder) for j in told)
    strange = [j for j in judged if _truth(rules, j.folder) is None]
    return {
        "images": len(judged),
        **_share("accuracy", sum(a == b for a, b in scored), len(scored)),
        "macro_f1": _macro_f1(scored),
        **_share("category_accuracy", sum(a == b for a, b in grouped), len(grouped)),
        "category_macro_f1": _macro_f1(grouped),
        **_share("abstained", len(sorted_in) - len(told), len(sorted_in)),
        **_share("accuracy_when_answering", right, len(told)),
        "per_class": _per_class(scored),
        "per_category": _per_class(grouped),
        "confusion": _confusion(scored),
        "category_confusion": _confusion(grouped),
        "false_hazardous": _false_hazardous(rules, judged),
        "answered": {
            name: _told([j for j in strange if j.folder == name]) for name in sorted({j.folder for j in strange})
        },
        "ms_per_image": round(1000 * elapsed / len(judged), 2),
        "model": classifier.model_id,
    }


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = [
        (kind.name, path)
        for kind in sorted(folder.iterdir() if folder.is_dir() else ())
        if kind.is_dir()
        for path in sorted(kind.iterdir())
        if path.suffix.lower() in SUFFIXES
    ]
    if not found:
        raise DataError(f"no pictures below {folder}", hint="it should hold <class>/<file>.jpg")
    return found


def _judged(classifier: ItemClassifier, rules: Rules, name: str, path: Path) -> Judged:
    scores = classifier.look(load_picture(path))
    shares = scores.by_class()
    total = dict.fromkeys((*CATEGORIES, *_BESIDES), 0.0)
    for fine, share in shares.items():
        total[rules.group_of[fine]] += share
    verdict = judge(shares, scores.familiar, rules, classifier.spec.sure_from, classifier.spec.hazardous_from)
    return Judged(name, max(shares, key=lambda c: shares[c]), max(total, key=lambda c: total[c]), verdict)


def _truth(rules: Rules, folder: str) -> str | None:
    """The category that a folder's name stands for, None where it is no waste."""
    return folder if folder in CATEGORIES else rules.category(folder)


def _share(name: str, hits: int, of: int) -> dict[str, Any]:
    """A share and its interval; both None where nothing was there to measure."""
    return {
        name: round(hits / of, 5) if of else None,
        f"{name}_ci": [round(end, 5) for end in wilson(hits, of)] if of else None,
    }


def _told(judged: Sequence[Judged]) -> dict[str, Any]:
    return {"n": len(judged), **_share("share", sum(j.verdict.kind == "sure" for j in judged), len(judged))}


def _false_hazardous(rules: Rules, judged: Sequence[Judged]) -> dict[str, Any]:
    """How often something else is told to be hazardous waste."""
    others = [j for j in judged if _truth(rules, j.folder) != "hazardous"]
    wrong = sum(j.verdict.kind == "sure" and j.verdict.category == "hazardous" for j in others)
    return {"n": len(others), **_share("share", wrong, len(others))}


def _per_class(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    result = {}
    for name in sorted({truth for truth, _ in pairs}):
        of, said = sum(t == name for t, _ in pairs), sum(p == name for _, p in pairs)
        hits = sum(t == p == name for t, p in pairs)
        result[name] = {**_share("recall", hits, of), **_share("precision", hits, said), "n": of}
    return result


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean over the true classes of 2 × hits / (true + predicted)."""
    names = sorted({truth for truth, _ in pairs})
    scores = [
        2
        * sum(t == p == name for t, p in pairs)
        / (sum(t == name for t, _ in pairs) + sum(p == name for _, p in pairs))
        for name in names
    ]
    return round(sum(scores) / len(scores), 5) if scores else None


def _confusion(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """True class -> predicted class -> pictures, without the zeros."""
    result: dict[str, dict[str, int]] = {}
    for truth, said in sorted(pairs):
        row = result.setdefault(truth, {})
        row[said] = row.get(said, 0) + 1
    return result
