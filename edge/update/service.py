"""Stopping and starting the daemon from outside it."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edge.errors import HardwareError

log = logging.getLogger(__name__)

UNIT = "edge.service"
_BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_WAIT_S = 60.0


class Service(Protocol):
    """The daemon as something that runs what `current` names."""

    def stop(self) -> None:
        """Until it has ended. Raises HardwareError."""

    def restart(self) -> None:
        """Have it begin anew; returns before it is ready. Raises HardwareError."""


class Systemd:
    """The daemon as a unit."""

    def stop(self) -> None:
        self._ask("stop", UNIT)

    def restart(self) -> None:
        self._ask("reset-failed", UNIT, may_fail=True)  # a unit that has not failed answers with an error
        self._ask("restart", "--no-block", UNIT)

    def _ask(self, *words: str, may_fail: bool = False) -> None:
        command = ["systemctl", *words]
        try:
            done = _run(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HardwareError(f"{' '.join(command)}: {error}", hint="see journalctl -u edge") from error
        if done.returncode != 0 and not may_fail:
            raise HardwareError(f"{' '.join(command)}: {done.stderr.strip()}", hint="see journalctl -u edge")


class Unmanaged:
    """Nobody starts the daemon here but the person who does it by hand."""

    def stop(self) -> None:
        log.warning("stop the daemon, if it runs: systemd does not look after it here")

    def restart(self) -> None:
        log.warning("start the daemon anew: systemd does not look after it here")


def find_service() -> Service:
    """How the daemon is run on this machine."""
    return Systemd() if _BOOTED.is_dir() and shutil.which("systemctl") else Unmanaged()


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
