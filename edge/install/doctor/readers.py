"""Card readers and keypad: they answer, and what is shown to them arrives."""

from __future__ import annotations

from typing import Any

from edge.config.credentials import OsdpReaderConfig, SimulatedKeypad, SimulatedReaderConfig
from edge.gate.cards import INSIDE
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import READY, Judgement, Steps, Text, failed, passed, warning

SHOWN_S = 30.0
ANSWERS_S = 15.0

_CARD, _CARD_INSIDE = Text("Card reader", "读卡器"), Text("Card reader inside", "室内读卡器")
_NONE = Text("no such reader is configured", "未配置该读卡器")
_SHOW = Text(
    "After you go on, hold a card to the reader within 30 seconds; any card will do.",
    "继续后请在 30 秒内刷一张卡，任意卡均可。",
)
_NOBODY = Text("nobody shows cards to this simulated reader", "此模拟读卡器没有卡片可读")
_GOOD = Text("a card was read; it is {known}", "已读到卡片（{known}）")
_SILENT = Text("the reader does not answer", "读卡器无应答")
_PORT = Text(
    "check its power, port, baud and wires (A and B may be swapped)", "请检查电源、端口、波特率和接线（A/B 可能接反）"
)
_NO_CARD = Text("the reader answers, and no card was read", "读卡器有应答，但未读到卡")
_KIND = Text(
    "is it the right kind of card (13.56 MHz or 125 kHz)? does the reader beep? then its frame, digits, "
    "and the wires D0 and D1",
    "卡的频率是否正确（13.56 MHz 或 125 kHz）？读卡器是否鸣响？再检查 frame、digits 及 D0/D1 接线",
)
_OPEN_WIRE = Text("a card was read, over a channel that can be listened to", "已读到卡片，但传输未加密")
_OSDP = Text(
    "give the reader its own key: docs/credentials.md, OSDP",
    "请为读卡器设置独立密钥：见 docs/credentials.md 的 OSDP 部分",
)


def judge(working: bool, seen: dict[str, Any] | None, *, should_be_secured: bool) -> Judgement:
    """`seen`: the new reading, None when none came."""
    if seen is None:
        return failed(_NO_CARD, _KIND) if working else failed(_SILENT, _PORT)
    figures = {"known": seen["known"], "secured": seen["secured"]}
    if should_be_secured and not seen["secured"]:
        return warning(_OPEN_WIRE, _OSDP, **figures)
    known = Text("somebody's here", "已登记") if seen["known"] else Text("nobody's here", "未登记")
    return passed(Text(_GOOD.en.format(known=known.en), _GOOD.cmn.format(known=known.cmn)), **figures)


class CardCheck:
    """`table`: `card` or `card_inside`."""

    def __init__(self, table: str) -> None:
        self._table = table
        self.name = INSIDE if table == "card_inside" else table
        self.title = _CARD_INSIDE if table == "card_inside" else _CARD

    def missing(self, bench: Bench) -> Text | None:
        settings = bench.config.readers.get(self._table)
        if settings is None:
            return _NONE
        return _NOBODY if isinstance(settings, SimulatedReaderConfig) and not settings.cards else None

    def run(self, bench: Bench) -> Steps:
        yield _SHOW, (READY,)
        before = bench.desk.seen().get(self.name, {}).get("count", 0)

        def shown() -> dict[str, Any] | None:
            told: dict[str, Any] | None = bench.desk.seen().get(self.name)
            return told if told is not None and told["count"] > before else None

        seen = bench.wait(shown, SHOWN_S)
        working = bool(bench.desk.state().get("credentials", {}).get(self.name, {}).get("working"))
        return judge(working, seen, should_be_secured=isinstance(bench.config.readers[self._table], OsdpReaderConfig))


_KEYPAD = Text("Keypad", "密码键盘")
_NO_KEYPAD = Text("no keypad is configured, or nobody types on a simulated one", "未配置键盘，或为无人操作的模拟键盘")
_TYPE = Text("After you go on, type 000000 and # within 30 seconds.", "继续后请在 30 秒内输入 000000 和 #。")
_TYPED = Text("what was typed has arrived", "已收到按键输入")
_NOT_TYPED = Text("nothing that was typed has arrived", "未收到按键输入")
_KEYS = Text(
    "check row_pins and column_pins (or its port), and that # is the key that ends it",
    "请检查 row_pins 与 column_pins（或端口），并确认以 # 键结束",
)


class KeypadCheck:
    """What was typed stays unknown; that it came is enough."""

    name = "keypad"
    title = _KEYPAD

    def missing(self, bench: Bench) -> Text | None:
        keypad = bench.config.keypad
        return _NO_KEYPAD if keypad is None or isinstance(keypad, SimulatedKeypad) else None

    def run(self, bench: Bench) -> Steps:
        yield _TYPE, (READY,)
        before = bench.desk.seen().get("keypad", {}).get("count", 0)
        seen = bench.wait(lambda: bench.desk.seen().get("keypad", {}).get("count", 0) > before or None, SHOWN_S)
        return passed(_TYPED) if seen else failed(_NOT_TYPED, _KEYS)
