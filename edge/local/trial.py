"""Trying a part out: from a request of somebody at the device to an order for the brain, and its answer back.

It is an order like one of the office, so the pure core decides, and one that the brain does not take up in time is not
carried out later. One at a time: the desk's only thread waits for the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from edge.actions import Answer, BinLamp, Lamp
from edge.errors import DataError
from edge.events import Event, OrderGiven
from edge.voice.catalogue import PHRASES

PREFIX = "local-"
ANSWER_S = 1.5
"""Less than the time after which the brain does not carry an order out any more."""
MOST_SECONDS = 10.0


class NotDoneError(Exception):
    """Why it was not done: a word, and a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Trials:
    """`post` puts into the brain's inbox. `answered` is called on the brain's thread, `run` on the desk's."""

    def __init__(self, post: Callable[[Event], bool]) -> None:
        self._post = post
        self._came = threading.Condition()
        self._count = 0
        self._waiting = ""
        self._answer: Answer | None = None

    def answered(self, answer: Answer) -> bool:
        """For the dispatcher: whether this was the desk's own order."""
        if not answer.command.startswith(PREFIX):
            return False
        with self._came:
            if answer.command == self._waiting:
                self._answer = answer
                self._came.notify_all()
        return True

    def run(self, request: Mapping[str, Any], by: str, uid: int) -> None:
        """Raises DataError for a request that makes no sense, NotDoneError for one that was not carried out."""
        name, args = order_of(request)
        with self._came:
            self._count += 1
            self._waiting, self._answer = f"{PREFIX}{self._count}", None
            order = OrderGiven(name, self._waiting, {**args, "by": by, "uid": uid})
            if not self._post(order):
                raise NotDoneError("busy", "the device has too much to do at this moment")
            self._came.wait_for(lambda: self._answer is not None, ANSWER_S)
            answer, self._waiting = self._answer, ""
        if answer is None:
            raise NotDoneError("silent", "the brain did not answer in time")
        if not answer.applied:
            raise NotDoneError(answer.reason, answer.detail)


def order_of(request: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The order's name and arguments. Raises DataError."""
    match request.get("part"):
        case "relay":
            return "test.relay", {"seconds": _seconds(request)}
        case "lamp" if request.get("bin"):
            return "test.binlamp", {"bin": _bin(request), "lamp": _one_of(request, "lamp", BinLamp)}
        case "lamp":
            return "test.lamp", {"lamp": _one_of(request, "lamp", Lamp)}
        case "lid":
            return "test.lid", {"bin": _bin(request), "seconds": _seconds(request)}
        case "say":
            plain = [name for name, variables in PHRASES.items() if not variables]
            return "test.say", {"phrase": _one_of(request, "phrase", plain)}
    raise DataError("part: what is to be tried?", hint="relay, lamp, lid or say")


def _seconds(request: Mapping[str, Any]) -> float:
    value = request.get("seconds", 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1.0 <= value <= MOST_SECONDS:
        raise DataError("seconds: no such time", hint=f"1 to {MOST_SECONDS:g}")
    return float(value)


def _bin(request: Mapping[str, Any]) -> str:
    name = request.get("bin")
    if not isinstance(name, str) or not 0 < len(name) <= 80:
        raise DataError("bin: which one?", hint="its name in the configuration")
    return name


def _one_of(request: Mapping[str, Any], key: str, known: Any) -> str:
    value, names = request.get(key), [str(one) for one in known]
    if value not in names:
        raise DataError(f"{key}: there is none of that name", hint=", ".join(names))
    return str(value)
