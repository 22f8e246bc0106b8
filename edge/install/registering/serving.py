"""The program at the office that answers new devices, until it is told to stop.

It holds no connection dear: whatever breaks, it connects again, and a device whose request was lost asks again within
minutes. Strangers can send it as much as the broker lets them; what is no request costs it two signature checks.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from edge.errors import EdgeError
from edge.install.registering.desk import Desk
from edge.install.registering.exchange import REFUSED, REQUESTS, answer_topic, device_of
from edge.install.registering.line import Arrived, Line
from edge.uplink.settings import Broker

log = logging.getLogger(__name__)

WAIT_S = 0.25
RETRY_S = 5.0
_TELL_AGAIN_S = 600.0
_MOST_TOLD = 1000


class Serving:
    """`step` does one bounded piece of work. `counts`: by result, and what could not be answered."""

    def __init__(
        self,
        broker: Broker,
        desk: Desk,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._broker, self._desk = broker, desk
        self._monotonic, self._now = monotonic, now
        self._line: Line | None = None
        self._next_s = float("-inf")
        self._trouble = ""
        self._told: dict[str, float] = {}
        self.counts: Counter[str] = Counter()

    @property
    def connected(self) -> bool:
        """Whether requests can come."""
        return self._line is not None

    def step(self, pause: Callable[[float], object] = time.sleep) -> None:
        """Connect, or answer the next request."""
        if self._line is None and self._monotonic() < self._next_s:
            pause(WAIT_S)
            return
        try:
            if self._line is None:
                # A name that nobody guesses: whoever connects under it would push this one out.
                self._line = Line(self._broker, f"edge-registrar-{secrets.token_hex(16)}", [REQUESTS])
                log.info("waiting for new devices at %s", self._broker.address)
                self._trouble = ""
            arrived = self._line.pump(WAIT_S)
            if arrived is not None:
                self._answer(self._line, arrived)
        except (EdgeError, OSError) as error:
            self._lost(error)

    def _answer(self, line: Line, arrived: Arrived) -> None:
        device, to = device_of(arrived.topic), answer_topic(arrived.topic, arrived.answer_to)
        if device is None or to is None:
            self.counts["malformed"] += 1
            return
        answer, told = self._desk.judge(device, arrived.payload, self._now())
        self.counts[answer.reason if answer.result == REFUSED else answer.result] += 1
        self._tell(f"{device} {answer.result} {answer.reason}", told, alarm=answer.result == REFUSED)
        line.say(to, answer.written())

    def _tell(self, what: str, line: str, *, alarm: bool) -> None:
        """A device asks every minute and a stranger as often as he likes: the same is not said again for a while."""
        now_s = self._monotonic()
        if now_s - self._told.get(what, float("-inf")) < _TELL_AGAIN_S:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[what] = now_s
        log.log(logging.WARNING if alarm else logging.INFO, "%s", line)

    def _lost(self, error: Exception) -> None:
        if str(error) != self._trouble:
            log.error("%s; trying again every %.0f s", error, RETRY_S)
            self._trouble = str(error)
        self.close()
        self._next_s = self._monotonic() + RETRY_S

    def close(self) -> None:
        """Leave the broker."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
