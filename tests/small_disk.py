"""A small file system of its own, to be filled."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(parent: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs below `parent`; skips the test where one cannot be mounted."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = parent / "disk"
    folder.mkdir()
    if libc.mount(b"edge-test", os.fsencode(folder), b"tmpfs", 0, f"size={megabytes}m".encode()) != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield folder
    finally:
        assert libc.umount2(os.fsencode(folder), 2) == 0
