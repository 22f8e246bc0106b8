from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.store.history import History
from edge.store.reader import EventReader
from tests.broker import PrivateBroker, Received, Subscriber, private_broker
from tests.uplink.rig import numbers, plain, running

ROOT = Path(__file__).resolve().parents[2]
BASE = "edge/v1/riverside/gate"


def statuses(messages: list[Received]) -> list[bytes]:
    return [message.payload for message in messages if message.topic.endswith("/status")]


def test_an_event_arrives_exactly_as_it_was_stored(tmp_path: Path, broker: PrivateBroker, office: Subscriber) -> None:
    with running(tmp_path / "device", plain(broker.port)) as rig:
        rig.wait_connected()
        rig.submit(3)
        messages = office.wait(lambda got: len(numbers(got)) == 3)
        rig.wait_empty()
    message = next(message for message in messages if "/event/" in message.topic)
    assert message.topic == f"{BASE}/event/access.granted"
    assert (message.qos, message.retain) == (1, False)
    assert message.content_type == "application/cloudevents+json; charset=utf-8"
    event = json.loads(message.payload)
    assert message.user == {"id": event["id"], "seq": "1"}
    reader = EventReader(rig.path)
    stored = History(reader).show("1")
    reader.close()
    assert stored.body == message.payload
    assert stored.delivered


def test_no_subscriber_is_a_success(tmp_path: Path, broker: PrivateBroker) -> None:
    with running(tmp_path / "device", plain(broker.port)) as rig:
        rig.submit(5)
        rig.wait_empty()
        assert rig.uplink.status().acknowledged == 5
        assert rig.faults == []


def test_a_backlog_leaves_alarms_first(tmp_path: Path, broker: PrivateBroker, office: Subscriber) -> None:
    with running(tmp_path / "device", plain(broker.port), uplink=False) as rig:
        rig.submit(60, "device.health", Priority.TELEMETRY)
        rig.submit(2, "door.forced", Priority.ALARM)
        rig.submit(3, "access.granted", Priority.ACCESS)
        rig.wait(lambda: rig.all_stored())
        rig.uplink_thread.launch()
        messages = office.wait(lambda got: len(numbers(got)) == 65)
    assert numbers(messages)[:5] == [61, 62, 63, 64, 65]
    assert numbers(messages)[5:] == list(range(1, 61))


def test_a_broker_that_is_away_is_a_normal_state(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.uplink")
    with running(tmp_path / "device", plain(broker.port)) as rig:
        rig.submit(10)
        office.wait(lambda got: len(numbers(got)) == 10)
        broker.stop()
        rig.wait(lambda: not rig.uplink.status().connected)
        rig.submit(40)
        rig.wait(lambda: rig.all_stored() and "nothing answers" in rig.uplink.status().last_error)
        assert rig.backlog() == 40
        before, rig.delay_s = rig.delays, 1.0  # so that the office is back before the device
        rig.wait(lambda: rig.delays > before + 1)
        broker.start()
        office.wait_ready()
        office.wait(lambda got: len(numbers(got)) >= 50)
        rig.wait_empty()
        assert rig.uplink.status().connects == 2
        assert rig.faults == []
    assert sorted(set(numbers(office.messages))) == list(range(1, 51))
    said = [record.getMessage() for record in caplog.records if record.name == "edge.uplink"]
    assert len(said) <= 5, said
    assert said[0].startswith("connected to")
    assert said[-1].startswith("connected to")


def test_a_broker_restarted_in_the_middle_of_traffic_costs_nothing(tmp_path: Path) -> None:
    lines = ["persistence true", f"persistence_location {tmp_path}/", "max_inflight_messages 20"]
    with private_broker(tmp_path, lines) as broker:
        office = Subscriber(broker.port).start()
        with running(tmp_path / "device", plain(broker.port)) as rig:
            for _ in range(3):
                before = rig.uplink.status().published
                rig.submit(300)
                rig.wait(lambda before=before: rig.uplink.status().published > before)  # type: ignore[misc]
                broker.restart()
                rig.submit(100)
            office.wait(lambda got: len(set(numbers(got))) == 1200)
            rig.wait_empty()
        office.close()
    copies: dict[int, set[bytes]] = {}
    for message in office.events():
        copies.setdefault(json.loads(message.payload)["seq"], set()).add(message.payload)
    assert sorted(copies) == list(range(1, 1201))
    assert all(len(bodies) == 1 for bodies in copies.values())


def test_online_and_the_goodbye(tmp_path: Path, broker: PrivateBroker, office: Subscriber) -> None:
    with running(tmp_path / "device", plain(broker.port)) as rig:
        office.wait(lambda got: statuses(got) == [b"online"])
        assert rig.uplink.status().connected
    office.wait(lambda got: statuses(got) == [b"online", b"offline"])
    late = Subscriber(broker.port, name="late").start()
    (message,) = late.wait(lambda got: len(got) == 1)
    assert (message.topic, message.payload, message.retain) == (f"{BASE}/status", b"offline", True)
    late.close()


def test_the_will_speaks_for_a_device_that_dies(tmp_path: Path, broker: PrivateBroker, office: Subscriber) -> None:
    (tmp_path / "device").mkdir()
    command = [sys.executable, "-m", "tests.store_traffic", "--folder", str(tmp_path / "device")]
    with subprocess.Popen([*command, "--port", str(broker.port)], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        office.wait(lambda got: statuses(got) == [b"online"])
        process.send_signal(signal.SIGKILL)
        office.wait(lambda got: statuses(got) == [b"online", b"offline"])
    late = Subscriber(broker.port, ["edge/v1/+/+/status"], name="late").start()
    (message,) = late.wait(lambda got: len(got) == 1)
    assert (message.payload, message.retain) == (b"offline", True)
    late.close()


def test_the_state_is_retained_and_only_a_change_is_sent(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber
) -> None:
    def states(messages: list[Received]) -> list[bytes]:
        return [message.payload for message in messages if message.topic == f"{BASE}/state"]

    with running(tmp_path / "device", plain(broker.port)) as rig:
        rig.uplink.keep(f"{BASE}/state", b'{"door":"closed"}')
        office.wait(lambda got: len(states(got)) == 1)
        rig.uplink.keep(f"{BASE}/state", b'{"door":"closed"}')
        rig.uplink.keep(f"{BASE}/state", b'{"door":"open"}')
        messages = office.wait(lambda got: len(states(got)) == 2)
        assert states(messages) == [b'{"door":"closed"}', b'{"door":"open"}']
        late = Subscriber(broker.port, [f"{BASE}/state"], name="late").start()
        (message,) = late.wait(lambda got: len(got) == 1)
        assert (message.payload, message.retain, message.qos) == (b'{"door":"open"}', True, 1)
        assert message.content_type == "application/json"
        late.close()


def test_the_brokers_receive_maximum_is_heeded(tmp_path: Path) -> None:
    with private_broker(tmp_path, ["max_inflight_messages 3"]) as broker:
        office = Subscriber(broker.port).start()
        with running(tmp_path / "device", plain(broker.port)) as rig:
            rig.submit(500)
            office.wait(lambda got: len(numbers(got)) == 500)
            assert rig.uplink.status().connects == 1
        office.close()


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("max_packet_size 2000", "refuses {topic} (0x95)"),  # said when we connect
        ("message_size_limit 1000", "closes the connection at a message on {topic}"),  # said by nothing else
    ],
)
def test_an_event_too_large_for_the_broker_does_not_block_the_others(tmp_path: Path, limit: str, what: str) -> None:
    with private_broker(tmp_path, [limit]) as broker, running(tmp_path / "device", plain(broker.port)) as rig:
        rig.submit(2)
        rig.submit(1, picture="x" * 5000)
        rig.submit(20)
        rig.wait(lambda: rig.all_stored() and rig.backlog() == 1)
        assert rig.uplink.status().acknowledged == 22
        ((component, said, detail),) = rig.faults
        assert component == "uplink"
        assert what.format(topic=f"{BASE}/event/access.granted") in said
        assert "raise its limit" in detail
        rig.submit(5)
        rig.wait(lambda: rig.uplink.status().acknowledged == 27)


def test_a_topic_that_the_access_list_forbids_is_kept_reported_and_tried_again(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    granted = "topic read edge/v1/#\ntopic write edge/v1/riverside/gate/status\n"
    acl.write_text(granted + f"topic write {BASE}/event/access.granted\n")
    with private_broker(tmp_path, [f"acl_file {acl}"]) as broker:
        office = Subscriber(broker.port).start()
        with running(tmp_path / "device", plain(broker.port)) as rig:
            rig.submit(5, "door.forced", Priority.ALARM)
            rig.submit(5)
            office.wait(lambda got: len(numbers(got)) == 5)
            rig.wait(lambda: rig.all_stored() and rig.backlog() == 5)
            assert rig.waiting_types() == {"door.forced"}
            ((_, what, detail),) = rig.faults
            assert "door.forced (0x87)" in what
            assert "access list" in detail
            acl.write_text(granted + f"topic write {BASE}/event/#\n")
            broker.reload()
            rig.skip_s += 31.0
            rig.wait_empty()
            assert rig.recovered == ["uplink"]
        office.wait(lambda got: sorted(numbers(got)) == list(range(1, 11)))
        office.close()


def test_a_forbidden_status_does_not_keep_the_events_back(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(
        f"topic read edge/v1/#\ntopic write {BASE}/event/#\ntopic write {BASE}/events\npattern write {BASE}/none\n"
    )
    with (
        private_broker(tmp_path, [f"acl_file {acl}"]) as broker,
        running(tmp_path / "device", plain(broker.port)) as rig,
    ):
        rig.uplink.keep(f"{BASE}/state", b"{}")
        rig.submit(5)
        rig.wait_empty()
        assert {what for _, what, _ in rig.faults} == {
            f"the broker refuses {BASE}/{name} (0x87)" for name in ("status", "state")
        }


def test_two_devices_with_one_name_are_told_so(tmp_path: Path, broker: PrivateBroker) -> None:
    with running(tmp_path / "one", plain(broker.port), delay_s=0.1) as first:
        first.wait(lambda: first.uplink.status().connected)
        with running(tmp_path / "two", plain(broker.port), delay_s=0.1):
            first.wait(lambda: len(first.faults) > 0)
        assert "break as soon as they are made" in first.faults[0][1]
        assert "same site and id" in first.faults[0][2]
        first.wait(lambda: first.uplink.status().connected)
        first.skip_s += 11.0
        first.wait(lambda: first.recovered == ["uplink"])


def test_an_error_of_ours_ends_the_worker_where_the_supervisor_sees_it(tmp_path: Path, broker: PrivateBroker) -> None:
    with running(tmp_path / "device", plain(broker.port)) as rig:
        rig.wait(lambda: rig.uplink.status().connected)
        rig.uplink._conversation.delivery.settle = None  # type: ignore[method-assign, assignment]
        rig.submit()
        rig.wait(lambda: not rig.uplink_thread.alive)
        assert isinstance(rig.uplink_thread.failure, TypeError)
        rig.uplink_thread.failure = None
