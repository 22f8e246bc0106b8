from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config.desired import Desired, digest
from edge.config.effective import load_base, load_effective
from edge.config.standing import (
    FILE_NAME,
    NEWEST_NAME,
    DamagedStandingError,
    Standing,
    read_standing,
    set_aside,
    write_standing,
)
from edge.errors import ConfigError, HardwareError

ROOT = Path(__file__).parents[3]
ONE = Desired(1, {"lock": {"unlock_s": 3.0}})
TWO = Desired(2, {"lock": {"unlock_s": 4.0}, "speaker": {"languages": ["en"]}})
TRIED = Standing(seen=2, content=TWO.content, about=2, status="trial", confirmed=ONE, trial=TWO)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text((ROOT / "config" / "simulated.toml").read_text())
    return path


def folder(file: Path) -> Path:
    return load_base(file).config.store.state_dir / "config"


def test_a_standing_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_standing(tmp_path) == Standing()
    for standing in (Standing(), TRIED, replace(TRIED, problems=("lock: wrong",), status="refused", starts=2)):
        write_standing(tmp_path, standing)
        assert read_standing(tmp_path) == standing
    assert {path.name for path in tmp_path.iterdir()} == {FILE_NAME, NEWEST_NAME}
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_every_altered_byte_is_noticed(tmp_path: Path) -> None:
    write_standing(tmp_path, TRIED)
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x04]) + whole[place + 1 :])
        try:
            assert read_standing(tmp_path) == TRIED  # white space
        except DamagedStandingError:
            continue
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DamagedStandingError):
            read_standing(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file in the way")
    with pytest.raises(HardwareError, match="cannot be written"):
        write_standing(tmp_path / "config", TRIED)


def test_damaged_files_are_kept_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / FILE_NAME).write_text(str(number))
        assert set_aside(tmp_path).name == f"{FILE_NAME}.damaged-{number}"
    assert len(list(tmp_path.iterdir())) == 2


def test_without_anything_from_afar_the_file_holds_and_nothing_is_written(file: Path) -> None:
    found = load_effective(file)
    assert found.config == load_base(file).config
    assert not folder(file).exists()


def test_a_trial_has_two_starts(file: Path) -> None:
    write_standing(folder(file), TRIED)
    for start in (1, 2):
        found = load_effective(file)
        assert (found.config.lock.unlock_s, found.standing.starts) == (4.0, start)
        assert not found.rolled_back
    found = load_effective(file)
    assert found.config.lock.unlock_s == 3.0
    assert found.rolled_back
    assert found.standing == read_standing(folder(file))
    assert (found.standing.status, found.standing.about, found.standing.trial) == ("rolledback", 2, None)
    assert not load_effective(file).rolled_back


def test_looking_counts_nothing(file: Path) -> None:
    write_standing(folder(file), replace(TRIED, starts=2))
    for _ in range(3):
        assert load_effective(file, starting=False).config.lock.unlock_s == 4.0
    assert read_standing(folder(file)).starts == 2


def test_a_trial_that_cannot_be_counted_is_not_tried(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_standing(folder(file), TRIED)

    def full(_folder: Path, _standing: Standing) -> None:
        raise HardwareError("no space left", hint="")

    monkeypatch.setattr("edge.config.effective.write_standing", full)
    found = load_effective(file)
    assert (found.config.lock.unlock_s, found.standing.trial) == (3.0, None)
    assert "no space left" in found.fault
    assert found.rolled_back


def test_a_damaged_standing_leaves_the_file_alone(file: Path) -> None:
    write_standing(folder(file), TRIED)
    (folder(file) / FILE_NAME).write_bytes(b"{")
    assert load_effective(file, starting=False).fault
    assert (folder(file) / FILE_NAME).exists()
    found = load_effective(file)
    assert found.config == load_base(file).config
    assert "damaged-1" in found.fault
    assert not load_effective(file).fault


def test_a_file_changed_on_the_spot_wins_over_what_no_longer_fits(file: Path) -> None:
    write_standing(folder(file), replace(TRIED, trial=None))
    text = file.read_text()
    file.write_text(text + "[lock]\nheld_alarm_s = 40.0\n")
    assert load_effective(file).config.lock.unlock_s == 3.0
    write_standing(folder(file), Standing(confirmed=Desired(1, {"lock": {"held_warning_s": 50.0}})))
    found = load_effective(file)
    assert "no longer fits" in found.fault
    assert found.config.lock.held_alarm_s == 40.0
    file.write_text(text)
    assert load_effective(file).config.lock.held_warning_s == 50.0  # it was kept
    write_standing(folder(file), Standing(confirmed=ONE, trial=Desired(2, {"lock": {"held_warning_s": 70.0}})))
    assert "no longer fits" in load_effective(file).rolled_back


def test_mistakes_in_the_file_itself_are_told_as_ever(file: Path) -> None:
    file.write_text("[device]\n")
    with pytest.raises(ConfigError, match="'id' is missing"):
        load_effective(file)


def test_the_report(file: Path) -> None:
    write_standing(folder(file), replace(TRIED, trial=None, status="refused", problems=("lock: wrong",)))
    found = load_effective(file)
    report = json.loads(json.dumps(found.report("2026-11-22T10:00:00+00:00")))
    assert report == {
        "version": 2,
        "status": "refused",
        "problems": ["lock: wrong"],
        "digest": digest(found.config),
        "time": "2026-11-22T10:00:00+00:00",
    }
