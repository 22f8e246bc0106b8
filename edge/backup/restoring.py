"""A device from its backup: everything is made ready beside what is there, and takes its place after one decision.

Until `commit.json` is durable nothing of the device was touched, and a power cut costs the work under way. From then on
each step may be done any number of times, and `finish` goes on with it: the unit edge-restore.service does before the
daemon starts, which itself refuses to run in between. What was there before is set aside.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.backup.content import About, Entry
from edge.backup.prepare import prepare
from edge.backup.reading import Read, read
from edge.backup.sealed import Opener
from edge.backup.snapshot import ASIDE, EVENTS, RESTORE
from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.store.identity import raw, signing_key
from edge.store.keys import load_device_key, sync_folder

COMMIT = "commit.json"
_NEW, _MOVED = "new", "moved"
_SPARE_BYTES = 32 << 20
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Restored:
    """`forgotten`: how many people were taken out again, since they had been erased or revoked meanwhile. `aside`:
    where the files lie that were there before; None where there were none.
    """

    about: About
    files: int
    epoch: str
    forgotten: int
    aside: Path | None


def is_decided(state: Path) -> bool:
    """Whether a restore was begun that has to be finished first."""
    return (state / RESTORE / COMMIT).exists()


def in_use(state: Path) -> bool:
    """Whether a process has the events open: in WAL mode it holds a shared lock on the file all the time, on the bytes
    that https://sqlite.org/src/doc/trunk/src/os.h names SHARED_FIRST and SHARED_SIZE.
    """
    try:
        with (state / EVENTS).open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def restore(
    file: Path, opener: Opener, state: Path, etc: Path, now: Now, signer: Ed25519PublicKey | None = None
) -> Restored:
    """Replace the device's files by those of the backup. Nobody may be using them. Raises EdgeError; before the
    decision everything is as it was then.
    """
    if is_decided(state):
        raise DataError(f"{state}: an earlier restore is not finished", hint="first: edge backup finish")
    work = state / RESTORE
    with _translated(state):
        if in_use(state):
            raise HardwareError(f"{state}: a daemon is using it", hint="stop it first: systemctl stop edge")
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        (work / _NEW).mkdir(mode=0o700, parents=True)
    try:
        found = _unpack(file, opener, work / _NEW, signer)
        with _translated(state):
            epoch, gone = prepare(work / _NEW / "state", state, found.about, now)
            _sync_all(work / _NEW)
            aside = f"{ASIDE}{now.wall:%Y%m%dT%H%M%SZ}"
            _write(work / COMMIT, json.dumps({"aside": aside, "etc": str(etc.absolute())}))
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return Restored(found.about, found.files, epoch, gone, finish(state))


def finish(state: Path) -> Path | None:
    """Carry out what was decided, from wherever it stands; where the files before it lie now. Raises DataError,
    HardwareError; then it can be called again.
    """
    work = state / RESTORE
    try:
        decided = json.loads((work / COMMIT).read_bytes()[:65536])
        aside, etc = state / str(decided["aside"]), Path(decided["etc"])
    except FileNotFoundError as error:
        raise DataError(f"{state}: no restore is under way", hint="begin one with: edge backup restore") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{work / COMMIT}: cannot be read: {error}", hint="restore once more") from error
    with _translated(state):
        if not (work / _MOVED).exists():
            _set_aside(state, etc, aside, work / _NEW)
            _write(work / _MOVED, "")
        if (work / _NEW).exists():
            _put_etc(work / _NEW / "etc", etc)
            for entry in sorted((work / _NEW / "state").glob("*")):
                entry.replace(state / entry.name)
            sync_folder(state)
            shutil.rmtree(work / _NEW)
        (work / COMMIT).unlink()  # before the note that the old files were moved, or the new ones would be
        sync_folder(work)
        shutil.rmtree(work)
        left = aside.is_dir() and any(aside.rglob("*"))
        if aside.is_dir() and not left:
            shutil.rmtree(aside)
    return aside if left else None


def _unpack(file: Path, opener: Opener, new: Path, signer: Ed25519PublicKey | None) -> Read:
    for place in ("etc", "state"):
        (new / place).mkdir(mode=0o700)

    def begin(about: About) -> None:
        free = shutil.disk_usage(new).free
        if free < (needed := about.size + _SPARE_BYTES):
            raise HardwareError(f"{new}: {needed >> 20} MB are needed, {free >> 20} MB are free", hint="make room")

    def take(entry: Entry, blocks: Iterator[bytes]) -> None:
        target = new / entry.place / entry.path
        with _translated(target):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as out:
                out.writelines(blocks)

    found = read(file, opener, signer, take, begin)
    own = signing_key(load_device_key(new / "state", environ={})).public_key()
    if raw(own) != raw(found.signer):
        raise DataError(f"{file}: holds another device's key than the one it is signed with", hint="do not use it")
    return found


def _set_aside(state: Path, etc: Path, aside: Path, new: Path) -> None:
    """Move what the daemon had, and keep a copy of the configuration files that are replaced."""
    for folder in (aside, aside / "state"):
        folder.mkdir(mode=0o700, exist_ok=True)
    for entry in sorted(state.iterdir()):
        if entry.name != RESTORE and not entry.name.startswith(ASIDE):
            entry.replace(aside / "state" / entry.name)
    for file in _files(new / "etc"):
        before, kept = etc / file.relative_to(new / "etc"), aside / "etc" / file.relative_to(new / "etc")
        if before.is_file():
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(before, kept)
            kept.chmod(0o600)
    _sync_all(aside)
    sync_folder(state)


def _put_etc(new: Path, etc: Path) -> None:
    """The configuration, each file in one step. Whatever was private stays so; the rest the service has to read."""
    for file in _files(new):
        target = etc / file.relative_to(new)
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        content = file.read_bytes()
        private = b"PRIVATE KEY-----" in content
        fresh = target.with_name(f".{target.name}.restored")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            os.fchmod(out.fileno(), 0o600 if private else 0o644)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(target)
        sync_folder(target.parent)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _sync_all(folder: Path) -> None:
    """Every file and folder below, durable, and of the owner of the state directory."""
    owner = folder.parent.parent.stat() if folder.name == _NEW else folder.parent.stat()
    for path in [folder, *sorted(folder.rglob("*"))]:
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        if path.is_symlink() or not (path.is_file() or path.is_dir()):  # durable with its folder
            continue
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except EdgeError:
        raise
    except OSError as error:
        raise HardwareError(
            f"{error.filename or path}: {error.strerror}", hint="check the disk, its room, and who owns it"
        ) from error
