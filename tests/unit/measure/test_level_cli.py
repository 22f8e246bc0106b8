"""`edge eval levels`, `edge level show` and `edge level calibrate` as they are typed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import build_parser, main
from edge.bin_events import Reading
from edge.cli.level import run_calibrate
from edge.errors import ConfigError, DataError, EdgeError, HardwareError, UsageError

CONFIG = """
[device]
id = "bins"
site = "demo"
roles = ["bin"]
[station]
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
tls = false
[bins.kitchen]
category = "kitchen"
empty_mm = 1000.0
full_mm = 200.0
[bins.kitchen.sensors.top]
driver = "simulated"
[bins.kitchen.sensors.side]
driver = "simulated"
[bins.bare]
category = "other"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(CONFIG)
    return path


class FakeSensor:
    """Gives its readings over and over; counts whether it was closed."""

    def __init__(self, readings: list[Reading | None]) -> None:
        self.readings = readings
        self.asked = 0
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def read(self, timeout_s: float) -> Reading | None:
        assert self.is_open
        assert 0.0 < timeout_s <= 30.0
        self.asked += 1
        return self.readings[self.asked % len(self.readings)]

    def close(self) -> None:
        self.is_open = False


def flutter(middle: float) -> list[Reading | None]:
    return [Reading(middle + change) for change in (-2, 0, 3, 0, 1)]


def calibrate(config: Path, sensors: list[FakeSensor], *options: str) -> int:
    words = ["level", "calibrate", "--config", str(config), "--bin", "kitchen", "--json", *options]
    given: Iterator[FakeSensor] = iter(sensors)
    return run_calibrate(build_parser().parse_args(words), make=lambda _: next(given))


def test_the_line_for_an_empty_bin(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sensors = [FakeSensor(flutter(985.0)), FakeSensor(flutter(991.0))]
    before = config.read_bytes()
    assert calibrate(config, sensors, "--empty") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lines"] == ["empty_mm = 988.0"]
    assert told["sensors"]["top"] == {"value": 985.0, "unit": "mm", "spread": 1.0, "readings": 15, "percent": 1.9}
    assert config.read_bytes() == before
    assert not any(sensor.is_open for sensor in sensors)


def test_without_an_end_it_only_measures(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(config, [FakeSensor(flutter(600.0))], "--sensor", "side", "--readings", "5") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lines"] == []
    assert told["sensors"]["side"]["percent"] == 50.0


def test_a_scale_gives_grams(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(config, [FakeSensor([Reading(load_g=52_000.0)])], "--sensor", "top", "--full") == 0
    assert json.loads(capsys.readouterr().out)["lines"] == ["full_g = 52000.0"]


@pytest.mark.parametrize(
    ("readings", "error", "told"),
    [
        ([None], HardwareError, "gave nothing"),
        ([Reading(), Reading(500.0), Reading()], HardwareError, "had an echo"),
        ([Reading(300.0), Reading(500.0), Reading(900.0)], DataError, "do not agree"),
        (flutter(150.0), DataError, "empty_mm"),
    ],
)
def test_what_cannot_be_calibrated(
    config: Path, readings: list[Reading | None], error: type[EdgeError], told: str
) -> None:
    sensor = FakeSensor(readings)
    with pytest.raises(error, match=told):
        calibrate(config, [sensor], "--sensor", "top", "--empty")
    assert not sensor.is_open


def test_sensors_of_one_bin_that_differ_are_told(config: Path) -> None:
    with pytest.raises(DataError, match="top"):
        calibrate(config, [FakeSensor(flutter(800.0)), FakeSensor(flutter(980.0))], "--empty")


@pytest.mark.parametrize("options", [["--bin", "none"], ["--bin", "bare"], ["--sensor", "none"]])
def test_a_bin_or_sensor_that_is_not_there(config: Path, options: list[str]) -> None:
    with pytest.raises(UsageError, match="no"):
        calibrate(config, [], *options)


def status(config: Path, **parts: Any) -> None:
    (config.parent / "runtime").mkdir()
    (config.parent / "runtime/status.json").write_text(json.dumps({"pid": os.getpid(), **parts}))


def test_show_tells_what_the_daemon_says(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status(config, bins={"kitchen": {"percent": 41.5, "stage": "room"}, "other": {"percent": None}})
    assert main(["level", "show", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["kitchen", "41.5", "%", "stage", "room"],
        ["other", "level", "unknown"],
    ]


def test_show_without_bins_or_daemon(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["level", "show", "--config", str(config), "--json"]) == 3
    status(config, door={})
    assert main(["level", "show", "--config", str(config), "--json"]) == ConfigError.exit_code
    assert "no bins" in capsys.readouterr().out


def evaluate(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["eval", "levels", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], str]:
    def write(text: str | bytes) -> str:
        path = tmp_path / "trace.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


GOOD = "# a bin\ntime_s,sensor,distance_mm,temperature_c,event\n" + "".join(
    f"{number * 10},top,{500 + number % 2},20,\n# noon\n" for number in range(20)
)


def test_a_trace_is_replayed(capsys: pytest.CaptureFixture[str], written: Callable[[str], str], config: Path) -> None:
    path = written(GOOD + "200,,,,drop\n210,top,,,absent\n")
    code, told = evaluate(capsys, "--trace", path, "--config", str(config), "--bin", "kitchen")
    assert code == 0
    assert told["readings"] == 21
    assert told["sensors"] == ["top"]
    assert [event["type"] for event in told["events"]] == ["bin.level", "sensor.fault"]
    assert told["events"][0]["data"]["bin"] == "kitchen"
    assert told["events"][0]["data"]["percent"] == pytest.approx(62.5, abs=0.2)
    assert told["faults"] == {"kitchen.top": "absent"}
    assert told["percent"] is None
    assert told["forecast"] is None


def test_measures_by_options(capsys: pytest.CaptureFixture[str], written: Callable[[str], str]) -> None:
    _, told = evaluate(capsys, "--trace", written(GOOD), "--empty-mm", "900", "--full-mm", "100", "--shape", "lying")
    assert told["percent"] == pytest.approx(50.0, abs=0.3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("# only\n", "is empty"),
        ("time_s,distance_mm\n", "no reading"),
        ("time_s,distance_mm\n1\n", ":2:"),
        ("time_s,distance_mm\n\n# x\n1,2,3\n", ":4:"),
        ("time_s,distance_mm\n1,far\n", ":2: distance_mm"),
        ("time_s,distance_mm\n1,nan\n", ":2: distance_mm"),
        ("time_s,distance_mm\n,2\n", ":2: time_s"),
        ("time_s,height\n1,2\n", "height"),
        ("distance_mm\n1\n", "time_s"),
        ("time_s,time_s\n1,1\n", ":1:"),
        ("time_s,event\n1,party\n", ":2:"),
        ("time_s,distance_mm,event\n1,2,drop\n", ":2:"),
        ("time_s,distance_mm,wall\n1,2,noon\n", ":2: wall"),
        (b"time_s,distance_mm\n\xff\xfe,1\n", "no CSV"),
        (b"\x00\x01\x02", "no such column"),
    ],
)
def test_a_bad_trace_is_told_with_its_line(
    capsys: pytest.CaptureFixture[str], written: Callable[[str | bytes], str], text: str | bytes, told: str
) -> None:
    code, found = evaluate(capsys, "--trace", written(text))
    assert code == 4
    assert told in found["error"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--bin", "kitchen"], 2),
        (["--empty-mm", "-3"], 2),
        (["--empty-mm", "nan"], 2),
        (["--empty-mm", "100"], 2),
        (["--start", "noon"], 2),
        (["--simulate"], 2),
        (["--timezone", "Mars/Base"], 2),
    ],
)
def test_options_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], written: Callable[[str], str], options: list[str], code: int
) -> None:
    found, told = evaluate(capsys, "--trace", written(GOOD), *options)
    assert found == code
    assert told["error"]


def test_a_missing_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert evaluate(capsys, "--trace", str(tmp_path / "none.csv"))[0] == 4


def test_the_simulation_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    _, told = evaluate(capsys, "--simulate", "--bins", "1", "--seed", "3")
    assert {"median_error_h", "naive_error_h", "last_day_error_h", "better_by", "coverage", "young"} <= set(told)
