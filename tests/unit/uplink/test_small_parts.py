"""Back-off, holds, the retained state, topics, messages, the wake flag."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.actions import Priority
from edge.errors import ConfigError
from edge.store.outbox import OutboxKey, OutboxRow
from edge.uplink import messages
from edge.uplink.backoff import FullJitter
from edge.uplink.holds import Holds
from edge.uplink.retained import Retained
from edge.uplink.topics import Topics
from edge.uplink.wake import Wake

TOPICS = Topics("riverside", "gate-north")


def longest(_low: float, high: float) -> float:
    return high


def test_the_bound_doubles_up_to_the_longest_and_begins_anew_after_a_success() -> None:
    jitter = FullJitter(1.0, 10.0, longest)
    assert [jitter.next_s() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    jitter.reset()
    assert jitter.next_s() == 1.0


@given(st.integers(1, 2000))
def test_a_delay_is_never_negative_nor_beyond_the_longest(failures: int) -> None:
    jitter = FullJitter(1.0, 60.0)
    assert all(0.0 <= jitter.next_s() <= 60.0 for _ in range(failures))


def test_a_refused_type_is_held_longer_each_time_and_freed_by_an_acceptance() -> None:
    holds = Holds(longest)
    assert holds.refuse("a.b", 0.0)
    assert not holds.refuse("a.b", 1.0)  # others of it that were under way
    assert holds.held == {"a.b"}
    assert not holds.release(29.0)
    assert holds.release(30.0)
    assert holds.held == frozenset()
    assert not holds.refuse("a.b", 30.0)  # known already
    assert not holds.release(89.0)
    assert holds.release(90.0)
    assert holds.accept("a.b")
    assert not holds.accept("a.b")
    assert holds.refuse("a.b", 100.0)
    assert holds.release(130.0)


def test_one_type_is_held_without_the_others() -> None:
    holds = Holds(longest)
    holds.refuse("a.b", 0.0)
    holds.refuse("c.d", 20.0)
    assert holds.release(31.0)
    assert holds.held == {"c.d"}


def test_the_latest_state_wins_and_only_a_change_is_sent() -> None:
    state = Retained()
    assert state.due() is None
    assert state.set(b"1")
    assert state.due() == b"1"
    assert state.set(b"2")
    assert state.set(b"3")
    assert state.due() is None  # the first is still under way
    state.answered()
    assert state.due() == b"3"
    state.answered()
    assert not state.set(b"3")
    assert state.due() is None
    assert state.begin()
    assert state.due() == b"3"
    assert state.again()
    assert state.due() is None
    state.answered()
    assert state.due() == b"3"


def test_a_state_that_breaks_the_connection_goes_alone_and_is_then_left_out() -> None:
    state = Retained(b"too large")
    for attempt in range(3):
        assert state.begin()
        assert state.alone == (attempt > 0)
        assert state.due() == b"too large"
    assert not state.begin()
    assert state.due() is None
    state.set(b"small")
    assert state.due() == b"small"
    state.answered()
    assert not state.alone


def test_the_topics_of_the_contract() -> None:
    assert TOPICS.event("door.opened") == "edge/v1/riverside/gate-north/event/door.opened"
    assert TOPICS.status == "edge/v1/riverside/gate-north/status"
    assert TOPICS.state == "edge/v1/riverside/gate-north/state"
    assert TOPICS.client_id == "edge-riverside-gate-north"


@pytest.mark.parametrize("name", ["", "a/b", "+", "a#", "$SYS", "a\0", "a\n"])
def test_a_name_that_is_no_part_of_a_topic(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be part"):
        Topics("site", name)
    with pytest.raises(ConfigError, match="cannot be part"):
        Topics(name, "device")


@given(st.text(max_size=200).filter(lambda text: "\0" not in text), st.integers(0, 2**63))
def test_packed_properties_are_what_paho_would_have_packed(event_id: str, seq: int) -> None:
    event_id = event_id.encode(errors="replace").decode()
    row = OutboxRow(OutboxKey("e", int(Priority.ALARM), 1), seq, event_id, "door.forced", b"{}")
    message = messages.event(TOPICS, row)
    expected = Properties(PacketTypes.PUBLISH)
    expected.ContentType = "application/cloudevents+json; charset=utf-8"
    expected.UserProperty = [("id", event_id), ("seq", str(seq))]
    assert message.properties is not None
    assert message.properties.pack() == expected.pack()
    assert not message.retain


def test_the_size_is_an_upper_bound() -> None:
    row = OutboxRow(OutboxKey("e", 0, 1), 5, "x" * 36, "door.forced", b"." * 1000)
    message = messages.event(TOPICS, row)
    assert message.properties is not None
    exact = 1 + 2 + 2 + len(message.topic) + 2 + len(message.properties.pack()) + 1000
    assert exact <= message.size <= exact + 20


def test_status_and_state_are_retained() -> None:
    for payload, content_type in ((messages.ONLINE, "text/plain"), (b"{}", "application/json")):
        message = messages.retained(TOPICS.status, payload)
        expected = Properties(PacketTypes.PUBLISH)
        expected.ContentType = content_type
        assert message.retain
        assert message.properties is not None
        assert message.properties.pack() == expected.pack()


def test_the_wake_flag_interrupts_and_is_taken_down() -> None:
    wake = Wake()
    wake.set()  # before there is anything to wait on
    wake.open()
    assert wake.wait(60.0)
    assert not wake.wait(0.0)
    threading.Thread(target=wake.set).start()
    assert wake.wait(60.0)
    for _ in range(100_000):
        wake.set()  # never fills the pair's buffer
    assert wake.clear()
    assert not wake.clear()
    wake.close()
    wake.set()
    wake.close()
