"""The network: the way to the broker, how long it takes, and how well a wireless one is heard."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning
from edge.parts.broker import make_broker
from edge.uplink.trouble import of_failure

CONNECT_S = 5.0
SLOW_MS = 500.0
WEAK_DBM = -75.0
"""Below that connections break in rain and when a car stands in between."""

_TITLE = Text("Network", "网络")
_GOOD = Text("{host} answers in {ms:.0f} ms over {interface}", "经由 {interface} 连接 {host} 用时 {ms:.0f} 毫秒")
_NO_WAY = Text("no network: there is no address and no way out", "无网络：没有地址和出口路由")
_PLUG = Text(
    "is the cable in, does its lamp light? for a wireless one: nmcli device wifi list, "
    "then nmcli device wifi connect NAME",
    "网线是否插好、指示灯是否亮？无线网络：nmcli device wifi list，然后 nmcli device wifi connect 名称",
)
_NOT_REACHED = Text("the broker is not reached: {why}", "无法连接消息服务器：{why}")
_ASK_OFFICE = Text(
    "check [uplink] host and port; ask the office whether its firewall lets this device in",
    "请检查 [uplink] host 与 port；并向物业确认防火墙是否放行此设备",
)
_SLOW = Text("{host} answers, after {ms:.0f} ms", "{host} 有应答，但用时 {ms:.0f} 毫秒")
_WHY_SLOW = Text("something on the way is overloaded; ask who runs the network", "网络途中拥塞，请联系网络管理者")
_WEAK = Text("the wireless network is weak: {dbm:.0f} dBm", "无线信号弱：{dbm:.0f} dBm")
_CABLE = Text(
    "use a cable, another place, or an antenna outside the metal case", "请改用网线、调整位置，或将天线移出金属机箱"
)


@dataclass(frozen=True, slots=True)
class Way:
    """`interface`: which one leads there, empty when none does; `ms`: to connect, None when it failed for `why`."""

    interface: str
    host: str
    ms: float | None
    why: str = ""
    dbm: float | None = None


def measure(bench: Bench) -> Way:
    broker = make_broker(bench.config.uplink)
    interface = leads_to(broker.host, broker.port, bench.root)
    begun_s = time.perf_counter()
    try:
        with socket.create_connection((broker.host, broker.port), timeout=CONNECT_S):
            ms = (time.perf_counter() - begun_s) * 1e3
    except OSError as error:
        return Way(interface, broker.host, None, str(of_failure(error, broker)), signal(interface, bench.root))
    return Way(interface, broker.host, ms, dbm=signal(interface, bench.root))


def leads_to(host: str, port: int, root: Path) -> str:
    """The interface that packets to there would leave by; no packet is sent. A default route's where the name is not
    known.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)
            own = str(probe.getsockname()[0])
    except OSError:
        return _default_route(root)
    if own.startswith("127.") or own == "::1":
        return "lo"
    return _default_route(root) or "?"


def _default_route(root: Path) -> str:
    """/proc/net/route: name, destination, gateway, …, all in hexadecimal."""
    try:
        lines = (root / "proc/net/route").read_text().splitlines()[1:]
    except OSError:
        return ""
    return next((line.split()[0] for line in lines if line.split()[1:2] == ["00000000"]), "")


def signal(interface: str, root: Path) -> float | None:
    """How well a wireless interface is heard, in dBm; None for a cable."""
    try:
        lines = (root / "proc/net/wireless").read_text().splitlines()[2:]
    except OSError:
        return None
    for line in lines:
        name, _, rest = line.partition(":")
        if name.strip() == interface:
            return float(rest.split()[2].rstrip("."))
    return None


def judge(way: Way) -> Judgement:
    figures = {"interface": way.interface or None, "connect_ms": None if way.ms is None else round(way.ms, 1)}
    figures |= {} if way.dbm is None else {"dbm": way.dbm}
    if way.ms is None:
        if not way.interface:
            return failed(_NO_WAY, _PLUG, **figures)
        return failed(_NOT_REACHED.fill(why=way.why), _ASK_OFFICE, **figures)
    if way.ms > SLOW_MS:
        return warning(_SLOW.fill(host=way.host, ms=way.ms), _WHY_SLOW, **figures)
    if way.dbm is not None and way.dbm < WEAK_DBM:
        return warning(_WEAK.fill(dbm=way.dbm), _CABLE, **figures)
    return passed(_GOOD.fill(host=way.host, ms=way.ms, interface=way.interface), **figures)


class NetworkCheck:
    name = "network"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench)))
