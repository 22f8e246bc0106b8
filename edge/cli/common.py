"""What the commands share: where the state lies, and one JSON object or a text for people."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from edge.config import Config

DEFAULT_CONFIG = Path("/etc/edge/edge.toml")
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # argparse has no public name for it


@dataclass(frozen=True, slots=True)
class State:
    """Where the device keeps its files; `config` is None when only a directory was given."""

    dir: Path
    config: Config | None


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options --config, --state and --json."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"the device's configuration ({DEFAULT_CONFIG})")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state directory, instead of the configured one")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def positive(text: str) -> int:
    """A whole number from 1 to a million, for argparse."""
    number = int(text)
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError("a number from 1 to 1,000,000 is wanted")
    return number


def name_state(args: argparse.Namespace) -> State:
    """The state directory that the arguments name. Raises ConfigError."""
    from edge.config import load_config

    if args.state is not None and args.config is None:
        return State(args.state, None)
    config = load_config(args.config or DEFAULT_CONFIG)
    return State(args.state or config.store.state_dir, config)


def open_state(args: argparse.Namespace) -> State:
    """The same, for whoever works in it: from now on no link in it leads root anywhere, and `config` is the one that
    the daemon runs with, the office's overlay included. Raises ConfigError, HardwareError.
    """
    from edge.config.effective import load_effective
    from edge.runtime.confined import confine

    state = name_state(args)
    confine(state.dir)
    if state.config is None:
        return state
    found = load_effective(args.config or DEFAULT_CONFIG, starting=False)
    if found.fault:
        print(f"warning: without what the office has set, which cannot be read: {found.fault}", file=sys.stderr)
    return replace(state, config=found.config)


def emit(args: argparse.Namespace, obj: dict[str, Any], text: str) -> None:
    """Print the result: the object with --json, or else the text."""
    sys.stdout.write((json.dumps(obj, ensure_ascii=False) if args.json else text) + "\n")
