"""The counts of wrong PINs: durable, bound to the device, and never begun anew by losing them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from roster_samples import profile

from edge.actions import KEYPAD
from edge.errors import HardwareError
from edge.store.keys import DeviceKey
from edge.store.pin_failures import (
    FILE_NAME,
    LOST,
    FailureFile,
    FailuresLostError,
    initial_failures,
    open_failures,
)
from edge.store.roster import Roster
from edge.store.roster_zone import ZoneRoster

ANN = "0123456789abcdef"
COUNTS = {ANN: 3, KEYPAD: 4}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path / "state"


def begin(state: Path) -> FailureFile:
    """As the daemon does at each start."""
    with ZoneRoster.open(state, create=True) as roster:
        if ANN not in roster.here():
            roster.add(profile(), [], 1, person=ANN)
        return open_failures(state, roster, roster._key)


def test_counts_survive_and_zeros_are_not_kept(state: Path) -> None:
    assert initial_failures(state) == {}
    file = begin(state)
    assert initial_failures(state) == {}
    file.write({**COUNTS, "nobody": 0})
    assert initial_failures(state) == COUNTS
    assert begin(state).read([ANN]) == COUNTS
    assert (state / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"failures": {}, "mac": ""}', b"\xff" * 9, b"[" * 9999, b"x" * (2 << 20)]
)
def test_a_damaged_file_counts_as_the_worst(state: Path, content: bytes) -> None:
    begin(state).write(COUNTS)
    (state / FILE_NAME).write_bytes(content)
    assert initial_failures(state) == {KEYPAD: LOST}
    with pytest.raises(FailuresLostError) as lost:
        begin(state)
    assert "edge people pin unlock" in lost.value.hint


def test_an_edited_file_counts_as_the_worst(state: Path) -> None:
    begin(state).write(COUNTS)
    whole = json.loads((state / FILE_NAME).read_bytes())
    whole["failures"][KEYPAD] = 1
    (state / FILE_NAME).write_text(json.dumps(whole))
    assert initial_failures(state) == {KEYPAD: LOST}


def test_a_file_of_another_device_counts_as_the_worst(state: Path) -> None:
    begin(state)
    FailureFile(state, DeviceKey(bytes(32))).write({})
    assert initial_failures(state) == {KEYPAD: LOST}


def test_a_file_that_was_taken_away_counts_as_the_worst_and_is_not_begun_anew(state: Path) -> None:
    begin(state).write(COUNTS)
    (state / FILE_NAME).unlink()
    assert initial_failures(state) == {KEYPAD: LOST}
    for _ in range(2):
        with pytest.raises(FailuresLostError):
            begin(state)
    assert not (state / FILE_NAME).exists()


def test_a_power_cut_between_the_first_file_and_its_note_is_mended(state: Path) -> None:
    with Roster.open(state, create=True) as roster:
        roster.add(profile(), [], 1, person=ANN)
        FailureFile(state, roster._key).write(COUNTS)
    assert initial_failures(state) == COUNTS
    begin(state)
    (state / FILE_NAME).unlink()
    assert initial_failures(state) == {KEYPAD: LOST}


def test_a_roster_that_cannot_be_read_opens_nothing(state: Path) -> None:
    begin(state)
    (state / "roster.db").write_bytes(b"no database" * 500)
    assert initial_failures(state) == {KEYPAD: LOST}


def test_who_is_erased_is_named_nowhere_in_it(state: Path) -> None:
    begin(state).write(COUNTS)
    assert ANN.encode() not in (state / FILE_NAME).read_bytes()
    with Roster.open(state) as roster:
        roster.destroy(ANN)
    assert initial_failures(state) == {KEYPAD: 4}


def test_a_note_changes_nobody_on_the_roster(state: Path) -> None:
    with Roster.open(state, create=True) as roster:
        before = roster.revision()
        assert not roster.noted("something")
        roster.note("something")
        assert roster.noted("something")
        assert roster.revision() == before


def test_until_the_new_file_is_whole_the_old_one_stands(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = begin(state)
    file.write(COUNTS)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(HardwareError):
            file.write({})
    assert initial_failures(state) == COUNTS
