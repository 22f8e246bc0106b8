"""The daemon as the doctor's child, where none runs: the same command as the service's, as the same user."""

from __future__ import annotations

import contextlib
import grp
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from edge.errors import HardwareError
from edge.local.client import Desk

_START_S = 60.0
_STOP_S = 10.0
_LOOK_S = 0.1
_LAST_LINES = 5
_GROUPS = ("gpio", "video", "audio", "dialout", "i2c")
"""Those of the service's unit."""


class Child:
    """One daemon after the other. What it says goes into a file that is gone with it."""

    def __init__(self, config_file: Path, state_dir: Path, runtime_dir: Path) -> None:
        self._config_file = config_file
        self._state_dir = state_dir
        self._runtime_dir = runtime_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def start(self, desk: Desk) -> None:
        """Returns once it shows its state. Raises HardwareError with its last words when it does not get there."""
        if self._process is not None:
            self._process.wait(_STOP_S)  # it was killed: nobody else asks after it
        if self._said is None:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        command = [sys.executable, "-m", "edge", "run", "--config", str(self._config_file)]
        uid, gid = self._owner()
        if uid is not None and gid is not None:  # systemd takes its folder away with the service
            self._runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.chown(self._runtime_dir, uid, gid)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                user=uid,
                group=gid,
                extra_groups=None if uid is None else list(_hardware_groups()),
                start_new_session=True,  # a Ctrl-C is the doctor's, who ends it in good order
            )
        except OSError as error:
            hint = "the owner of the state directory must be able to run edge"
            raise HardwareError(f"the daemon cannot be started: {error}", hint=hint) from error
        until_s = time.monotonic() + _START_S
        while not (desk.answers() and desk.state()):
            try:
                self._process.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() < until_s:
                    continue
            raise HardwareError(f"the daemon does not start: {self.last_words()}", hint="try: edge run --config FILE")

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def ended(self) -> bool:
        """Whether it has come to an end by itself, or was killed."""
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").splitlines()
        return "; ".join(lines[-_LAST_LINES:])

    def stop(self) -> None:
        """In good order if it will, by force if not."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._said is not None:
            self._said.close()
            self._said = None

    def _owner(self) -> tuple[int | None, int | None]:
        """Root's files in the state directory would shut the service out: so the child is whoever owns it."""
        if os.geteuid() != 0 or not self._state_dir.exists():
            return None, None
        owner = self._state_dir.stat()
        return (owner.st_uid, owner.st_gid) if owner.st_uid else (None, None)


def _hardware_groups() -> Iterator[int]:
    """Through which the service's user reaches pins, cameras and ports; as far as this machine has them."""
    for name in _GROUPS:
        with contextlib.suppress(KeyError):
            yield grp.getgrnam(name).gr_gid
