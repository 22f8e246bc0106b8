"""From `edge command` through a broker and the uplink to the command desk, and back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.actions import Answer
from edge.clock import Now
from edge.commands.desk import CommandDesk, Links
from edge.commands.judge import Rules
from edge.commands.outcome import Inbound
from edge.commands.standing import StandingFile
from edge.events import OrderGiven
from edge.runtime.worker import WorkerThread
from edge.store.identity import read_signer
from edge.uplink.settings import Broker
from tests.broker import PrivateBroker, Subscriber
from tests.uplink.rig import Rig, plain, running

DEVICE = "riverside/gate"


class Clock:
    """The machine's own time, of a quality that the test chooses."""

    synchronised = True

    def __call__(self) -> Now:
        quality: Any = "synced" if self.synchronised else "unsynced"
        return Now(time.monotonic(), time.time_ns() // 1000, quality)


class Gate:
    """A device whose brain does what it is told, at once."""

    def __init__(self, rules: Rules, folder: Path) -> None:
        self.rig: Rig | None = None
        self.clock = Clock()
        self.orders: list[str] = []
        links = Links({}, self._post, self._submit, self._reply, lambda *_: None, lambda *_: None)
        self.desk = CommandDesk(rules, StandingFile(folder, self.clock()), links, self.clock)
        self.thread = WorkerThread("commands", self.desk)

    def take(self, inbound: Inbound) -> bool:
        return self.desk.take(inbound)

    def _post(self, order: OrderGiven) -> bool:
        self.orders.append(order.name)
        return self.desk.answered(Answer(order.command, True))

    def _submit(self, report: Any) -> None:
        assert self.rig is not None
        self.rig.writer.submit(report, self.clock())

    def _reply(self, topic: str, payload: bytes, correlation: bytes) -> bool:
        assert self.rig is not None
        return self.rig.uplink.reply(topic, payload, correlation)


@contextmanager
def connected(folder: Path, broker: Broker, rules: Rules) -> Iterator[Gate]:
    gate = Gate(rules, folder)
    with running(folder, broker, subscriptions={f"edge/v1/{DEVICE}/command/+": gate.take}) as rig:
        gate.rig = rig
        gate.thread.launch()
        rig.wait_connected()
        yield gate
        gate.thread.signal()
        assert gate.thread.join(5.0)
        assert gate.thread.failure is None


def test_a_command_is_signed_sent_carried_out_and_answered(
    broker: PrivateBroker, office: Subscriber, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "make", "--kind", "signing", "--out", str(tmp_path / "anna")]) == 0
    rules = Rules(DEVICE, {"anna": read_signer(tmp_path / "anna.pub.pem")})
    words = ["--device", DEVICE, "--broker", f"127.0.0.1:{broker.port}", "--no-tls", "--json"]
    key = ["--key", str(tmp_path / "anna.pem"), "--kid", "anna"]

    def run(name: str, *more: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main(["command", name, *words, *more])
        return code, json.loads(capsys.readouterr().out)

    with connected(tmp_path, plain(broker.port), rules) as gate:
        code, answer = run("unlock", *key)
        assert (code, answer["result"], answer["device"]) == (0, "applied", DEVICE)
        code, refused = run("update", "--arg", "version=0.2.0", "--arg", f"sha256={'ab' * 32}", *key)
        assert (code, refused["result"], refused["reason"]) == (1, "refused", "unsupported")
        gate.clock.synchronised = False
        code, locked = run("lockdown", *key)  # by a nonce, without being told to
        assert (code, locked["result"]) == (0, "applied")
        code, challenge = run("challenge")
        assert (code, len(challenge["nonce"])) == (0, 43)
        assert gate.orders == ["unlock", "lockdown"]
        office.wait(lambda _: len(office.events()) >= 4)
    events = [json.loads(one.payload) for one in office.events()]
    told = [(event["type"], event["data"]["command"], event["data"].get("reason")) for event in events]
    assert told[:2] == [
        ("command.applied", answer["id"], None),
        ("command.refused", refused["id"], "unsupported"),
    ]
    assert (told[2][0], told[2][2]) == ("command.refused", "clock")
    assert told[3] == ("command.applied", locked["id"], None)
