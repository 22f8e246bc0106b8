"""Pictures of drops at rest: private, bounded, and no trouble when they cannot be kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.actions import KeepItem
from edge.clock import Now
from edge.errors import DataError
from edge.store import items
from edge.store.item_keeper import WAITING, ItemKeeper
from edge.store.items import FOLDER, ItemStore
from edge.store.keys import DeviceKey

KEY = DeviceKey(b"k" * 32)
NOW_US = 1_790_000_000_000_000
DAY_US = 86_400_000_000
JPEGS = (b"\xff\xd8 the best", b"", b"\xff\xd8 another")


@pytest.fixture
def store(tmp_path: Path) -> ItemStore:
    return ItemStore(tmp_path, KEY, keep_days=30)


def aged(tmp_path: Path, drop: str, days: float) -> None:
    at_s = (NOW_US - days * DAY_US) / 1e6
    os.utime(tmp_path / FOLDER / f"{drop}.item", (at_s, at_s))


def test_what_was_kept_comes_back_and_cannot_be_read_in_between(tmp_path: Path, store: ItemStore) -> None:
    store.keep("7-3", JPEGS, NOW_US)
    assert store.pictures("7-3") == JPEGS
    assert store.pictures("7-4") == ()
    assert b"best" not in (tmp_path / FOLDER / "7-3.item").read_bytes()


def test_another_device_or_another_drop_opens_nothing(tmp_path: Path, store: ItemStore) -> None:
    store.keep("7-3", JPEGS, NOW_US)
    with pytest.raises(DataError, match="does not open"):
        ItemStore(tmp_path, DeviceKey(b"x" * 32), 30).pictures("7-3")
    (tmp_path / FOLDER / "7-3.item").rename(tmp_path / FOLDER / "8-1.item")
    with pytest.raises(DataError, match="does not open"):
        store.pictures("8-1")


@pytest.mark.parametrize("cut", [0, 5, 11, 30])
def test_a_torn_file_is_an_error_and_nothing_worse(tmp_path: Path, store: ItemStore, cut: int) -> None:
    store.keep("7-3", JPEGS, NOW_US)
    path = tmp_path / FOLDER / "7-3.item"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match="does not open"):
        store.pictures("7-3")


@pytest.mark.parametrize("drop", ["", "../roster", "a/b", "x" * 65, "-a", "a.b", "ä"])
def test_a_drop_is_no_path(store: ItemStore, drop: str) -> None:
    with pytest.raises(DataError, match="no name of a drop"):
        store.keep(drop, JPEGS, NOW_US)
    with pytest.raises(DataError, match="no name of a drop"):
        store.pictures(drop)


def test_old_ones_go(tmp_path: Path, store: ItemStore) -> None:
    for number in range(4):
        store.keep(f"d-{number}", JPEGS, NOW_US)
    for number in range(4):
        aged(tmp_path, f"d-{number}", 28.5 + number)
    assert store.prune(NOW_US) == 2
    assert [bool(store.pictures(f"d-{number}")) for number in range(4)] == [True, True, False, False]


def test_too_many_or_too_large_are_cut_from_the_oldest(
    tmp_path: Path, store: ItemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        store.keep(f"d-{number}", JPEGS, NOW_US)
        aged(tmp_path, f"d-{number}", 6 - number)
    monkeypatch.setattr(items, "MOST_FILES", 4)
    assert store.prune(NOW_US) == 2
    size = (tmp_path / FOLDER / "d-5.item").stat().st_size
    monkeypatch.setattr(items, "MOST_BYTES", 3 * size)
    assert store.prune(NOW_US) == 1
    assert [bool(store.pictures(f"d-{number}")) for number in range(6)] == [False] * 3 + [True] * 3


def test_the_keeper_takes_what_the_eyes_have_and_writes_it_later(tmp_path: Path, store: ItemStore) -> None:
    keeper = ItemKeeper(store, lambda item: JPEGS if item == 1 else (), lambda: Now(5.0, NOW_US))
    keeper.start()
    assert keeper.take(KeepItem(1, "7-3"))
    assert not keeper.take(KeepItem(2, "7-4"))
    assert store.pictures("7-3") == ()
    keeper.step()
    assert store.pictures("7-3") == JPEGS
    (tmp_path / FOLDER).rename(tmp_path / "away")
    (tmp_path / FOLDER).write_text("in the way")
    assert keeper.take(KeepItem(1, "7-5"))
    keeper.step()
    assert keeper.status()["figures"] == {"taken": 1, "missed": 2}
    for number in range(WAITING):
        assert keeper.take(KeepItem(1, f"8-{number}"))
    assert not keeper.take(KeepItem(1, "9-1"))
