"""Brokers without MQTT 5."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from edge.actions import Priority
from edge.uplink.dialect import Dialect
from edge.uplink.inbound import Inbound
from tests.broker import PrivateBroker, Subscriber
from tests.uplink.mute_broker import CONNACK, MuteBroker
from tests.uplink.rig import numbers, plain, running

BASE = "edge/v1/riverside/gate"


@pytest.mark.parametrize(
    ("five", "attempts"),
    [
        (bytes([CONNACK, 2, 0, 1]), 2),  # the return code of 3.1.1
        (bytes([CONNACK, 3, 0, 0x84, 0]), 2),
        (b"", 5),  # hangs up, and once more after 3.1.1 has worked
    ],
)
def test_a_broker_that_refuses_mqtt_5_is_spoken_to_in_3_1_1(
    tmp_path: Path, five: bytes, attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    with MuteBroker(five=five) as mute, running(tmp_path / "device", plain(mute.port)) as rig:
        mute.answers = True
        rig.wait_connected()
        assert rig.uplink.status().mqtt == "3.1.1"
        rig.submit(5)
        rig.submit(1, "door.forced", Priority.ALARM)
        rig.wait_empty()
        assert len(mute.connections) == attempts
        assert rig.faults == []
        mute.connections[-1].close()
        rig.wait(lambda: rig.uplink.status().connects == 2)
        assert mute.connections[-1].level == 4
    assert sum("has no MQTT 5" in record.getMessage() for record in caplog.records) == 1
    assert max(record.levelno for record in caplog.records) == logging.WARNING


def test_a_broker_that_hung_up_for_another_reason_is_spoken_to_in_mqtt_5(tmp_path: Path) -> None:
    with MuteBroker(five=b"", refusals=2) as mute, running(tmp_path / "device", plain(mute.port)) as rig:
        rig.wait_connected()
        assert [connection.level for connection in mute.connections] == [5, 5, 4, 5]
        assert rig.uplink.status().mqtt == "5"


def test_everything_works_in_3_1_1_with_a_real_broker(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dialect, "version", lambda _self, _now: MQTTProtocolVersion.MQTTv311)
    heard: list[Inbound] = []
    handlers = {f"{BASE}/command/+": lambda message: heard.append(message) or True}
    with running(tmp_path / "device", plain(broker.port), uplink=False, subscriptions=handlers) as rig:
        rig.submit(100)
        rig.wait(lambda: rig.all_stored())
        rig.uplink_thread.launch()
        rig.wait_empty()
        office.wait(lambda got: len(numbers(got)) == 100)
        assert rig.uplink.status().mqtt == "3.1.1"
        office.publish(f"{BASE}/command/poll", b"token")
        rig.wait(lambda: bool(heard))
        assert heard == [Inbound(f"{BASE}/command/poll", b"token")]
        rig.uplink.keep(f"{BASE}/keys", b"{}")
        office.wait(lambda got: any(message.topic == f"{BASE}/keys" for message in got))
