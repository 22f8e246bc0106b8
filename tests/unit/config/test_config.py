from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import load_config
from edge.config.lines import key_lines, line_of
from edge.config.schema import FolderCamera, GpioDoor
from edge.errors import ConfigError
from edge.parts.voice import make_book
from edge.waste.levels import LevelRules
from edge.waste.sorting import CATEGORIES

ROOT = Path(__file__).parents[3]
GOOD = (ROOT / "config" / "simulated.toml").read_text()

TEN_MISTAKES = """\
[device]
id = "Gate 1"
site = "riverside"
timezone = "Asia/Shanghigh"
[camera]
driver = "foldr"
[door]
driver = "gpio"
relay_pin = 99
relai_active = "low"
contact_pin = true
[lock]
unlock_s = "five"
[access]
cooldown_s = nan
[access.schedules]
day = ["mon-fry 07:00-19:00"]
[speaker]
driver = "aplay"
languages = ["de"]
[uplink]
port = 70000
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "device.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "role"),
    [("gate.toml", "gate"), ("simulated.toml", "gate"), ("bin.toml", "bin"), ("simulated-bin.toml", "bin")],
)
def test_the_shipped_examples_are_right(name: str, role: str) -> None:
    config = load_config(ROOT / "config" / name)
    assert config.device.roles == (role,)
    assert make_book(config).languages == config.speaker.languages


@pytest.mark.parametrize("name", ["bin.toml", "simulated-bin.toml"])
def test_a_shipped_station_takes_every_category_and_no_driven_lid_lacks_a_button(name: str) -> None:
    config = load_config(ROOT / "config" / name)
    assert config.station is not None
    assert {one.category for one in config.bins.values()} == set(CATEGORIES)
    for bin_name, one in config.bins.items():
        LevelRules(bin_name, one)
        driven = one.lid.driver != "none"
        assert not driven or config.station.wiring.simulated or one.wiring.open_button_pin >= 0


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, TEN_MISTAKES)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    told = caught.value.message.splitlines()
    lines = {line.split(":")[1] for line in told}
    assert lines == {"2", "4", "6", "9", "10", "11", "13", "15", "17", "20", "21", "22"}
    assert all(line.startswith(f"{path}:") for line in told)
    assert "did you mean 'folder'" in caught.value.message
    assert "did you mean 'relay_active'" in caught.value.message
    assert "between 0 and 27" in caught.value.message
    assert "'host' is missing" in caught.value.message
    assert "12 to mend" in caught.value.hint


def test_relative_paths_count_from_the_files_own_folder(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    assert isinstance(config.camera, FolderCamera)
    assert config.camera.path == tmp_path / "pictures"
    assert config.store.state_dir == tmp_path / "state"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("relay_pin = 17", "relay_pin = 27"), "pin 27 is already"),
        (("held_alarm_s = 60.0", "held_alarm_s = 10.0"), "later than held_warning_s"),
        (('cleaners = ["staff-hours"]', 'cleaners = ["nights"]'), "no such schedule 'nights'"),
        (('key_file = "/etc/edge/device.key"\n', ""), "go together"),
        (('ca_file = "/etc/edge/ca.pem"', 'username = "u"\ntls = false'), "in the clear"),
        (('languages = ["cmn", "en"]', "languages = []"), "at least one language"),
        (("[lock]", "[face]\nzone = [0.5, 0.0, 0.2, 1.0]\n[lock]"), "left < right"),
        (("[lock]", "[liveness]\ninfrared = true\n[lock]"), r"no \[second_camera\] that could see infrared"),
    ],
)
def test_what_no_single_value_can_tell(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    text = (ROOT / "config" / "gate.toml").read_text()
    assert change[0] in text
    with pytest.raises(ConfigError, match=told):
        load_config(written(tmp_path, text.replace(*change)))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "binary.toml")
    with pytest.raises(ConfigError, match=r"not TOML.*line 1"):
        load_config(written(tmp_path, "[device\nid = 3"))


def test_an_option_of_another_driver_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'relay_pin'"):
        load_config(written(tmp_path, GOOD.replace('driver = "simulated"', 'driver = "simulated"\nrelay_pin = 3', 1)))


def test_frozen() -> None:
    config = load_config(ROOT / "config" / "gate.toml")
    assert isinstance(config.door, GpioDoor)
    with pytest.raises(AttributeError):
        config.door.relay_pin = 4  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.access.groups["x"] = ()  # type: ignore[index]


def test_lines_of_keys_in_arrays_strings_and_inline_tables() -> None:
    text = 'a = """\n[not.a.table]\nb = 1\n"""\nc = [\n  "x",  # ]\n  "y]",\n]\n'
    text += "[t]\nd.e = 1\n[[list]]\nf = 1\n[[list]]\nf = {g = 2}\n"
    lines = key_lines(text)
    assert lines[("c",)] == 5
    assert lines[("t", "d", "e")] == 10
    assert (lines[("list", "0", "f")], lines[("list", "1", "f")]) == (12, 14)
    assert ("not", "a", "table") not in lines
    assert line_of(lines, ("list", "1", "f", "g")) == 14


@given(st.binary(max_size=300))
def test_garbage_is_a_clear_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        load_config(path)
