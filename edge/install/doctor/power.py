"""Power supply and temperature: the firmware's word where there is one, else the kernel's sensors.

A supply that is too weak is the commonest cause of broken cards and of devices that restart without a reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.drivers import board
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning

HOT_C, TOO_HOT_C = 70.0, 80.0
"""The firmware slows the processor down from 80 °C on; a case in the sun adds ten degrees to a test in spring."""

_TITLE = Text("Power and temperature", "电源与温度")
_NOT_TOLD = Text("this machine does not tell of its supply and temperature", "此设备不提供电源和温度信息")
_GOOD = Text("the supply holds, and it is not hot", "供电正常，温度正常")
_LOW = Text("the supply voltage is too low now (under-voltage)", "当前供电电压过低（欠压）")
_WAS_LOW = Text("the supply voltage was too low since the last start", "自上次启动以来曾出现欠压")
_SUPPLY = Text(
    "use the official supply of this board (27 W for a Pi 5, 15 W for a Pi 4) with its own short cable; "
    "feed lock, lids and lamps from a supply of their own",
    "请使用该主板的官方电源（Pi 5 用 27 W，Pi 4 用 15 W）及原装短线；门锁、桶盖和灯由独立电源供电",
)
_TOO_HOT = Text("the processor is at {c:.0f} °C", "处理器温度为 {c:.0f} °C")
_SLOWED = Text("the processor is being slowed down", "处理器正在降频")
_COOL = Text(
    "add a heat sink or a fan, give the case openings, keep it out of the sun",
    "加装散热片或风扇，机箱开通风孔，避免日晒",
)


@dataclass(frozen=True, slots=True)
class Power:
    """What is known; None where nobody can say."""

    low: bool | None = None
    was_low: bool | None = None
    slowed: bool | None = None
    celsius: float | None = None


def measure(bench: Bench) -> Power:
    """By `vcgencmd` where it is, else by the kernel's files."""
    told = bench.tool(["vcgencmd", "get_throttled"])
    bits = re.search(r"throttled=(0x[0-9a-fA-F]+)", told.text) if told.code == 0 else None
    warm = bench.tool(["vcgencmd", "measure_temp"])
    celsius = re.search(r"temp=([0-9.]+)", warm.text) if warm.code == 0 else None
    temperature = float(celsius[1]) if celsius else board.temperature_c(bench.root / "sys")
    if bits is None:
        known = board.power(bench.root / "sys")
        return Power(known.under_voltage.now, known.under_voltage.since_boot, known.throttled.now, temperature)
    return of_bits(int(bits[1], 16), temperature)


def of_bits(bits: int, celsius: float | None) -> Power:
    """The bits of `vcgencmd get_throttled`: 0 under-voltage, 1 capped, 2 throttled, 3 soft limit; from 16 on the same
    since the start (Raspberry Pi documentation, os.adoc).
    """
    low = bool(bits & 1)
    return Power(low, low or bool(bits >> 16 & 1), bool(bits & 0b1110), celsius)


def judge(power: Power) -> Judgement:
    figures = {"celsius": power.celsius, "under_voltage": power.low, "under_voltage_since_start": power.was_low}
    if power.low:
        return failed(_LOW, _SUPPLY, **figures)
    if power.celsius is not None and power.celsius >= TOO_HOT_C:
        return failed(_TOO_HOT.fill(c=power.celsius), _COOL, **figures)
    if power.was_low:
        return warning(_WAS_LOW, _SUPPLY, **figures)
    if power.celsius is not None and power.celsius >= HOT_C:
        return warning(_TOO_HOT.fill(c=power.celsius), _COOL, **figures)
    if power.slowed:
        return warning(_SLOWED, _COOL, **figures)
    return passed(_GOOD, **figures)


class PowerCheck:
    name = "power"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return _NOT_TOLD if measure(bench) == Power() else None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench)))
