"""The clock: whether it follows a time server, and what it is after a power cut without a network."""

from __future__ import annotations

import time
from dataclasses import dataclass

from edge.clock import kernel_synchronised
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning

EARLIEST_S = 1_767_225_600  # 2026-01-01: this program is younger

_TITLE = Text("Clock and time source", "时钟与时间来源")
_GOOD = Text(
    "the clock follows a time server, and a battery keeps it in a power cut", "时钟已与时间服务器同步，断电后由电池保持"
)
_NO_BATTERY = Text(
    "the clock follows a time server; after a power cut it is unknown until the network is back",
    "时钟已与时间服务器同步；断电后在网络恢复前时间未知",
)
_FREE = Text("the clock follows no time server", "时钟未与任何时间服务器同步")
_FOLLOW = Text(
    "let the device reach a time server: timedatectl set-ntp true; in a closed network name the site's own in "
    "/etc/systemd/timesyncd.conf (NTP=). Until then schedules and validity may be judged wrongly",
    "让设备能访问时间服务器：timedatectl set-ntp true；内网请在 /etc/systemd/timesyncd.conf 中设置 NTP=。"
    "在此之前，时段和有效期可能判断错误",
)
_WRONG = Text("the clock is certainly wrong: it says {year}", "时钟肯定错误：显示为 {year} 年")
_SET = Text(
    "set it, and give the device a time server and a battery for its clock", "请校准时间，并配置时间服务器和时钟电池"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """`source`: the server that is followed, where systemd tells; `battery`: a clock that runs without power."""

    wall_s: float
    synced: bool
    battery: bool
    source: str = ""


def measure(bench: Bench) -> Clock:
    told = bench.tool(["timedatectl", "show-timesync", "--property=ServerName", "--value"])
    return Clock(
        time.time(),
        kernel_synchronised(),
        (bench.root / "sys/class/rtc/rtc0").exists(),
        told.text.splitlines()[0] if told.code == 0 and told.text else "",
    )


def judge(clock: Clock) -> Judgement:
    figures = {"synced": clock.synced, "battery": clock.battery, "source": clock.source or None}
    if clock.wall_s < EARLIEST_S:
        return failed(_WRONG.fill(year=time.gmtime(clock.wall_s).tm_year), _SET, **figures)
    if not clock.synced:
        return warning(_FREE, _FOLLOW, **figures)
    return passed(_GOOD if clock.battery else _NO_BATTERY, **figures)


class ClockCheck:
    name = "clock"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench)))
