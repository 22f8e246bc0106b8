"""What the device says while it is connected: that it is there, its state, its events, and goodbye."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from edge.store.outbox import OutboxRow
from edge.store.reader import EventReader, NoStoreError, UnreadableStoreError
from edge.uplink import messages
from edge.uplink.delivery import Acknowledge, Delivery
from edge.uplink.faults import Faults
from edge.uplink.holds import Holds
from edge.uplink.retained import Retained
from edge.uplink.session import FAILURE, Session
from edge.uplink.topics import Topics
from edge.uplink.trouble import Trouble, of_refusal
from edge.uplink.wake import Wake

_GOODBYE_S = 0.5


class Conversation:
    """Survives the connections; each session is begun once. A refusal by the broker is a fault of its topic."""

    def __init__(
        self,
        topics: Topics,
        reader: EventReader,
        acknowledge: Acknowledge,
        holds: Holds,
        faults: Faults,
        monotonic: Callable[[], float],
    ) -> None:
        self._topics = topics
        self._holds = holds
        self._faults = faults
        self._monotonic = monotonic
        self.delivery = Delivery(reader, acknowledge, holds, self._refused, self._accepted)
        self.state = Retained()
        self._retained = {topics.status: Retained(messages.ONLINE, always_alone=True), topics.state: self.state}
        self.published = 0

    def begin(self, session: Session) -> None:
        """A session is established."""
        self.delivery.begin()
        for topic, retained in self._retained.items():
            if not retained.begin():
                self._faults.begin(topic, of_refusal(topic, 0))
        self.go_on(session)

    def broke(self) -> None:
        """The session ended by itself."""
        blame = not any(retained.under_way for retained in self._retained.values())
        self.delivery.broke(self._monotonic(), blame=blame)

    def go_on(self, session: Session) -> None:
        """Send what is to be sent, as far as the window has room; what is retained first, since it is little."""
        if not self._send_retained(session):
            return
        try:
            while session.room > 0 and (row := self.delivery.next(self._monotonic())) is not None:
                self.published += 1
                message = messages.event(self._topics, row)
                session.publish(message, partial(self._answered, row), self._monotonic())
        except UnreadableStoreError as error:
            self._faults.begin("outbox", Trouble(error.message, error.hint))
        except NoStoreError:
            return  # the writer is still making it
        else:
            self._faults.end("outbox")

    def say_goodbye(self, session: Session, wake: Wake) -> None:
        """Say that the device is offline, hear the last answers, and close; bounded by half a second."""
        until = self._monotonic() + _GOODBYE_S
        said = not session.established or self._topics.status in self._holds.held
        while session.ended is None and self._monotonic() < until and not (said and session.under_way == 0):
            if not said and session.room > 0:
                offline = messages.retained(self._topics.status, messages.OFFLINE)
                session.publish(offline, partial(self._retained_answered, offline.topic), self._monotonic())
                said = True
            session.turn(wake, _GOODBYE_S / 10, self._monotonic)
        self.delivery.settle(self._monotonic())
        if session.ended is None:
            session.close()

    def _send_retained(self, session: Session) -> bool:
        """Returns whether events may join what is under way."""
        for topic, retained in self._retained.items():
            may_go = session.under_way == 0 if retained.alone else session.room > 0
            if may_go and topic not in self._holds.held and (payload := retained.due()) is not None:
                message = messages.retained(topic, payload)
                session.publish(message, partial(self._retained_answered, topic), self._monotonic())
            if retained.under_way and retained.alone:
                return False
        return True

    def _answered(self, row: OutboxRow, code: int) -> None:
        self.delivery.answer(row, code, self._monotonic())

    def _retained_answered(self, topic: str, code: int) -> None:
        self._retained[topic].answered()
        if code < FAILURE:
            self._holds.accept(topic)
            self._faults.end(topic)
        else:
            self._holds.refuse(topic, self._monotonic())
            self._faults.begin(topic, of_refusal(topic, code))

    def _refused(self, event_type: str, code: int) -> None:
        topic = self._topics.event(event_type)
        self._faults.begin(topic, of_refusal(topic, code))

    def _accepted(self, event_type: str) -> None:
        self._faults.end(self._topics.event(event_type))
