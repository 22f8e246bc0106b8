"""What the rooms really make, each asked directly, is what the contract says."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jsonschema import Draft202012Validator

from edge.actions import Priority, Report
from edge.clock import Now
from edge.commands.outcome import Outcome, Told
from edge.commands.sign import Signer, approved, command_token
from edge.config.schema import Access, Lock
from edge.contract.claims import CLAIMS
from edge.core.roles import Roles, RolesState
from edge.events import (
    AccessRule,
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    ContactChanged,
    Event,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    Life,
    OrderGiven,
    PoorReason,
    RosterChanged,
    Started,
    Stopping,
    Tick,
)
from edge.gate.access import Policy
from edge.gate.decision import Gate
from edge.people.sync_message import Entry, Part
from edge.sink.watermarks import pages
from edge.store.envelope import accept, evicted
from edge.store.intake import Losses
from edge.uplink.homeassistant import Shown, discovery, discovery_topic
from edge.uplink.topics import Topics
from tests.contract_check import BOOT, DEVICE, EPOCH, SITE, WALL_US, problems, wrong

TOPICS = Topics(SITE, DEVICE)
PERSON = "9f86d081884c7d65"

STORY: list[tuple[float, Event]] = [
    (0.0, Started("0.1.0", ("cards_can_be_copied",))),
    (1.0, RosterChanged({PERSON: AccessRule(PERSON), "0" * 16: AccessRule("0" * 16, revoked=True)})),
    (2.0, ClockKnown(BOOT, WALL_US, -5)),
    (3.0, ContactChanged(open=True)),
    (40.0, Tick()),
    (70.0, Tick()),
    (71.0, ContactChanged(open=False)),
    (72.0, ContactChanged(open=True)),
    (73.0, ContactChanged(open=False)),
    (74.0, ExitPressed()),
    (100.0, FaceMatched(1, PERSON, 0.71, 0.42, 3, life=Life.LIVE)),
    (110.0, FaceMatched(2, "0" * 16, 0.71, 0.42, 3, life=Life.LIVE)),
    (120.0, FacePoor(3, PoorReason.TURNED_AWAY)),
    *[(130.0 + track, FaceUnknown(track, -1.3, 0.42, 6)) for track in range(4, 12)],
    (200.0, OrderGiven("unlock", "9f86", {"seconds": 3.0})),
    (210.0, OrderGiven("lockdown", "9f87")),
    (220.0, FaceMatched(12, PERSON, 0.71, 0.42, 3, life=Life.LIVE)),
    (230.0, ComponentFailed("camera", "no picture", "is the cable in?")),
    (240.0, ComponentRecovered("camera", 10.0)),
    (250.0, ComponentFailed("voice", "no sound card")),
    (260.0, ComponentRecovered("voice", 10.0)),
    (270.0, Stopping("SIGTERM")),
]


def test_everything_that_the_gate_reports() -> None:
    gate, state, reports = Roles(Gate(Lock(), Policy(Access(), "UTC"))), RolesState(), list[Report]()
    for mono_s, event in STORY:
        state, actions = gate.step(state, event, Now(mono_s, WALL_US + int(mono_s * 1e6)))
        reports += [action for action in actions if isinstance(action, Report)]
    assert [line for report in reports for line in wrong(report)] == []
    told = Counter(report.type for report in reports)
    assert len(told) == 15, told
    assert {report.data["reason"] for report in reports if report.type == "access.refused"} == {
        "revoked",
        "poor_picture",
        "unknown",
        "locked_out",
        "lockdown",
    }


def test_events_that_could_not_be_kept_and_those_that_cannot_be_told() -> None:
    losses = Losses()
    losses.add(Priority.TELEMETRY, WALL_US)
    assert wrong(evicted(losses)) == []
    accepted, problem = accept(Report("door.opened", {"found_open": {1}}), Now(0.0, WALL_US), "")
    assert problem
    assert wrong(accepted.report) == []


@pytest.mark.parametrize(
    "told",
    [
        Told(PERSON, "unlock", "anna", Outcome(True)),
        Told(PERSON, "unlock", "anna", Outcome(False, "expired", "7 s ago"), 4),
        Told("", "unlock", "", Outcome(False, "malformed", "no token of the kind edge-command")),
    ],
)
def test_orders_and_their_answers(told: Told) -> None:
    assert wrong(told.report()) == []
    for more in ({}, {"nonce": "bm9uY2U"}):
        answer = told.answer(f"{SITE}/{DEVICE}", Now(0.0, WALL_US), **more)
        assert problems(f"{TOPICS.replies}/anna/7", answer, False, {}, "application/json") == []


def test_signed_orders() -> None:
    anna, ben = Signer("anna", Ed25519PrivateKey.generate()), Signer("ben", Ed25519PrivateKey.generate())
    audience, topic = f"{SITE}/{DEVICE}", TOPICS.commands.replace("+", "unlock")
    _, token = command_token("unlock", {"seconds": 3}, audience, anna, 7, WALL_US)
    _, fresh = command_token("unlock", {}, audience, anna, 8, WALL_US, nonce="bm9uY2U")
    for payload in (token, fresh, approved(token, audience, ben, 1, WALL_US)):
        assert problems(topic, payload.encode(), False, {}) == []
    assert problems(topic, token.encode(), True, {}) != []


def holds(kind: str, claims: dict[str, Any]) -> bool:
    return Draft202012Validator(CLAIMS[kind]).is_valid(json.loads(json.dumps(claims)))


@pytest.mark.parametrize("spans", [[], [(7, 9)], [(n, n) for n in range(11, 1000, 2)]], ids=len)
def test_watermarks(spans: list[tuple[int, int]]) -> None:
    claims = {"aud": f"{SITE}/{DEVICE}", "epoch": EPOCH, "through": 5, "iat": WALL_US // 1_000_000}
    assert all(holds("edge-watermark", claims | page) for page in pages(spans))


def test_rosters() -> None:
    changed = (Entry(PERSON, 3, "c2VhbGVk"), Entry("0" * 16, 2))
    part = Part("main", 3, 2, changed=changed, removed=("1" * 16,), revoked=("2" * 16,), keys={DEVICE: "a2V5"})
    assert holds("edge-roster", part.claims(f"{SITE}/main", WALL_US // 1_000_000))


def test_home_assistants_discovery() -> None:
    document = discovery(TOPICS, "0.1.0", Shown(door=True, people=True, bins=("paper",), pictures=True))
    assert problems(discovery_topic("homeassistant", DEVICE), document, True, {}, "application/json") == []
