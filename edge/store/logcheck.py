"""Whether a write-ahead log has lost commits that were durable: SQLite stops reading at the first frame whose checksum
is wrong, and takes what follows for a transaction that the power cut.

Every commit is synchronised before the next one begins, so a power cut leaves at most one behind the last good frame.
Two or more of the log's present generation, which its salt tells, were durable once, and the log is damaged. Without
this their numbers would be given to other events. Format: https://sqlite.org/walformat.html.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682  # the lowest bit tells the byte order of the checksums


def lost_commits(log: Path, index: Path) -> int:
    """Commits in the log behind those that SQLite has accepted, by the index it made when it opened the database;
    0 where there is no log. Raises OSError.
    """
    if not (log.exists() and index.exists()):
        return 0
    shared = _head(index)
    accepted = int.from_bytes(shared[16:20], sys.byteorder)
    found = 0
    with log.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER or int.from_bytes(header[:4]) & ~1 != _MAGIC:
            return 0
        (page_bytes,) = struct.unpack_from(">I", header, 8)
        file.seek(_HEADER + accepted * (_FRAME + page_bytes))
        while len(frame := file.read(_FRAME)) == _FRAME:
            found += frame[8:16] == header[16:24] and frame[4:8] != bytes(4)
            file.seek(page_bytes, 1)
    return found


def _head(index: Path) -> bytes:
    """Through the handle that SQLite has in this process, if it has one: POSIX drops all locks of a process on a file
    as soon as it closes any handle of it. Without its locks the next program that opens the database takes the index
    for left behind and cuts it short, which kills this one (SIGBUS): https://sqlite.org/howtocorrupt.html, 2.2.
    """
    wanted = index.stat()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        try:
            if os.path.samestat(os.fstat(int(name)), wanted):
                return os.pread(int(name), _HEADER, 0)
        except OSError:  # closed meanwhile, as the listing's own is
            continue
    return index.read_bytes()[:_HEADER]
