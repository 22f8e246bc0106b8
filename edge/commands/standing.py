"""What must outlive a power cut: the last counter of each signer, the command under way, a lockdown in force.

One small file, always written whole and made durable before anything is done, so that a command is carried out once or
not at all. A damaged file accepts nothing: without the counters an old command could come again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edge.clock import Now
from edge.errors import DataError, HardwareError
from edge.store.statefile import put

FILE = "commands.json"
RESET = "on the device: edge command reset --state DIR, after which commands that were signed before are refused"
WHEN_KNOWN = -1
_VERSION = 1
_MOST_BYTES = 65536
_MOST_TEXT = 256


@dataclass(frozen=True, slots=True)
class Pending:
    """A command that was accepted and is not finished."""

    id: str
    name: str
    kid: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`last`: the highest counter of each signer. `floor_s`: commands signed before this time (seconds since 1970)
    are refused, since the counters from before it are not known; `WHEN_KNOWN`: before the time at which this device
    first knows the time.
    """

    floor_s: int
    last: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    pending: Pending | None = None
    lockdown: bool = False


class StandingFile:
    """The standing of a device, in memory and on the disk. One for the whole run of the daemon, shared by a command
    desk and its successor: a desk that was given up and comes back cannot turn the counters back.

    `damaged` says what is wrong with the file, and is empty when it is sound.
    """

    def __init__(self, state_dir: Path, now: Now) -> None:
        """Reads the file, or begins a new one in memory; the disk is not written. Never raises."""
        self.path = state_dir / FILE
        self._lock = threading.Lock()
        self._now = Standing(_floor_s(now))
        self._saved = False
        self.damaged = ""
        try:
            if (found := _read(self.path)) is not None:
                self._now, self._saved = found, True
        except (DataError, HardwareError) as error:
            self.damaged = error.message

    @property
    def now(self) -> Standing:
        """The standing at this moment."""
        return self._now

    @property
    def saved(self) -> bool:
        """Whether the disk tells the same."""
        return self._saved

    def accept(self, pending: Pending, counters: Mapping[str, int]) -> None:
        """Count a command and note that it is under way, durably. Raises HardwareError, and then it must not be
        carried out; its counter is used up nevertheless.
        """
        with self._lock:
            self._now = replace(self._now, last=MappingProxyType({**self._now.last, **counters}))
            self._save(replace(self._now, pending=pending))

    def know_time(self, now: Now) -> None:
        """To be called before a command is judged: a floor that waited for the time is set. `save` makes it durable."""
        with self._lock:
            if self._now.floor_s == WHEN_KNOWN and now.quality == "synced":
                self._now, self._saved = replace(self._now, floor_s=_floor_s(now) + 1), False

    def finish(self, command: str, *, lockdown: bool | None = None) -> bool:
        """The command under way has ended. False when it is none of ours any more: a successor has reported it.

        When the disk cannot be written the end is kept in memory; `save` tries again.
        """
        with self._lock:
            pending = self._now.pending
            if pending is None or pending.id != command:
                return False
            in_force = self._now.lockdown if lockdown is None else lockdown
            self._now, self._saved = replace(self._now, pending=None, lockdown=in_force), False
        return True

    def save(self) -> None:
        """Make durable what is only in memory. Raises HardwareError."""
        with self._lock:
            if not self._saved:
                self._save(self._now)

    def _save(self, standing: Standing) -> None:
        self._saved = False
        _write(self.path, standing)
        self._now, self._saved = standing, True


def reset(state_dir: Path, now: Now) -> Standing:
    """Begin anew where the file is damaged: counters and lockdown are forgotten, and commands signed up to now are
    refused for good. The old file stays beside the new one. Raises HardwareError.
    """
    path = state_dir / FILE
    try:
        path.replace(path.with_name(f"{FILE}.damaged-{now.wall:%Y%m%dT%H%M%SZ}"))
    except FileNotFoundError:
        pass  # it was lost altogether
    except OSError as error:
        raise HardwareError(f"{path}: cannot be set aside: {error.strerror}", hint="check the owner") from error
    standing = Standing(_floor_s(now) + 1)
    _write(path, standing)
    return standing


def refuse_older(state_dir: Path, now: Now) -> None:
    """After a restore: commands that were carried out since the backup are not counted in its file, so all that were
    signed up to now are refused; where the time is not known, up to the moment when it will be. A lockdown stays in
    force. Raises DataError, HardwareError.
    """
    path = state_dir / FILE
    found = _read(path) or Standing(0)
    floor_s = _floor_s(now) + 1 if now.quality == "synced" else WHEN_KNOWN
    _write(path, replace(found, floor_s=max(floor_s, found.floor_s) if floor_s > 0 else floor_s, pending=None))


def _floor_s(now: Now) -> int:
    """A clock that nobody set may be years ahead, and a floor in the future would refuse everything. Until it is set
    every command needs a nonce anyway.
    """
    return now.wall_us // 1_000_000 if now.quality == "synced" else 0


def _write(path: Path, standing: Standing) -> None:
    """Replace the file; before and after a power cut it is whole, either the old one or the new one."""
    pending = standing.pending
    plain = {
        "version": _VERSION,
        "floor_s": standing.floor_s,
        "last": dict(standing.last),
        "pending": pending and {"id": pending.id, "name": pending.name, "kid": pending.kid},
        "lockdown": standing.lockdown,
    }
    text = json.dumps(plain, separators=(",", ":")).encode()
    put(path.parent, path, hashlib.sha256(text).hexdigest().encode() + b"\n" + text + b"\n")


def _read(path: Path) -> Standing | None:
    """The standing in the file; None when there is none. Raises DataError, HardwareError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HardwareError(f"{path}: cannot be read: {error.strerror}", hint="check the disk") from error
    digest, _, text = content.rstrip(b"\n").partition(b"\n")
    if len(content) > _MOST_BYTES or hashlib.sha256(text).hexdigest().encode() != digest:
        raise DataError(f"{path}: is damaged", hint=RESET)
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is of another version, or damaged", hint=RESET) from error


def _parse(plain: Any) -> Standing:
    pending, last = plain["pending"], plain["last"]
    if plain["version"] != _VERSION or type(plain["floor_s"]) is not int or type(plain["lockdown"]) is not bool:
        raise ValueError("not as it is written")
    if not all(type(counter) is int for counter in last.values()):
        raise ValueError("a counter is no number")
    under_way = pending and Pending(*(str(pending[key])[:_MOST_TEXT] for key in ("id", "name", "kid")))
    return Standing(plain["floor_s"], MappingProxyType(last), under_way, plain["lockdown"])
