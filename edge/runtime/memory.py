"""Keeping a process of ten threads small on a machine with little memory."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path

_MADV_DONTNEED = 4  # madvise(2) of Linux
# mallopt(3) of glibc: its parameters, and what they are set to.
_MALLOPT = ((-8, 2), (-3, 1 << 20), (-1, 1 << 20))  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def lean() -> None:
    """One BLAS thread, two malloc arenas, big blocks given back. To be called before numpy is imported.

    OpenBLAS takes tens of megabytes of buffers for each further thread, and its threads spin when idle; glibc
    gives every thread an arena of its own, and keeps the blocks that pictures lay in once it has seen a few.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # not in musl
        for parameter, value in _MALLOPT:
            libc.mallopt(parameter, value)


def trim() -> None:
    """Give back what starting up has left behind: dead objects first, then the free pages of the heap, and the code
    of libraries. What of that is still needed, less than a half, comes back from the page cache at its next use.
    """
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    for begin, size in _code():
        # A kernel that refuses keeps the pages, and no harm is done.
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(size), _MADV_DONTNEED)


def _code() -> list[tuple[int, int]]:
    """Where the code of files lies in this process, (address, bytes), by proc_pid_maps(5). Only what may be executed
    and not written, which a loader leaves as it is in the file: from elsewhere its own changes would be lost.
    """
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, access, _, _, inode, *_ = line.split(maxsplit=5)
        if access == "r-xp" and inode != "0":
            begin, end = (int(address, 16) for address in place.split("-"))
            found.append((begin, end - begin))
    return found
