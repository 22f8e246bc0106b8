"""The worker that carries the outbox to the broker, and says whether the device is there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.runtime.faults import OnFault, OnRecovered
from edge.store.backlog import Backlog
from edge.uplink.attempts import Attempts
from edge.uplink.confirmed import Confirmations
from edge.uplink.conversation import Conversation
from edge.uplink.dialect import name_of
from edge.uplink.faults import Faults
from edge.uplink.figures import UplinkStatus
from edge.uplink.holds import Holds
from edge.uplink.inbound import Handler, Inbound
from edge.uplink.listening import Listening
from edge.uplink.replies import Reply
from edge.uplink.session import Session
from edge.uplink.settings import Broker
from edge.uplink.settlement import Acknowledge
from edge.uplink.topics import Topics
from edge.uplink.trouble import Trouble
from edge.uplink.wake import Wake

if TYPE_CHECKING:
    from edge.uplink.probe import Probe

_WAIT_S = 0.25


class UplinkWorker:
    """A worker. Its calls below may be made from any thread, save `start`, `step` and `stop`.

    `acknowledge` is StoreWriter's. `on_fault(component, what, detail)`, `on_recovered(component)` and the handlers of
    the `subscriptions` (by topic filter) run on the worker's thread and must not block. `confirmed_by`: the key of
    the central store, in mode `confirmed`.
    """

    def __init__(
        self,
        broker: Broker,
        site: str,
        device: str,
        store: Path,
        acknowledge: Acknowledge,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        *,
        subscriptions: Mapping[str, Handler] = MappingProxyType({}),
        confirmed_by: Ed25519PublicKey | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._topics = Topics(site, device)
        self._monotonic = monotonic
        self._faults = Faults(on_fault, on_recovered)
        self._reader = Backlog(store)
        confirmations = None if confirmed_by is None else Confirmations(confirmed_by, f"{site}/{device}")
        self._confirmations = confirmations
        if confirmations is not None:
            subscriptions = {**subscriptions, self._topics.watermark: confirmations.heard}
        self._listening = Listening(subscriptions, self._faults)
        self._conversation = Conversation(
            self._topics, self._reader, acknowledge, Holds(uniform), self._faults, monotonic, confirmations
        )
        self._wake = Wake()
        self._attempts = Attempts(broker, self._topics, self._faults, self._wake, monotonic, uniform)
        self._session: Session | None = None
        self._begun = False
        self._look_again = False
        self._cut_until = float("-inf")
        self._probe: Probe | None = None

    def keep(self, topic: str, payload: bytes) -> None:
        """What is to stand retained on a topic, JSON or empty; the latest wins, and it is sent on each connection."""
        if self._conversation.kept.set(topic, payload):
            self.wake()

    def again(self, topic: str) -> None:
        """Send what stands on the topic once more."""
        if self._conversation.kept.again(topic):
            self.wake()

    def reply(self, topic: str, payload: bytes, correlation: bytes = b"") -> bool:
        """Answer a command on its response topic, now or at the next connection of this process. False: that topic
        is not one of this device's, the answer is too large, or too many wait.
        """
        return self._topics.is_reply(topic) and self._put(Reply(topic, payload, correlation))

    def say(self, topic: str, payload: bytes) -> bool:
        """Say something on a topic once, JSON, for whoever listens now. False: not connected, or too many wait."""
        return self._begun and self._put(Reply(topic, payload, b""))

    def look_again(self) -> None:
        """Events have joined the outbox before those that are there: go through it from its start."""
        self._look_again = True
        self.wake()

    def cut(self, seconds: float) -> None:
        """Lose the connection, and make none for so long, as when a cable is pulled: for a rehearsal of that."""
        self._cut_until = self._monotonic() + seconds
        self.wake()

    def probe(self, *, begin: bool) -> Mapping[str, Any] | None:
        """What the broker lets the device do: `begin` to ask, then look until there is an answer (see Probe)."""
        from edge.uplink.probe import Probe

        if begin:
            self._probe = Probe(self._topics)
            self.wake()
            return None
        probe = self._probe
        if probe is not None and probe.answer is None and not self._begun:
            return {"connected": False, "error": self._attempts.last_error}
        return None if probe is None else probe.answer

    def status(self) -> UplinkStatus:
        session = self._session
        return UplinkStatus(
            connected=self._begun,
            listening=self._listening.complete,
            mqtt=name_of(session.version) if session is not None and self._begun else "",
            connects=self._attempts.connects,
            published=self._conversation.published,
            acknowledged=self._conversation.delivery.acknowledged,
            refused=self._conversation.delivery.refused,
            under_way=session.under_way if session is not None else 0,
            unconfirmed=len(self._confirmations) if self._confirmations is not None else 0,
            received=self._listening.received,
            dropped=self._listening.dropped,
            failed=self._listening.failed,
            last_error=self._attempts.last_error,
        )

    def wake(self) -> None:
        """Something was stored, or the worker is to end."""
        self._wake.set()

    def start(self) -> None:
        self._wake.open()

    def step(self) -> None:
        if (wait_s := self._cut_until - self._monotonic()) > 0:
            self._stay_cut(wait_s)
        elif self._session is not None:
            self._converse(self._session)
        else:
            self._session = self._attempts.step(self._deliver)

    def stop(self) -> None:
        """Say that the device is offline and leave; bounded by half a second."""
        session, self._session, self._begun = self._session, None, False
        try:
            self._attempts.abandon()
            if session is not None:
                self._conversation.say_goodbye(session, self._wake)
        finally:
            self._reader.close()
            self._wake.close()

    def _stay_cut(self, wait_s: float) -> None:
        """Without a goodbye: the broker tells the others that the device is gone."""
        self._attempts.abandon()
        if self._session is not None:
            self._end(self._session)
            self._conversation.delivery.broke(self._monotonic(), blame=False)
            self._attempts.failed(Trouble("the connection was cut for a rehearsal"))
        self._conversation.settle()
        self._wake.wait(min(wait_s, _WAIT_S))

    def _put(self, reply: Reply) -> bool:
        taken = self._conversation.replies.put(reply)
        self.wake()
        return taken

    def _deliver(self, message: Inbound) -> None:
        if self._probe is not None and self._probe.heard(message.topic, self._monotonic()):
            return
        self._listening.deliver(message, self._monotonic())

    def _converse(self, session: Session) -> None:
        if session.turn(self._wake, _WAIT_S, self._monotonic):
            self._conversation.delivery.stored()
        if self._look_again:
            self._look_again = False
            self._conversation.delivery.start_over()
        self._conversation.settle()
        if session.ended is not None:
            self._end(session)
            self._conversation.broke()
            self._attempts.lost(session, session.ended)
            return
        if not session.established:
            return
        if not self._begun:
            if not self._attempts.greeted(session):
                return
            self._begin(session)
        self._conversation.go_on(session)
        if self._probe is not None:
            self._probe.go_on(session, self._monotonic())
        self._attempts.holds()

    def _begin(self, session: Session) -> None:
        if self._listening.filters:
            session.subscribe(self._listening.filters, self._listening.answered)
        self._conversation.begin(session)
        self._begun = True  # from here on, what is stored is live

    def _end(self, session: Session) -> None:
        session.drop()
        self._session, self._begun = None, False
        if self._probe is not None:
            self._probe.broke()
