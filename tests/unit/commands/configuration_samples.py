"""A device that is configured from afar, without the device: with a clock, an uplink and a disk that fail on call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.actions import Report
from edge.clock import Now
from edge.commands import configuration
from edge.commands.configuration import ConfigurationWorker
from edge.commands.hands import Hands
from edge.config import standing as standing_file
from edge.config.effective import load_effective
from edge.config.schema import Config
from edge.tokens import sign

ROOT = Path(__file__).parents[3]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
AUDIENCE = "demo/gate-sim"


def document(version: object, config: object, *, key: Ed25519PrivateKey = KEY, aud: str = AUDIENCE) -> bytes:
    return sign({"aud": aud, "version": version, "config": config, "iat": 1}, "edge-config", "ann", key).encode()


@dataclass
class Payload:
    payload: bytes


class Crash(BaseException):
    """The power is cut."""


class Disk:
    """Fails at the n-th operation on a file from now: `full` as an error, else by a crash."""

    def __init__(self) -> None:
        self.left = -1
        self.full = False

    def operation(self) -> None:
        if self.left == 0:
            if self.full:
                raise OSError(28, "No space left on device")
            self.left = -1
            raise Crash
        self.left -= 1 if self.left > 0 else 0

    @contextmanager
    def in_place(self) -> Iterator[None]:
        def counted(call: Any) -> Any:
            def run(*args: Any, **more: Any) -> Any:
                self.operation()
                return call(*args, **more)

            return run

        names = ("open", "fdopen", "fsync")
        calls = {name: getattr(os, name) for name in dir(os) if name.isupper() or name in ("close", "O_WRONLY")}
        calls |= {name: counted(getattr(os, name)) for name in names}
        rename = counted(Path.rename)
        with (
            mock.patch.object(standing_file, "os", SimpleNamespace(**calls)),
            mock.patch.object(Path, "rename", lambda path, target: rename(path, target)),
        ):
            yield


@dataclass
class Bench:
    """The device over its whole life; `boot` begins a process."""

    folder: Path
    disk: Disk = field(default_factory=Disk)
    now_s: float = 0.0
    connected: bool = True
    can_apply: bool = True
    reports: list[Report] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = self.folder / "edge.toml"
        self.file.write_text((ROOT / "config" / "simulated.toml").read_text())
        configuration.WAIT_S = 0.0
        self.boot()

    def clock(self) -> Now:
        return Now(self.now_s, 1_000_000 * int(self.now_s))

    def boot(self) -> None:
        self.asked_to_restart = ""
        effective = load_effective(self.file)
        self.running = effective.config
        hands = Hands(self.apply, self.restart, lambda: self.connected, self.kept.append, self.reports.append)
        self.worker = ConfigurationWorker(
            effective,
            {"ann": KEY.public_key()},
            hands,
            self.clock,
            lambda component, what, _detail: self.faults.append(f"{component} {what}"),
            lambda component: self.faults.append(f"{component} works"),
        )
        self.worker.start()

    def apply(self, config: Config) -> bool:
        if self.can_apply:
            self.running = config
        return self.can_apply

    def restart(self, why: str) -> None:
        self.asked_to_restart = why

    def give(self, payload: bytes) -> bool:
        return self.worker.take(Payload(payload))

    def turn(self, after_s: float = 0.25) -> None:
        """One step, and the restart that it may have asked for."""
        self.now_s += after_s
        try:
            with self.disk.in_place():
                self.worker.step()
        except Crash:
            self.boot()
        if self.asked_to_restart:
            self.boot()

    def pass_time(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.turn(5.0)

    def told(self) -> list[str]:
        return [report.type for report in self.reports]
