"""`edge bench …`: speed on this device, against a stated limit measured in the same run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli.common import Subparsers, emit, positive


def register(commands: Subparsers) -> None:
    """Add `bench` and its subcommands."""
    bench = commands.add_parser("bench", help="speed on this device")
    kinds = bench.add_subparsers(dest="bench_command", required=True, metavar="WHAT")

    def add(name: str, text: str, runs: int) -> argparse.ArgumentParser:
        parser = kinds.add_parser(name, help=text, description=text)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--runs", type=positive, default=runs, metavar="N", help=f"({runs})")
        parser.set_defaults(run=run)
        return parser

    face = add("face", "one frame with one face, detection to decision", 100)
    face.add_argument("--picture", type=Path, metavar="FILE", help="another picture")
    face.add_argument("--width", type=int, choices=(640, 960, 1280), default=640, help="of the frame, 4 : 3 (640)")
    waste = add("waste", "one 640×480 frame with an item, pixels to decision", 100)
    waste.add_argument("--picture", type=Path, metavar="FILE", help="another picture of an item")
    add("search", "one probe against 50,000 templates", 200)
    add("startup", "exec to ready, memory of the running gate, load of an idle scene", 3)
    outbox = add("outbox", "events made durable, against fdatasync and SQLite themselves", 50)
    outbox.add_argument(
        "--folder", type=Path, default=Path(), metavar="DIR", help="on the disk to be measured (where you are)"
    )
    add("uplink", "a backlog of 100,000 events to a private broker, alarms meanwhile, single events", 1)


def run(args: argparse.Namespace) -> int:
    from edge.measure import bench_face, bench_outbox, bench_search, bench_startup, bench_uplink, bench_waste

    if args.bench_command == "face":
        result = bench_face.measure(args.runs, args.picture, args.width)
    elif args.bench_command == "waste":
        result = bench_waste.measure(args.runs, args.picture)
    elif args.bench_command == "search":
        result = bench_search.measure(args.runs)
    elif args.bench_command == "outbox":
        result = bench_outbox.measure(args.runs, args.folder)
    elif args.bench_command == "uplink":
        result = bench_uplink.measure(args.runs)
    else:
        result = bench_startup.measure(args.runs)
    emit(args, result, _text(result))
    return 0 if result["holds"] else 1


def _text(result: dict[str, Any]) -> str:
    verdict = "within the limit" if result["holds"] else "BEYOND THE LIMIT"
    lines = [f"{result['name']}: {verdict}"]
    lines += [f"  {name:<24} {value}" for name, value in result.items() if name not in ("name", "holds")]
    return "\n".join(lines)
