from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.actions import Priority
from edge.care.retention import GRACE_DAYS, look_after
from edge.clock import Now
from edge.config.schema import Store
from tests.unit.store.upkeep_bench import DAY_US, WALL_US, Yard, yard

NOW = Now(1000.0, WALL_US)  # 2023-11-14
AUDIENCE = "riverside/gate"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Yard]:
    (tmp_path / "device.key").write_bytes(bytes(range(32)))
    (tmp_path / "device.key").chmod(0o600)
    with yard(tmp_path) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(state_dir=tmp_path)


def test_only_what_may_not_be_kept_any_longer_goes(device: Yard, store: Store, tmp_path: Path) -> None:
    device.store(3)
    for name in ("events.db.damaged-20221101T000000Z", "events.db.damaged-20221101T000000Z.salvaged"):
        (tmp_path / name).touch()
    for name in ("events.db.damaged-20231101T000000Z", "commands.json.damaged-nonsense", "notes.txt"):
        (tmp_path / name).touch()
    for name in ("before-restore-20231001T000000Z", "before-restore-20231101T000000Z"):
        (tmp_path / name / "state").mkdir(parents=True)
        (tmp_path / name / "state/roster.db").touch()
    unsynced = look_after(store, AUDIENCE, replace(NOW, quality="unsynced"))
    assert unsynced.removed == ()
    found = look_after(store, AUDIENCE, NOW)
    assert found.wrong == () and found.events == 4
    assert set(found.removed) == {
        "events.db.damaged-20221101T000000Z",
        "events.db.damaged-20221101T000000Z.salvaged",
        "before-restore-20231001T000000Z",
    }
    left = {path.name for path in tmp_path.iterdir()}
    assert {"events.db.damaged-20231101T000000Z", "commands.json.damaged-nonsense", "notes.txt"} <= left
    assert "before-restore-20231101T000000Z" in left


def test_events_that_the_daemon_should_have_forgotten_are_told(device: Yard, store: Store) -> None:
    device.store(2, priority=Priority.PICTURE)
    device.store(1)
    late = replace(NOW, wall_us=WALL_US + (store.keep_picture_days + GRACE_DAYS + 1) * DAY_US)
    assert look_after(store, AUDIENCE, late).wrong == ()  # they have not been sent
    device.deliver()
    assert look_after(store, AUDIENCE, late).wrong == ("2 events of picture are older than 7 days",)


def test_an_altered_event_is_told(device: Yard, store: Store) -> None:
    device.store(3)
    changed = "CAST(replace(body, 'riverside', 'elsewhere') AS BLOB)"
    device.conn.execute(f"UPDATE events SET body = {changed} WHERE position = 2")
    assert "missing or altered" in look_after(store, AUDIENCE, NOW).wrong[0]


def test_the_command_leaves_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        f'[device]\nid = "gate"\nsite = "riverside"\n[camera]\ndriver = "folder"\npath = "."\n[door]\n'
        f'driver = "simulated"\n[speaker]\ndriver = "simulated"\n[uplink]\nhost = "x"\ntls = false\n'
        f'[store]\nstate_dir = "{tmp_path}"\n'
    )
    assert main(["retention", "--json", "--config", str(config)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["wrong"] == ["there is no database of events"]
    note = json.loads((tmp_path / "duties/retention.json").read_text())
    assert (note["good"], note["detail"]) == (False, "there is no database of events")
