"""Chatter of a library is kept back, and shown when something fails."""

from __future__ import annotations

import os
import sys

import pytest

from edge.install.conversion.quiet import quiet


def chatter() -> None:
    os.write(1, b"from C++ on standard output\n")
    print("from Python", file=sys.stderr)


def test_nothing_is_said_while_all_goes_well(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        chatter()
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_a_failure_brings_everything_to_light(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), quiet():
        chatter()
        raise ValueError("broken")
    out, err = capfd.readouterr()
    assert out == "" and "from C++" in err and "from Python" in err
