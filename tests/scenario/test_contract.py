"""A whole gate's real traffic against the contract: every message on every topic, none of them unknown."""

from __future__ import annotations

import json
import os
from pathlib import Path

from edge.contract.catalogue import CATALOGUE
from tests.broker import PrivateBroker, Received, Subscriber
from tests.contract_check import problems, problems_in
from tests.scenario.rig import configure, edge, running, visitors

TOPIC = "edge/v1/riverside/gate-1"
# Somebody who was enrolled, a stranger, the button inside; a door that is held open, and is then shut again.
LIVELY = {
    "door": 'driver = "simulated"\nexit_every_s = 3.0\ncloses_after_s = 7.0',
    "lock": "held_warning_s = 5.0\nheld_alarm_s = 6.0",
    "access": "lockout_failures = 100",  # nobody there can make the gestures that a busy machine's few frames ask for
}
EXPECTED = {"device.started", "access.granted", "access.refused", "access.exit", "door.opened", "door.closed"}
EXPECTED |= {"door.held", "door.restored"}


def kinds(messages: list[Received]) -> set[str]:
    """The types of the events in them, in batches, too."""
    found: set[str] = set()
    for message in messages:
        if message.topic.endswith("/events"):
            found |= {event["type"] for event in json.loads(message.payload)}
        elif "/event/" in message.topic:
            found.add(message.topic.rpartition("/")[2])
    return found


def test_every_message_of_a_gate_is_in_the_contract(tmp_path: Path, broker: PrivateBroker) -> None:
    uplink = f'host = "127.0.0.1"\nport = {broker.port}\ntls = false'
    camera = visitors(tmp_path, "obama3.jpg", "astronaut.jpg")
    config = configure(tmp_path, uplink=uplink, camera=camera, **LIVELY)
    pictures = Path(__file__).parents[2] / "edge/demo/pictures"
    enrolled = edge(
        "people", "enroll", pictures / "obama.jpg", pictures / "obama2.jpg", "--name", "A", "--consent", "form",
        "--allow-few", "--config", config,
    )  # fmt: skip
    assert enrolled.returncode == 0, enrolled.stderr
    office = Subscriber(broker.port, ["#"]).start()
    try:
        with running(config) as daemon:
            office.wait(lambda messages: "device.started" in kinds(messages))
            broker.stop()  # so that there is a backlog
            stored = daemon.status(lambda status: not status["uplink"]["connected"])["store"]["figures"]["seq"]
            daemon.status(lambda status: status["store"]["figures"]["seq"] >= stored + 3)
            broker.start()
            office.wait(lambda messages: kinds(messages) >= EXPECTED, 90.0)
            daemon.assert_ends_well()
        office.wait(
            lambda messages: (f"{TOPIC}/status", b"offline") in [(each.topic, each.payload) for each in messages]
        )
    finally:
        office.close()
    assert problems_in(office.messages) == []
    assert {f"{TOPIC}/status", f"{TOPIC}/state"} <= {message.topic for message in office.messages}
    assert kinds(office.messages) <= CATALOGUE.keys()


def test_a_strange_message_does_not_pass() -> None:
    body = json.dumps({"type": "door.exploded"}).encode()
    told = {"id": os.urandom(4).hex(), "seq": "1"}
    assert any(
        "no type 'door.exploded'" in line for line in problems(f"{TOPIC}/event/door.exploded", body, False, told)
    )
    assert problems(f"{TOPIC}/secrets", b"{}", False, {}) == [f"{TOPIC}/secrets: no such topic in the contract"]
    assert problems(f"{TOPIC}/status", b"online", True, {}) == []
    assert problems(f"{TOPIC}/status", b"online", False, {}) == [f"{TOPIC}/status: retained: False, should be True"]
    assert problems(f"{TOPIC}/status", b"tired", True, {})
    assert problems(f"{TOPIC}/state", b'{"device":', True, {})
