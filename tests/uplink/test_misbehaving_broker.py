"""Brokers that do not answer, answer late, or hang up: the device neither blocks nor loses nor doubles."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.uplink.delivery import reserved
from tests.broker import free_port
from tests.uplink.mute_broker import CONNACK, DISCONNECT, MuteBroker, Published, with_receive_maximum
from tests.uplink.rig import plain, running


@pytest.fixture
def mute() -> Iterator[MuteBroker]:
    with MuteBroker() as broker:
        yield broker


def ids(messages: list[Published]) -> list[bytes]:
    return [one for message in messages for one in message.ids]


def test_what_was_not_acknowledged_comes_again_once_with_the_same_id(tmp_path: Path, mute: MuteBroker) -> None:
    with running(tmp_path / "device", plain(mute.port)) as rig:
        rig.wait_connected()
        rig.submit(10)
        first = mute.wait(10)
        for message in first[:4]:
            mute.connections[0].acknowledge(message)
        rig.wait(lambda: rig.all_stored() and rig.backlog() == 6)
        mute.answers = True
        mute.connections[0].close()
        second = mute.wait(6, connection=1)
        rig.submit(1)
        second = mute.wait(7, connection=1)
        assert ids(second)[:6] == ids(first)[4:]
        assert len(ids(second)) == 7  # and none of paho's own repetitions
        assert not any(message.duplicate for message in second)
        rig.wait_empty()


def test_a_row_is_sent_once_per_connection(tmp_path: Path, mute: MuteBroker) -> None:
    with running(tmp_path / "device", plain(mute.port)) as rig:
        rig.wait_connected()
        for number in range(1, 21):
            rig.submit(1)
            mute.wait(number)
            rig.uplink.wake()
        assert len(set(ids(mute.wait(20)))) == len(mute.wait(20)) == 20


@pytest.mark.parametrize(("ours", "theirs", "window"), [(100, 7, 7), (5, 50, 5), (100, 20, 20), (1, 20, 1)])
def test_never_more_under_way_than_either_side_allows(tmp_path: Path, ours: int, theirs: int, window: int) -> None:
    with (
        MuteBroker(with_receive_maximum(theirs)) as mute,
        running(tmp_path / "device", plain(mute.port, window=ours)) as rig,
    ):
        rig.wait_connected()
        rig.submit(60)
        free = window - reserved(window)
        mute.wait(free)
        rig.wait(lambda: rig.all_stored() and rig.uplink.status().under_way == free)
        rig.submit(10, "door.forced", Priority.ALARM)
        mute.wait(window)
        rig.wait(lambda: rig.all_stored() and rig.uplink.status().under_way == window)
        assert {message.topic.rpartition("/")[2] for message in mute.wait(window)[free:]} <= {"door.forced"}
        for number in range(70):
            mute.connections[0].acknowledge(mute.wait(number + 1)[number])
            assert len(mute.wait(0)) <= number + 1 + window
        rig.wait_empty()


def test_a_broker_that_never_answers_is_left_after_a_while(tmp_path: Path, mute: MuteBroker) -> None:
    with running(tmp_path / "device", plain(mute.port)) as rig:
        rig.wait_connected()
        rig.submit(3)
        first = mute.wait(3)
        mute.answers = True
        rig.skip_s += 61.0
        second = mute.wait(3, connection=1)
        assert ids(first) == ids(second)
        assert rig.uplink.status().connects == 2


def test_a_refusal_by_reason_code(tmp_path: Path) -> None:
    with MuteBroker(bytes([CONNACK, 3, 0, 0x8A, 0])) as mute, running(tmp_path / "device", plain(mute.port)) as rig:
        rig.wait(lambda: len(rig.faults) > 0)
        assert "banned" in rig.faults[0][2]
        mute.wait_connections(3)
        assert len(rig.faults) == 1


def test_a_disconnect_that_says_why(tmp_path: Path, mute: MuteBroker) -> None:
    with running(tmp_path / "device", plain(mute.port), delay_s=0.2) as rig:
        rig.wait(lambda: rig.uplink.status().connected)
        mute.connections[0].say(bytes([DISCONNECT, 1, 0x8E]))
        rig.wait(lambda: len(rig.faults) > 0)
        assert "same site and id" in rig.faults[0][2]
        rig.wait(lambda: rig.recovered == ["uplink"])


def test_a_server_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    with MuteBroker(b"") as mute, running(tmp_path / "device", plain(mute.port, connect_timeout_s=0.2)) as rig:
        rig.wait(lambda: "does not greet" in rig.uplink.status().last_error)
        mute.wait_connections(2)
        assert rig.faults == []


def test_a_server_that_speaks_something_else(tmp_path: Path) -> None:
    with (
        MuteBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n") as mute,
        running(tmp_path / "device", plain(mute.port, connect_timeout_s=0.2)) as rig,
    ):
        rig.wait(lambda: bool(rig.uplink.status().last_error))
        mute.wait_connections(2)
        assert not rig.uplink.status().connected
        assert rig.uplink_thread.alive


def test_stopping_does_not_wait_for_a_connection_that_hangs(tmp_path: Path) -> None:
    # A listener whose queue is full: the kernel leaves our SYN without an answer.
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    crowd = []
    for _ in range(4):
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex(("127.0.0.1", port))
        crowd.append(caller)
    with running(tmp_path / "device", plain(port, connect_timeout_s=3.0)) as rig:
        rig.wait(lambda: rig.uplink._attempts.dial is not None)
        began = time.monotonic()
        rig.uplink_thread.signal()
        assert rig.uplink_thread.join(1.0)
        assert time.monotonic() - began < 1.0
        rig.store_thread.signal()
    for caller in crowd:
        caller.close()
    listener.close()


def test_stopping_while_the_broker_does_not_answer_is_bounded(tmp_path: Path, mute: MuteBroker) -> None:
    with running(tmp_path / "device", plain(mute.port)) as rig:
        rig.submit(5)
        mute.wait(5)
        rig.uplink_thread.signal()
        assert rig.uplink_thread.join(1.5)
    assert [message.topic.rpartition("/")[2] for message in mute.connections[0].published][-1] == "status"


def test_every_attempt_is_said_once_when_nothing_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running(tmp_path / "device", plain(free_port())) as rig:
        rig.wait(lambda: rig.delays >= 6)
        assert rig.uplink_thread.alive
    said = [record.getMessage() for record in caplog.records if record.name == "edge.uplink"]
    assert len(said) == 1
    assert "nothing answers" in said[0]
    assert rig.faults == []
