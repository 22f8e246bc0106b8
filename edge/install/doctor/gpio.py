"""The pins: which chip they are on, and that those of the configuration are held by the daemon and by nobody else.

Asked by the kernel's own calls (linux/gpio.h, GPIO_GET_CHIPINFO_IOCTL, GPIO_GET_LINEINFO_IOCTL), which claim nothing.
"""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config
from edge.config.pins import wired_pins
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed

HEADERS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""The chips that hold the 40-pin header: of a Pi 5, a Pi 4, and those before it."""
DAEMON = ("lg", "edge")
"""What lgpio tells the kernel of itself."""
_CHIP = struct.Struct("32s32sI")
_LINE = struct.Struct("II32s32s")
_GET_CHIP, _GET_LINE = 0x8044B401, 0xC048B402
_USED = 1

_TITLE = Text("GPIO: chip and lines", "GPIO：芯片与引脚")
_NONE = Text("no pin is configured, or all of them are simulated", "未配置引脚，或全部为模拟引脚")
_GOOD = Text(
    "the header is {chip}, and the daemon holds its {count} lines", "引脚芯片为 {chip}，服务占用其 {count} 条线路"
)
_NO_CHIP = Text("no GPIO chip with the header's pins is there", "找不到带引脚排针的 GPIO 芯片")
_GROUP = Text(
    "is this a Raspberry Pi? let the service's user into the group gpio, and look at ls -l /dev/gpiochip*",
    "此设备是否为树莓派？请将服务用户加入 gpio 组，并检查 ls -l /dev/gpiochip*",
)
_TAKEN = Text("other programs or drivers hold {pins}", "以下引脚被其他程序或驱动占用：{pins}")
_FREE_THEM = Text(
    "end that program, or take its dtoverlay/dtparam line out of /boot/firmware/config.txt, or use other pins",
    "请结束该程序，或从 /boot/firmware/config.txt 删除相应的 dtoverlay/dtparam，或改用其他引脚",
)
_NOT_HELD = Text("the daemon does not hold {pins}", "服务未占用以下引脚：{pins}")
_SEE_FAULTS = Text("see the faults: edge status; then restart the service", "请查看故障：edge status，然后重启服务")

Ask = Callable[[int, int, bytearray], object]


@dataclass(frozen=True, slots=True)
class Lines:
    """`chip`: its label, empty when there is none. `holders`: by configured pin, who holds it, empty for nobody."""

    chip: str
    holders: Mapping[int, str]


def measure(config: Config, dev: Path, ask: Ask = fcntl.ioctl) -> Lines:
    """`dev`: the folder of the devices."""
    pins = sorted({pin for _, pin in wired_pins(config)})
    for device in sorted(dev.glob("gpiochip*")):
        try:
            with device.open("rb") as file:
                label = _label(file.fileno(), ask)
                if label in HEADERS:
                    return Lines(label, {pin: _holder(file.fileno(), pin, ask) for pin in pins})
        except OSError:  # one that is not for us, or went away
            continue
    return Lines("", {})


def _label(handle: int, ask: Ask) -> str:
    told = bytearray(_CHIP.size)
    ask(handle, _GET_CHIP, told)
    return _text(_CHIP.unpack(told)[1])


def _holder(handle: int, pin: int, ask: Ask) -> str:
    told = bytearray(_LINE.pack(pin, 0, b"", b""))
    ask(handle, _GET_LINE, told)
    _, flags, _, consumer = _LINE.unpack(told)
    return (_text(consumer) or "?") if flags & _USED else ""


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="replace")


def judge(lines: Lines, names: Mapping[int, str]) -> Judgement:
    """`names`: the key of the configuration by pin."""
    if not lines.chip:
        return failed(_NO_CHIP, _GROUP)
    figures = {"chip": lines.chip, "lines": len(lines.holders)}
    others = {pin: who for pin, who in lines.holders.items() if who and who not in DAEMON}
    if others:
        pins = ", ".join(f"{pin} ({names[pin]}: {who})" for pin, who in others.items())
        return failed(_TAKEN.fill(pins=pins), _FREE_THEM, **figures)
    free = [pin for pin, who in lines.holders.items() if not who]
    if free:
        return failed(_NOT_HELD.fill(pins=", ".join(f"{pin} ({names[pin]})" for pin in free)), _SEE_FAULTS, **figures)
    return passed(_GOOD.fill(chip=lines.chip, count=len(lines.holders)), **figures)


class GpioCheck:
    name = "gpio"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return None if any(True for _ in wired_pins(bench.config)) else _NONE

    def run(self, bench: Bench) -> Steps:
        names = {pin: ".".join(key) for key, pin in wired_pins(bench.config)}
        return at_once(lambda: judge(measure(bench.config, bench.root / "dev"), names))
