"""What becomes of a command, and how the office is told: an event, and an answer on the topic that it asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.actions import Priority, Report
from edge.clock import Now

_MOST_DETAIL = 300
_MOST_TOPIC, _MOST_CORRELATION = 256, 256


class Inbound(Protocol):
    """A message to this device, as the uplink hands it over. This room does not know the uplink."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def retain(self) -> bool: ...
    @property
    def response_topic(self) -> str: ...
    @property
    def correlation(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Message:
    """What is kept of an inbound message while it waits. `name`: of the command, as the topic has it. Texts are cut
    one character above what is allowed: enough to be refused, and never much to keep.
    """

    name: str
    payload: bytes
    retain: bool
    response_topic: str
    correlation: bytes


def message(inbound: Inbound, below: str, most_bytes: int) -> Message:
    """A message whose topic lies below `below`."""
    return Message(
        inbound.topic.removeprefix(below)[:_MOST_TOPIC],
        inbound.payload[: most_bytes + 1],
        inbound.retain,
        inbound.response_topic[: _MOST_TOPIC + 1],
        inbound.correlation[: _MOST_CORRELATION + 1],
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is a word, `detail` a sentence without anything personal; both empty when it was applied.

    `afterwards` is called when everything has been told: for what ends this process.
    """

    applied: bool
    reason: str = ""
    detail: str = ""
    afterwards: Callable[[], None] | None = None


Executor = Callable[[Mapping[str, Any]], Outcome]
"""Carries out one command with arguments that the catalogue has checked. An EdgeError counts as `failed`."""


Deferred = Callable[[str, str, Mapping[str, Any]], Outcome | None]
"""Begins a command that takes minutes: its id, whose key signed it, its arguments. None: the desk is told later."""


@dataclass(frozen=True, slots=True)
class Told:
    """One command in the words of the event and of the answer. `count`: how many refusals this one stands for."""

    id: str
    name: str
    kid: str
    outcome: Outcome
    count: int = 1

    def report(self) -> Report:
        """`command.applied` or `command.refused`. Without the token and the arguments, which may name people."""
        data: dict[str, Any] = {"command": self.id, "cmd": self.name, "kid": self.kid}
        if not self.outcome.applied:
            data |= {"reason": self.outcome.reason, "detail": self.outcome.detail[:_MOST_DETAIL]}
        if self.count > 1:
            data["count"] = self.count
        kind = "command.applied" if self.outcome.applied else "command.refused"
        return Report(kind, data, "command", Priority.ACCESS)

    def answer(self, device: str, now: Now, **more: str) -> bytes:
        """The answer as JSON."""
        fields = {
            "id": self.id,
            "cmd": self.name,
            "result": "applied" if self.outcome.applied else "refused",
            "reason": self.outcome.reason,
            "detail": self.outcome.detail[:_MOST_DETAIL],
            "device": device,
            "time": now.wall.isoformat(timespec="milliseconds"),
            **more,
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def may_answer(inbound: Message, below: str) -> bool:
    """Whether the response topic is one of ours: a command must not make the device publish just anywhere."""
    topic = inbound.response_topic
    return (
        topic.startswith(below)
        and len(below) < len(topic) <= _MOST_TOPIC
        and topic.isprintable()
        and not {"+", "#"} & set(topic)
        and len(inbound.correlation) <= _MOST_CORRELATION
    )
