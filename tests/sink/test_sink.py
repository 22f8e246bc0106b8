"""The sink between a real broker and a real database."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge import tokens
from edge.sink.records import Chain
from edge.sink.storage import open_storage
from edge.uplink.settings import Broker
from tests.broker import PrivateBroker, Subscriber, private_broker
from tests.sink.process import SinkProcess, count, sink, wait_stored, write_key
from tests.sink.samples import BASE, EPOCH, SOURCE, altered, body
from tests.uplink.certificates import Authority
from tests.uplink.rig import plain, running

CHAIN = Chain(SOURCE, EPOCH)


class Device:
    """Publishes what it is told to, with QoS 1, and waits for the broker's word."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, "device", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, *bodies: bytes, topic: str = f"{BASE}/event/access.granted") -> None:
        under_way = [self._client.publish(topic, payload, qos=1) for payload in bodies]
        for message in under_way:
            message.wait_for_publish(20.0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def device(broker: PrivateBroker) -> Iterator[Device]:
    made = Device(broker.port)
    yield made
    made.close()


def test_every_event_of_a_device_is_stored_once_and_the_device_hears_of_it(
    broker: PrivateBroker, database: str, tmp_path: Path
) -> None:
    key = write_key(tmp_path / "key.pem")
    device = Subscriber(broker.port, ("edge/v1/riverside/gate/watermark",), name="watermarks").start()
    with sink(broker.port, database, "--key", str(tmp_path / "key.pem")) as process:
        with running(tmp_path / "device", plain(broker.port)) as rig:
            rig.submit(700)
            rig.wait_empty()
            epoch = rig.writer.status().epoch
            device.wait(lambda messages: _claims(messages[-1].payload, key)["through"] == 700 if messages else False)
        counters = process.stop()
    device.close()
    assert (counters["stored"], counters["repeated"], counters["refused"]) == (700, 0, 0)
    storage = open_storage(database, writing=False)
    rows = list(storage.rows(Chain(SOURCE, epoch)))
    storage.close()
    assert [row.seq for row in rows] == list(range(1, 701))
    assert [json.loads(row.body)["data"]["n"] for row in rows] == list(range(1, 701))
    assert all(_claims(message.payload, key)["aud"] == "riverside/gate" for message in device.messages)


def _claims(token: bytes, key: object) -> dict[str, object]:
    return tokens.verify(token, "edge-watermark", {"sink": key.public_key()})[1]  # type: ignore[attr-defined]


def test_a_watermark_stays_for_a_device_that_comes_later(broker: PrivateBroker, tmp_path: Path, device: Device) -> None:
    key = write_key(tmp_path / "key.pem")
    with sink(broker.port, str(tmp_path / "sink.db"), "--key", str(tmp_path / "key.pem")):
        device.send(body(1), body(2))
        wait_stored(str(tmp_path / "sink.db"), lambda storage: count(storage) == 2)
        later = Subscriber(broker.port, (f"{BASE}/watermark",), name="later").start()
        (message, *_) = later.wait(lambda messages: bool(messages))
        later.close()
    assert _claims(message.payload, key)["through"] in (1, 2)


def test_killed_again_and_again_it_loses_nothing_and_stores_nothing_twice(
    broker: PrivateBroker, tmp_path: Path, device: Device
) -> None:
    """What the broker has acknowledged to the device is in the database at the end, exactly once."""
    database = str(tmp_path / "sink.db")
    chance = random.Random(4)
    pause = threading.Event()
    sent = 0
    for _ in range(5):
        with sink(broker.port, database) as process:
            bodies = [body(seq) for seq in range(sent + 1, sent + 401)]
            sending = threading.Thread(target=device.send, args=bodies, daemon=True)
            sending.start()
            sent += 400
            pause.wait(chance.uniform(0.0, 0.15))
            process.kill()
        sending.join(20.0)
    with sink(broker.port, database):
        wait_stored(database, lambda storage: storage.through(CHAIN) == sent)
    storage = open_storage(database, writing=False)
    assert [row.seq for row in storage.rows(CHAIN)] == list(range(1, sent + 1))
    assert storage.conflicts(CHAIN) == []
    storage.close()


def test_what_comes_while_it_is_away_waits_at_the_broker(broker: PrivateBroker, tmp_path: Path, device: Device) -> None:
    database = str(tmp_path / "sink.db")
    with sink(broker.port, database) as process:
        process.kill()
    device.send(*(body(seq) for seq in range(1, 301)))
    with sink(broker.port, database):
        wait_stored(database, lambda storage: storage.through(CHAIN) == 300)


def test_two_in_one_group_share_the_work_and_each_event_is_stored_once(
    broker: PrivateBroker, postgres: str, device: Device
) -> None:
    with (
        sink(broker.port, postgres, "--client-id", "sink-a") as first,
        sink(broker.port, postgres, "--client-id", "sink-b") as second,
    ):
        device.send(*(body(seq) for seq in range(1, 1001)))
        wait_stored(postgres, lambda storage: storage.through(CHAIN) == 1000)
        shares = [first.stop()["stored"], second.stop()["stored"]]
    assert sum(shares) == 1000
    assert min(shares) > 100


def test_one_of_two_that_is_killed_comes_back_for_what_it_had_in_hand(
    broker: PrivateBroker, postgres: str, device: Device
) -> None:
    with sink(broker.port, postgres, "--client-id", "sink-a"):
        with sink(broker.port, postgres, "--client-id", "sink-b") as second:
            bodies = [body(seq) for seq in range(1, 1001)]
            sending = threading.Thread(target=device.send, args=bodies, daemon=True)
            sending.start()
            wait_stored(postgres, lambda storage: count(storage) > 50)
            second.kill()
        sending.join(20.0)
        with sink(broker.port, postgres, "--client-id", "sink-b"):
            wait_stored(postgres, lambda storage: storage.through(CHAIN) == 1000)


def test_a_broker_that_restarts_is_found_again(tmp_path: Path) -> None:
    database = str(tmp_path / "sink.db")
    write_key(tmp_path / "key.pem")
    with private_broker(tmp_path) as broker, sink(broker.port, database, "--key", str(tmp_path / "key.pem")) as process:
        device = Device(broker.port)
        device.send(body(1))
        wait_stored(database, lambda storage: storage.through(CHAIN) == 1)
        device.close()
        broker.kill()
        process.wait_for("ERROR")
        broker.start()
        process.wait_for("subscribed", times=2)
        later = Subscriber(broker.port, (f"{BASE}/watermark",), name="later").start()
        later.wait(lambda messages: bool(messages))  # published anew: this broker had forgotten it
        later.close()
        device = Device(broker.port)
        device.send(body(2))
        wait_stored(database, lambda storage: storage.through(CHAIN) == 2)
        device.close()
        assert process.stop()["connects"] == 2


def test_garbage_is_refused_once_and_harms_nothing(broker: PrivateBroker, database: str, device: Device) -> None:
    with sink(broker.port, database) as process:
        foreign = body(1)
        device.send(b"", b"\0\xff", b"[" * 100_000, altered(body(), seq=1 << 70), altered(body(), epoch="\0"))
        device.send(foreign, topic="edge/v1/riverside/other/event/access.granted")
        device.send(b"[" + body(1) + b"," + b"{", b"[1]", b"{}", topic=f"{BASE}/events")
        device.send(b"x" * (4 << 20) + b"xx", topic=f"{BASE}/events")
        device.send(b"no key", topic=f"{BASE}/keys")
        device.send(body(2, data={"text": "后门 \0"}))
        wait_stored(database, lambda storage: storage.through(CHAIN) == 2)
        wait_stored(database, lambda storage: storage.refused() == 11)
        process.kill()
    with sink(broker.port, database) as process:  # nothing of it comes again
        device.send(body(3))
        wait_stored(database, lambda storage: storage.through(CHAIN) == 3)
        counters = process.stop()
    assert (counters["refused"], counters["messages"]) == (0, 1)


def test_a_clone_is_noticed(broker: PrivateBroker, tmp_path: Path, device: Device) -> None:
    database = str(tmp_path / "sink.db")
    with sink(broker.port, database) as process:
        device.send(body(1), body(1, data={"by": "a clone"}), body(1))
        process.wait_for("differ from what is stored")
        wait_stored(database, lambda storage: len(storage.conflicts(CHAIN)) == 1)
        assert process.stop()["stored"] == 1


def test_a_database_that_fails_delays_the_acknowledgement(broker: PrivateBroker, postgres: str, device: Device) -> None:
    import psycopg

    with sink(broker.port, postgres) as process, psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("ALTER TABLE events RENAME TO away")
        device.send(*(body(seq) for seq in range(1, 51)))
        process.wait_for("PostgreSQL does not work")
        admin.execute("ALTER TABLE away RENAME TO events")
        process.wait_for("subscribed", times=2)
        wait_stored(postgres, lambda storage: storage.through(CHAIN) == 50)


def test_a_connection_to_the_database_that_breaks_is_made_anew(
    broker: PrivateBroker, postgres: str, device: Device
) -> None:
    import psycopg

    with sink(broker.port, postgres) as process, psycopg.connect(postgres, autocommit=True) as admin:
        device.send(body(1))
        wait_stored(postgres, lambda storage: storage.through(CHAIN) == 1)
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'edge sink'")
        device.send(*(body(seq) for seq in range(2, 51)))
        process.wait_for("subscribed", times=2)
        wait_stored(postgres, lambda storage: storage.through(CHAIN) == 50)


def test_a_broker_that_grants_less_than_qos_1_is_named(tmp_path: Path) -> None:
    with private_broker(tmp_path, ["max_qos 0"]) as broker:
        process = SinkProcess(broker.port, str(tmp_path / "sink.db"))
        process.wait_for("does not let the sink subscribe to $share/sink/edge/v1/+/+/event/+ with QoS 1: Granted QoS 0")
        assert process.stop()["connects"] == 0


def test_mutual_tls_with_a_password(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    cert, key = ours.issue("broker")
    own_cert, own_key = ours.issue("sink")
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(tmp_path / "users"), "centre", "secret"], check=True)
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "wrong").write_text("wrong\n")
    lines = [f"cafile {ours.ca_file}", f"certfile {cert}", f"keyfile {key}", "require_certificate true"]
    proof = ["--ca-file", str(ours.ca_file), "--cert-file", str(own_cert), "--key-file", str(own_key)]
    database = str(tmp_path / "sink.db")
    with private_broker(tmp_path, [*lines, f"password_file {tmp_path / 'users'}"], anonymous=False) as broker:
        login = ["--username", "centre", "--password-file"]
        process = SinkProcess(broker.port, database, *proof, *login, str(tmp_path / "wrong"), tls=True)
        process.wait_for("check username and password_file")
        process.stop()
        process = SinkProcess(broker.port, database, *proof, *login, str(tmp_path / "password"), tls=True)
        process.wait_for("subscribed")
        settings = Broker(
            "127.0.0.1",
            broker.port,
            ca_file=ours.ca_file,
            cert_file=own_cert,
            key_file=own_key,
            username="centre",
            password_file=tmp_path / "password",
        )
        with running(tmp_path / "device", settings) as rig:
            rig.submit(500)
            rig.wait_empty()
        wait_stored(database, lambda storage: count(storage) == 500)
        assert process.stop()["stored"] == 500
