"""A small device to back up and to restore, and a child that does either and may be killed, for tests and scripts.

python -m tests.backup_rig make FOLDER TARGET          a backup of the device in FOLDER
python -m tests.backup_rig restore FOLDER FILE         the backup onto the device in FOLDER
python -m tests.backup_rig finish FOLDER
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.actions import Priority, Report
from edge.backup.making import Made, Source, make
from edge.backup.reading import Read
from edge.backup.restoring import finish, restore
from edge.backup.sealed import KeyLock, KeyOpener
from edge.backup.workroom import is_decided
from edge.clock import Now
from edge.commands.standing import Pending, StandingFile
from edge.store.envelope import Origin
from edge.store.keys import DeviceKey, load_device_key
from edge.store.ledger import Ledger
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile, Template

OFFICE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = Now(1000.0, 1_790_000_000_000_000)
LATER = Now(5000.0, 1_790_000_600_000_000)
CHANGES = ("rename", "replace", "unlink", "mkdir", "rmdir", "link", "fsync")


class Device:
    """`state` and `etc` of a device with events, a roster, counters, an added model and a private key of root."""

    def __init__(self, folder: Path) -> None:
        self.state, self.etc = folder / "state", folder / "etc"
        self.source = Source(self.state, self.etc, "riverside", "gate")

    def set_up(self, events: int = 5) -> Device:
        for place in (self.state, self.etc / "office"):
            place.mkdir(parents=True, mode=0o700)
        key = load_device_key(self.state, create=True, environ={})
        (self.etc / "edge.toml").write_text("# the configuration\n")
        (self.etc / "office/anna.pem").write_text("-----BEGIN PUBLIC KEY-----\n")
        (self.etc / "device.key").write_text("-----BEGIN PRIVATE KEY-----\n")
        (self.state / "models").mkdir()
        (self.state / "models/manifest.toml").write_text("# added\n")
        (self.state / "voice").mkdir()
        (self.state / "voice/prompt.wav").write_bytes(b"made anew")
        self.happen(events)
        StandingFile(self.state, NOW).accept(Pending("c-1", "unlock", "anna"), {"anna": 7})
        enrol(self.state, key, "Ada")
        return self

    def happen(self, events: int) -> None:
        ledger = Ledger(self.state / "events.db", Origin("riverside", "gate", "boot-1"))
        for number in range(events):
            ledger.record([(Report("door.opened", {"n": number}, priority=Priority.ACCESS), NOW)])
        ledger.checkpoint()
        ledger.close()

    def back_up(self, target: Path) -> Made:
        return make(self.source, target, [KeyLock(OFFICE.public_key())], NOW)

    def look(self) -> dict[str, bytes]:
        """Every file by its place, but those that a restore has set aside."""
        found = {}
        for name, folder in (("state", self.state), ("etc", self.etc)):
            for file in sorted(folder.rglob("*")):
                path = file.relative_to(folder).as_posix()
                if file.is_file() and not path.startswith("before-restore-"):
                    found[f"{name}/{path}"] = file.read_bytes()
        return found


def enrol(state: Path, key: DeviceKey, name: str) -> str:
    vector = np.random.default_rng(len(name)).standard_normal(16).astype(np.float32)
    unit = vector / np.float32(np.linalg.norm(vector))
    with Roster.open(state, create=True, key=key) as roster:
        return roster.add(Profile(name, Consent("form", "edge-1", "office", 1_000)), [Template("net-a", unit, 5)], 5)


def fresh(folder: Path) -> Device:
    """A new device as the first boot leaves it, which is to be replaced."""
    device = Device(folder)
    for place in (device.state, device.etc):
        place.mkdir(parents=True, mode=0o700)
    load_device_key(device.state, create=True, environ={})
    (device.state / "pairing.json").write_text("{}")
    (device.state / "elsewhere").symlink_to("/nowhere")  # as sound libraries leave them
    (device.etc / "edge.toml").write_text("# of the first boot\n")
    return device


def die_before(count: int) -> None:
    """From now on, end this process as a power cut would before its `count`-th change of the disk."""
    left = [count]

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*words, **named)

        return call

    for name in CHANGES:
        setattr(os, name, wrapped(getattr(os, name)))


def survives(count: int, act: Callable[[], object]) -> bool:
    """Have a child do something that is killed before its `count`-th change of the disk; whether it came to its end."""
    with warnings.catch_warnings():  # that a thread's lock may be held: the child takes none of other threads
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        ended = 1
        try:
            die_before(count)
            act()
            ended = 0
        finally:
            os._exit(ended)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFEXITED(status)


def whole(device: Device, before: dict[str, bytes], made: Made | Read) -> str:
    """`old`, `new` or `decided`; raises AssertionError for anything in between."""
    if is_decided(device.state):
        return "decided"
    now = device.look()
    if now == before:
        return "old"
    assert now["etc/edge.toml"] == b"# the configuration\n", sorted(now)
    assert now["state/pairing.json"] == b"{}", sorted(now)
    assert {"state/events.db", "state/roster.db", "state/device.key", "etc/device.key"} <= now.keys(), sorted(now)
    assert made.about.device == "gate"
    return "new"


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    device = Device(Path(folder))
    if what == "make":
        device.back_up(Path(rest[0]))
    elif what == "restore":
        restore(Path(rest[0]), KeyOpener(OFFICE), device.state, device.etc, LATER)
    else:
        finish(device.state, device.etc)
