"""The attempts to reach the broker: when the next one is made, in which MQTT, and what is told of those that fail.

A broker that is down, or a network that is gone, is a normal state: one line in the log at each transition, and
another attempt after a jittered delay. What a person must put right is reported as a fault.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.uplink.backoff import FullJitter
from edge.uplink.dial import Dial, connect
from edge.uplink.dialect import Dialect
from edge.uplink.faults import Faults
from edge.uplink.heard import LastWarning
from edge.uplink.session import Deliver, Session
from edge.uplink.settings import Broker
from edge.uplink.topics import Topics
from edge.uplink.trouble import Trouble, of_failure, of_short_connections
from edge.uplink.wake import Wake

log = logging.getLogger("edge.uplink")

_WAIT_S = 0.25
_FIRST_DELAY_S = 1.0
_STEADY_S = 10.0  # a connection that holds this long ends a series of failures
_UNSTEADY = 10  # connections in a row that did not; finding an event that breaks them takes five, a batch three


class Attempts:
    """`step` until it gives a session; `greeted` once the broker has answered there, `holds` at each turn from then on,
    and `lost` or `failed` when it is over. For the worker's thread; `connects` and `last_error` (why there is no
    connection, or "") may be read on any.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        faults: Faults,
        wake: Wake,
        monotonic: Callable[[], float],
        uniform: Callable[[float, float], float],
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._faults = faults
        self._wake = wake
        self._monotonic = monotonic
        self._dialect = Dialect()
        self._jitter = FullJitter(_FIRST_DELAY_S, broker.longest_delay_s, uniform)
        self._heard = LastWarning()
        self.dial: Dial | None = None
        self._next = float("-inf")
        self._since = 0.0
        self._up = self._steady = False
        self._short = 0
        self.connects = 0
        self.last_error = ""

    def step(self, deliver: Deliver) -> Session | None:
        """Wait a quarter of a second at most for the next moment, or for what is under way. The session of a connection
        that has come about, on which the broker has not answered yet; it gives `deliver` what it receives.
        """
        if self.dial is not None:
            return self._await(self.dial, deliver)
        if (wait_s := self._next - self._monotonic()) > 0:
            self._wake.wait(min(wait_s, _WAIT_S))
        else:
            self._begin()
        return None

    def abandon(self) -> None:
        """Nobody waits for what is under way."""
        if self.dial is not None:
            self.dial.abandon()
            self.dial = None

    def greeted(self, session: Session) -> bool:
        """The broker has answered. False: this session was closed, to try MQTT 5 once more."""
        if not self._dialect.greeted(session.version):
            session.close(f"{self._broker.address} hung up at first: MQTT 5 is tried once more")
            return False
        self._up, self._steady, self._since = True, False, self._monotonic()
        self.connects += 1
        self.last_error = ""
        log.info("connected to %s, %d messages at once", self._broker.address, session.window)
        self._faults.end("connection")
        return True

    def holds(self) -> None:
        """The connection still stands."""
        if not self._steady and self._monotonic() - self._since > _STEADY_S:
            self._steady, self._short = True, 0
            self._jitter.reset()
            self._faults.end("unsteady")

    def lost(self, session: Session, trouble: Trouble) -> None:
        """The session has ended by itself."""
        now = self._monotonic()
        if session.unsupported and self._dialect.refused(now):
            trouble = Trouble(f"{trouble.what}: the other version of MQTT is tried")
        elif session.hung_up:
            self._dialect.hung_up(now)
        self.failed(trouble)

    def failed(self, trouble: Trouble) -> None:
        """There is no connection, for this reason; another is tried for after a while."""
        if self._up and not self._steady:
            self._short += 1
        self._up = False
        if self._short >= _UNSTEADY:
            self._faults.begin("unsteady", of_short_connections(self._broker))
        self._next = self._monotonic() + self._jitter.next_s()
        if trouble.lasting:
            self._faults.begin("connection", trouble)
        elif str(trouble) != self.last_error:
            log.warning("%s; events stay in the outbox", trouble)
        self.last_error = str(trouble)

    def _begin(self) -> None:
        heard = self._heard = LastWarning()
        version = self._dialect.version(self._monotonic())
        self.dial = Dial(lambda: connect(self._broker, self._topics, heard, version), self._wake.set)
        self.dial.start()

    def _await(self, dial: Dial, deliver: Deliver) -> Session | None:
        if not dial.ended:
            self._wake.wait(_WAIT_S)
            return None
        self.dial = None
        if dial.client is not None:
            return Session(dial.client, self._broker, self._heard, deliver, self._monotonic())
        if dial.failure is not None:
            self.failed(of_failure(dial.failure, self._broker))
        return None
