"""The level sensors: each answers, with an echo, and from within its bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.config import Config
from edge.config.station import Bin
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning

FIRST_S = 15.0
STALE_S = 10.0
BEYOND = 1.15
"""Of the empty bin's depth: a sensor that looks past its bin, or a depth that was measured wrongly."""

_TITLE = Text("Level sensors", "料位传感器")
_NONE = Text("no level sensor is configured", "未配置料位传感器")
_GOOD = Text("all {count} answer from within their bins", "{count} 个传感器均正常，读数在桶内范围")
_SILENT = Text("no reading of {names}", "以下传感器无读数：{names}")
_WIRES = Text(
    "check port, baud or address, and its wires (RX and TX crossed, 3.3 V); the serial console must be off: "
    "sudo raspi-config, Interface, Serial",
    "请检查端口、波特率或地址及接线（RX/TX 交叉，3.3 V）；关闭串口控制台：sudo raspi-config → Interface → Serial",
)
_NO_ECHO = Text("no echo at {names}", "以下传感器无回波：{names}")
_AIM = Text(
    "aim it straight down, away from walls and bag edges; the nearest it can measure is some 20 to 30 cm",
    "传感器应垂直向下，避开桶壁和袋口；最近可测距离约 20 至 30 厘米",
)
_TOO_FAR = Text("{names} measure further than the bin is deep", "以下传感器的读数超过桶深：{names}")
_DEPTH = Text(
    "measure the empty bin and set empty_mm; or the sensor looks past its bin",
    "请测量空桶深度并设置 empty_mm；或传感器未对准桶内",
)


def sensors(config: Config) -> list[tuple[str, str]]:
    """(bin, sensor) of all."""
    return [(name, sensor) for name, one in config.bins.items() for sensor in one.sensors]


def measure(bench: Bench) -> Mapping[str, Any]:
    """What the desk knows once every sensor has told something, or after a quarter of a minute."""

    def all_there() -> Mapping[str, Any] | None:
        bins = bench.desk.levels()
        return bins if all(sensor in bins.get(name, {}).get("sensors", {}) for name, sensor in wanted) else None

    wanted = sensors(bench.config)
    return bench.wait(all_there, FIRST_S) or bench.desk.levels()


def judge(levels: Mapping[str, Any], bins: Mapping[str, Bin]) -> Judgement:
    silent, deaf, far, figures = [], [], [], {}
    for name, one in bins.items():
        for sensor in one.sensors:
            told = levels.get(name, {}).get("sensors", {}).get(sensor)
            place = f"{name}.{sensor}"
            if told is None or told["absent"] or told["ago_s"] > STALE_S:
                silent.append(place)
                continue
            figures[place] = told["distance_mm"] if told["distance_mm"] is not None else told["load_g"]
            if not told["echo"]:
                deaf.append(place)
            elif told["distance_mm"] is not None and told["distance_mm"] > BEYOND * one.empty_mm:
                far.append(place)
    if silent:
        return failed(_SILENT.fill(names=", ".join(silent)), _WIRES, **figures)
    if deaf:
        return warning(_NO_ECHO.fill(names=", ".join(deaf)), _AIM, **figures)
    if far:
        return warning(_TOO_FAR.fill(names=", ".join(far)), _DEPTH, **figures)
    return passed(_GOOD.fill(count=len(figures)), **figures)


class LevelsCheck:
    name = "levels"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return None if sensors(bench.config) else _NONE

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench), bench.config.bins))
