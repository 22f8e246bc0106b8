"""The daemon is killed in earnest, with the lock released: the relay falls, it comes back, and nothing is missing.

SIGKILL leaves a program no last word. The relay then falls by what stands outside of it: the kernel takes the pin back,
`edge safe-state` follows by systemd, and the hardware one-shot of the wiring guide is behind both.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass

from edge.config.schema import GpioDoor, SimulatedDoor
from edge.errors import HardwareError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import NO, READY, YES, Judgement, Steps, Text, failed, passed
from edge.install.doctor.door import BEFORE, REFUSED, RELEASED_S
from edge.install.doctor.record import Record, read_record, told_since
from edge.local.client import RefusedError

FALLS_S = 8.0
BACK_S = 60.0
SETTLES_S = 15.0

_TITLE = Text("Rehearsal: the daemon is killed", "演练：强制终止服务")
_WARN = Text(
    "When you go on, the lock is released and the daemon killed. The lock must fall shut within {s:.0f} seconds. "
    "Stay at the door.",
    "继续后门锁将释放，随即强制终止服务。门锁应在 {s:.0f} 秒内重新锁闭。请守在门旁。",
)
_GOOD = Text(
    "safe after {falls}, back after {back:.0f} s, nothing missing",
    "{falls} 后恢复安全状态，{back:.0f} 秒后服务恢复，无事件缺失",
)
_STILL_ON = Text("the lock relay stayed on after the daemon had been killed", "服务终止后门锁继电器仍处于吸合状态")
_ONE_SHOT = Text(
    "set dtparam=strict_gpiod in /boot/firmware/config.txt, use the unit with ExecStopPost=edge safe-state, and wire "
    "the hardware one-shot: docs/gate.md, wiring",
    "请在 /boot/firmware/config.txt 设置 dtparam=strict_gpiod，使用含 ExecStopPost=edge safe-state 的服务文件，"
    "并按 docs/gate.md 接入硬件单稳延时",
)
_NOT_BACK = Text("the daemon did not come back within {s:.0f} s", "服务未在 {s:.0f} 秒内恢复")
_SERVICE = Text(
    "sudo systemctl enable --now edge; the unit must have Restart=always",
    "sudo systemctl enable --now edge；服务文件须含 Restart=always",
)
_UNLOCKED = Text("the daemon came back with the door unlocked", "服务恢复后门处于未锁状态")
_LOG = Text("see journalctl -u edge", "请查看 journalctl -u edge")
_MISSING = Text("{count} events are missing after the kill", "强制终止后缺失 {count} 条事件")
_CARD = Text("the card does not keep what it says it has: replace it", "存储卡未真正落盘：请更换")
_ASK = Text(
    "Is the door locked now, and was it {s:.0f} seconds after the kill?", "现在门是否已锁闭（终止后 {s:.0f} 秒内）？"
)
_AT_ONCE = Text("at once", "立即")


@dataclass(frozen=True, slots=True)
class Killed:
    """What happened. `fell_s`: seconds until the relay was seen off, None where it was not; `seen`: whether a program
    could see. `back_s`: until the daemon answered again.
    """

    fell_s: float | None
    back_s: float | None
    seen: bool = True
    unlocked: bool = False
    missing: int = 0
    started: bool = True


def relay_level(bench: Bench, door: GpioDoor) -> bool | None:
    """Whether the relay's pin is at the level that releases the lock, without claiming it: as Raspberry Pi OS's
    `pinctrl` tells ("17: op dl pd | hi // GPIO17 = output"). None where nobody can tell.
    """
    told = bench.tool(["pinctrl", "get", str(door.relay_pin)])
    level = re.search(r"\|\s*(hi|lo)\b", told.text) if told.code == 0 else None
    if level is None:
        return None
    return (level[1] == "hi") == (door.relay_active == "high")


def kill(bench: Bench) -> Killed:
    """Release the lock, kill, watch, wait for the return. Raises RefusedError, HardwareError."""
    device, state_dir = bench.config.device, bench.config.store.state_dir
    audience = f"{device.site}/{device.id}"
    door = bench.config.door
    if door is not None:
        bench.drive("relay", seconds=RELEASED_S)
    else:
        bench.drive("lamp", lamp="guide", bin=next(iter(bench.config.bins)))
    before = _stored(bench, audience)
    pid = int(bench.desk.state()["pid"])
    begun_s = bench.clock()
    _kill(pid)
    fell_s, seen = _watch(bench, door, begun_s)
    back_s = _return(bench, pid, begun_s)
    if back_s is None:
        return Killed(fell_s, None, seen)
    unlocked = bool(bench.desk.state().get("door", {}).get("unlocked", False))
    started = bench.wait(lambda: told_since(state_dir, before, "device.started") or None, SETTLES_S)
    after = read_record(state_dir, audience)
    lost = before.seq - after.seq if after.epoch == before.epoch else before.seq
    return Killed(fell_s, back_s, seen, unlocked, after.missing + max(0, lost), bool(started))


def _stored(bench: Bench, audience: str) -> Record:
    """The record once the release of the lock is on it."""
    state_dir = bench.config.store.state_dir
    first = read_record(state_dir, audience)
    bench.wait(lambda: bench.desk.state()["store"]["figures"]["waiting"] == 0 or None, SETTLES_S)
    newer = read_record(state_dir, audience)
    return newer if newer.seq >= first.seq else first


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError as error:
        raise HardwareError("the daemon is another user's", hint="run the doctor as root") from error


def _watch(bench: Bench, door: GpioDoor | SimulatedDoor | None, begun_s: float) -> tuple[float | None, bool]:
    if not isinstance(door, GpioDoor):  # mock pins end with their process, and lids without a motor's power stay
        gone = bench.wait(lambda: not bench.desk.answers() or None, FALLS_S)
        return (bench.clock() - begun_s if gone else None), True
    if relay_level(bench, door) is None:
        return None, False
    fell = bench.wait(lambda: relay_level(bench, door) is False or None, FALLS_S)
    return (bench.clock() - begun_s if fell else None), True


def _return(bench: Bench, pid: int, begun_s: float) -> float | None:
    if bench.child is not None:
        bench.child.start(bench.desk)

    def there() -> bool | None:
        if not bench.desk.answers():
            return None
        state = bench.desk.state()
        return (bool(state) and state["pid"] != pid) or None

    return bench.clock() - begun_s if bench.wait(there, BACK_S) else None


def judge(killed: Killed, door_is_locked: bool | None = None) -> Judgement:
    """`door_is_locked`: what the installer says where no program could see."""
    figures = {
        "fell_s": None if killed.fell_s is None else round(killed.fell_s, 1),
        "back_s": None if killed.back_s is None else round(killed.back_s, 1),
        "missing": killed.missing,
    }
    if (killed.seen and killed.fell_s is None) or door_is_locked is False:
        return failed(_STILL_ON, _ONE_SHOT, **figures)
    if killed.back_s is None:
        return failed(_NOT_BACK.fill(s=BACK_S), _SERVICE, **figures)
    if killed.unlocked:
        return failed(_UNLOCKED, _LOG, **figures)
    if killed.missing or not killed.started:
        return failed(_MISSING.fill(count=max(1, killed.missing)), _CARD, **figures)
    falls = f"{killed.fell_s:.1f} s" if killed.fell_s is not None else _AT_ONCE.en
    return passed(_GOOD.fill(falls=falls, back=killed.back_s), **figures)


class KillCheck:
    name = "rehearse.kill"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        yield _WARN.fill(s=FALLS_S), (READY,)
        try:
            killed = kill(bench)
        except RefusedError as refused:
            return failed(REFUSED.fill(why=refused.message), BEFORE)
        if killed.seen:
            return judge(killed)
        answer = yield _ASK.fill(s=FALLS_S), (YES, NO)
        return judge(killed, answer == YES)
