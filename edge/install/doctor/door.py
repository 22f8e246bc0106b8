"""The door, rehearsed: the relay releases it, somebody opens it, the contact tells, and it locks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.config.schema import GpioDoor, SimulatedDoor
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import NO, READY, YES, Judgement, Steps, Text, at_once, failed, passed
from edge.local.client import RefusedError

FALLS_SHUT_S = 10.0
"""For the leaf to fall shut behind whoever has just gone through."""
RELEASED_S = 10.0
OPENS_S = 15.0
SHUTS_S = 45.0
PRESS_S = 30.0

NO_DOOR = Text("this device has no door", "此设备没有门")
_TITLE = Text("Door: relay and contact", "门：继电器与门磁")
_NO_CONTACT = Text("no door contact is wired", "未接门磁")
_OPEN_NOW = Text(
    "When you go on, the lock is released for {s:.0f} seconds: open the door now, then let it fall shut.",
    "继续后门锁将释放 {s:.0f} 秒：请立即开门，然后让门自动关上。",
)
_GOOD = Text(
    "released, opened after {opened:.1f} s, shut again after {shut:.1f} s",
    "已释放，{opened:.1f} 秒后开门，{shut:.1f} 秒后关门",
)
_OPEN_BEFORE = Text("the contact says open while the door is shut", "门关着，但门磁显示为开")
_TURN_LEVEL = Text(
    "is the door really shut? then set contact_open to the other level, or look for a cut wire",
    "请确认门已关好；然后将 contact_open 改为另一电平，或检查断线",
)
_NEVER = Text("the door was released, and the contact never moved", "门锁已释放，但门磁始终没有变化")
_CONTACT = Text(
    "did the lock release (a click, the lamp)? if not: the relay's wiring and relay_active; if so: the contact's "
    "wires, contact_pin, and the magnet's distance (below 15 mm)",
    "门锁是否释放（有响声、指示灯亮）？若否，检查继电器接线与 relay_active；"
    "若是，检查门磁接线、contact_pin 及磁铁间距（小于 15 毫米）",
)
_STAYS_OPEN = Text("the door was seen to open, and not to shut again", "检测到开门，但未检测到关门")
_CLOSER = Text("adjust the door closer; let the leaf fall shut by itself", "请调整闭门器，使门能自动关上")
REFUSED = Text("the daemon refuses: {why}", "服务拒绝执行：{why}")
BEFORE = Text("put that right first, then try again", "请先解决上述问题，再重试")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Seconds after the relay; None for what was not seen. `open_before`: the contact said so all the time before."""

    open_before: bool
    opened_s: float | None = None
    shut_s: float | None = None


def contact_wired(door: GpioDoor | SimulatedDoor) -> bool:
    """Whether the contact can tell."""
    return isinstance(door, SimulatedDoor) or door.contact_pin >= 0


def rehearse(bench: Bench) -> Rehearsal:
    """Release the lock and watch the contact. Raises RefusedError."""

    def at_rest() -> Any:
        told = bench.desk.seen().get("contact", {"open": False, "count": 0})
        return None if told["open"] else told

    before = bench.wait(at_rest, FALLS_SHUT_S)
    if before is None:
        return Rehearsal(True)
    begun_s = bench.clock()
    bench.drive("relay", seconds=RELEASED_S)

    def moved(since: int, *, is_open: bool) -> Any:
        told = bench.desk.seen().get("contact")
        return told if told is not None and told["count"] > since and told["open"] is is_open else None

    opened = bench.wait(lambda: moved(before["count"], is_open=True), OPENS_S)
    if opened is None:
        return Rehearsal(False)
    opened_s = bench.clock() - begun_s
    shut = bench.wait(lambda: moved(opened["count"], is_open=False), SHUTS_S)
    return Rehearsal(False, opened_s, None if shut is None else bench.clock() - begun_s - opened_s)


def judge(seen: Rehearsal) -> Judgement:
    figures = {
        "opened_s": None if seen.opened_s is None else round(seen.opened_s, 1),
        "shut_s": None if seen.shut_s is None else round(seen.shut_s, 1),
    }
    if seen.open_before:
        return failed(_OPEN_BEFORE, _TURN_LEVEL, **figures)
    if seen.opened_s is None:
        return failed(_NEVER, _CONTACT, **figures)
    if seen.shut_s is None:
        return failed(_STAYS_OPEN, _CLOSER, **figures)
    return passed(_GOOD.fill(opened=seen.opened_s, shut=seen.shut_s), **figures)


class DoorCheck:
    name = "door"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        if bench.config.door is None:
            return NO_DOOR
        return None if contact_wired(bench.config.door) else _NO_CONTACT

    def run(self, bench: Bench) -> Steps:
        yield _OPEN_NOW.fill(s=RELEASED_S), (READY,)
        try:
            return judge(rehearse(bench))
        except RefusedError as refused:
            return failed(REFUSED.fill(why=refused.message), BEFORE)


_LOCK = Text("Door: locked when it should be", "门：是否正常锁闭")
_FREE_NOW = Text(
    "When you go on, the lock is released for one second: be at the door, and try it then and afterwards.",
    "继续后门锁将释放一秒：请守在门旁，在这一秒内和之后分别试开。",
)
_TRY_IT = Text(
    "The relay was on for a second. Is the door locked now, and was it free in that second?",
    "继电器刚才吸合了一秒。现在门是否已锁闭，且那一秒内可以打开？",
)
_LOCKED = Text("the installer has seen it released and locked again", "安装人确认：释放与锁闭均正常")
_WRONG_WAY = Text("the lock does not follow the relay as it should", "门锁动作与继电器不符")
_POLARITY = Text(
    "set relay_active to the other level, or use the relay's other contact (NO instead of NC); a lock must be shut "
    "while the relay is off, and a fire must free it by cutting its power",
    "请将 relay_active 改为另一电平，或改用继电器的另一触点（常开/常闭）；继电器断开时门应锁闭，火警时应断电释放",
)


class LockCheck:
    """What no contact can tell: that the lock itself holds and lets go."""

    name = "lock"
    title = _LOCK

    def missing(self, bench: Bench) -> Text | None:
        return NO_DOOR if bench.config.door is None else None

    def run(self, bench: Bench) -> Steps:
        yield _FREE_NOW, (READY,)  # nobody is at the door before somebody says so
        try:
            bench.drive("relay", seconds=1.0)
        except RefusedError as refused:
            return failed(REFUSED.fill(why=refused.message), BEFORE)
        answer = yield _TRY_IT, (YES, NO)
        return passed(_LOCKED) if answer == YES else failed(_WRONG_WAY, _POLARITY)


_EXIT = Text("Exit button", "出门按钮")
_NO_BUTTON = Text("no exit button is wired, or it is simulated", "未接出门按钮，或为模拟按钮")
_PRESS = Text(
    "After you go on, press the exit button inside within 30 seconds.", "继续后请在 30 秒内按下室内出门按钮。"
)
_PRESSED = Text("pressed, and the door was released", "按钮已按下，门已释放")
_NOT_PRESSED = Text("no press was seen", "未检测到按钮动作")
_BUTTON = Text("check its wires, exit_pin and exit_pressed", "请检查按钮接线、exit_pin 与 exit_pressed")


class ExitCheck:
    """Somebody inside must always be able to leave."""

    name = "exit-button"
    title = _EXIT

    def missing(self, bench: Bench) -> Text | None:
        door = bench.config.door
        return None if isinstance(door, GpioDoor) and door.exit_pin >= 0 else _NO_BUTTON

    def run(self, bench: Bench) -> Steps:
        yield _PRESS, (READY,)
        before = bench.desk.seen().get("exit_button", {}).get("count", 0)
        seen = bench.wait(lambda: bench.desk.seen().get("exit_button", {}).get("count", 0) > before or None, PRESS_S)
        return passed(_PRESSED) if seen else failed(_NOT_PRESSED, _BUTTON)


_LINES = Text("Fire line and housing", "消防联动线与机箱防拆")
_NO_LINES = Text("no fire line and no housing contact are wired", "未接消防联动线和防拆触点")
_AT_REST = Text("at rest", "处于正常状态")
_FIRE = Text("the fire line is not at rest: {state}", "消防联动线异常：{state}")
_PANEL = Text(
    "alarm: is the panel in alarm? open: a wire is cut; short: both contacts read closed; "
    "see the wiring of the changeover relay",
    "alarm：消防主机是否报警？open：断线；short：两触点同时闭合；请检查切换继电器接线",
)
_HOUSING = Text("the housing is open", "机箱处于打开状态")
_SHUT_IT = Text(
    "shut it; if it is shut: tamper_pin, tamper_open and the contact's wires",
    "请关好机箱；若已关好，检查 tamper_pin、tamper_open 及接线",
)


def judge_lines(door: dict[str, Any]) -> Judgement:
    """`door`: of the status board."""
    figures = {"fire_line": door["fire_line"], "tampered": door["tampered"]}
    if door["fire_line"] != "normal":
        return failed(_FIRE.fill(state=door["fire_line"]), _PANEL, **figures)
    return failed(_HOUSING, _SHUT_IT, **figures) if door["tampered"] else passed(_AT_REST, **figures)


class LinesCheck:
    name = "lines"
    title = _LINES

    def missing(self, bench: Bench) -> Text | None:
        door = bench.config.door
        if isinstance(door, SimulatedDoor):
            return None if door.fire_line or door.tamper else _NO_LINES
        wired = door is not None and max(door.fire_rest_pin, door.tamper_pin) >= 0
        return None if wired else _NO_LINES

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge_lines(bench.desk.state()["door"]))
