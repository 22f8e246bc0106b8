from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.errors import HardwareError
from edge.runtime.duties import LATE_S, Duties, leave_note, read_note

WALL_S = 1_790_000_000.0


class Bench:
    """Notes and a clock."""

    def __init__(self, folder: Path, expected: dict[str, str]) -> None:
        self.now_s, self.wall_s = 0.0, WALL_S
        self.faults: list[tuple[str, str]] = []
        self.recovered: list[str] = []
        self.duties = Duties(
            (folder / "duties", folder / "nowhere"),
            expected,
            lambda component, _what, detail: self.faults.append((component, detail)),
            self.recovered.append,
            monotonic=lambda: self.now_s,
            wall_s=lambda: self.wall_s,
        )

    def look(self, later_s: float = 60.0) -> None:
        self.now_s, self.wall_s = self.now_s + later_s, self.wall_s + later_s
        self.duties.look()


def test_a_job_that_failed_is_a_fault_until_it_succeeds(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {})
    bench.look()
    assert bench.faults == []
    leave_note(tmp_path / "duties", "backup", good=False, detail="the stick is full", now_s=WALL_S)
    bench.look()
    bench.look()
    assert bench.faults == [("duty.backup", "the stick is full")]
    leave_note(tmp_path / "duties", "backup", good=True, detail="done", now_s=WALL_S)
    bench.look()
    assert bench.recovered == ["duty.backup"]


def test_a_backup_that_is_not_made_any_more_is_a_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"backup": "see the timer"})
    bench.look(LATE_S - 1.0)
    assert bench.faults == []  # its first nights
    bench.look(2.0 + 60.0)
    assert bench.faults == [("duty.backup", "not done for 3 days; see the timer")]
    leave_note(tmp_path / "duties", "backup", good=True, detail="done", now_s=bench.wall_s)
    bench.look()
    assert bench.recovered == ["duty.backup"]
    bench.look(LATE_S)
    assert len(bench.faults) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"good": true}', b'{"good": 1, "detail": "", "time": "x"}'])
def test_a_note_that_cannot_be_read_is_a_bad_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "duties").mkdir()
    (tmp_path / "duties/retention.json").write_bytes(content)
    bench = Bench(tmp_path, {})
    bench.look()
    assert [component for component, _ in bench.faults] == ["duty.retention"]


def test_a_note_belongs_to_the_daemon_whoever_leaves_it(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can hand files over")
    os.chown(tmp_path, 12345, 12345)
    leave_note(tmp_path / "duties", "backup", good=True, detail="x" * 1000)
    assert (tmp_path / "duties/backup.json").stat().st_uid == (tmp_path / "duties").stat().st_uid == 12345
    assert len(read_note(tmp_path / "duties/backup.json").detail) == 300


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="cannot be written"):
        leave_note(tmp_path / "absent/duties", "backup", good=True, detail="")
