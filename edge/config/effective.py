"""The configuration that the device runs with: its own file, and what the office laid over it.

A configuration from afar is on trial until the device has been reached with it. Two processes that ended without that
proof are enough: the next one starts with the configuration before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.config import load_config, read_file
from edge.config.desired import Tables, digest, effective
from edge.config.schema import Config
from edge.config.standing import (
    FOLDER_NAME,
    DamagedStandingError,
    Standing,
    forgotten,
    read_standing,
    set_aside,
    write_standing,
)
from edge.errors import HardwareError

TRIAL_STARTS = 2


@dataclass(frozen=True, slots=True)
class Base:
    """The device's own file: its tables as written, and the folder from which relative paths count."""

    table: Mapping[str, Any]
    folder: Path
    config: Config

    def under(self, tables: Tables) -> tuple[Config | None, tuple[str, ...]]:
        """The configuration with an overlay, or None and what is wrong with it."""
        return effective(self.table, self.folder, tables)


@dataclass(frozen=True, slots=True)
class Effective:
    """What a process starts with.

    `config` is the file under the overlay `standing.in_force`. `rolled_back`: why an overlay was given up at this
    start. `fault`: what is wrong with the remembered overlay itself, which then is not used.
    """

    config: Config
    base: Base
    standing: Standing
    rolled_back: str = ""
    fault: str = ""

    @property
    def folder(self) -> Path:
        """Where the standing is kept."""
        return self.base.config.store.state_dir / FOLDER_NAME

    def report(self, time: str) -> dict[str, Any]:
        """What config/reported says, as JSON values."""
        standing = self.standing
        return {
            "version": standing.about,
            "status": standing.status,
            "problems": list(standing.problems),
            "digest": digest(self.config),
            "time": time,
        }


def load_effective(path: Path, *, starting: bool = True) -> Effective:
    """The configuration to run with. `starting`: this process is going to, which counts against a trial; otherwise the
    answer is what the last process ran with, and nothing is written.

    Raises ConfigError for the device's own file; whatever is wrong with an overlay is told in the result instead.
    """
    base = load_base(path)
    folder = base.config.store.state_dir / FOLDER_NAME
    try:
        standing = read_standing(folder)
    except DamagedStandingError as error:
        fault = _aside(folder, error) if starting else str(error)
        return Effective(base.config, base, forgotten(folder), fault=fault)
    found = _judge(base, standing, starting=starting)
    if not starting or standing.trial is None:
        return found
    if found.standing.trial is not None:
        found = replace(found, standing=replace(found.standing, starts=found.standing.starts + 1))
    try:
        write_standing(folder, found.standing)
    except HardwareError as error:  # a trial that cannot be counted might be tried for ever
        return _without_trial(base, standing, f"its starts could not be counted: {error}", fault=str(error))
    return found


def load_base(path: Path) -> Base:
    """The device's own file alone. Raises ConfigError."""
    config = load_config(path)
    _, table = read_file(path)
    return Base(table, path.absolute().parent, config)


def _judge(base: Base, standing: Standing, *, starting: bool) -> Effective:
    if standing.trial is not None:
        if starting and standing.starts >= TRIAL_STARTS:
            return _without_trial(base, standing, f"{standing.starts} starts ended before the broker was reached")
        config, problems = base.under(standing.trial.tables)
        if config is None:
            return _without_trial(base, standing, f"no longer fits the device's own file: {'; '.join(problems)}")
        return Effective(config, base, standing)
    return _confirmed(base, standing)


def _without_trial(base: Base, standing: Standing, why: str, *, fault: str = "") -> Effective:
    about = standing.trial.version if standing.trial else standing.about
    before = replace(standing, trial=None, starts=0, about=about, status="rolledback", problems=(why,))
    found = _confirmed(base, before)
    return replace(found, rolled_back=why, fault=fault or found.fault)


def _confirmed(base: Base, standing: Standing) -> Effective:
    if standing.confirmed is None:
        return Effective(base.config, base, standing)
    config, problems = base.under(standing.confirmed.tables)
    if config is None:  # the file was changed since; it is what somebody on the spot wants
        what = f"version {standing.confirmed.version} no longer fits the device's own file: {'; '.join(problems)}"
        return Effective(base.config, base, standing, fault=what)
    return Effective(config, base, standing)


def _aside(folder: Path, error: DamagedStandingError) -> str:
    try:
        return f"{error.message}; moved to {set_aside(folder).name}"
    except HardwareError as further:
        return f"{error.message}; {further.message}"
