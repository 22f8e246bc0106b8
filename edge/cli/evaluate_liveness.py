"""`edge eval liveness`: how well living people and attacks are told apart, on recordings of both."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli.common import Subparsers, emit
from edge.errors import UsageError


def register(kinds: Subparsers) -> None:
    """Add `liveness` to the kinds of `edge eval`."""
    text = "liveness: attacks that pass for living people, living people who do not, and how long it takes"
    liveness = kinds.add_parser("liveness", help=text, description=text)
    held = "holds live, print, replay…: videos or folders of frames"
    liveness.add_argument("--images", type=Path, required=True, metavar="DIR", help=held)
    liveness.add_argument("--fps", type=float, default=0.0, metavar="F", help="frames a second, whatever the files say")
    liveness.add_argument("--limit", type=float, metavar="S", help="how long after the first face a verdict counts (2)")
    liveness.add_argument("--network", default="", metavar="ID", help="another embedding network of the manifest")
    liveness.add_argument("--state", type=Path, metavar="DIR", help="a state directory, for networks added to a device")
    liveness.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    liveness.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edge import resources
    from edge.config.schema import Face
    from edge.measure.liveness import LIMIT_S, evaluate
    from edge.vision.manifest import load_manifest, open_network
    from edge.vision.recognition import Recognition

    limit_s = LIMIT_S if args.limit is None else args.limit
    if args.fps and not 1.0 <= args.fps <= 240.0:
        raise UsageError(f"--fps {args.fps:g}", hint="1 to 240 frames a second can be read")
    if not 0.1 <= limit_s <= 60.0:
        raise UsageError(f"--limit {limit_s:g}", hint="a tenth of a second to a minute")
    manifest = load_manifest(*resources.manifests(args.state))
    network = open_network(manifest.default("face-mesh"))
    recognition = Recognition(manifest, Face(network=args.network))
    result = evaluate(recognition, args.images, network, fps=args.fps, limit_s=limit_s)
    emit(args, result, "\n".join(_lines(result)))
    return 0


def _lines(result: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in result.items():
        if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
            lines.append(f"{name}:")
            lines += [f"  {row:<12} {_told(figures)}" for row, figures in value.items()]
        else:
            lines.append(f"{name:<18} {_told(value)}")
    return lines


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {_told(one)}" for name, one in value.items())
    return "-" if value is None else str(value)
