"""The process that becomes another one of the same command."""

from __future__ import annotations

import os
import sys

import pytest

from edge import daemon


def test_nothing_that_is_open_outlives_it_and_the_command_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # as a library leaves what it opens
    became: list[tuple[str, list[str], bool]] = []
    monkeypatch.setattr(os, "execv", lambda path, args: became.append((path, args, os.get_inheritable(writing))))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-I", "/opt/edge/bin/edge", "run"])
    try:
        daemon.begin_anew()
    finally:
        os.close(reading)
        os.close(writing)
    assert became == [(sys.executable, [sys.executable, "-I", "/opt/edge/bin/edge", "run"], False)]
