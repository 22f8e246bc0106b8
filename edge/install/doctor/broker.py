"""The broker: TLS with certificates that hold, an access list for the device's part and no more, a round trip.

The TLS handshake is the doctor's own and says no word of MQTT; everything after it is tried by the running uplink
(`edge.uplink.probe`), since a second connection with this device's certificate would push the first one out.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from edge.errors import ConfigError, EdgeError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning
from edge.install.registering.renewal import soon
from edge.parts.broker import make_broker
from edge.uplink.settings import Broker, tls_context
from edge.uplink.trouble import of_failure

HANDSHAKE_S = 5.0
CONNECTS_S = 30.0
ANSWERS_S = 25.0
SOON_DAYS = 30
REFUSED = 0x80
SLOW_MS = 1000.0
_CREDENTIALS = "/run/credentials"
"""systemd shows what lies there to one service alone (systemd.exec(5))."""

_TITLE = Text("Broker: TLS and certificates", "消息服务器：TLS 与证书")
_GOOD = Text("{version}; the broker's certificate holds for {days} more days", "{version}；服务器证书剩余 {days} 天")
_PLAIN = Text("the connection is not encrypted", "连接未加密")
_SET_TLS = Text(
    "set tls = true with the office's ca_file: docs/broker.md",
    "请设置 tls = true 并配置物业的 ca_file：见 docs/broker.md",
)
_REFUSED = Text("TLS does not come about: {why}", "TLS 连接失败：{why}")
_FILES = Text(
    "the files of [uplink] ca_file, cert_file and key_file must be the office's for this device: docs/broker.md",
    "[uplink] 的 ca_file、cert_file、key_file 须为物业为此设备签发的文件：见 docs/broker.md",
)
_SOON = Text("the broker's certificate ends in {days} days", "服务器证书将在 {days} 天后到期")
_RENEW = Text("tell the office, so that it is renewed in time", "请通知物业及时更换证书")
_OWN_SOON = Text("this device's certificate ends in {days} days", "本设备证书将在 {days} 天后到期")
_OWN_RENEW = Text(
    "journalctl -u edge-renew says why it was not renewed by itself; docs/install.md, Renew",
    "未自动续期的原因见 journalctl -u edge-renew；参见 docs/install.md 的 Renew 一节",
)


@dataclass(frozen=True, slots=True)
class Handshake:
    """`why`: what went wrong, or empty; `days`: until the broker's certificate ends; `own_days`: until the device's,
    and `own_soon`: whether that is less than it should be.
    """

    tls: bool
    why: str = ""
    version: str = ""
    days: int | None = None
    own_days: int | None = None
    own_soon: bool = False


def shake(broker: Broker, wall_s: float) -> Handshake:
    """A TLS handshake as the uplink makes it."""
    if not broker.tls:
        return Handshake(False)
    try:
        context = tls_context(_readable(broker))
        with (
            socket.create_connection((broker.host, broker.port), timeout=HANDSHAKE_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as secured,
        ):
            certificate: Mapping[str, Any] = secured.getpeercert() or {}
            ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
            days = int((ends - wall_s) // 86400)
            return Handshake(True, "", str(secured.version()), days, *_own(broker, datetime.fromtimestamp(wall_s, UTC)))
    except (OSError, EdgeError) as error:
        return Handshake(True, str(of_failure(error, broker)))


def _own(broker: Broker, now: datetime) -> tuple[int | None, bool]:
    """For how many days the device's certificate holds, and whether it should have been renewed. Raises OSError,
    ConfigError.
    """
    if broker.cert_file is None:
        return None, False
    try:
        certificate = x509.load_pem_x509_certificate(broker.cert_file.read_bytes())
    except ValueError as error:
        raise ConfigError(f"cert_file {broker.cert_file}: {error}", hint="it must be PEM") from error
    return (certificate.not_valid_after_utc - now).days, soon(certificate, now)


def _readable(broker: Broker) -> Broker:
    """Without the device's key where only the daemon may read it: that the broker takes it shows in the connection."""
    key = broker.key_file
    if key is not None and key.is_relative_to(_CREDENTIALS) and not os.access(key, os.R_OK):
        return replace(broker, cert_file=None, key_file=None)
    return broker


def judge_tls(found: Handshake) -> Judgement:
    if not found.tls:
        return warning(_PLAIN, _SET_TLS)
    if found.why:
        return failed(_REFUSED.fill(why=found.why), _FILES)
    figures = {"version": found.version, "days": found.days}
    if found.own_days is not None:
        figures["own_days"] = found.own_days
        if found.own_soon:
            return warning(_OWN_SOON.fill(days=found.own_days), _OWN_RENEW, **figures)
    if found.days is not None and found.days < SOON_DAYS:
        return warning(_SOON.fill(days=found.days), _RENEW, **figures)
    return passed(_GOOD.fill(version=found.version, days=found.days), **figures)


class TlsCheck:
    name = "broker.tls"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge_tls(shake(make_broker(bench.config.uplink), time.time())))


_ACCESS = Text("Broker: access list and round trip", "消息服务器：访问权限与往返")
_BOTH_WAYS = Text(
    "it may do its part and no more; a message is acknowledged after {ms:.0f} ms", "权限正确；消息往返 {ms:.0f} 毫秒"
)
_NOT_IN = Text("the device is not connected: {why}", "设备未连接：{why}")
_LOG = Text(
    "see edge status, uplink; docs/broker.md says what each message means",
    "请查看 edge status 的 uplink 部分；各提示的含义见 docs/broker.md",
)
_MAY_NOT = Text("the broker does not let the device {what} (0x{code:02x})", "服务器不允许设备{what}（0x{code:02x}）")
_LIST = Text(
    "the certificate's name (or the user name) must be {name}, and the broker's list that of config/mosquitto.acl",
    "证书名称（或用户名）须为 {name}，服务器访问列表须为 config/mosquitto.acl",
)
_WRITE, _READ = Text("write its own topics", "写入自己的主题"), Text("listen to its own topics", "订阅自己的主题")
_TOO_MUCH = Text("the broker lets the device do more than it should: {what}", "服务器给予设备过多权限：{what}")
_OTHERS_WRITE = Text("write in another device's name", "以其他设备名义写入")
_OTHERS_READ = Text("read another device's status", "读取其他设备状态")
_FENCE = Text(
    "give the broker the access list of config/mosquitto.acl: docs/broker.md",
    "请为服务器配置 config/mosquitto.acl：见 docs/broker.md",
)
_OLD = Text("the broker speaks MQTT 3.1.1, which hides refusals", "服务器仅支持 MQTT 3.1.1，无法得知是否被拒绝")
_UPDATE = Text("use a broker that speaks MQTT 5", "请使用支持 MQTT 5 的服务器")
_SLOW = Text("a message is acknowledged only after {ms:.0f} ms", "消息往返需 {ms:.0f} 毫秒")
_NO_ANSWER = Text("the broker did not answer everything it was asked", "服务器未应答全部请求")


def ask(bench: Bench) -> Mapping[str, Any]:
    """What the broker lets the device do, once it is connected."""
    connected = bench.wait(lambda: bench.desk.state()["uplink"]["connected"] or None, CONNECTS_S)
    if not connected:
        return {"connected": False, "error": bench.desk.state()["uplink"]["last_error"]}
    bench.desk.broker(begin=True)
    return bench.wait(bench.desk.broker, ANSWERS_S) or {"connected": False, "error": _NO_ANSWER.en}


def judge_access(told: Mapping[str, Any], name: str) -> Judgement:
    """`told`: see `edge.uplink.probe`; `name`: "{site}/{device}"."""
    if not told["connected"]:
        return failed(_NOT_IN.fill(why=told["error"]), _LOG)
    ms = told["round_trip_ms"]
    figures = {key: told[key] for key in ("mqtt", "round_trip_ms", "own_write", "foreign_write", "overheard")}
    for key, what in (("own_write", _WRITE), ("own_read", _READ)):
        code = told[key]
        if code is not None and code >= REFUSED:
            said = Text(_MAY_NOT.en.format(what=what.en, code=code), _MAY_NOT.cmn.format(what=what.cmn, code=code))
            return failed(said, _LIST.fill(name=name), **figures)
    if ms is None or told["foreign_write"] is None:
        return failed(_NO_ANSWER, _LOG, **figures)
    if told["mqtt"] < 5:
        return warning(_OLD, _UPDATE, **figures)
    wide = [
        text for text, so in ((_OTHERS_WRITE, told["foreign_write"] < REFUSED), (_OTHERS_READ, told["overheard"])) if so
    ]
    if wide:
        en, cmn = ", ".join(one.en for one in wide), "、".join(one.cmn for one in wide)
        return warning(Text(_TOO_MUCH.en.format(what=en), _TOO_MUCH.cmn.format(what=cmn)), _FENCE, **figures)
    if ms > SLOW_MS:
        return warning(_SLOW.fill(ms=ms), _LOG, **figures)
    return passed(_BOTH_WAYS.fill(ms=ms), **figures)


class AccessCheck:
    name = "broker.access"
    title = _ACCESS

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        device = bench.config.device
        return at_once(lambda: judge_access(ask(bench), f"{device.site}/{device.id}"))
