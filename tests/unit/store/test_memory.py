"""A small file for what was learnt: written when it has changed, and no trouble when it cannot be."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from edge.store.memory import MemoryWorker, read_memory


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def worker(path: Path, learnt: dict[str, Any], time: Time) -> MemoryWorker:
    made = MemoryWorker(path, lambda: dict(learnt), every_s=600.0, monotonic=time)
    made.wake()  # no step waits
    return made


def test_it_is_written_in_its_time_when_it_has_changed_and_at_the_stop(tmp_path: Path) -> None:
    path, learnt, time = tmp_path / "m.json", {"a": 1}, Time()
    memory = worker(path, learnt, time)
    memory.start()
    memory.step()
    assert read_memory(path) is None
    time.now_s = 600.0
    memory.step()
    assert read_memory(path) == {"a": 1}
    path.unlink()
    time.now_s = 1200.0
    memory.step()
    assert read_memory(path) is None  # unchanged: the card is spared
    learnt["a"] = 2
    memory.stop()
    assert read_memory(path) == {"a": 2}
    assert [file.name for file in tmp_path.iterdir()] == ["m.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_one_is_a_fresh_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    assert read_memory(path) is None


def test_a_card_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    learnt, time = {"a": 1}, Time()
    memory = worker(tmp_path / "gone" / "m.json", learnt, time)
    with caplog.at_level(logging.WARNING):
        memory.write()
        memory.write()
    assert len(caplog.records) == 1
    (tmp_path / "gone").mkdir()
    memory.write()
    assert read_memory(tmp_path / "gone" / "m.json") == {"a": 1}
