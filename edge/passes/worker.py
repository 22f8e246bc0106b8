"""The pass desk: looks for codes in the camera's pictures, judges them, counts, and only then tells the brain.

It has its own thread and its own frames, so a face is not recognised any later for it, and passes are read even where
the networks cannot be loaded.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event as Flag
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Clock, Now
from edge.drivers.camera import Frame, Picture
from edge.errors import EdgeError
from edge.events import Event, PassShown
from edge.passes.gates import Heard, message
from edge.passes.judge import Place, refusal
from edge.passes.token import MOST_BYTES, Pass, read
from edge.passes.uses import Said, Uses
from edge.passes.view import HINT_AFTER_S, View
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.mailbox import NextSlot
from edge.tokens import BadTokenError, UnknownSignerError
from edge.vision.codes import read_codes

log = logging.getLogger(__name__)

COMPONENT = "passes"
WAIT_S = 0.25
LOOK_EVERY_S = 0.2
"""A pass is held for a second or more; five looks a second cost a fifth of a percent of a core."""
RETRY_S = 10.0
_HOUR_US = 3_600_000_000
_HOUR_S = 3600.0
_MOST_UNTOLD = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """Whose passes are good, and where the gate stands."""

    keys: Mapping[str, Ed25519PublicKey]
    place: Place


class PassWorker:
    """`post(event, seen_s)` puts into the brain's inbox, `keep(payload)` lets a message to the other gates stand.

    `uses`, `heard` and `view` outlive a worker: a pass that its predecessor counted is not counted again.
    """

    def __init__(
        self,
        frames: NextSlot[Frame],
        rules: Rules,
        uses: Uses,
        heard: Heard,
        view: View,
        post: Callable[[Event, float], bool],
        keep: Callable[[bytes], object],
        clock: Clock,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        look: Callable[[Picture, int], list[bytes]] = read_codes,
    ) -> None:
        self._frames = frames
        self._rules = rules
        self._uses = uses
        self._heard = heard
        self._view = view
        self._post = post
        self._keep = keep
        self._clock = clock
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._look = look
        self._stop = Flag()
        self._untold: list[tuple[Event, float]] = []
        self._untaken: tuple[str, Said] | None = None
        self._said: tuple[int, int] | None = None  # version and hour of what stands at the broker
        self._fault: str | None = None  # a predecessor may have told one
        self._blind = False
        self._retry_at_s = self._forget_at_s = self._look_at_s = float("-inf")
        self._looked = self._good = self._refused = 0
        self._gates: set[str] = set()  # heard of, this one among them

    def start(self) -> None:
        """The database is opened at the first step: without it every pass is refused, and the gate goes on."""

    def step(self) -> None:
        self._tell()
        now = self._clock()
        self._talk(now)
        if (wait_s := self._look_at_s - now.mono_s) > 0.0:
            self._stop.wait(min(wait_s, WAIT_S))
            return
        frame = self._frames.get(WAIT_S)
        if frame is None or self._stop.is_set():
            return
        now = self._clock()
        self._look_at_s = now.mono_s + LOOK_EVERY_S
        self._looked += 1
        try:
            codes = self._look(frame.picture, MOST_BYTES)
        except EdgeError as error:
            self._blind, self._look_at_s = True, now.mono_s + RETRY_S
            self._trouble(error, now)
            return
        self._blind = False
        for code in codes:
            self._shown(code, frame.mono_s, now)
        self._tell()
        if codes:
            self._talk(now)  # so that the other gates know at once

    def status(self) -> dict[str, Any]:
        """For the status board."""
        figures = {"looked": self._looked, "good": self._good, "refused": self._refused}
        return {"working": not self._fault, "gates": len(self._gates), "figures": figures}

    def stop(self) -> None:
        self._uses.close()

    def wake(self) -> None:
        self._stop.set()
        self._frames.wake()

    def _talk(self, now: Now) -> None:
        """Take in what other gates tell, and tell them."""
        if now.mono_s < self._retry_at_s:
            return
        try:
            self._hear()
            if now.mono_s >= self._forget_at_s:
                self._uses.forget(now)
                self._forget_at_s = now.mono_s + _HOUR_S
            version = (self._uses.version, now.wall_us // _HOUR_US)
            if version != self._said:
                self._keep(message(self._uses.told(), now.wall_us))
                self._said = version
        except EdgeError as error:
            self._trouble(error, now)
            return
        if self._fault != "" and not self._blind:
            self._fault = ""
            self._on_recovered(COMPONENT)

    def _hear(self) -> None:
        """A message is done with when it is on the disk: until then it is taken in again at the next talk."""
        while (said := self._untaken or self._heard.next()) is not None:
            self._untaken = said
            if self._uses.hear(*said):
                self._gates.add(said[0])
            else:
                log.warning("%.64r tells of more passes than there is room for", said[0])
            self._untaken = None

    def _shown(self, code: bytes, seen_s: float, now: Now) -> None:
        try:
            shown = read(code, self._rules.keys)
        except BadTokenError as error:
            # All of them under one key: whoever leafs through strangers' codes hears of it once.
            if self._view.first(b"", now.mono_s, HINT_AFTER_S):
                reason = "foreign_signer" if isinstance(error, UnknownSignerError) else "malformed"
                self._judged(PassShown("", "", reason, seen_s=seen_s), seen_s)
            return
        if self._view.first(hashlib.sha256(code).digest(), now.mono_s):
            reason = self._reason(shown, now)
            self._judged(PassShown(shown.number, shown.holder, reason, shown.visitor, seen_s), seen_s)

    def _reason(self, shown: Pass, now: Now) -> str:
        """Why it opens nothing; for a good one, after its use is on the disk, nothing."""
        try:
            reason = refusal(shown, self._rules.place, self._uses.known(shown.number), now)
            if reason or shown.uses is None or shown.expires is None:
                return reason
            return "" if self._uses.spend(shown.number, shown.expires, shown.uses) else "used_up"
        except EdgeError as error:
            self._trouble(error, now)
            return "storage"

    def _judged(self, event: PassShown, seen_s: float) -> None:
        self._good += not event.reason
        self._refused += bool(event.reason)
        log.info("a pass: %s", event.reason or "good")
        self._untold.append((event, seen_s))

    def _tell(self) -> None:
        """A full inbox refuses: what it refused is offered again, in order."""
        while self._untold and self._post(*self._untold[0]):
            self._untold.pop(0)
        del self._untold[:-_MOST_UNTOLD]

    def _trouble(self, error: EdgeError, now: Now) -> None:
        self._retry_at_s = now.mono_s + RETRY_S
        self._said = None  # so that the next talk shows whether the database works again
        if self._fault != error.message:
            self._fault = error.message
            log.error("passes: %s", error)
            self._on_fault(COMPONENT, "passes are refused", str(error))
