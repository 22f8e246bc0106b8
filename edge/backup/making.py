"""Making a backup: gathered, sealed, signed, written under another name, read back, and only then called by its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edge import __version__
from edge.backup.content import About, ContentWriter, Entry
from edge.backup.sealed import Lock, SealedWriter
from edge.backup.snapshot import Item, gather, open_item, scratch_in
from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.store.identity import signing_key
from edge.store.keys import load_device_key, sync_folder
from edge.store.schema import EVENTS_NAME

SUFFIX = ".edgebackup"
_PARTIAL = ".partial"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """The device: its state directory, the folder of its configuration, and where systemd shows credentials."""

    state: Path
    etc: Path
    site: str
    device: str
    credentials: Path | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """`file`: where it lies; `about`: what is in it; `size`: its own bytes."""

    file: Path
    about: About
    size: int
    sha256: str


def make(source: Source, target: Path, locks: Sequence[Lock], now: Now) -> Made:
    """A backup at `target`, a file that does not exist or a folder that does. Raises EdgeError; then there is none."""
    folder = target if target.is_dir() else target.parent
    file = folder / name_of(source, now) if target.is_dir() else target
    if file.exists():
        raise DataError(f"{file} is there already", hint="give another name, or a folder")
    if not folder.is_dir():
        raise HardwareError(f"{folder} is not there", hint="is the stick or the share mounted?")
    key = signing_key(load_device_key(source.state))
    with scratch_in(source.state) as scratch:
        items = gather(source.state, source.etc, scratch, source.credentials)
        with _translated(file), _partial(folder, file) as (out, temporary):
            about = _about(source, items, now)
            counted = _Counted(out)
            content = ContentWriter(SealedWriter(counted, locks), about)
            for item in items:
                with (
                    contextlib.suppress(FileNotFoundError),
                    open_item(item, source.state, scratch) as opened,
                ):  # removed since it was found
                    size = os.fstat(opened.fileno()).st_size
                    content.add(Entry(item.place, item.path, size), opened)
            content.end(key)
            out.flush()
            os.fsync(out.fileno())
            sha256 = counted.hash.hexdigest()
            _read_back(temporary, sha256)
            temporary.rename(file)  # no hard link, which a stick's file system has not
            sync_folder(folder)
    return Made(file, about, counted.count, sha256)


def prune(folder: Path, source: Source, keep: int, newest: Path) -> list[Path]:
    """Remove all but the `keep` last backups of this device; never `newest`, whose name a wrong clock may have made an
    old one. Returns the removed ones. Raises HardwareError.
    """
    found = sorted(folder.glob(f"{_stem(source)}*{SUFFIX}"))
    others = [file for file in found if file != newest]
    gone = others[: max(0, len(others) - (keep - 1))]
    with _translated(folder):
        for file in gone:
            file.unlink()
    return gone


def name_of(source: Source, now: Now) -> str:
    """The name of a backup made now; names of one device sort by time."""
    return f"{_stem(source)}{now.wall:%Y%m%dT%H%M%SZ}{SUFFIX}"


def _stem(source: Source) -> str:
    return f"{source.site}_{source.device}_"


def _about(source: Source, items: Sequence[Item], now: Now) -> About:
    epoch, seq = next((_newest(i.source) for i in items if (i.place, i.path) == ("state", EVENTS_NAME)), ("", 0))
    size = sum(item.source.stat().st_size for item in items if item.source.exists())
    made = f"{now.wall:%Y-%m-%dT%H:%M:%S.%fZ}"
    return About(source.device, source.site, made, now.quality, __version__, epoch, seq, size)


def _newest(database: Path) -> tuple[str, int]:
    """The epoch of the newest event, and its number; of the copy, which nobody changes."""
    query = "SELECT p.epoch, e.seq FROM events e JOIN epochs p ON p.number = e.epoch ORDER BY e.position DESC LIMIT 1"
    try:
        with contextlib.closing(sqlite3.connect(database)) as conn:
            epoch, seq = conn.execute(query).fetchone() or ("", 0)
    except sqlite3.Error as error:
        raise DataError(f"{EVENTS_NAME} is no database of events: {error}", hint="see: edge events verify") from error
    return str(epoch), int(seq)


class _Counted:
    """Counts and hashes what is written, for the comparison afterwards."""

    def __init__(self, out: BinaryIO) -> None:
        self.hash = hashlib.sha256()
        self.count = 0
        self._out = out

    def write(self, content: bytes, /) -> int:
        self.hash.update(content)
        self.count += len(content)
        return self._out.write(content)


@contextlib.contextmanager
def _partial(folder: Path, file: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file of another name, gone afterwards whatever happens; what a power cut left of an earlier one goes first."""
    for left in folder.glob(f".*{SUFFIX}{_PARTIAL}"):
        left.unlink()
    temporary = folder / f".{file.name.removesuffix(SUFFIX)}{SUFFIX}{_PARTIAL}"
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _read_back(file: Path, sha256: str) -> None:
    """From the medium, as far as the kernel lets us: a worn stick takes everything and gives back something else."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := opened.read(_BLOCK):
            found.update(block)
    if found.hexdigest() != sha256:
        raise HardwareError(f"{file.parent} does not give back what was written", hint="replace the stick or the disk")


@contextlib.contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except EdgeError:
        raise
    except OSError as error:
        raise HardwareError(
            f"{error.filename or file}: {error.strerror}; no backup was made", hint="is there room, and who owns it?"
        ) from error
