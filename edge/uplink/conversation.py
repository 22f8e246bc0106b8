"""What the device says while it is connected: that it is there, what stands retained, answers, events, goodbye."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from edge.store.backlog import Backlog
from edge.store.reader import NoStoreError, UnreadableStoreError
from edge.uplink import messages
from edge.uplink.confirmed import Confirmations
from edge.uplink.delivery import BATCH, Delivery, Shipment
from edge.uplink.faults import Faults
from edge.uplink.holds import Holds
from edge.uplink.kept import Kept
from edge.uplink.replies import Replies
from edge.uplink.session import FAILURE, Session
from edge.uplink.settlement import Acknowledge
from edge.uplink.topics import Topics
from edge.uplink.trouble import Trouble, of_refusal, of_silent_store
from edge.uplink.wake import Wake

_GOODBYE_S = 0.5


class Conversation:
    """Survives the connections; each session is begun once. A refusal by the broker is a fault of its topic."""

    def __init__(
        self,
        topics: Topics,
        reader: Backlog,
        acknowledge: Acknowledge,
        holds: Holds,
        faults: Faults,
        monotonic: Callable[[], float],
        confirmations: Confirmations | None = None,
    ) -> None:
        self._topics = topics
        self._holds = holds
        self._faults = faults
        self._monotonic = monotonic
        self._confirmations = confirmations
        self.delivery = Delivery(reader, acknowledge, holds, self._refused, self._accepted, confirmations)
        self.kept = Kept(topics.status, holds, faults, monotonic)
        self.replies = Replies()
        self.published = 0

    def begin(self, session: Session) -> None:
        """A session is established."""
        self.delivery.begin(session.window, session.largest)
        self.kept.begin()
        self.go_on(session)

    def broke(self) -> None:
        """The session ended by itself."""
        self.delivery.broke(self._monotonic(), blame=not self.kept.under_way)

    def settle(self) -> None:
        """Pass on what has been acknowledged or confirmed; also while there is no connection."""
        self.delivery.settle(self._monotonic())
        if self._confirmations is not None:
            if self._confirmations.silent:
                self._faults.begin("confirmations", of_silent_store())
            else:
                self._faults.end("confirmations")

    def go_on(self, session: Session) -> None:
        """Send what is to be sent, as far as the window has room; what is retained first, since it is little."""
        if not self.kept.send(session):
            return
        while session.room > 0 and (reply := self.replies.take()) is not None:
            session.publish(messages.reply(reply), self._replied, self._monotonic())
        try:
            while (shipment := self.delivery.next(session.room, self._monotonic())) is not None:
                self.published += len(shipment.rows)
                session.publish(self._message(shipment), partial(self._answered, shipment), self._monotonic())
            self.delivery.read_ahead()
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
                self.kept.say_offline(session)
                said = True
            session.turn(wake, _GOODBYE_S / 10, self._monotonic)
        self.delivery.settle(self._monotonic())
        if session.ended is None:
            session.close()

    def _message(self, shipment: Shipment) -> messages.Message:
        if len(shipment.rows) > 1:
            return messages.several(self._topics, shipment.rows)
        return messages.event(self._topics, shipment.rows[0])

    def _answered(self, shipment: Shipment, code: int) -> None:
        self.delivery.answer(shipment, code, self._monotonic())

    def _replied(self, code: int) -> None:
        if code < FAILURE:
            self._faults.end(self._topics.replies)
        else:
            self._faults.begin(self._topics.replies, of_refusal(self._topics.replies, code))

    def _topic_of(self, event_type: str) -> str:
        return self._topics.events if event_type == BATCH else self._topics.event(event_type)

    def _refused(self, event_type: str, code: int) -> None:
        topic = self._topic_of(event_type)
        self._faults.begin(topic, of_refusal(topic, code))

    def _accepted(self, event_type: str) -> None:
        self._faults.end(self._topic_of(event_type))
