"""The worker that carries the outbox to the broker, and says whether the device is there.

A broker that is down, or a network that is gone, is a normal state: one line in the log at each transition, and
another attempt after a jittered delay. What a person must put right is reported as a fault.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.runtime.faults import OnFault, OnRecovered
from edge.store.reader import EventReader
from edge.uplink.backoff import FullJitter
from edge.uplink.conversation import Conversation
from edge.uplink.delivery import Acknowledge
from edge.uplink.dial import Dial, connect
from edge.uplink.faults import Faults
from edge.uplink.holds import Holds
from edge.uplink.session import LastWarning, Session
from edge.uplink.settings import Broker
from edge.uplink.topics import Topics
from edge.uplink.trouble import Trouble, of_failure, of_short_connections
from edge.uplink.wake import Wake

log = logging.getLogger("edge.uplink")

_WAIT_S = 0.25
_FIRST_DELAY_S = 1.0
_STEADY_S = 10.0  # a connection that holds this long ends a series of failures
_UNSTEADY = 8  # connections in a row that did not; finding an event that breaks them takes five


@dataclass(frozen=True, slots=True)
class UplinkStatus:
    """Counters since the start. `published` counts events handed to the broker, repetitions included."""

    connected: bool
    connects: int
    published: int
    acknowledged: int
    refused: int
    under_way: int
    last_error: str


class UplinkWorker:
    """A worker. `publish_state`, `wake` and `status` may be called from other threads.

    `acknowledge` is StoreWriter's. `on_fault(component, what, detail)` and `on_recovered(component)` run on the
    worker's thread and must not block.
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
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._broker = broker
        self._topics = Topics(site, device)
        self._monotonic = monotonic
        self._faults = Faults(on_fault, on_recovered)
        self._reader = EventReader(store)
        self._conversation = Conversation(
            self._topics, self._reader, acknowledge, Holds(uniform), self._faults, monotonic
        )
        self._jitter = FullJitter(_FIRST_DELAY_S, broker.longest_delay_s, uniform)
        self._wake = Wake()
        self._dial: Dial | None = None
        self._heard = LastWarning()
        self._session: Session | None = None
        self._begun = False
        self._dial_at = float("-inf")
        self._connected_at = 0.0
        self._connects = 0
        self._short = 0
        self._steady = False
        self._last_error = ""

    def publish_state(self, snapshot: bytes) -> None:
        """The state of every component, JSON, to stand retained at the broker; the latest wins."""
        if self._conversation.state.set(snapshot):
            self.wake()

    def status(self) -> UplinkStatus:
        session = self._session
        return UplinkStatus(
            connected=self._begun,
            connects=self._connects,
            published=self._conversation.published,
            acknowledged=self._conversation.delivery.acknowledged,
            refused=self._conversation.delivery.refused,
            under_way=session.under_way if session is not None else 0,
            last_error=self._last_error,
        )

    def wake(self) -> None:
        """Something was stored, or the worker is to end."""
        self._wake.set()

    def start(self) -> None:
        self._wake.open()

    def step(self) -> None:
        if self._session is not None:
            self._converse(self._session)
        elif self._dial is not None:
            self._await(self._dial)
        elif (wait_s := self._dial_at - self._monotonic()) > 0:
            self._wake.wait(min(wait_s, _WAIT_S))
        else:
            self._begin_dial()

    def stop(self) -> None:
        """Say that the device is offline and leave; bounded by half a second."""
        session, dial = self._session, self._dial
        self._session, self._dial, self._begun = None, None, False
        try:
            if dial is not None:
                dial.abandon()
            if session is not None:
                self._conversation.say_goodbye(session, self._wake)
        finally:
            self._reader.close()
            self._wake.close()

    def _begin_dial(self) -> None:
        heard = self._heard = LastWarning()
        self._dial = Dial(lambda: connect(self._broker, self._topics, heard), self._wake.set)
        self._dial.start()

    def _await(self, dial: Dial) -> None:
        if not dial.ended:
            self._wake.wait(_WAIT_S)
            return
        self._dial = None
        if dial.client is not None:
            self._session = Session(dial.client, self._broker, self._heard, self._monotonic())
        elif dial.failure is not None:
            self._lost(of_failure(dial.failure, self._broker))

    def _converse(self, session: Session) -> None:
        if session.turn(self._wake, _WAIT_S, self._monotonic):
            self._conversation.delivery.stored()
        self._conversation.delivery.settle(self._monotonic())
        if session.ended is not None:
            session.drop()
            self._session = None
            self._conversation.broke()
            self._lost(session.ended)
            return
        if session.established:
            if not self._begun:
                self._greeted(session)
            self._conversation.go_on(session)
            if not self._steady and self._monotonic() - self._connected_at > _STEADY_S:
                self._steady, self._short = True, 0
                self._jitter.reset()
                self._faults.end("unsteady")

    def _greeted(self, session: Session) -> None:
        self._begun, self._steady = True, False
        self._connects += 1
        self._connected_at = self._monotonic()
        self._last_error = ""
        log.info("connected to %s, %d messages at once", self._broker.address, session.window)
        self._faults.end("connection")
        self._conversation.begin(session)

    def _lost(self, trouble: Trouble) -> None:
        now = self._monotonic()
        if self._begun and not self._steady:
            self._short += 1
        self._begun = False
        if self._short >= _UNSTEADY:
            self._faults.begin("unsteady", of_short_connections(self._broker))
        self._dial_at = now + self._jitter.next_s()
        if trouble.lasting:
            self._faults.begin("connection", trouble)
        elif str(trouble) != self._last_error:
            log.warning("%s; events stay in the outbox", trouble)
        self._last_error = str(trouble)
