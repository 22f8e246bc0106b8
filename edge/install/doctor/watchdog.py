"""The two watchdogs: systemd's over the daemon, and the board's own over the kernel.

A device that hangs at night with nobody near has to start again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning

UNIT = "edge.service"
_TITLE = Text("Watchdogs", "看门狗")
_NO_SYSTEMD = Text("this machine does not run systemd", "此设备未运行 systemd")
_GOOD = Text("the daemon is watched, and so is the board", "服务与主板均受看门狗保护")
_NOT_RUN = Text("the daemon is not run as a service", "服务未由 systemd 运行")
_ENABLE = Text(
    "sudo systemctl enable --now edge: docs/install.md", "sudo systemctl enable --now edge：见 docs/install.md"
)
_UNWATCHED = Text("systemd does not watch the daemon", "systemd 未监控该服务")
_UNIT = Text(
    "use the unit of this version: systemd/edge.service has WatchdogSec",
    "请使用本版本的服务文件：systemd/edge.service 含 WatchdogSec",
)
_BOARD = Text("the board's own watchdog is not used", "未启用主板看门狗")
_DROP_IN = Text(
    "set RuntimeWatchdogSec=15 in /etc/systemd/system.conf.d/, at most 15 on a Raspberry Pi; then restart",
    "请在 /etc/systemd/system.conf.d/ 设置 RuntimeWatchdogSec=15（树莓派最多 15），然后重启",
)


@dataclass(frozen=True, slots=True)
class Watched:
    """`active`: the unit runs; `unit`, `board`: whether each is watched."""

    active: bool
    unit: bool
    board: bool


def measure(bench: Bench) -> Watched:
    told = bench.tool(["systemctl", "show", UNIT, "--property=ActiveState,WatchdogUSec"]).text
    values = dict(line.partition("=")[::2] for line in told.splitlines() if "=" in line)
    manager = bench.tool(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"]).text
    return Watched(values.get("ActiveState") == "active", _is_on(values.get("WatchdogUSec", "")), _is_on(manager))


def _is_on(text: str) -> bool:
    """systemd says "15s", or "infinity" or "0" for none."""
    return text.strip() not in ("", "0", "infinity", "off")


def judge(watched: Watched) -> Judgement:
    figures = {"service": watched.active, "unit_watched": watched.unit, "board_watched": watched.board}
    if not watched.active:
        return warning(_NOT_RUN, _ENABLE, **figures)
    if not watched.unit:
        return failed(_UNWATCHED, _UNIT, **figures)
    return passed(_GOOD, **figures) if watched.board else warning(_BOARD, _DROP_IN, **figures)


class WatchdogCheck:
    name = "watchdog"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return None if (bench.root / "run/systemd/system").is_dir() else _NO_SYSTEMD

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench)))
