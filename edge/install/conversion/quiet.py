"""Keeps a library's chatter off the terminal while it works, and shows it when it fails."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet() -> Iterator[None]:
    """What is said on standard output and standard error meanwhile, by C++ too, appears only if an exception passes.

    TensorFlow's converter reports every operator on both; in `--json` mode that would spoil the one object promised.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            with _descriptors_to(said.fileno()), redirect_stdout(said), redirect_stderr(said):
                yield
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read())
            raise


@contextmanager
def _descriptors_to(target: int) -> Iterator[None]:
    """Points file descriptors 1 and 2, which C++ writes to, at `target`."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        for number in kept:
            os.dup2(target, number)
        yield
    finally:
        for number, original in kept.items():
            os.dup2(original, number)
            os.close(original)
