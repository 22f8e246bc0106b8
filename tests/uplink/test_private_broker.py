"""The broker of the demonstrations keeps what it is for: a subscriber's session over a stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from paho.mqtt import publish

from edge.demo.broker import Office
from edge.uplink.private_broker import PrivateBroker
from tests.broker import MOSQUITTO, NO_MOSQUITTO


@pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)
def test_a_subscriber_that_comes_back_late_misses_nothing(tmp_path: Path) -> None:
    private = tmp_path / "mine"
    private.mkdir(mode=0o700)
    broker = PrivateBroker(private / "broker")
    broker.start()
    try:
        office = Office(broker.port)
        office.start()
        office.stop()
        broker.stop()
        broker.start()
        topic, said = "edge/v1/site/gate-1/event", '{"id": "a", "seq": 1}'
        publish.single(topic, said, qos=1, hostname="127.0.0.1", port=broker.port)
        late = Office(broker.port)
        late.start()
        late.wait_for({"a"}, 10.0)
        late.stop()
    finally:
        broker.stop()
    assert [event["id"] for event in late.received()] == ["a"]
