"""Keeping a process of ten threads small on a machine with little memory."""

from __future__ import annotations

import ctypes
import gc
import os

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
    """Give back what starting up has left behind: dead objects first, then the free pages of the heap."""
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
