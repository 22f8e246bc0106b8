"""What the office says to the device, over a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.uplink.inbound import Inbound
from tests.broker import PrivateBroker, Subscriber
from tests.uplink.mute_broker import MuteBroker
from tests.uplink.rig import Rig, plain, running

BASE = "edge/v1/riverside/gate"
COMMANDS = f"{BASE}/command/+"


class Desk:
    def __init__(self) -> None:
        self.messages: list[Inbound] = []

    def __call__(self, message: Inbound) -> bool:
        if message.payload == b"mistake":
            raise RuntimeError("a mistake in a handler")
        self.messages.append(message)
        return True

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def rig(tmp_path: Path, broker: PrivateBroker, desk: Desk) -> Iterator[Rig]:
    with running(tmp_path / "device", plain(broker.port), subscriptions={COMMANDS: desk}) as rig:
        yield rig


def test_a_command_comes_with_where_to_answer(rig: Rig, office: Subscriber, desk: Desk) -> None:
    rig.wait_connected()
    office.publish(f"{BASE}/command/unlock", b"token", response_topic=f"{BASE}/reply/office", correlation=b"\0\1")
    rig.wait(lambda: len(desk.messages) == 1)
    assert desk.messages == [Inbound(f"{BASE}/command/unlock", b"token", False, f"{BASE}/reply/office", b"\0\1")]
    assert rig.uplink.reply(f"{BASE}/reply/office", b'{"applied":true}', b"\0\1")
    (answer,) = office.wait(lambda got: any("/reply/" in message.topic for message in got))[-1:]
    assert (answer.payload, answer.qos, answer.retain) == (b'{"applied":true}', 1, False)
    assert not rig.uplink.reply("edge/v1/riverside/other/reply/office", b"{}")


def test_a_retained_command_is_recognised_as_one(rig: Rig, office: Subscriber, desk: Desk) -> None:
    rig.wait_connected()
    office.publish(f"{BASE}/command/unlock", b"now", retain=True)
    rig.wait(lambda: len(desk.messages) == 1)
    assert desk.messages[0].retain


def test_the_session_is_resumed_and_what_was_said_meanwhile_arrives(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber, desk: Desk
) -> None:
    with running(tmp_path / "device", plain(broker.port), subscriptions={COMMANDS: desk}) as rig:
        rig.wait_connected()
        office.publish(f"{BASE}/command/a", b"1")
        rig.wait(lambda: desk.payloads == [b"1"])
    for payload in (b"2", b"3"):
        office.publish(f"{BASE}/command/a", payload)
    with running(tmp_path / "device", plain(broker.port), subscriptions={COMMANDS: desk}) as rig:
        rig.wait(lambda: desk.payloads == [b"1", b"2", b"3"])
        office.publish(f"{BASE}/command/a", b"4")
        rig.wait(lambda: len(desk.messages) == 4)


def test_a_flood_and_a_failing_handler_leave_the_events_alone(rig: Rig, office: Subscriber, desk: Desk) -> None:
    rig.wait_connected()
    office.publish(f"{BASE}/command/a", b"mistake")
    for _ in range(500):
        office.publish(f"{BASE}/command/a", b"x")
    rig.submit(50)
    rig.wait_empty()
    rig.wait(lambda: rig.uplink.status().received == 501)
    status = rig.uplink.status()
    assert status.failed == 1
    assert status.dropped >= 400
    assert len(desk.messages) + status.dropped + status.failed == 501
    assert rig.uplink_thread.alive
    assert rig.uplink.status().connects == 1


def test_a_message_beyond_the_limit_never_arrives(rig: Rig, office: Subscriber, desk: Desk) -> None:
    rig.wait_connected()
    office.publish(f"{BASE}/command/a", bytes(300_000))
    office.publish(f"{BASE}/command/a", b"small")
    rig.wait(lambda: desk.payloads == [b"small"])
    assert rig.uplink.status().connects == 1


def test_what_is_kept_stands_retained_and_can_be_said_again(rig: Rig, broker: PrivateBroker) -> None:
    topic = "homeassistant/device/gate/config"
    home = Subscriber(broker.port, [topic], name="home").start()
    rig.uplink.keep(topic, b'{"a":1}')
    home.wait(lambda got: len(got) == 1)
    rig.uplink.keep(topic, b'{"a":1}')
    rig.uplink.again(topic)
    messages = home.wait(lambda got: len(got) == 2)
    assert [message.payload for message in messages] == [b'{"a":1}'] * 2
    assert all(message.retain for message in messages)
    home.close()


def test_a_refused_subscription_is_said_in_words(tmp_path: Path, desk: Desk) -> None:
    with MuteBroker() as mute:
        mute.suback = 0x87
        with running(tmp_path / "device", plain(mute.port), subscriptions={COMMANDS: desk}) as rig:
            rig.wait(lambda: len(rig.faults) > 0)
            ((component, what, detail),) = rig.faults
            assert component == "uplink"
            assert COMMANDS in what
            assert "access list" in detail


def test_what_is_said_once_reaches_who_listens(rig: Rig, office: Subscriber) -> None:
    rig.wait_connected()
    assert rig.uplink.say(f"{BASE}/reply/desk", b'{"n":1}')
    messages = office.wait(lambda got: any("/reply/" in message.topic for message in got))
    assert (messages[-1].payload, messages[-1].retain) == (b'{"n":1}', False)
    rig.uplink.look_again()
    rig.submit(3)
    rig.wait_empty()
