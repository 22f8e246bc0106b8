"""Nothing secret stays on the boot partition, which every computer can read: overwritten, removed, and looked for.

FAT writes in place, so a file that is overwritten with zeros and synced is gone from its clusters; where a program had
written the file anew before, the old clusters are free, and a file of zeros over all free room reaches them. What a
card's controller keeps of blocks that it has replaced by others cannot be reached by any program: hence the token that
can be used once, and for a few days.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 20


def overwrite(file: Path) -> None:
    """Zeros over the whole file, durably, before it is removed. A file that is not there is none to remove."""
    try:
        with file.open("r+b") as opened:
            left = os.fstat(opened.fileno()).st_size
            while left:
                left -= opened.write(bytes(min(left, _CHUNK)))
            opened.flush()
            os.fsync(opened.fileno())
        file.unlink()
    except FileNotFoundError:
        return


def fill(folder: Path) -> None:
    """Zeros over all free room of the file system there, and the room given back."""
    filler = folder / "edge-zeros.tmp"
    try:
        with filler.open("wb", buffering=0) as opened:
            while True:
                try:
                    opened.write(bytes(_CHUNK))
                except OSError as error:
                    # EFBIG: the longest file of FAT, 4 GiB; a boot partition has half of one
                    if error.errno not in (errno.ENOSPC, errno.EFBIG):
                        raise
                    break
            os.fsync(opened.fileno())
    finally:
        filler.unlink(missing_ok=True)


def found(volume: Path, needles: Iterable[bytes]) -> list[bytes]:
    """Those needles that stand anywhere on the volume (a partition, or a file with one), read from the medium."""
    wanted = sorted(set(needles))
    overlap = max((len(needle) for needle in wanted), default=1) - 1
    seen: set[bytes] = set()
    with volume.open("rb", buffering=0) as opened:
        # Not what was read before: a partition that is mounted is cached apart from its files.
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        tail = b""
        while chunk := opened.read(_CHUNK):
            window = tail + chunk
            seen.update(needle for needle in wanted if needle in window)
            tail = window[-overlap:] if overlap else b""
    return sorted(seen)


def volume_of(folder: Path, mountinfo: str) -> Path | None:
    """The partition that is mounted at the folder, from /proc/self/mountinfo; None where it is none, as in a test."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        source = after.split()[1] if len(after.split()) > 1 else ""
        if before.split()[4] == str(folder) and source.startswith("/dev/"):
            return Path(source)
    return None
