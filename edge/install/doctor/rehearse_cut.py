"""The broker is lost in earnest, as when the cable is pulled: the device goes on, and tells everything afterwards."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed
from edge.install.doctor.record import Record, read_record, told_since
from edge.local.client import RefusedError

CUT_S = 8.0
SETTLES_S, LOST_S, BACK_S = 30.0, 6.0, 90.0
TRIALS = 3
"""Events made during the cut: each lamp that is tried out is one."""

_TITLE = Text("Rehearsal: the broker is lost", "演练：与消息服务器断开")
_GOOD = Text(
    "{count} events of the time without a broker came through after it; none is missing",
    "断线期间的 {count} 条事件已补发，无一缺失",
)
_NOT_BEFORE = Text("the device was not connected before the rehearsal", "演练前设备未连接")
_FIRST = Text("put the checks of the broker right first", "请先解决消息服务器的检查项")
_NOT_LOST = Text("the connection was not lost when it was cut", "切断后连接仍然存在")
_IDLE = Text("the device did not go on without the broker", "断线期间设备未正常工作")
_NOT_BACK = Text("the device did not come back to the broker within {s:.0f} s", "设备未在 {s:.0f} 秒内重新连接")
_WAITING = Text("{count} events still wait to be sent", "仍有 {count} 条事件等待发送")
_MISSING = Text("{count} events are missing or altered", "有 {count} 条事件缺失或被改动")
_LOG = Text("see journalctl -u edge and edge outbox status", "请查看 journalctl -u edge 和 edge outbox status")
_VERIFY = Text("edge events verify names them; replace the card", "edge events verify 会列出缺失项；请更换存储卡")


@dataclass(frozen=True, slots=True)
class Cut:
    """What happened. `told`: events made during the cut that are on record; `after`: the record at the end."""

    connected_before: bool
    lost: bool = False
    back: bool = False
    told: int = 0
    after: Record | None = None


def rehearse(bench: Bench) -> Cut:
    """Raises HardwareError, RefusedError."""
    state_dir, device = bench.config.store.state_dir, bench.config.device
    audience = f"{device.site}/{device.id}"
    if not bench.wait(lambda: connected(bench) or None, SETTLES_S):
        return Cut(False)
    before = read_record(state_dir, audience)
    bench.desk.cut(CUT_S)
    lost = bench.wait(lambda: not connected(bench) or None, LOST_S)
    for _ in range(TRIALS):
        _try_a_lamp(bench)
    back = bench.wait(lambda: connected(bench) or None, BACK_S)
    empty = bench.wait(lambda: bench.desk.state()["queue"]["figures"]["total"] == 0 or None, BACK_S) if back else None
    after = read_record(state_dir, audience)
    told = told_since(state_dir, before, "device.tested")
    return Cut(True, bool(lost), bool(back and empty is not None), told, after)


def connected(bench: Bench) -> bool:
    """Whether the uplink has a session."""
    return bool(bench.desk.state()["uplink"]["connected"])


def _try_a_lamp(bench: Bench) -> None:
    """What is refused, in a fire for instance, is an event too."""
    with contextlib.suppress(RefusedError):
        if bench.config.door is not None:
            bench.drive("lamp", lamp="granted")
        else:
            bench.drive("lamp", lamp="guide", bin=next(iter(bench.config.bins)))


def judge(cut: Cut) -> Judgement:
    if not cut.connected_before:
        return failed(_NOT_BEFORE, _FIRST)
    figures = {"events": cut.told, "missing": cut.after.missing if cut.after else None}
    if not cut.lost:
        return failed(_NOT_LOST, _LOG, **figures)
    if cut.told < TRIALS:
        return failed(_IDLE, _LOG, **figures)
    if cut.after is not None and cut.after.missing:
        return failed(_MISSING.fill(count=cut.after.missing), _VERIFY, **figures)
    if not cut.back:
        waiting = cut.after.waiting if cut.after else 0
        return failed(_WAITING.fill(count=waiting) if waiting else _NOT_BACK.fill(s=BACK_S), _LOG, **figures)
    return passed(_GOOD.fill(count=cut.told), **figures)


class CutCheck:
    name = "rehearse.broker"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(rehearse(bench)))
