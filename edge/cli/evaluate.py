"""`edge eval …`: accuracy on the user's own pictures, with the standard figures and their intervals."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli import evaluate_levels
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


def _line(name: str, value: Any) -> str:
    return f"{name:<18} {value}"
