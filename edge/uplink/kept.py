"""The retained topics of the device: its status, its state, and whatever else is to stand at the broker."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from edge.uplink import messages
from edge.uplink.faults import Faults
from edge.uplink.holds import Holds
from edge.uplink.retained import Retained
from edge.uplink.session import FAILURE, Session
from edge.uplink.trouble import of_refusal


class Kept:
    """`set` and `again` may be called from any thread, the rest by the worker. Topics are never taken away."""

    def __init__(self, status_topic: str, holds: Holds, faults: Faults, monotonic: Callable[[], float]) -> None:
        self._status_topic = status_topic
        self._holds = holds
        self._faults = faults
        self._monotonic = monotonic
        self._retained = {status_topic: Retained(messages.ONLINE, always_alone=True)}

    def set(self, topic: str, payload: bytes) -> bool:
        """What is to stand on the topic; the latest wins. Returns whether this is a change."""
        return self._retained.setdefault(topic, Retained()).set(payload)

    def again(self, topic: str) -> bool:
        """Send what stands on the topic once more. Returns whether there is anything."""
        retained = self._retained.get(topic)
        return retained is not None and retained.again()

    @property
    def under_way(self) -> bool:
        return any(retained.under_way for retained in list(self._retained.values()))

    def begin(self) -> None:
        """A new connection: the broker may have forgotten everything."""
        for topic, retained in list(self._retained.items()):
            if not retained.begin():
                self._faults.begin(topic, of_refusal(topic, 0))

    def send(self, session: Session) -> bool:
        """Send what has changed. Returns whether events may join what is under way."""
        for topic, retained in list(self._retained.items()):
            may_go = session.under_way == 0 if retained.alone else session.room > 0
            if may_go and topic not in self._holds.held and (payload := retained.due()) is not None:
                session.publish(messages.retained(topic, payload), partial(self._answered, topic), self._monotonic())
            if retained.under_way and retained.alone:
                return False
        return True

    def say_offline(self, session: Session) -> None:
        """The last word on the status topic."""
        offline = messages.retained(self._status_topic, messages.OFFLINE)
        session.publish(offline, partial(self._answered, offline.topic), self._monotonic())

    def _answered(self, topic: str, code: int) -> None:
        self._retained[topic].answered()
        if code < FAILURE:
            self._holds.accept(topic)
            self._faults.end(topic)
        else:
            self._holds.refuse(topic, self._monotonic())
            self._faults.begin(topic, of_refusal(topic, code))
