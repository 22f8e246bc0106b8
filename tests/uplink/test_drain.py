"""A backlog on a long line, alarms meanwhile, and what the central store confirms."""

from __future__ import annotations

import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import tokens
from edge.actions import Priority
from edge.measure.delay_proxy import DelayProxy
from edge.uplink.confirmed import KIND
from tests.broker import PrivateBroker, Received, Subscriber, single_events
from tests.uplink.rig import numbers, plain, running

BASE = "edge/v1/riverside/gate"
ONE_WAY_S = 0.025


def batches(messages: list[Received]) -> list[Received]:
    return [message for message in messages if message.topic == f"{BASE}/events"]


def test_a_backlog_is_drained_in_batches_and_alarms_overtake_it(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber
) -> None:
    with (
        DelayProxy(broker.port, ONE_WAY_S) as line,
        running(tmp_path / "device", plain(line.port), uplink=False) as rig,
    ):
        rig.submit(6000, "device.health", Priority.TELEMETRY)
        rig.wait(lambda: rig.all_stored())
        rig.uplink_thread.launch()
        office.wait(lambda got: len(batches(got)) >= 10)
        raised = time.monotonic()
        rig.submit(1, "door.forced", Priority.ALARM)
        messages = office.wait(lambda got: any("door.forced" in message.topic for message in got))
        took_s = time.monotonic() - raised
        assert len(numbers(messages)) < 6000  # it did overtake
        assert took_s < 0.1 + 2 * ONE_WAY_S + 0.35  # what the issue wants, and a busy test machine
        rig.wait_empty()
        messages = office.wait(lambda got: len(numbers(got)) == 6001)
    assert sorted(numbers(messages)) == list(range(1, 6002))
    backlog = [n for n in numbers(messages) if n != 6001]
    assert backlog == sorted(backlog)
    for message in batches(messages):
        events = [json.loads(one.payload) for one in single_events(message)]
        assert 1 < len(events) <= 64
        assert len(message.payload) <= 16_384
        assert message.content_type == "application/cloudevents-batch+json; charset=utf-8"
        assert message.user == {
            "count": str(len(events)),
            "first": str(events[0]["seq"]),
            "last": str(events[-1]["seq"]),
        }


def test_only_the_central_stores_word_empties_the_outbox(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber
) -> None:
    sink = Ed25519PrivateKey.generate()

    def say(through: int, epoch: str) -> None:
        claims = {"aud": "riverside/gate", "epoch": epoch, "through": through, "also": [], "iat": 1}
        office.publish(f"{BASE}/watermark", tokens.sign(claims, KIND, "sink", sink).encode(), retain=True)

    with running(tmp_path / "device", plain(broker.port), confirmed_by=sink.public_key()) as rig:
        rig.wait_connected()
        rig.submit(20)
        office.wait(lambda got: len(numbers(got)) == 20)
        rig.wait(lambda: rig.uplink.status().unconfirmed == 20)
        assert rig.backlog() == 20
        epoch = rig.writer.status().epoch
        say(15, epoch)
        rig.wait(lambda: rig.backlog() == 5)
        rig.skip_s += 61.0
        rig.uplink.wake()
        office.wait(lambda got: len(numbers(got)) == 25)  # the unconfirmed ones once more
        rig.wait(lambda: any("confirms nothing" in what for _, what, _ in rig.faults))
        rig.wait(lambda: rig.uplink.status().unconfirmed == 5)
        say(20, epoch)
        rig.wait_empty()
        rig.wait(lambda: rig.recovered == ["uplink"])
    with running(tmp_path / "device", plain(broker.port), uplink=False, confirmed_by=sink.public_key()) as rig:
        rig.submit(5)
        rig.wait(lambda: rig.writer.status().seq == 25)
        say(25, epoch)  # the store has them from elsewhere: they need not be sent
        rig.uplink_thread.launch()
        rig.wait(lambda: rig.backlog() == 0)
