"""`edge demo gate` and `edge demo bin`: see a whole device work on this machine, without hardware."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.cli.common import Subparsers, emit


def register(commands: Subparsers) -> None:
    """Add `demo` and its subcommands."""
    demo = commands.add_parser("demo", help="a whole device in simulation")
    kinds = demo.add_subparsers(dest="demo_command", required=True, metavar="DEVICE")
    text = "a gate: residents, strangers, a door, a voice, and a broker that goes away in the middle"
    gate = kinds.add_parser("gate", help=text, description=text)
    gate.add_argument("--out", type=Path, metavar="DIR", help="where storyboard, voice and events go (a temporary one)")
    gate.add_argument("--seconds", type=float, default=62.0, metavar="S", help="how long it plays (62)")
    gate.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    gate.set_defaults(run=run_gate)
    text = "a waste station: items, bins that fill up, hours, a fire, a voice, and a broker that goes away"
    station = kinds.add_parser("bin", help=text, description=text)
    station.add_argument("--out", type=Path, metavar="DIR", help="where storyboard, voice and events go")
    station.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    station.set_defaults(run=run_bin)


def run_gate(args: argparse.Namespace) -> int:
    from edge.demo.gate import Demo

    return _perform(args, lambda out, tell: Demo(out, tell).run(args.seconds))


def run_bin(args: argparse.Namespace) -> int:
    from edge.demo.bin import Demo

    return _perform(args, lambda out, tell: Demo(out, tell).run())


def _perform(args: argparse.Namespace, play: Callable[[Path, Callable[[str], None]], dict[str, Any]]) -> int:
    from edge.runtime.logs import set_up

    set_up("error")
    out = args.out or Path(tempfile.mkdtemp(prefix="edge-demo-"))
    stream = sys.stderr if args.json else sys.stdout
    figures = play(out.absolute(), lambda line: print(line, file=stream, flush=True))
    shown = {name: value for name, value in figures.items() if not isinstance(value, list)}
    text = "\n".join(f"  {name:<18} {value}" for name, value in shown.items())
    text += "\n  spoken\n" + "\n".join(f"    {line}" for line in figures["spoken"])
    emit(args, figures, f"\n{text}\n\nopen {out}/storyboard.png, {out}/spoken and {out}/events.jsonl")
    return 0 if figures["holds"] else 1
