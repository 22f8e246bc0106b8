"""The document's form. scripts/check-homeassistant has Home Assistant's own code judge it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from edge.uplink.homeassistant import Shown, discovery, discovery_topic, picture_topic, when_it_starts
from edge.uplink.inbound import Inbound
from edge.uplink.topics import Topics

TOPICS = Topics("riverside", "gate-north")
BASE = "edge/v1/riverside/gate-north"
ISSUED = "0.2.0"

# What Home Assistant's schemas of 2025.4 require of each kind, beside `platform` and `unique_id`. A state topic may
# come from the document as a whole.
REQUIRED = {
    "binary_sensor": {"value_template|state_topic"},
    "event": {"event_types", "state_topic"},
    "image": {"image_topic"},
    "lock": {"command_topic", "value_template"},
    "sensor": {"value_template"},
    "update": {"value_template"},
}
PARTS = {"door", "faults", "board", "disk", "vision", "camera", "bins", "queue"}
EVERYTHING = Shown(door=True, people=True, bins=("paper-1", "other"), pictures=True)


@pytest.fixture
def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(discovery(TOPICS, ISSUED, EVERYTHING))
    return read


def test_it_describes_one_device_that_says_itself_whether_it_is_there(document: dict[str, Any]) -> None:
    assert document["dev"] == {
        "ids": ["edge_riverside_gate-north"],
        "name": "riverside gate-north",
        "mdl": "edge gate and waste station",
        "sw": ISSUED,
    }
    assert document["o"] == {"name": "edge", "sw": ISSUED}
    assert (document["avty"], document["state_topic"]) == ([{"topic": f"{BASE}/status"}], f"{BASE}/state")


def test_every_component_has_what_its_kind_requires(document: dict[str, Any]) -> None:
    components = document["cmps"]
    assert {component["platform"] for component in components.values()} == set(REQUIRED)
    for key, component in components.items():
        for wanted in REQUIRED[component["platform"]]:
            assert set(wanted.split("|")) & set(component), (key, wanted)
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", component["unique_id"])
    ids = [component["unique_id"] for component in components.values()]
    assert len(set(ids)) == len(ids)


def test_templates_read_only_parts_that_the_state_has(document: dict[str, Any]) -> None:
    text = json.dumps([one for one in document["cmps"].values() if one["platform"] != "event"])
    assert set(re.findall(r"value_json\.(\w+)", text)) == PARTS | {"version"}


def test_a_lock_that_home_assistant_cannot_open_never_pretends(document: dict[str, Any]) -> None:
    lock = document["cmps"]["lock"]
    assert (lock["command_topic"], lock["optimistic"]) == (f"{BASE}/command/unlock", False)


def test_events_are_grouped_and_say_nothing_of_the_person(document: dict[str, Any]) -> None:
    for group, types in EVERYTHING.groups.items():
        component = document["cmps"][f"{group}_event"]
        assert (component["state_topic"], component["event_types"]) == (f"{BASE}/event/+", list(types))
        assert "subject" not in component["value_template"]


def test_there_is_no_picture_unless_the_office_shows_one(document: dict[str, Any]) -> None:
    assert (
        document["cmps"]["picture"]["image_topic"]
        == picture_topic(TOPICS)
        == "edge/office/riverside/gate-north/picture"
    )
    assert "picture" not in json.loads(discovery(TOPICS, ISSUED, Shown(door=True)))["cmps"]


def test_the_topic_is_one_that_home_assistant_looks_at() -> None:
    topic = discovery_topic("homeassistant", "gate-north")
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic)


def test_a_gate_has_no_bins_and_a_station_no_door() -> None:
    gate = json.loads(discovery(TOPICS, ISSUED, Shown(door=True, people=True)))
    station = json.loads(discovery(TOPICS, ISSUED, Shown(bins=("paper-1",))))
    assert (gate["dev"]["mdl"], station["dev"]["mdl"]) == ("edge gate", "edge waste station")
    assert not any("bins" in json.dumps(one) for one in gate["cmps"].values())
    only_a_gates = {"lock", "door", "forced", "held", "lockdown", "fire", "housing"}
    only_a_gates |= {"people", "fps", "access_event", "door_event"}
    assert set(gate["cmps"]) - set(station["cmps"]) == only_a_gates
    assert set(station["cmps"]) - set(gate["cmps"]) == {
        "bin_paper-1_level",
        "bin_paper-1_full",
        "bin_paper-1_fire",
        "waste_event",
        "bin_event",
    }


def test_the_document_is_small_enough_for_any_broker() -> None:
    longest = Topics("s" * 63, "d" * 63)
    assert len(discovery(longest, ISSUED, EVERYTHING)) < 16_384


def test_it_is_sent_again_when_home_assistant_starts() -> None:
    sent: list[str] = []
    hear = when_it_starts(sent.append, "homeassistant/device/gate-north/config")
    for payload in (b"offline", b"", b"online\n", b"online"):
        assert hear(Inbound("homeassistant/status", payload))
    assert sent == ["homeassistant/device/gate-north/config"]
