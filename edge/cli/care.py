"""`edge health` and `edge retention`: what systemd's timers start."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit


def register(commands: Subparsers) -> None:
    """Add the two commands."""
    for name, text, run in (
        ("health", "whether the device works, seen from outside the daemon", run_health),
        ("retention", "remove what is kept for too long, and look whether the daemon does", run_retention),
    ):
        parser = commands.add_parser(name, help=text, description=text)
        parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        if name == "health":
            parser.add_argument("--act", action="store_true", help="start, restart or reboot; for edge-health.timer")
        parser.set_defaults(run=run)


def run_health(args: argparse.Namespace) -> int:
    """Exit code 1 where something is wrong. With --act it is noted, remembered and acted upon."""
    from edge.care.health import PAST, as_json, carry_out, decide, from_json, look
    from edge.config import load_config
    from edge.config.schema import Store
    from edge.config.update import Update
    from edge.errors import ConfigError
    from edge.runtime.duties import HEALTH_FOLDER, leave_note

    try:
        config = load_config(args.config)
        store, versions = config.store, config.update.folder
    except ConfigError:  # with which the daemon does not start either
        store, versions = Store(), Update().folder
    seen = look(store.state_dir, store.runtime_dir, versions)
    place = HEALTH_FOLDER / PAST
    act, past, wrong = decide(seen, from_json(_remembered(place)))
    result = {"wrong": wrong, "act": act if args.act else "", "active": seen.active, "worn": seen.worn}
    emit(args, result, f"{wrong or 'well'}{f'; {act}' if act and args.act else ''}")
    if args.act:
        leave_note(HEALTH_FOLDER, "health", good=not wrong, detail=wrong or "well")
        place.write_text(json.dumps(as_json(past)))
        carry_out(act)
    return 1 if wrong else 0


def run_retention(args: argparse.Namespace) -> int:
    """Exit code 1 where something is wrong, which is noted for the daemon."""
    from edge.care.retention import look_after
    from edge.clock import SystemClock
    from edge.config import load_config
    from edge.errors import EdgeError
    from edge.runtime.duties import FOLDER, leave_note

    config = load_config(args.config)
    notes = config.store.state_dir / FOLDER
    try:
        found = look_after(config.store, f"{config.device.site}/{config.device.id}", SystemClock()())
    except EdgeError as error:
        leave_note(notes, "retention", good=False, detail=str(error))
        raise
    wrong = "; ".join(found.wrong)
    leave_note(notes, "retention", good=not wrong, detail=wrong or f"{found.events} events verified")
    text = wrong or f"{found.events} events are as they were written; nothing is too old"
    emit(args, {"removed": list(found.removed), "wrong": list(found.wrong), "events": found.events}, text)
    return 1 if wrong else 0


def _remembered(place: Path) -> dict[str, Any]:
    """Nothing on the first look, or where the note is damaged."""
    try:
        said = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
