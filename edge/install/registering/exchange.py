"""What the two ends say to each other, and on which topics.

The request is the signed token of `edge.install.registration`, on `edge/v1/{site}/{device}/registration`. The answer
goes to the same topic and one level more, the random name under which the device is connected for this one attempt:
the broker lets nobody read it who is not connected under that name, and nobody can guess it.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass

from edge.errors import DataError

REQUESTS = "edge/v1/+/+/registration"
ATTEMPT = re.compile(r"[0-9a-f]{32}")
MOST_BYTES = 32768
"""Of a request or an answer. A request has some 2 KB."""
_TOPIC = re.compile(r"edge/v1/([a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62})/registration")
REGISTERED, WAITING, REFUSED = "registered", "waiting", "refused"


def new_attempt() -> str:
    """The name of one attempt."""
    return secrets.token_hex(16)


def request_topic(device: str) -> str:
    """Where the device (SITE/DEVICE) asks."""
    return f"edge/v1/{device}/registration"


def device_of(topic: str) -> str | None:
    """Who asks on this topic; None for another topic."""
    found = _TOPIC.fullmatch(topic)
    return found[1] if found else None


def answer_topic(topic: str, asked_for: str) -> str | None:
    """Where an answer may go: what was asked for, if it is below the topic of the request; otherwise a stranger would
    have the office write where he likes.
    """
    rest = asked_for.removeprefix(f"{topic}/")
    return asked_for if rest != asked_for and ATTEMPT.fullmatch(rest) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """`request`: the SHA-256 of what is answered. `certificate`: PEM, empty unless `result` is `registered`."""

    request: str
    result: str
    reason: str = ""
    detail: str = ""
    certificate: str = ""

    def written(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def read_answer(payload: bytes) -> Answer:
    """The inverse of `written`. Raises DataError; nothing in it is to be believed yet."""
    try:
        answer = Answer(**json.loads(payload[: MOST_BYTES + 1]))
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError("this is no answer of `edge registration serve`") from error
    if not all(isinstance(value, str) for value in asdict(answer).values()):
        raise DataError("this is no answer of `edge registration serve`")
    return answer
