"""Writing and reading back, the first sector last."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.install.flash.image import CHUNK, SECTOR, Boot, Progress, boot_partition, chunks
from edge.install.flash.target import Target


class Writer:
    """An opened target. The order is `wipe`, `write`, `compare`, whatever else is to be added, `finish`."""

    def __init__(self, handle: int, target: Target, image: Path, size: int, progress: Progress) -> None:
        self._handle, self._target, self._image, self._size, self._progress = handle, target, image, size, progress
        self._head = b""
        self._digest = ""

    def wipe(self) -> None:
        """Take away the partition table, its copy at the end of a GPT disk included."""
        os.pwrite(self._handle, bytes(CHUNK), 0)
        if self._target.size is not None:
            os.pwrite(self._handle, bytes(CHUNK), self._target.size - CHUNK)
        else:
            os.ftruncate(self._handle, self._size)
        os.fsync(self._handle)

    def write(self) -> Boot:
        """All but the head: what lies before the boot partition. Returns where that is."""
        digest, place, boot = hashlib.sha256(), 0, Boot(0, 0)
        for chunk in chunks(self._image):
            body = memoryview(chunk)
            if place == 0:
                boot = boot_partition(chunk)
                if boot.start + boot.length > self._size:
                    raise DataError("the boot partition ends behind the image", hint="download the image again")
                self._head = chunk[: min(boot.start, CHUNK)]
                body = body[len(self._head) :]
            if place + len(chunk) > self._size:
                raise DataError(f"{self._image} holds more than its index says", hint="download it again")
            _put(self._handle, body, place + len(chunk) - len(body))
            digest.update(body)
            place += len(chunk)
            self._progress("writing", place, self._size)
        if place != self._size:
            raise DataError(f"{self._image} holds less than its index says", hint="download it again")
        self._sync()
        self._digest = digest.hexdigest()
        return boot

    def compare(self) -> None:
        """Read all of it back from the medium. Raises HardwareError when it is not what was written."""
        self._forget()
        digest, place = hashlib.sha256(), len(self._head)
        while place < self._size:
            chunk = os.pread(self._handle, min(CHUNK, self._size - place), place)
            if not chunk:
                raise HardwareError(
                    f"{self._target.path} ends at {place} bytes", hint="the card is a fake; take another"
                )
            digest.update(chunk)
            place += len(chunk)
            self._progress("reading back", place, self._size)
        if digest.hexdigest() != self._digest:
            raise HardwareError(
                f"{self._target.path} does not hold what was written to it",
                hint="the card is worn or a fake; take another",
            )

    def settle(self) -> None:
        """What others have added is on the medium, and read from there next."""
        self._sync()
        self._forget()

    def finish(self) -> None:
        """The head, and its first sector after the rest of it."""
        self._sync()
        _put(self._handle, memoryview(self._head)[SECTOR:], SECTOR)
        self._sync()
        _put(self._handle, memoryview(self._head)[:SECTOR], 0)
        self._sync()
        self._forget()
        if os.pread(self._handle, len(self._head), 0) != self._head:
            raise HardwareError(f"{self._target.path}: the first sectors do not hold", hint="take another card")

    def _sync(self) -> None:
        os.fsync(self._handle)

    def _forget(self) -> None:
        """What is read next comes from the medium and not from memory."""
        os.posix_fadvise(self._handle, 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def opened(target: Target, image: Path, size: int, progress: Progress) -> Iterator[Writer]:
    """The target, opened for this program alone. Raises HardwareError."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    # O_EXCL on a block device: the kernel refuses while anybody has it mounted, and keeps others from mounting it
    flags |= os.O_CREAT if target.is_file else os.O_EXCL
    try:
        handle = os.open(target.path, flags, 0o600)
    except OSError as error:
        hint = "run as root" if isinstance(error, PermissionError) else "is it in use? `lsblk` tells"
        raise HardwareError(f"{target.path}: cannot be written: {error.strerror}", hint=hint) from error
    try:
        yield Writer(handle, target, image, size, progress)
    except OSError as error:
        if isinstance(error, HardwareError):
            raise
        raise HardwareError(
            f"{target.path}: {error.strerror}", hint="the card was taken out, is worn, or full"
        ) from error
    finally:
        os.close(handle)


def _put(handle: int, data: memoryview, place: int) -> None:
    while data:
        count = os.pwrite(handle, data, place)
        data, place = data[count:], place + count
