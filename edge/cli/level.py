"""`edge level show, calibrate`: how full the bins are by the running daemon; the numbers of an empty and a full bin."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit, positive
from edge.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from edge.config.sensors import LevelSensorConfig
    from edge.drivers.level import LevelSensor

    MakeSensor = Callable[[LevelSensorConfig], LevelSensor]


def register(commands: Subparsers) -> None:
    """Add `level` and its subcommands."""
    level = commands.add_parser("level", help="how full the bins are, and the calibration of their sensors")
    below = level.add_subparsers(dest="level_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        parser = below.add_parser(name, help=text, description=text)
        parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=run)
        return parser

    add("show", "how full each bin is, by the running daemon", run_show)
    text = "read a bin's sensors and print the line to put into the configuration; changes nothing"
    calibrate = add("calibrate", text, run_calibrate)
    calibrate.add_argument("--bin", required=True, metavar="NAME", help="the bin, as in [bins.NAME]")
    calibrate.add_argument("--sensor", default="", metavar="NAME", help="only this one of its sensors")
    calibrate.add_argument("--readings", type=positive, default=15, metavar="N", help="of each sensor (15)")
    ends = calibrate.add_mutually_exclusive_group()
    ends.add_argument("--empty", dest="end", action="store_const", const="empty", help="the bin is empty now")
    ends.add_argument("--full", dest="end", action="store_const", const="full", help="the bin is full now")


def run_show(args: argparse.Namespace) -> int:
    from edge.config import load_config
    from edge.runtime.status import read_status

    bins = read_status(load_config(args.config).store.runtime_dir).get("bins")
    if not isinstance(bins, dict) or not bins:
        raise ConfigError("the running daemon has no bins", hint="[bins.<name>] in the configuration makes one")
    emit(args, {"bins": bins}, "\n".join(f"{name:<12} {_told(told)}" for name, told in bins.items()))
    return 0


def _told(told: Any) -> str:
    if not isinstance(told, dict):
        return str(told)
    percent = told.get("percent")
    level = "level unknown" if percent is None else f"{percent:5.1f} %"
    rest = [f"{key} {value}" for key, value in told.items() if key != "percent" and not isinstance(value, dict)]
    return "  ".join([level, *rest])


def make_sensor(settings: LevelSensorConfig) -> LevelSensor:
    """The configured sensor."""
    from edge.parts.level import make_level_sensor

    return make_level_sensor(settings)


def run_calibrate(args: argparse.Namespace, make: MakeSensor = make_sensor) -> int:
    from edge.config import load_config
    from edge.measure.level_calibration import lines, measure, percent

    config = load_config(args.config)
    bin = config.bins.get(args.bin)
    if bin is None:
        raise UsageError(f"there is no bin {args.bin!r}", hint=f"known are: {', '.join(config.bins) or 'none'}")
    wanted = {name: one for name, one in bin.sensors.items() if args.sensor in ("", name)}
    if not wanted:
        what = f"sensor {args.sensor!r}" if args.sensor else "sensor"
        raise UsageError(f"[bins.{args.bin}] has no {what}", hint=f"known are: {', '.join(bin.sensors) or 'none'}")
    found = {}
    for name, settings in wanted.items():
        sensor = make(settings)
        sensor.open()
        try:
            found[name] = measure(sensor, args.readings)
        finally:
            sensor.close()
    new = lines(bin, found, args.end) if args.end else ()
    told = {
        name: {
            "value": one.value,
            "unit": one.unit,
            "spread": one.spread,
            "readings": one.readings,
            "percent": round(percent(bin, one), 1),
        }
        for name, one in found.items()
    }
    text = [
        f"{name}: {one['value']:g} {one['unit']} (± {one['spread']:g}, {one['readings']} readings), "
        f"{one['percent']:g} % by the configuration as it is"
        for name, one in told.items()
    ]
    if new:
        text += [f"put under [bins.{args.bin}]:", *new]
    emit(args, {"bin": args.bin, "sensors": told, "lines": list(new)}, "\n".join(text))
    return 0
