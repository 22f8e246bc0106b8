"""Pictures of what was thrown in, kept for a bounded time so that a correction can be told with them.

One small file for each drop, encrypted under a key derived from the device's. Nothing is synced to the card: a torn
file does not open and is left out, and a lost one costs one example for a training. The events say what was judged and
what was corrected; `export` joins the two.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge.errors import DataError, HardwareError
from edge.store.keys import DeviceKey, about, seal, unseal

log = logging.getLogger(__name__)

FOLDER = "items"
MOST_FILES = 4000
MOST_BYTES = 96 << 20
"""Of all files together: some 2,500 drops with three small pictures each."""

_VERSION = 1
_DROP = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_SUFFIX = ".item"
_DAY_US = 86_400_000_000
_LARGEST = 4 << 20


class ItemStore:
    """The pictures of one device, below its state directory. For one thread at a time."""

    def __init__(self, state_dir: Path, key: DeviceKey, keep_days: int) -> None:
        self._folder = state_dir / FOLDER
        self._cipher = AESGCM(key.derive("edge: pictures of items"))
        self._keep_us = keep_days * _DAY_US

    def keep(self, drop: str, jpegs: tuple[bytes, ...], wall_us: int) -> None:
        """Keep the pictures of a drop, and forget what is too old or too much. Raises DataError for a drop that is no
        name, HardwareError when the folder cannot be written.
        """
        path = self._path(drop)
        lengths = struct.pack(f"<QH{len(jpegs)}I", max(wall_us, 0), len(jpegs), *map(len, jpegs))
        sealed = seal(self._cipher, lengths + b"".join(jpegs), about("item", _VERSION, drop))
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            scratch = path.with_suffix(".tmp")
            scratch.write_bytes(sealed)
            scratch.replace(path)
        except OSError as error:
            raise HardwareError(f"{path} cannot be written: {error.strerror}", hint="is the disk full?") from error
        self.prune(wall_us)

    def pictures(self, drop: str) -> tuple[bytes, ...]:
        """The JPEGs of a drop, best first; none where there are none. Raises DataError for a damaged file."""
        path = self._path(drop)
        try:
            with path.open("rb") as file:
                sealed = file.read(_LARGEST)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise HardwareError(f"{path} cannot be read: {error.strerror}", hint="run as the service's user") from error
        try:
            plain = unseal(self._cipher, sealed, about("item", _VERSION, drop))
            _, count = struct.unpack_from("<QH", plain)
            lengths = struct.unpack_from(f"<{count}I", plain, 10)
        except (DataError, struct.error) as error:
            raise DataError(f"{path} does not open", hint="it is damaged, or another device's; delete it") from error
        at, found = 10 + 4 * count, []
        for length in lengths:
            found.append(plain[at : at + length])
            at += length
        return tuple(found)

    def prune(self, wall_us: int) -> int:
        """Delete what is older than the time to keep, and the oldest beyond the limits; returns how many."""
        gone = 0
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for place, (written_us, size, path) in enumerate(files):
            too_many = len(files) - place > MOST_FILES or total > MOST_BYTES
            if wall_us - written_us <= self._keep_us and not too_many:
                break
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("%s cannot be deleted: %s", path.name, error.strerror)
                continue
            total -= size
            gone += 1
        return gone

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """(when it was written in microseconds since 1970, bytes, path) of each file."""
        try:
            paths = [path for path in self._folder.iterdir() if path.suffix in (_SUFFIX, ".tmp")]
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("%s cannot be listed: %s", self._folder, error.strerror)
            return
        for path in paths:
            try:
                status = path.stat()
            except OSError:  # gone meanwhile
                continue
            yield status.st_mtime_ns // 1000, status.st_size, path

    def _path(self, drop: str) -> Path:
        if not _DROP.fullmatch(drop):
            raise DataError(f"{drop!r} is no name of a drop", hint="letters, digits and '-'")
        return self._folder / f"{drop}{_SUFFIX}"
