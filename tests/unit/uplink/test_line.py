"""The pace of the backlog, the size of batches, which MQTT, answers that wait."""

from __future__ import annotations

import logging

import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.store.outbox import OutboxKey, OutboxRow
from edge.uplink import messages
from edge.uplink.batch import BatchSize
from edge.uplink.congestion import Pace
from edge.uplink.dialect import Dialect
from edge.uplink.replies import Replies, Reply
from edge.uplink.topics import Topics

FIVE, OLD = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
TOPICS = Topics("riverside", "gate")


def fill(pace: Pace) -> int:
    sent = 0
    while pace.room:
        pace.sent()
        sent += 1
    return sent


def test_the_pace_doubles_each_round_trip_up_to_the_limit() -> None:
    pace = Pace()
    pace.begin(16)
    rounds, now = [], 0.0
    under_way = 0
    for _ in range(5):
        under_way += fill(pace)
        rounds.append(under_way)
        now += 0.05
        for _ in range(under_way):
            pace.answered(now - 0.05, now)
        under_way = 0
    assert rounds == [2, 4, 8, 16, 16]


def test_a_queue_on_the_line_halves_the_pace_once_for_all_that_stood_in_it() -> None:
    pace = Pace()
    pace.begin(16)
    for now in range(20):
        fill(pace)
        pace.answered(now - 0.05, float(now))
    fill(pace)
    for place in range(16):
        pace.answered(20.0, 20.4 + place / 100)  # 0.4 s, where 0.05 s is the shortest
    assert fill(pace) == 8
    pace.answered(21.0, 21.6)
    assert fill(pace) == 0  # four are allowed now, and seven under way


def test_a_slow_but_steady_line_is_used_to_the_full() -> None:
    pace = Pace()
    pace.begin(8)
    for now in range(20):
        fill(pace)
        pace.answered(now - 1.0, float(now))
    for _ in range(7):
        pace.answered(19.0, 20.0)
    assert fill(pace) == 8


def test_the_pace_never_falls_below_one() -> None:
    pace = Pace()
    pace.begin(1)
    fill(pace)
    pace.answered(0.0, 0.1)
    for now in range(1, 10):
        assert fill(pace) == 1
        pace.answered(float(now), now + 5.0)


def test_batches_respect_the_packets_that_the_broker_takes() -> None:
    size = BatchSize()
    assert size.bytes(0.0) == 16_384
    size.begin(5_000)
    assert 1_000 < size.bytes(0.0) < 5_000
    size.begin(100)
    assert size.bytes(0.0) == 0


def test_batches_end_where_even_small_ones_fail_and_the_next_try_takes_longer() -> None:
    size = BatchSize()
    size.begin(1 << 28)
    for bound in (4_096, 1_024, 0, 0):
        size.failed(0.0)
        assert size.bytes(1.0) == bound
    assert size.bytes(239.0) == 0
    assert size.bytes(240.0) == 1_024


def test_mqtt_5_until_the_broker_refuses_it_and_again_after_a_day(caplog: pytest.LogCaptureFixture) -> None:
    dialect = Dialect()
    assert dialect.version(0.0) == FIVE
    assert dialect.refused(0.0)
    assert dialect.version(1.0) == OLD
    for _ in range(3):
        assert dialect.greeted(OLD)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert dialect.version(86_399.0) == OLD
    assert dialect.version(86_400.0) == FIVE


def test_a_broker_that_knows_neither_version() -> None:
    dialect = Dialect()
    assert dialect.refused(0.0)
    assert not dialect.refused(1.0)
    assert dialect.version(1.0) == FIVE


def test_two_hang_ups_in_a_row_are_taken_for_a_refusal_and_proved() -> None:
    dialect = Dialect()
    dialect.hung_up(0.0)
    assert dialect.greeted(FIVE)
    dialect.hung_up(1.0)
    assert dialect.version(1.0) == FIVE
    dialect.hung_up(2.0)
    assert dialect.version(2.0) == OLD
    assert not dialect.greeted(OLD)  # it may have been something else
    assert dialect.version(3.0) == FIVE
    dialect.hung_up(3.0)
    assert dialect.version(4.0) == OLD
    assert dialect.greeted(OLD)
    assert dialect.version(86_402.0) == OLD
    assert dialect.version(86_403.0) == FIVE


def test_a_broker_that_hung_up_for_another_reason_is_spoken_to_in_mqtt_5() -> None:
    dialect = Dialect()
    dialect.hung_up(0.0)
    dialect.hung_up(1.0)
    assert not dialect.greeted(OLD)
    assert dialect.greeted(FIVE)
    dialect.hung_up(2.0)
    assert dialect.version(3.0) == FIVE


def test_a_broker_that_hangs_up_at_both() -> None:
    dialect = Dialect()
    versions = []
    for now in range(6):
        versions.append(dialect.version(now))
        dialect.hung_up(now)
    assert versions == [FIVE, FIVE, OLD, OLD, FIVE, FIVE]


def test_answers_wait_bounded_in_number_and_size() -> None:
    replies = Replies()
    taken = [replies.put(Reply("t", b"{}", bytes([n]))) for n in range(100)]
    assert sum(taken) == 64
    first = replies.take()
    assert first is not None
    assert first.correlation == b"\0"
    assert not replies.put(Reply("t", bytes(70_000), b""))
    assert not replies.put(Reply("t", b"", bytes(70_000)))


@pytest.mark.parametrize(
    ("topic", "is_one"),
    [
        ("edge/v1/riverside/gate/reply/office/7", True),
        ("edge/v1/riverside/gate/reply/", False),
        ("edge/v1/riverside/gate/reply", False),
        ("edge/v1/riverside/gate/reply/+", False),
        ("edge/v1/riverside/gate/reply/a\0", False),
        ("edge/v1/riverside/other/reply/a", False),
        ("edge/v1/riverside/gate/event/door.forced", False),
        ("edge/v1/riverside/gate/reply/" + "x" * 600, False),
        ("", False),
    ],
)
def test_answers_go_only_below_the_devices_own_reply_topic(topic: str, is_one: bool) -> None:
    assert TOPICS.is_reply(topic) is is_one


def test_properties_of_batches_and_answers_are_what_paho_would_have_packed() -> None:
    rows = tuple(OutboxRow(OutboxKey("e", 1, seq), seq, "i", "a.b", b'{"n":%d}' % seq) for seq in (5, 7))
    message = messages.several(TOPICS, rows)
    expected = Properties(PacketTypes.PUBLISH)
    expected.ContentType = "application/cloudevents-batch+json; charset=utf-8"
    expected.UserProperty = [("count", "2"), ("first", "5"), ("last", "7")]
    assert message.properties is not None
    assert message.properties.pack() == expected.pack()
    assert (message.topic, message.payload) == ("edge/v1/riverside/gate/events", b'[{"n":5},{"n":7}]')
    answer = messages.reply(Reply("t", b"{}", b"\x01\x02"))
    unpacked = Properties(PacketTypes.PUBLISH)
    assert answer.properties is not None
    unpacked.unpack(answer.properties.pack())
    assert unpacked.json() == {
        "MessageExpiryInterval": 300, "ContentType": "application/json", "CorrelationData": "0102"
    }  # fmt: skip
