"""A device from its backup: everything is made ready beside what is there, and takes its place after one decision.

Until the decision is durable nothing of the device was touched, and a power cut costs the work under way. From then on
each step may be done any number of times, and `finish` goes on with it: the unit edge-restore.service does before the
daemon starts, which itself refuses to run in between. What was there before is set aside.

It all runs as root in a folder of root (`workroom`), and what comes into the daemon's goes there by handle (`handles`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.backup.content import About, Entry
from edge.backup.prepare import prepare
from edge.backup.reading import Read, read
from edge.backup.sealed import Opener
from edge.backup.snapshot import ASIDE, OF_THE_MACHINE, is_of_the_machine
from edge.backup.workroom import MOVED, NEW, Decision, clear, decide, decided, is_decided, prepare_work, work_of, write
from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.store.handles import (
    copy_in,
    folder,
    folder_in,
    is_own_folder,
    is_there,
    names,
    own_folder,
    owner_of,
    put,
    remove,
    take_plain,
)
from edge.store.identity import raw, signing_key
from edge.store.keys import load_device_key, sync_folder
from edge.store.roster_schema import JOURNAL_SUFFIX, ROSTER_NAME
from edge.store.schema import EVENTS_NAME

_BEFORE, _ETC_BEFORE, _DONE = "before", "etc-before", "done"
_SPARE_BYTES = 32 << 20
_MOST_OF_THE_MACHINE = 65536
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


def in_use(state: Path) -> bool:
    """Whether a process has the events open: in WAL mode it holds a shared lock on the file all the time, on the bytes
    that https://sqlite.org/src/doc/trunk/src/os.h names SHARED_FIRST and SHARED_SIZE. Raises OSError.
    """
    try:
        if not stat.S_ISREG((state / EVENTS_NAME).lstat().st_mode):  # nobody's database
            return False
        handle = os.open(state / EVENTS_NAME, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def restore(
    file: Path, opener: Opener, state: Path, etc: Path, now: Now, signer: Ed25519PublicKey | None = None
) -> Restored:
    """Replace the device's files by those of the backup. Nobody may be using them. Raises EdgeError; before the
    decision everything is as it was then.
    """
    if is_decided(state):
        raise DataError(f"{state}: an earlier restore is not finished", hint="first: edge backup finish")
    with _translated(state):
        if in_use(state):
            raise HardwareError(f"{state}: a daemon is using it", hint="stop it first: systemctl stop edge")
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        work = prepare_work(state)
    try:
        with _translated(work):
            for part in (NEW, _BEFORE):
                (work / part).mkdir(mode=0o700)
        found = _unpack(file, opener, work / NEW, state, signer)
        with _translated(state):
            _look_before(state, work)
            epoch, gone = prepare(work / NEW / "state", work / _BEFORE, found.about, now)
            _sync_all(work / NEW)
            decide(work, Decision(f"{now.wall:%Y%m%dT%H%M%SZ}", str(etc.absolute())))
    except BaseException:
        with _translated(work):
            clear(work)
        raise
    return Restored(found.about, found.files, epoch, gone, finish(state, etc))


def finish(state: Path, etc: Path) -> Path | None:
    """Carry out what was decided, from wherever it stands; where the files before it lie now. Raises DataError,
    HardwareError; then it can be called again.
    """
    work, decision = work_of(state), decided(state)
    if decision.etc != str(etc.absolute()):
        raise DataError(f"{etc}: the restore was begun for {decision.etc}", hint=f"give --etc {decision.etc}")
    aside = f"{ASIDE}{decision.stamp}"
    with _translated(state), folder(state) as here:
        if not (work / MOVED).exists():
            _set_aside(here, aside, etc, work)
            write(work / MOVED, "")
        if (work / NEW).exists():
            _put_etc(work / NEW / "etc", etc)
            for entry in sorted((work / NEW / "state").iterdir()):
                put(entry, here, owner_of(here))
            os.fsync(here)
            (work / NEW).rename(work / _DONE)  # in one step, since it is needed whole or not at all
            sync_folder(work)
        left = _hand_over(here, aside)
        clear(work)
    return state / aside if left else None


def _unpack(file: Path, opener: Opener, new: Path, state: Path, signer: Ed25519PublicKey | None) -> Read:
    for place in ("etc", "state"):
        (new / place).mkdir(mode=0o700)

    def begin(about: About) -> None:
        needed = 2 * about.size + _SPARE_BYTES  # for a moment a file is here and in its place
        for disk in (new, state):
            if (free := shutil.disk_usage(disk).free) < needed:
                raise HardwareError(f"{disk}: {needed >> 20} MB are needed, {free >> 20} MB are free", hint="make room")

    def take(entry: Entry, blocks: Iterator[bytes]) -> None:
        if entry.place == "state" and is_of_the_machine(entry.path):  # in backups of earlier versions
            return
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


def _look_before(state: Path, work: Path) -> None:
    """Take over what is the machine's, and a copy of the roster, which tells who was erased since."""
    with folder(state) as here:
        for name in OF_THE_MACHINE:
            take_plain(name, here, work / NEW / "state" / name, _MOST_OF_THE_MACHINE)
        if take_plain(ROSTER_NAME, here, work / _BEFORE / ROSTER_NAME):
            take_plain(ROSTER_NAME + JOURNAL_SUFFIX, here, work / _BEFORE / (ROSTER_NAME + JOURNAL_SUFFIX))


def _set_aside(here: int, aside: str, etc: Path, work: Path) -> None:
    """Move what the daemon had, and keep a copy of the configuration files that are replaced. Those stay root's: the
    daemon can remove them with their folder, and not read what was never shown to it.
    """
    kept, new = work / _ETC_BEFORE, work / NEW / "etc"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(mode=0o700)
    for file in _files(new):
        before, copy = etc / file.relative_to(new), kept / file.relative_to(new)
        if before.is_file():
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(before, copy)
    with own_folder(aside, here) as box:
        with own_folder("state", box) as old:
            taken = set(names(old))
            for name in names(here):
                if not name.startswith(ASIDE):
                    free = name
                    while free in taken:  # made again while this was cut off
                        free += "~"
                    os.rename(name, free, src_dir_fd=here, dst_dir_fd=old)
            os.fsync(old)
        remove("etc", box)
        copy_in(kept, "etc", box, owner_of(here), None)
        os.fsync(box)
    os.fsync(here)


def _hand_over(here: int, aside: str) -> bool:
    """What was set aside becomes the daemon's, which removes it in time; False where there was nothing."""
    if not is_own_folder(aside, here):  # done before this was cut off, and the daemon's since
        return is_there(aside, here)
    with own_folder(aside, here) as box:  # private: nobody else has changed what is in it
        with folder_in("state", box) as old, folder_in("etc", box) as kept:
            left = bool(names(old) or names(kept))
            owner_of(here).take(old)
        owner_of(here).take(box)
    if not left:
        remove(aside, here)
    os.fsync(here)
    return left


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


def _sync_all(top: Path) -> None:
    for path in [top, *sorted(top.rglob("*"))]:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
