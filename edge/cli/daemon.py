"""`edge run`, `edge check`, `edge status`, `edge safe-state`: the daemon, and what an installer asks about it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit
from edge.errors import HardwareError

if TYPE_CHECKING:
    from edge.config import Config

RESTORE_DECIDED = "-restore/commit.json"
"""Behind the state directory's name; of edge.backup.workroom, whose imports would delay each start."""


def register(commands: Subparsers) -> None:
    """Add the four commands."""

    def add(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text)
        parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=run)
        return parser

    run = add("run", "run the daemon until a signal", run_daemon)
    run.add_argument("--log", choices=["debug", "info", "warning", "error"], default="info", help="(info)")
    add("check", "validate the configuration and the models; start nothing", run_check)
    add("status", "what the running daemon says of itself", run_status)
    add("safe-state", "lock relay and lids to their safe state, after a crash for instance", run_safe_state)


def run_daemon(args: argparse.Namespace) -> int:
    from edge.runtime.signals import leave_at_once

    leave_at_once()
    from edge.config.effective import load_effective
    from edge.runtime.logs import set_up

    effective = load_effective(args.config)
    _refuse_half_restored(effective.config)
    set_up(args.log)
    from edge.app import Device
    from edge.daemon import Process, begin_anew, leave
    from edge.runtime.alone import hold
    from edge.store.statefile import make_folder

    make_folder(effective.config.store.state_dir)
    hold(effective.config.store.state_dir)  # before anything is opened; until this process is gone
    device = Device(effective.config, effective=effective)
    code = Process(device).run()
    if code == 0 and device.restarting:
        begin_anew()
    leave(code)


def _refuse_half_restored(config: Config) -> None:
    if Path(f"{config.store.state_dir.absolute()}{RESTORE_DECIDED}").exists():
        raise HardwareError("a restore of this device is not finished", hint="as root: edge backup finish")


def run_check(args: argparse.Namespace) -> int:
    from edge import resources
    from edge.config import load_config
    from edge.parts.check import check_credentials, check_office, check_station
    from edge.parts.voice import make_book
    from edge.vision.manifest import load_manifest
    from edge.vision.recognition import Recognition

    config = load_config(args.config)
    phrases = make_book(config)
    check_office(config)
    check_station(config)
    check_credentials(config)
    if config.update.key_file is not None:
        from edge.update.minisign import read_public_key

        read_public_key(config.update.key_file)
    manifest = load_manifest(*resources.manifests(config.store.state_dir))
    Recognition(manifest, config.face)
    for entry in manifest.models.values():
        for variant in entry.files.values():
            variant.open_verified().close()
    result = {
        "config": str(args.config),
        "device": config.device.id,
        "models": sorted(manifest.models),
        "phrases": len(phrases.everything()),
    }
    emit(args, result, f"{args.config}: right; {len(manifest.models)} models verified, {result['phrases']} prompts")
    return 0


def run_status(args: argparse.Namespace) -> int:
    from edge.config import load_config
    from edge.runtime.status import read_status

    status = read_status(load_config(args.config).store.runtime_dir)
    emit(args, status, "\n".join(_lines(status)))
    return 1 if status.get("faults") else 0


def _lines(part: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in part.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines


def run_safe_state(args: argparse.Namespace) -> int:
    from edge.config.effective import load_effective

    config = load_effective(args.config, starting=False).config  # the pins that were in force
    failed: HardwareError | None = None
    result: dict[str, Any] = {}
    # One that cannot be reached must not leave the other as it is.
    for make_safe in (_safe_door, _safe_station):
        try:
            result |= make_safe(config)
        except HardwareError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    why = f" for {result['why']}" if "why" in result else ""
    told = [f"relay {result['relay']}{why} ({result['driver']})"] if "driver" in result else []
    told += [f"lids free: {', '.join(result['lids']) or 'none is driven'}"] if "lids" in result else []
    emit(args, result, "; ".join(told))
    return 0


def _safe_door(config: Config) -> dict[str, Any]:
    """The relay off; left on where the fire panel's line asks for a free door."""
    import time

    from edge.parts.door import make_door

    if config.door is None:
        return {}
    door = make_door(config.door)
    door.open()
    door.drive_relay(on=False)
    try:
        freed = door.sample(time.monotonic()).freed
    finally:
        door.close()
    driver = config.door.driver
    return {"relay": "on", "why": "a fire alarm", "driver": driver} if freed else {"relay": "off", "driver": driver}


def _safe_station(config: Config) -> dict[str, Any]:
    """Motors off and servos free, so that every lid can be opened by hand."""
    from edge.parts.station import make_station

    if config.station is None:
        return {}
    station = make_station(config.station, config.bins)
    try:
        station.open()
    finally:
        station.close()
    return {"lids": sorted(name for name, one in config.bins.items() if one.lid.driver != "none")}
