"""An office that signs, a device that is told, and a desk between fakes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.actions import Answer, Report
from edge.clock import Now
from edge.commands.desk import CommandDesk, Links
from edge.commands.judge import APPROVAL, COMMAND, Rules
from edge.commands.outcome import Executor, Outcome
from edge.commands.standing import StandingFile
from edge.errors import EdgeError
from edge.events import OrderGiven
from edge.store.roster_records import Consent, Profile, Template
from edge.store.roster_transfer import Traveller
from edge.tokens import sign

AUDIENCE = "willow/gate-1"
BASE = f"edge/v1/{AUDIENCE}"
NOW_S = 1_790_000_000
NOW = Now(1000.0, NOW_S * 1_000_000)
LOST = Now(1000.0, 1_000_000, "unsynced", trusted=False)
OFFICE, SECOND, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2, 3))
RULES = Rules(AUDIENCE, {"office": OFFICE.public_key(), "second": SECOND.public_key()})
PERSON = "0123456789abcdef"
ARGS: Mapping[str, Mapping[str, Any]] = {
    "unlock": {"seconds": 3},
    "announce": {"texts": {"en": "The lift is out of order."}},
    "poll": {"poll": "lift", "texts": {"en": "Is the lift fast enough?"}},
    "correct": {"drop": "7-3", "category": "kitchen"},
    "configure": {"version": 1, "config": {}},
    "people.add": {"sealed": "AAAA"},
    "people.revoke": {"person": PERSON, "reason": "moved out"},
    "people.erase": {"person": PERSON},
    "pass.revoke": {"pass": PERSON, "until": NOW_S},
    "update": {"version": "0.2.0", "sha256": "0" * 64},
}


def claims(name: str = "unlock", counter: int = 1, **changes: Any) -> dict[str, Any]:
    """Of a good command; a change to None takes a claim away."""
    good = {
        "aud": AUDIENCE,
        "cmd": name,
        "args": ARGS.get(name, {}),
        "ctr": counter,
        "jti": f"c-{counter}",
        "iat": NOW_S,
        "exp": NOW_S + 120,
    }
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def token(name: str = "unlock", counter: int = 1, key: Ed25519PrivateKey = OFFICE, **changes: Any) -> bytes:
    kid = changes.pop("kid", "office")
    kind = changes.pop("kind", COMMAND)
    return sign(claims(name, counter, **changes), kind, kid, key).encode()


def approval(
    command: bytes, counter: int = 1, key: Ed25519PrivateKey = SECOND, kid: str = "second", **changes: Any
) -> bytes:
    said = {
        "of": hashlib.sha256(command).hexdigest(),
        "aud": AUDIENCE,
        "ctr": counter,
        "iat": NOW_S,
        "exp": NOW_S + 120,
    }
    said |= changes
    return command + b"\n" + sign(said, APPROVAL, kid, key).encode()


CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)


def unit(seed: int, dimension: int = 128) -> Template:
    vector = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return Template("net", vector / np.linalg.norm(vector), 1_000)


ANN = Traveller(PERSON, Profile("Ann Lee", CONSENT, groups=("residents",)), (unit(1), unit(2)))


@dataclass(frozen=True)
class Sent:
    """What the uplink hands over."""

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str = f"{BASE}/reply/1"
    correlation: bytes = b"c"


def sent(payload: bytes, name: str = "unlock", **changes: Any) -> Sent:
    return Sent(f"{BASE}/command/{name}", payload, **changes)


@dataclass
class Device:
    """Everything behind a desk, written down. `brain`: whether its brain takes orders up and answers them."""

    folder: Path
    now: Now = NOW
    brain: bool = True
    room: bool = True
    rules: Rules = RULES
    missing: Mapping[str, str] = field(default_factory=dict)
    done: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    told: list[Report] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    topics: list[tuple[str, bytes]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.executors: dict[str, Executor] = {
            name: self.executor(name)
            for name in (
                "restart",
                "configure",
                "people.add",
                "people.revoke",
                "people.erase",
                "people.sync",
                "pass.revoke",
            )
        }
        self.boot()

    def executor(self, name: str) -> Executor:
        def execute(args: Mapping[str, Any]) -> Outcome:
            self.done.append((name, args))
            if args.get("reason") == "fails":
                raise EdgeError("nobody here has that id", hint="look")
            return Outcome(True, afterwards=lambda: self.done.append((f"after {name}", {})))

        return execute

    def boot(self) -> None:
        """The daemon starts: a new desk over what the disk holds."""
        self.standing = StandingFile(self.folder, self.now)
        self.replace()

    def replace(self) -> None:
        """The supervisor gives the desk up and runs another."""
        links = Links(
            self.executors,
            self.post,
            self.told.append,
            self.reply,
            lambda _component, what, _detail: self.faults.append(what),
            lambda _component: self.faults.clear(),
            self.missing,
        )
        self.desk = CommandDesk(self.rules, self.standing, links, lambda: self.now)
        self.desk.start()

    def post(self, order: OrderGiven) -> bool:
        if self.room and self.brain:
            self.done.append((order.name, order.args))
            self.desk.answered(Answer(order.command, True))
        return self.room

    def reply(self, topic: str, payload: bytes, correlation: bytes) -> bool:
        self.replies.append(json.loads(payload))
        self.topics.append((topic, correlation))
        return True

    def tell(self, payload: bytes, name: str = "unlock", **changes: Any) -> dict[str, Any]:
        """Send one message and let the desk work until it is done; the answer, or nothing."""
        before = len(self.replies)
        assert self.desk.take(sent(payload, name, **changes))
        self.work()
        return self.replies[-1] if len(self.replies) > before else {}

    def work(self) -> None:
        while len(self.desk.inbox) or self.desk.waiting:
            self.desk.step()

    def reports(self) -> list[tuple[str, str]]:
        return [(report.type, report.data.get("reason", "")) for report in self.told]
