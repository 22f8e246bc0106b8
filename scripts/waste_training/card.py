"""Measures the shipped file and writes the part of the model card below "## Figures": tables alone, words stand
above.

Nothing is chosen here; `test` and the battery photographs are only looked at.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import resources
from edge.measure.statistics import wilson
from edge.measure.waste import evaluate
from edge.vision.classify import ItemClassifier, open_item_classifier
from edge.vision.manifest import load_manifest
from edge.vision.picture_file import load_picture
from edge.waste.sorting import Rules, judge, load_rules
from waste_training import groups, point, pool
from waste_training.shape import PX

MARK = "## Figures\n"


def run(arguments: argparse.Namespace) -> None:
    """Replaces the figures in --out/WASTE.md."""
    manifest = load_manifest(arguments.out / "manifest.toml")
    classifier = open_item_classifier(manifest)
    rules = load_rules(resources.folder("config") / "sorting.toml", classifier.classes)
    lines = [*_test(classifier, rules, arguments.data), *_batteries(classifier, rules, arguments.data)]
    lines += [*_unknown(classifier, arguments), *_elsewhere(arguments), *_calibration(classifier, arguments)]
    lines += ["## Log of the training", ""]
    for log in sorted(arguments.work.glob("*.log"), key=lambda path: path.stat().st_mtime):
        lines += [f"{log.stem}:", "", *(f"    {line}" for line in log.read_text().splitlines()), ""]
    card = arguments.out / "WASTE.md"
    words = card.read_text(encoding="utf-8").partition(MARK)[0] if card.exists() else "# The waste classifier\n\n"
    card.write_text(words + MARK + "\n" + "\n".join(lines).strip() + "\n", encoding="utf-8")


def _test(classifier: ItemClassifier, rules: Rules, data: Path) -> list[str]:
    result = evaluate(classifier, rules, data / "test")
    lines = ["### Test split", "", "| figure | value | 95 % interval |", "|---|---|---|"]
    names = ("accuracy", "category_accuracy", "abstained", "accuracy_when_answering")
    lines += [f"| {name} | {_percent(result[name])} | {_interval(result[f'{name}_ci'])} |" for name in names]
    false = result["false_hazardous"]
    lines += [f"| false hazardous | {_percent(false['share'])} | {_interval(false['share_ci'])} |"]
    lines += [
        f"| macro F1, fine | {result['macro_f1']:.3f} | |",
        f"| macro F1, category | {result['category_macro_f1']:.3f} | |",
        "",
    ]
    lines += [f"Empty scenes that got an answer: {_percent(result['answered']['background']['share'])}.", ""]
    lines += ["| class | recall | precision | n |", "|---|---|---|---|"]
    for table in ("per_class", "per_category"):
        lines += [
            f"| {name} | {_percent(row['recall'])} ({_interval(row['recall_ci'])}) "
            f"| {_percent(row['precision'])} | {row['n']} |"
            for name, row in result[table].items()
        ]
    return [*lines, "", *_matrix(result["confusion"]), "", *_matrix(result["category_confusion"]), ""]


def _matrix(confusion: dict[str, dict[str, int]]) -> list[str]:
    said = sorted({name for row in confusion.values() for name in row})
    lines = [f"| true \\ said | {' | '.join(said)} |", "|---" * (len(said) + 1) + "|"]
    return lines + [f"| {name} | {' | '.join(str(row.get(s, '')) for s in said)} |" for name, row in confusion.items()]


def _batteries(classifier: ItemClassifier, rules: Rules, data: Path) -> list[str]:
    result = evaluate(classifier, rules, data / "measure")
    row = result["per_category"]["hazardous"]
    lines = ["### Battery photographs (never learned from)", ""]
    lines.append(
        f"Likeliest category hazardous: {_percent(row['recall'])} ({_interval(row['recall_ci'])}), n = {row['n']}."
    )
    lines.append(
        f"Answered: {_percent(1 - result['abstained'])}, of which right: {_percent(result['accuracy_when_answering'])}."
    )
    return [*lines, "", *_matrix(result["category_confusion"]), ""]


def _unknown(classifier: ItemClassifier, arguments: argparse.Namespace) -> list[str]:
    """What is no waste and was neither learned from nor, but for the first row, used to choose the operating point."""
    kinds: dict[str, list[NDArray[np.uint8]]] = {"used to choose the point (val)": point.unknown_pictures(arguments)}
    faces = arguments.data.parent / "faces" / "images"
    people = sorted(faces.glob("*/*.jpg"))[::4][:400]
    if people:
        kinds["faces (Labeled Faces in the Wild)"] = [load_picture(path) for path in people]
    lines = ["### Things that are no waste", "", "| kind | answered | 95 % interval | n |", "|---|---|---|---|"]
    rules = load_rules(resources.folder("config") / "sorting.toml", classifier.classes)
    for kind, pictures in kinds.items():
        told = 0
        for picture in pictures:
            scores = classifier.look(picture)
            spec = classifier.spec
            told += judge(scores.by_class(), scores.familiar, rules, spec.sure_from, spec.hazardous_from).kind == "sure"
        lines.append(
            f"| {kind} | {_percent(told / len(pictures))} "
            f"| {_interval(wilson(told, len(pictures)))} | {len(pictures)} |"
        )
    return [*lines, ""]


def _elsewhere(arguments: argparse.Namespace) -> list[str]:
    """What `learn --without` found, where it ran."""
    path = arguments.work / "elsewhere.json"
    if not path.exists():
        return []
    lines = ["### Each source left out in turn (the same training, shorter, without it)", ""]
    lines += [
        "| source left out | right category | of classes that others have | `other` found | n |",
        "|---|---|---|---|---|",
    ]
    for source, row in json.loads(path.read_text()).items():
        shares = [(row["right"], row["n"]), (row["known_right"], row["known"]), (row["other_right"], row["other"])]
        told = [f"{_percent(right / n)} ({_interval(wilson(right, n))})" if n else "–" for right, n in shares]
        lines.append(f"| {source} | {' | '.join(told)} | {row['n']} |")
    return [*lines, ""]


def _calibration(classifier: ItemClassifier, arguments: argparse.Namespace) -> list[str]:
    """Reliability of the likeliest class on test, before and after the temperature; risk against coverage of the
    category.
    """
    photos = pool.photographs(arguments.data, "test", PX)
    network: Any = classifier.network
    logits = point.answers(network, photos.pictures)
    labels = np.array(photos.labels)
    spec = classifier.spec
    before, after = groups.softmax(logits, 1.0), groups.softmax(logits, spec.temperature)
    lines = [
        "### Reliability (test)",
        "",
        f"Expected calibration error, 15 bins: {_percent(ece(before, labels))} before the temperature, "
        f"{_percent(ece(after, labels))} after.",
        "",
        "| probability | said | right | n |",
        "|---|---|---|---|",
    ]
    top, right = after.max(1), after.argmax(1) == labels
    for low, high in ((0, 0.4), (0.4, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.001)):
        inside = (top >= low) & (top < high)
        if inside.any():
            lines.append(
                f"| {low:.2f}–{min(high, 1):.2f} | {_percent(top[inside].mean())} "
                f"| {_percent(right[inside].mean())} | {inside.sum()} |"
            )
    true = groups.truth(labels)
    waste = true < 4
    lines += [
        "",
        "### Risk against coverage (test, waste alone)",
        "",
        "| least probability | answered | right |",
        "|---|---|---|",
    ]
    for least in sorted({0.5, 0.6, 0.7, 0.8, 0.9, 0.95, spec.sure_from}):
        sure, told = point.answered(logits, point.Point(spec.temperature, spec.familiar_energy, least))
        share, correct = sure[waste].mean(), (told == true)[sure & waste].mean()
        chosen = " (shipped)" if least == spec.sure_from else ""
        lines.append(f"| {least:.2f}{chosen} | {_percent(share)} | {_percent(correct)} |")
    return [*lines, ""]


def ece(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015): the mean gap between probability and share of right answers."""
    top, right = probabilities.max(1), probabilities.argmax(1) == labels
    at = np.minimum((top * bins).astype(int), bins - 1)
    gaps = [abs(top[at == b].mean() - right[at == b].mean()) * (at == b).mean() for b in range(bins) if (at == b).any()]
    return float(sum(gaps))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _interval(ends: Any) -> str:
    return "–" if ends is None else f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f}"
