"""Giving back the memory of a mapped model file, once the runtime has made its own copy of the weights.

XNNPACK packs the weights into an order of its own when a network is loaded, and hardly looks at the file again; yet
its pages, 9 MB in all at a gate, would count as the daemon's memory for as long as it runs. Whatever is looked at
again comes back from the page cache by itself.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_MAPS = Path("/proc/self/maps")  # proc_pid_maps(5): start-end, permissions, offset, device, inode, path
_SHARED = "s"
_MADV_DONTNEED = 4  # madvise(2)


def give_back(file: int) -> int:
    """Let go of the pages of every mapping of this open file; returns the bytes of the mappings. Only of shared ones:
    in a private one, what was written would be lost.
    """
    inode = str(os.fstat(file).st_ino)
    libc = ctypes.CDLL(None)
    total = 0
    for line in _MAPS.read_text().splitlines():
        place, permissions, _offset, _device, found = line.split(maxsplit=5)[:5]
        if found == inode and permissions.endswith(_SHARED):
            start, end = (int(text, 16) for text in place.split("-"))
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)
            total += end - start
    return total
