"""`edge events verify`, and the corrected time beside the recorded one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.actions import Priority
from edge.store.checkpoint import device_signer
from edge.store.history import History
from edge.store.keys import load_device_key
from edge.store.reader import EventReader
from tests.unit.store.upkeep_bench import WALL_US, Yard, yard

TRUE_US = WALL_US + 5_000_000_000_000


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["events", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def a_whole_history(folder: Path) -> Yard:
    load_device_key(folder, create=True)
    bench = Yard(folder)
    bench.upkeep._checkpoints._sign = device_signer(folder, "gate")
    bench.store(300)
    bench.deliver()
    bench.pass_s(91 * 86400)
    bench.store(100)
    bench.rest(25)
    return bench


def test_a_whole_history_is_verified_beside_the_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench = a_whole_history(tmp_path)
    code, verdict = run(capsys, "verify", "--state", str(tmp_path))
    assert code == 0 and verdict["holds"] is True and verdict["findings"] == []
    assert (verdict["events"], verdict["erased"], verdict["checkpoints"]) == (101, 301, 1)
    bench.abandon()


def test_an_altered_event_is_named_and_the_exit_code_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench = a_whole_history(tmp_path)
    bench.conn.execute("UPDATE events SET body = CAST(replace(body, 'xx', 'yy') AS BLOB) WHERE seq = 350")
    bench.abandon()
    code, verdict = run(capsys, "verify", "--state", str(tmp_path))
    (finding,) = verdict["findings"]
    assert code == 1 and verdict["holds"] is False
    assert (finding["kind"], finding["first_seq"], finding["last_seq"]) == ("altered", 350, 350)
    assert main(["events", "verify", "--state", str(tmp_path)]) == 1
    assert "350..350" in capsys.readouterr().out


def test_another_key_than_the_devices_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_whole_history(tmp_path).abandon()
    (tmp_path / "device.key").write_bytes(bytes(32))
    code, verdict = run(capsys, "verify", "--state", str(tmp_path))
    assert code == 1 and [finding["kind"] for finding in verdict["findings"]] == ["checkpoint"]


def test_without_the_key_signatures_are_not_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_whole_history(tmp_path).abandon()
    (tmp_path / "device.key").unlink()
    code, error = run(capsys, "verify", "--state", str(tmp_path))
    assert code == 3 and "device key" in error["error"]


def test_a_damaged_file_is_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench = a_whole_history(tmp_path)
    bench.ledger.checkpoint()
    bench.abandon()
    with bench.path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 8)
    code, error = run(capsys, "verify", "--state", str(tmp_path))
    assert code == 4 and "cannot be read" in error["error"]


@pytest.fixture
def cold_boot(tmp_path: Path) -> Path:
    """Events under a clock that stood in 1970, and the correction that came later in the same boot."""
    with yard(tmp_path) as bench:
        bench.now = replace(bench.now, wall_us=1_000_000)
        bench.store(3, "cold.event", clock="unsynced")
        bench.now = replace(bench.now, wall_us=TRUE_US)
        offset = TRUE_US - int(bench.now.mono_s * 1e6)
        data = {"bootid": "boot-1", "offset_us": offset, "was_off_us": 1}
        bench.store(1, "clock.corrected", Priority.ACCESS, "clock", data)
        later = data | {"offset_us": offset + 7_000_000}
        bench.store(1, "clock.corrected", Priority.ACCESS, "clock", later)
        bench.store(1, "warm.event")
    return tmp_path


def test_the_corrected_time_stands_beside_the_recorded_one(cold_boot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = EventReader(cold_boot / "events.db")
    found = {event.type: event for event in History(reader).latest(20)}
    cold = [event for event in History(reader).latest(20) if event.type == "cold.event"]
    reader.close()
    assert [event.corrected_us for event in cold] == [TRUE_US - 2_000_000, TRUE_US - 1_000_000, TRUE_US]
    assert found["warm.event"].corrected_us is None
    _, shown = run(capsys, "list", "--type", "cold", "--state", str(cold_boot))
    assert [event["time"][:4] for event in shown["events"]] == ["1970"] * 3
    assert [event["correctedtime"][:4] for event in shown["events"]] == ["2024"] * 3
    code, one = run(capsys, "show", str(cold[0].seq), "--state", str(cold_boot))
    assert code == 0 and one["correctedtime"] == shown["events"][0]["correctedtime"]
    assert main(["events", "list", "--state", str(cold_boot)]) == 0
    assert "1970" not in capsys.readouterr().out


def test_an_export_goes_by_the_corrected_time(cold_boot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, exported = run(capsys, "export", "--since", "2024-01-01", "--state", str(cold_boot))
    assert [event["type"] for event in exported["events"]].count("cold.event") == 3
    _, exported = run(capsys, "export", "--until", "1971-01-01", "--state", str(cold_boot))
    assert exported["events"] == []


def test_a_correction_of_another_boot_changes_nothing(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(1, "cold.event", clock="unsynced")
        data = {"bootid": "boot-2", "offset_us": 1, "was_off_us": 1}
        bench.store(1, "clock.corrected", Priority.ACCESS, "clock", data)
        reader = EventReader(bench.path)
        assert [event.corrected_us for event in History(reader).latest(5)] == [None] * 3
        reader.close()
