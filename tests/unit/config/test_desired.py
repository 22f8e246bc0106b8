from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import load_config
from edge.config.desired import (
    LIVE,
    Desired,
    as_json,
    difference,
    digest,
    effective,
    forbidden,
    lay_over,
    merged,
    read_claims,
)
from edge.config.schema import Config, PiCamera, VideoCamera
from edge.errors import ConfigError, DataError

ROOT = Path(__file__).parents[3]
FILE = ROOT / "config" / "gate.toml"
TABLE = tomllib.loads(FILE.read_text())
BASE = load_config(FILE)


def under(tables: dict[str, Any]) -> tuple[Config | None, tuple[str, ...]]:
    return effective(TABLE, FILE.parent, tables)


def test_no_overlay_is_the_file_itself() -> None:
    config, problems = under({})
    assert (config, problems) == (BASE, ())
    assert config is not None
    assert difference(BASE, config) == frozenset()
    assert digest(config) == digest(BASE)


def test_a_key_of_the_overlay_replaces_that_key_and_no_other() -> None:
    config, _ = under({"lock": {"unlock_s": 9}, "access": {"groups": {}}})
    assert config is not None
    assert config.lock.unlock_s == 9.0
    assert config.lock.held_alarm_s == BASE.lock.held_alarm_s
    assert (dict(config.access.groups), config.access.schedules) == ({}, BASE.access.schedules)
    assert difference(BASE, config) == {"lock", "access"} <= LIVE
    assert digest(config) != digest(BASE)


def test_another_driver_brings_its_own_table() -> None:
    assert isinstance(BASE.camera, PiCamera)
    config, _ = under({"camera": {"driver": "video", "path": "/dev/video0"}})
    assert config is not None
    assert isinstance(config.camera, VideoCamera)
    assert not difference(BASE, config) <= LIVE
    same, _ = under({"camera": {"driver": "picamera2", "rate_fps": 5.0}})
    assert same is not None
    assert same.camera.width_px == BASE.camera.width_px


def test_all_problems_are_told_at_once() -> None:
    config, problems = under({"lock": {"unlock_s": 900, "unlok_s": 1}, "acess": {}, "face": {"zone": [1.0]}})
    assert config is None
    assert len(problems) == 3
    _, together = under({"lock": {"held_warning_s": 70.0}})
    assert "later than held_warning_s" in together[0]


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("device", "id", "other"),
        ("device", "site", "other"),
        ("store", "state_dir", "/tmp"),
        ("store", "runtime_dir", "/tmp"),
        ("office", "keys", {"eve": "/tmp/eve.pem"}),
        ("office", "two_person", False),
        ("office", "zone", "east"),
        ("uplink", "sink_key_file", "/tmp/eve.pem"),
        ("uplink", "tls", False),
        ("uplink", "ca_file", "/tmp/eve.pem"),
        ("uplink", "registration_port", 1884),
        ("card_inside", "driver", "simulated"),
    ],
)
def test_who_the_device_is_and_whom_it_obeys_is_out_of_reach(table: str, key: str, value: object) -> None:
    assert under({table: {key: value}}) == (None, (f"{table}.{key}: is set on the device alone",))


def test_no_overlay_says_how_the_device_is_wired() -> None:
    def kinds(hint: Any) -> list[Any]:
        return [one for one in (get_args(hint) or (hint,)) if dataclasses.is_dataclass(one)]

    wired = [
        (table, key)
        for table, hint in get_type_hints(Config).items()
        for kind in kinds(hint)
        for key, what in get_type_hints(kind).items()
        if key.endswith("_pin") or key == "wiring" or (key == "port" and what is Path)
    ]
    assert {table for table, _ in wired} >= {"door", "card", "card_inside", "keypad", "service", "bins", "station"}
    for table, key in wired:
        assert forbidden({table: {key: 1}}), (table, key)


STATION: dict[str, Any] = tomllib.loads((ROOT / "config" / "simulated-bin.toml").read_text())


def test_of_a_bin_only_where_the_camera_sees_it_is_set_and_the_rest_stays() -> None:
    first = {"bins": {"other": {"opening": [0.1, 0.1, 0.2, 0.2]}}}
    tables = merged(first, {"bins": {"other": {"rim_zone": [0.1, 0.0, 0.2, 0.1]}, "kitchen": {"opening": []}}})
    config, problems = effective(STATION, FILE.parent, tables)
    assert config is not None and problems == ()
    assert (config.bins["other"].opening, config.bins["other"].rim_zone) == ((0.1, 0.1, 0.2, 0.2), (0.1, 0.0, 0.2, 0.1))
    assert config.bins["other"].lid.driver == "simulated" and config.bins["kitchen"].opening == ()
    assert config.bins["recyclable"].opening == (0.05, 0.70, 0.25, 0.95)
    again = merged(tables, first)
    assert again == tables and again["bins"]["other"] == tables["bins"]["other"]


@pytest.mark.parametrize(
    ("bins", "told"),
    [
        ({"other": {"category": "kitchen"}}, "bins.other.category: is set on the device alone"),
        ({"other": {"opening": [0.1, 0.1, 0.2, 0.2], "lid": {"driver": "none"}}}, "bins.other.lid: is set on the"),
        ({"other": 3}, "bins.other: is set on the device alone"),
        ({"other": {"opening": [0.2, 0.1, 0.1, 0.2]}}, "bins.other.opening: should be four fractions"),
        ({"other": {"rim_zone": [0, 0, 1]}}, "bins.other.rim_zone: should be four fractions"),
        ({"other": {"opening": [0, 0, 1, 1.5]}}, "bins.other.opening.3: 1.5 is out of bounds"),
        ({"glass": {"opening": []}}, "bins.glass: 'category' is missing"),
    ],
)
def test_what_an_overlay_may_not_say_of_a_bin_is_told(bins: dict[str, Any], told: str) -> None:
    config, problems = effective(STATION, FILE.parent, {"bins": bins})
    assert config is None and any(problem.startswith(told) for problem in problems), problems


def test_a_bin_may_be_called_driver() -> None:
    table = STATION | {"bins": {"driver": STATION["bins"]["other"], "kitchen": STATION["bins"]["kitchen"]}}
    config, problems = effective(table, FILE.parent, {"bins": {"driver": {"opening": []}}})
    assert config is not None and problems == ()
    assert config.bins["driver"].opening == () and set(config.bins) == {"driver", "kitchen"}


def test_a_path_with_a_null_character_is_no_path() -> None:
    config, problems = under({"uplink": {"password_file": "/etc/\0"}})
    assert config is None
    assert "uplink.password_file" in problems[0]


def test_problems_are_bounded() -> None:
    _, problems = under({"lock": {f"k{number}": 1 for number in range(500)}, "face": {"network": ["x" * 9000]}})
    assert len(problems) == 20
    assert all(len(text) <= 300 for text in problems)


@pytest.mark.parametrize("version", [0, -1, True, 1.5, "3", None, 1 << 60])
def test_a_version_counts(version: object) -> None:
    with pytest.raises(DataError, match="version"):
        read_claims({"aud": "s/d", "version": version, "config": {}}, "s/d")


@pytest.mark.parametrize(
    "config", [None, [], "x", {"lock": 3}, {"lock": None}, {"lock": {"a": {"b": {"c": {"d": [1]}}}}}]
)
def test_a_document_is_tables(config: object) -> None:
    with pytest.raises(DataError):
        read_claims({"aud": "s/d", "version": 1, "config": config}, "s/d")


def test_a_document_is_for_one_device() -> None:
    claims = {"aud": "s/d", "version": 1, "config": {"lock": {"unlock_s": 3.0}}}
    assert read_claims(claims, "s/d") == Desired(1, {"lock": {"unlock_s": 3.0}})
    for aud in ("s/e", "s", None, ["s/d"]):
        with pytest.raises(DataError, match="another device"):
            read_claims({**claims, "aud": aud}, "s/d")


def test_text_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(DataError, match="Unicode"):
        Desired(1, {"face": {"network": "\ud800"}})


def test_content_is_named_whatever_the_order() -> None:
    one = Desired(1, {"lock": {"unlock_s": 3.0, "held_alarm_s": 90.0}, "face": {}})
    other = Desired(2, {"face": {}, "lock": {"held_alarm_s": 90.0, "unlock_s": 3.0}})
    assert one.content == other.content
    assert one.content != Desired(1, {}).content


def test_a_configuration_as_json_is_whole() -> None:
    told = json.loads(json.dumps(as_json(BASE)))
    assert told["uplink"]["ca_file"] == "/etc/edge/ca.pem"
    assert set(told) == {
        "device",
        "camera",
        "door",
        "card",
        "card_inside",
        "second_camera",
        "keypad",
        "speaker",
        "uplink",
        *difference_of_everything(),
    }


def difference_of_everything() -> set[str]:
    gate = {"lock", "access", "face", "liveness"}
    every = {"store", "office", "pictures", "homeassistant", "metrics", "update", "service", "backup"}
    return gate | every | {"station", "bins"}


# Chosen from a few and shallow: text of all kinds, and trees without bound, take seconds to draw on a busy machine.
text = st.sampled_from(["", "a", "a/b", "..", " ", "-0.", "\x00", "é请", "😀", "Z" * 5000, "unlock_s"])
plain = st.one_of(st.sampled_from([None, False, True, 0.5, -1, 1 << 70]), st.integers(), st.floats(), text)
one_deep = st.lists(plain, max_size=2) | st.dictionaries(text, plain, max_size=2)
values = plain | one_deep | st.lists(one_deep, max_size=1)
names = st.sampled_from(
    ["lock", "access", "face", "uplink", "camera", "door", "speaker", "device", "store", "office", "bins"]
)
keys = st.sampled_from(["driver", "unlock_s", "groups", "schedules", "zone", "host", "port", "id", "languages", "card"])


@given(st.dictionaries(names, st.dictionaries(keys | text, values, max_size=3), max_size=4))
def test_whatever_is_laid_over_is_a_configuration_or_told(tables: dict[str, Any]) -> None:
    try:
        desired = Desired(1, tables)
    except DataError:
        return
    config, problems = under(dict(desired.tables))
    assert (config is None) == bool(problems)
    if config is not None:
        assert (config.device.id, config.device.site, config.office) == (BASE.device.id, BASE.device.site, BASE.office)
        assert difference(BASE, config) <= set(tables)


@given(st.dictionaries(names, st.dictionaries(keys, plain, max_size=3), max_size=4))
def test_the_file_is_never_changed_by_what_lies_over_it(tables: dict[str, Any]) -> None:
    before = json.dumps(TABLE, sort_keys=True)
    lay_over(TABLE, tables)
    assert json.dumps(TABLE, sort_keys=True) == before


def test_the_shipped_file_alone_still_tells_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(FILE.read_text().replace("relay_pin = 17", "relay_pin = 99"))
    with pytest.raises(ConfigError, match=r"edge\.toml:\d+: door\.relay_pin"):
        load_config(path)
