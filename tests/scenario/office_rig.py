"""The office at a gate's broker: it signs, publishes, and reads what the gate says."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.store.identity import pem
from edge.tokens import sign
from tests.broker import Subscriber

AUDIENCE = "riverside/gate-1"
BASE = f"edge/v1/{AUDIENCE}"
MODULE = "tests.scenario.office_gate"
NOBODY_ANSWERS_S = 20.0


class Desk:
    """One signer's desk: `kid` names its key, which `table` of the configuration makes known to the gate."""

    def __init__(self, port: int, kid: str = "office", key: Ed25519PrivateKey | None = None) -> None:
        self.kid = kid
        self.key = key or Ed25519PrivateKey.generate()
        self._counter = time.time_ns() // 1_000_000
        self.line = Subscriber(port, name=f"desk-{secrets.token_hex(4)}")

    def table(self, folder: Path) -> str:
        """`[office]`, with the public key in a file."""
        file = folder / f"{self.kid}.pem"
        file.write_bytes(pem(self.key.public_key()))
        return f'keys = {{ {self.kid} = "{file}" }}'

    def wait_until_it_listens(self, times: int = 1) -> None:
        """Until the gate has said so often that it is online, which it does after it has subscribed."""
        topic = f"{BASE}/status"
        self.line.wait(
            lambda messages: sum(one.topic == topic and one.payload == b"online" for one in messages) >= times,
            NOBODY_ANSWERS_S,
        )

    def token(self, name: str, args: dict[str, Any] | None = None, kind: str = "edge-command", **changes: Any) -> bytes:
        """A good command that nobody has seen; a change to None takes a claim away."""
        self._counter += 1
        now_s = int(time.time())
        good = {
            "aud": AUDIENCE,
            "cmd": name,
            "args": args or {},
            "ctr": self._counter,
            "jti": secrets.token_hex(8),
            "iat": now_s,
            "exp": now_s + 120,
        }
        claims = {key: value for key, value in {**good, **changes}.items() if value is not None}
        return sign(claims, kind, self.kid, self.key).encode()

    def send(self, name: str, payload: bytes, *, retain: bool = False, response_topic: str = "") -> str:
        """Publish to the gate; returns the topic on which it is to answer."""
        topic = response_topic or f"{BASE}/reply/{secrets.token_hex(6)}"
        self.line.publish(f"{BASE}/command/{name}", payload, retain=retain, response_topic=topic, correlation=b"c")
        return topic

    def ask(self, name: str, payload: bytes, *, retain: bool = False) -> dict[str, Any]:
        """Publish, and the gate's answer."""
        topic = self.send(name, payload, retain=retain)
        return self.said(topic, lambda _answer: True)

    def order(self, name: str, args: dict[str, Any] | None = None) -> dict[str, Any]:
        """A good command, and the answer."""
        return self.ask(name, self.token(name, args))

    def configure(self, version: int, tables: dict[str, Any]) -> bytes:
        """Let a configuration stand at the broker; returns its token."""
        claims = {"aud": AUDIENCE, "version": version, "config": tables, "iat": int(time.time())}
        token = sign(claims, "edge-config", self.kid, self.key).encode()
        self.line.publish(f"{BASE}/config/desired", token, retain=True)
        return token

    def said(self, topic: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first JSON object on the topic that is wanted."""
        found: list[dict[str, Any]] = []

        def look(messages: list[Any]) -> bool:
            found[:] = [json.loads(one.payload) for one in messages if one.topic == topic and one.payload]
            return any(map(wanted, found))

        self.line.wait(look, NOBODY_ANSWERS_S)
        return next(filter(wanted, found))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of a type that have come so far."""
        every = [json.loads(one.payload) for one in self.line.events()]
        return [one for one in every if one["type"] == kind]

    def event(self, kind: str, wanted: Callable[[dict[str, Any]], bool] = lambda _data: True) -> dict[str, Any]:
        """The first event of a type whose data are wanted."""
        self.line.wait(lambda _: any(wanted(one["data"]) for one in self.events(kind)), NOBODY_ANSWERS_S)
        return next(one for one in self.events(kind) if wanted(one["data"]))
