"""Lids and lamps of a waste station, moved one after the other while somebody watches."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config import Config
from edge.config.wiring import LidConfig, MotorLid, NoLid
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import NO, READY, YES, Judgement, Steps, Text, failed, passed
from edge.install.doctor.door import BEFORE, REFUSED
from edge.local.client import RefusedError

LONGEST_S = 10.0  # that the daemon keeps one open for a trial
SETTLES_S = 1.5
MOVES_S = 25.0

_TITLE = Text("Lids", "桶盖")
_NO_LIDS = Text("no lid is driven", "没有电动桶盖")
_HANDS_OFF = Text(
    "When you go on, the lids open and close one after the other. Keep hands away, let nobody near.",
    "继续后桶盖将依次打开和关闭。请勿伸手，勿让他人靠近。",
)
_GOOD = Text("all {count} lids opened and closed", "{count} 个桶盖均已打开并关闭")
_STUCK = Text("these lids did not do as they were told: {names}", "以下桶盖动作异常：{names}")
_LID = Text(
    "never opened: the motor's power, its two wires (swap them), the stops' wires and stop_reached; never closed: is "
    "something in the way, does the hand's light barrier read as broken? see docs/station-wiring.md",
    "未打开：检查电机电源、两根线（可对调）、限位接线与 stop_reached；"
    "未关闭：是否有异物、红外对射是否被遮挡？见 docs/station-wiring.md",
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one lid was seen to do. `refused`: why the daemon did not move it."""

    opened: bool
    closed: bool
    refused: str = ""


def driven(config: Config) -> list[str]:
    """The bins whose lids are driven."""
    return [name for name, one in config.bins.items() if not isinstance(one.lid, NoLid)]


def open_s(lid: LidConfig) -> float:
    """So long it is to stay open that it gets there, and is seen to be."""
    travel_s = lid.longest_s if isinstance(lid, MotorLid) else getattr(lid, "travel_s", 0.0)
    return min(LONGEST_S, travel_s + SETTLES_S)


def move(bench: Bench, name: str) -> Moved:
    """Open one lid, and watch it close by itself."""
    try:
        bench.drive("lid", bin=name, seconds=open_s(bench.config.bins[name].lid))
    except RefusedError as refused:
        return Moved(False, False, refused.message)

    def at(position: str) -> bool | None:
        return bench.desk.seen().get(f"lid.{name}", {}).get("position") == position or None

    opened = bench.wait(lambda: at("open"), MOVES_S)
    closed = bench.wait(lambda: at("closed"), MOVES_S) if opened else None
    return Moved(bool(opened), bool(closed))


def judge(moved: dict[str, Moved]) -> Judgement:
    refused = next((one.refused for one in moved.values() if one.refused), "")
    if refused:
        return failed(REFUSED.fill(why=refused), BEFORE)
    stuck = {name: "closed" if one.opened else "open" for name, one in moved.items() if not (one.opened and one.closed)}
    if stuck:
        names = ", ".join(f"{name} (never {what})" for name, what in stuck.items())
        return failed(_STUCK.fill(names=names), _LID, stuck=list(stuck))
    return passed(_GOOD.fill(count=len(moved)), lids=list(moved))


class LidsCheck:
    name = "lids"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return None if driven(bench.config) else _NO_LIDS

    def run(self, bench: Bench) -> Steps:
        yield _HANDS_OFF, (READY,)
        return judge({name: move(bench, name) for name in driven(bench.config)})


_LAMPS = Text("Lamps", "指示灯")
_NO_LAMPS = Text("this device has no lamps", "此设备没有指示灯")
_GATE_LAMPS = Text("Did the green lamp light, and then the red one?", "绿灯和红灯是否依次亮起？")
_BIN_LAMPS = Text("Did the lamps of all bins light, one after the other: {names}?", "各桶的灯是否依次亮起：{names}？")
_LIT = Text("the installer has seen them", "安装人已确认")
_UNLIT = Text("not all lamps light", "部分指示灯不亮")
_LAMP = Text("check the lamp, its wires and its pin in the configuration", "请检查灯、接线以及配置中的引脚")
LAMP_S = 2.2


class LampsCheck:
    """Only eyes can tell. What the daemon refuses is said: a fire shows itself on the lamps."""

    name = "lamps"
    title = _LAMPS

    def missing(self, bench: Bench) -> Text | None:
        return None if bench.config.door or bench.config.bins else _NO_LAMPS

    def run(self, bench: Bench) -> Steps:
        try:
            if bench.config.door is not None:
                yield from _shown(bench, [("", "granted"), ("", "refused")], _GATE_LAMPS)
            if bench.config.bins:
                names = list(bench.config.bins)
                asked = _BIN_LAMPS.fill(names=", ".join(names))
                yield from _shown(bench, [(name, "guide") for name in names], asked)
        except _Unlit:
            return failed(_UNLIT, _LAMP)
        except RefusedError as refused:
            return failed(REFUSED.fill(why=refused.message), BEFORE)
        return passed(_LIT)


class _Unlit(Exception):  # noqa: N818 - not an error: the way out of two questions
    pass


def _shown(bench: Bench, lamps: list[tuple[str, str]], asked: Text) -> Steps:
    for place, lamp in lamps:
        bench.drive("lamp", lamp=lamp, **({"bin": place} if place else {}))
        bench.rest(LAMP_S)
    if (yield asked, (YES, NO)) == NO:
        raise _Unlit
    return passed(_LIT)
