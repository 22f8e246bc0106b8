"""`edge eval levels`: a recorded trace through the daemon's own level logic; the forecast on simulated months."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.cli.common import Subparsers, emit, positive
from edge.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from edge.config.station import Bin
    from edge.waste.levels import LevelRules

MEASURES = ("shape", "empty_mm", "full_mm", "bottom_ratio", "empty_g", "full_g", "settle_s")


def register(kinds: Subparsers) -> None:
    """Add `levels` to what `edge eval` knows."""
    text = "levels: a recorded trace replayed through the daemon's logic, or the forecast on simulated months"
    levels = kinds.add_parser("levels", help=text, description=text)
    levels.add_argument("--trace", type=Path, metavar="FILE", help="CSV; docs/levels.md describes the columns")
    levels.add_argument("--simulate", action="store_true", help="measure the forecast on simulated bins")
    levels.add_argument("--config", type=Path, metavar="FILE", help="take the bin from this configuration, with --bin")
    levels.add_argument("--bin", default="", metavar="NAME", help="the bin, as in [bins.NAME]")
    levels.add_argument("--shape", choices=["straight", "tapered", "lying"], help="(straight)")
    for name, what in (
        ("--empty-mm", "distance to the floor (1000)"),
        ("--full-mm", "distance to the waste of a full bin (150)"),
        ("--bottom-ratio", "width at the bottom of a tapered bin (0.7)"),
        ("--empty-g", "load of the empty bin (0)"),
        ("--full-g", "load of the full bin (100000)"),
        ("--settle-s", "how long a level must stand (20)"),
    ):
        levels.add_argument(name, type=float, metavar="N", help=what)
    levels.add_argument("--start", metavar="TIME", help="wall clock at the first row (2026-01-05T00:00:00, a Monday)")
    levels.add_argument("--timezone", default="", metavar="ZONE", help="of the site (Asia/Shanghai, or the configured)")
    levels.add_argument("--bins", type=positive, default=24, metavar="N", help="with --simulate: how many (24)")
    levels.add_argument("--seed", type=positive, default=1, metavar="N", help="with --simulate (1)")
    levels.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    levels.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.simulate == (args.trace is not None):
        raise UsageError("either --trace FILE or --simulate", hint="docs/commands.md explains both")
    if args.simulate:
        from edge.measure.levels_simulation import measure

        result = measure(args.bins, args.seed)
        emit(args, result, "\n".join(f"{name:<22} {value}" for name, value in result.items()))
        return 0
    from edge.measure.level_traces import read_trace
    from edge.measure.levels import Replay

    rules, zone = _rules(args)
    replay = Replay(rules, _start(args.start, zone))
    replay.play(read_trace(args.trace))
    result = replay.result()
    emit(args, result, "\n".join(_text(result)))
    return 0


def _rules(args: argparse.Namespace) -> tuple[LevelRules, ZoneInfo]:
    from edge.config import load_config
    from edge.waste.levels import LevelRules

    given = {name: getattr(args, name) for name in MEASURES if getattr(args, name) is not None}
    if (args.config is None) != (not args.bin):
        raise UsageError("--config and --bin belong together", hint="or give the measures: --empty-mm, --full-mm …")
    if args.config is None:
        zone = _zone(args.timezone or "Asia/Shanghai")
        return LevelRules("trace", _bin(given), zone.key), zone
    if given:
        raise UsageError("measures come from --config or from options, not from both", hint="leave one of them away")
    config = load_config(args.config)
    if args.bin not in config.bins:
        raise UsageError(f"there is no bin {args.bin!r}", hint=f"known are: {', '.join(config.bins) or 'none'}")
    zone = _zone(args.timezone or config.device.timezone)
    holidays = config.station.holidays if config.station else ()
    return LevelRules(args.bin, config.bins[args.bin], zone.key, holidays), zone


def _bin(given: dict[str, Any]) -> Bin:
    from edge.config.check import Problems, read_table
    from edge.config.station import Bin

    problems: Problems = []
    bin = read_table(Bin, {"category": "any", **given}, (), problems)
    if problems:
        told = "; ".join(f"--{'.'.join(key).replace('_', '-')}: {text}" for key, text in problems)
        raise UsageError(told, hint="docs/configuration.md has the bounds")
    assert isinstance(bin, Bin)
    return bin


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"no such time zone {name!r}", hint="write it like Asia/Shanghai") from error


def _start(text: str | None, zone: ZoneInfo) -> datetime:
    try:
        start = datetime.fromisoformat(text or "2026-01-05T00:00:00")
    except ValueError as error:
        raise UsageError(f"--start: {text!r} is no time", hint="write it like 2026-01-05T08:00:00") from error
    return start if start.tzinfo else start.replace(tzinfo=zone)


def _text(result: dict[str, Any]) -> list[str]:
    lines = [f"{result['readings']} readings of {', '.join(result['sensors'])}"]
    for event in result["events"]:
        data = "  ".join(f"{key} {value}" for key, value in event["data"].items() if key != "bin")
        lines.append(f"{event['time_s']:>12.1f} s  {event['type']:<17} {data}")
    level = "unknown" if result["percent"] is None else f"{result['percent']} % ({result['stage']})"
    lines.append(f"at the end: {level}")
    forecast = result["forecast"]
    if forecast:
        high = "more than two weeks" if forecast["high_h"] is None else f"{forecast['high_h']} h"
        lines.append(f"full in {forecast['full_in_h']} h ({forecast['low_h']} h to {high}; {forecast['basis']})")
    else:
        lines.append("full in: unknown")
    return lines
