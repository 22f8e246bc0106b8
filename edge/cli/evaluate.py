"""`edge eval …`: accuracy on the user's own pictures, with the standard figures and their intervals."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli import evaluate_levels, evaluate_liveness
from edge.cli.common import Subparsers, emit
from edge.errors import UsageError


def register(commands: Subparsers) -> None:
    """Add `eval` and its subcommands."""
    evaluate = commands.add_parser("eval", help="accuracy on your own pictures")
    kinds = evaluate.add_subparsers(dest="eval_command", required=True, metavar="WHAT")
    text = "faces: verification by pairs, or identification of one among many"
    faces = kinds.add_parser("faces", help=text, description=text)
    faces.add_argument("--images", type=Path, required=True, metavar="DIR", help="holds <person>/<file>.jpg")
    faces.add_argument("--pairs", type=Path, metavar="FILE", help="CSV with the header a,b,same, or LFW's pairs.txt")
    faces.add_argument("--identify", action="store_true", help="one among many, instead of pairs")
    faces.add_argument("--network", default="", metavar="ID", help="another embedding network of the manifest")
    faces.add_argument("--state", type=Path, metavar="DIR", help="a state directory, for networks added to a device")
    faces.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    faces.set_defaults(run=run_faces)
    text = "waste: the classifier, its abstention and its confusions, on folders named by class or category"
    waste = kinds.add_parser("waste", help=text, description=text)
    waste.add_argument("--images", type=Path, required=True, metavar="DIR", help="holds <class>/<file>.jpg")
    waste.add_argument("--rules", type=Path, metavar="FILE", help="another city's sorting rules")
    waste.add_argument("--network", default="", metavar="ID", help="another classifier of the manifest")
    waste.add_argument("--state", type=Path, metavar="DIR", help="a state directory, for networks added to a device")
    waste.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    waste.set_defaults(run=run_waste)
    evaluate_liveness.register(kinds)
    evaluate_levels.register(kinds)


def run_faces(args: argparse.Namespace) -> int:
    from edge import resources
    from edge.config.schema import Face
    from edge.measure.faces import identify, verify
    from edge.vision.faces import open_face_finder
    from edge.vision.manifest import load_manifest

    if args.identify == (args.pairs is not None):
        raise UsageError("either --pairs FILE or --identify", hint="docs/commands.md explains both")
    manifest = load_manifest(*resources.manifests(args.state))
    entry = manifest.model(args.network) if args.network else manifest.default("face-embedder")
    points = entry.operating_points().at(Face().target_fpir)
    finder = open_face_finder(manifest, embedder=entry.id)
    if args.identify:
        result = identify(finder, points, args.images)
    else:
        result = verify(finder, points, args.images, args.pairs)
    emit(args, result, "\n".join(_line(name, value) for name, value in result.items()))
    return 0


def run_waste(args: argparse.Namespace) -> int:
    from edge import resources
    from edge.measure.waste import evaluate
    from edge.vision.classify import open_item_classifier
    from edge.vision.manifest import load_manifest
    from edge.waste.sorting import load_rules

    classifier = open_item_classifier(load_manifest(*resources.manifests(args.state)), args.network)
    rules = load_rules(args.rules or resources.folder("config") / "sorting.toml", classifier.classes)
    result = evaluate(classifier, rules, args.images)
    emit(args, result, "\n".join(_lines(result)))
    return 0


def _lines(result: dict[str, Any]) -> list[str]:
    """One line a figure; tables get one line a row."""
    lines = []
    for name, value in result.items():
        if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
            lines += [f"{name}:", *(f"  {_line(row, figures)}" for row, figures in value.items())]
        else:
            lines.append(_line(name, value))
    return lines


def _line(name: str, value: Any) -> str:
    return f"{name:<18} {value}"
