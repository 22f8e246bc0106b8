from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge import resources
from edge.config import check_table, load_config, read_file
from edge.config.desired import effective, merged
from edge.web.forms import changed, keys, tables

FILE = resources.folder("config") / "simulated.toml"


def typed(table: str, **other: str) -> dict[str, tuple[str, ...]]:
    """The form as it is shown, with some of its fields changed."""
    config = load_config(FILE)
    fields = {key.name: key.shown for key in keys(config, table)}
    return {name: (text,) for name, text in (fields | other).items()}


@pytest.mark.parametrize("table", tables(load_config(FILE)))
def test_what_is_sent_as_it_is_shown_changes_nothing(table: str) -> None:
    assert changed(load_config(FILE), table, typed(table)) == {}


def test_what_a_configuration_from_afar_may_not_touch_is_in_no_form() -> None:
    config = load_config(FILE)
    assert {"lock", "access", "face", "speaker", "uplink", "store"} <= set(tables(config))
    assert not {"door", "office", "update", "card", "card_inside", "keypad", "bins"} & set(tables(config))
    names = {table: {key.name for key in keys(config, table)} for table in tables(config)}
    assert not {"sink_key_file", "tls", "ca_file", "registration_port"} & names["uplink"]
    assert not {"id", "site"} & names["device"] and "state_dir" not in names["store"]


@pytest.mark.parametrize(
    ("table", "name", "text", "value"),
    [
        ("lock", "unlock_s", "7.5", 7.5),
        ("lock", "unlock_s", "7", 7),
        ("lock", "interlock", "yes", True),
        ("access", "lockout_failures", "9", 9),
        ("access", "passback", "timed", "timed"),
        ("access", "ways", "face\r\ncard+pin\r\n", ["face", "card+pin"]),
        ("face", "zone", "0.1\n0\n0.9\n1", [0.1, 0, 0.9, 1]),
        ("speaker", "volume_percent", "30", 30),
        ("uplink", "host", " broker.example ", "broker.example"),
    ],
)
def test_what_is_typed_becomes_a_value_that_the_schema_takes(table: str, name: str, text: str, value: Any) -> None:
    config = load_config(FILE)
    found = changed(config, table, typed(table, **{name: text}))
    assert found == {name: value}
    _, written = read_file(FILE)
    made, problems = effective(written, Path(), merged({}, {table: found}))
    assert problems == () and made is not None


@pytest.mark.parametrize(
    ("table", "name", "text", "said"),
    [
        ("lock", "unlock_s", "99", "out of bounds"),
        ("lock", "unlock_s", "soon", "should be a number"),
        ("lock", "unlock_s", "nan", "out of bounds"),
        ("lock", "unlock_s", "", "should be a number"),
        ("access", "lockout_failures", "1e3", "should be a whole number"),
        ("access", "lockout_failures", "--5", "should be a whole number"),
        ("access", "lockout_failures", "9" * 19, "should be a whole number"),
        ("access", "lockout_failures", "９", "should be a whole number"),
        ("access", "passback", "sometimes", "is not one of"),
        ("access", "ways", "smile", "should be one of"),
        ("speaker", "volume_percent", "101", "out of bounds"),
        ("device", "timezone", "Mars/Olympus", "no such time zone"),
    ],
)
def test_what_is_wrong_is_told_by_the_schema(table: str, name: str, text: str, said: str) -> None:
    _, written = read_file(FILE)
    found = changed(load_config(FILE), table, typed(table, **{name: text}))
    made, problems = effective(written, Path(), merged({}, {table: found}))
    assert made is None and any(f"{table}.{name}" in problem and said in problem for problem in problems), problems


def test_a_missing_table_has_no_form() -> None:
    config, _ = check_table({**read_file(FILE)[1]}, FILE.parent)
    assert config is not None
    assert list(keys(config, "station")) == [] and list(keys(config, "__class__")) == []
