"""Reads the card reader and posts who showed a card; a reader that is gone is tried again, for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event as Flag
from typing import Any, Protocol

from edge.drivers.card import Card, CardReader
from edge.drivers.card.presence import Presence
from edge.errors import EdgeError
from edge.events import CardShown
from edge.runtime.faults import FaultDesk

log = logging.getLogger(__name__)

COMPONENT = "card"
READ_S = 0.25
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
# A burst of noise is this long at most; what goes on is a wrong speed, a wrong form, or a broken wire.
NOISE_BYTES = 200
NOISE_OVER_S = 60.0
# What the brain did not take by then opens nothing any more.
LATE_S = 2.0


class Post(Protocol):
    """Puts an event into the brain's inbox, with the time at which it was seen; False when that is full."""

    def __call__(self, event: CardShown, seen_s: float, /) -> bool: ...


class CardWorker:
    """Faults are told as transitions under `name`, which is also the reader's in the events. `owner`: the person whose
    card this is, or "". `alias`: what a card of nobody's is called. `press` takes the keys of a reader that has some.
    Nothing here writes down which card was shown.
    """

    def __init__(
        self,
        make: Callable[[], CardReader],
        owner: Callable[[str], str],
        alias: Callable[[str], str],
        post: Post,
        press: Callable[[str], object],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
        name: str = COMPONENT,
    ) -> None:
        self._name = name
        self._make = make
        self._owner = owner
        self._alias = alias
        self._post = post
        self._press = press
        self._faults = faults
        self._clock = clock
        self._reader: CardReader | None = None
        self._stop = Flag()
        self._presence = Presence()
        self._next_s = float("-inf")
        self._tries = 0
        self._trouble: str | None = None  # a predecessor may have told one
        self._understood = 0  # how much had been refused when the count of its noise began
        self._counted_s = self._noise_s = float("-inf")
        self._untold: tuple[CardShown, float] | None = None
        self.shown = self.unknown = self.dropped = 0

    def start(self) -> None:
        """Opening is the first step's work: a reader that is missing at boot is a fault, not a crash."""

    def step(self) -> None:
        self._offer()
        wait_s = self._next_s - self._clock()
        if wait_s > 0:
            self._stop.wait(min(wait_s, READ_S))
            return
        try:
            if self._reader is None:
                self._reader = self._make()
                self._understood = self._reader.refused
                self._reader.open()
            self._read(self._reader)
        except (EdgeError, OSError) as error:
            self._release()
            self._tell("cannot be read", str(error))
            self._next_s = self._clock() + RETRY_S[min(self._tries, len(RETRY_S) - 1)]
            self._tries += 1

    def _read(self, reader: CardReader) -> None:
        found = reader.read(READ_S)
        now_s = self._clock()
        if self._stop.is_set():  # this run may have been given up while it hung in `read`
            return
        self._tries = 0
        self._judge(reader, bool(found), now_s)
        for shown in found:
            if not isinstance(shown, Card):
                self._press(shown.keys)
            elif self._presence.new(shown.name, now_s):
                person = self._owner(shown.name)
                self.shown += 1
                self.unknown += not person
                self.dropped += self._untold is not None
                alias = "" if person else self._alias(shown.name)
                self._untold = (CardShown(person, self._name, reader.secured, alias, now_s), now_s)
                self._offer()

    def _judge(self, reader: CardReader, sensible: bool, now_s: float) -> None:
        """A reader that says nothing is in order; one that babbles is not."""
        noise = reader.refused - self._understood
        if not sensible and noise > NOISE_BYTES:
            self._noise_s = now_s
            self._tell("not understood", "it sends what makes no sense: check baud, frame, and its wires")
        elif sensible or now_s - self._noise_s > NOISE_OVER_S:
            self._recovered()
        if sensible or noise > NOISE_BYTES or now_s - self._counted_s > NOISE_OVER_S:
            self._understood, self._counted_s = reader.refused, now_s

    def _offer(self) -> None:
        if self._untold is None:
            return
        event, seen_s = self._untold
        if self._clock() - seen_s > LATE_S:
            self.dropped += 1
            self._untold = None
        elif self._post(event, seen_s):
            self._untold = None

    def _tell(self, what: str, detail: str) -> None:
        if self._stop.is_set() or self._trouble == what:
            return
        log.error("%s: %s: %s", self._name, what, detail)
        self._trouble = what
        self._faults.fault(self._name, what, detail)

    def _recovered(self) -> None:
        if self._trouble != "":
            if self._trouble:
                log.info("%s works again", self._name)
            self._trouble = ""
            self._faults.recovered(self._name)

    def _release(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        try:
            reader.close()
        except (EdgeError, OSError, RuntimeError) as error:
            log.warning("%s did not close cleanly: %s", self._name, error)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        reader = self._reader
        return {
            "working": reader is not None and not self._trouble,
            "secured": reader is not None and reader.secured,
            "figures": {
                "shown": self.shown,
                "unknown": self.unknown,
                "too_fast": self._presence.too_fast,
                "dropped": self.dropped,
                "refused_bytes": reader.refused if reader else 0,
            },
        }

    def stop(self) -> None:
        self._release()

    def wake(self) -> None:
        self._stop.set()
