"""The worker that takes a zone's roster as it comes, and asks for the whole when something is missing."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge import tokens
from edge.actions import Priority, Report
from edge.clock import Clock
from edge.commands.hands import Message
from edge.commands.seldom import Seldom
from edge.errors import DataError, EdgeError
from edge.people.sync import Follower, Taken
from edge.people.sync_message import MOST_BYTES, TOKEN, Part, read_claims
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.mailbox import Inbox
from edge.store.identity import sealing_key
from edge.store.keys import load_device_key
from edge.store.roster_schema import RosterBusyError
from edge.store.roster_zone import ZoneRoster

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

COMPONENT = "rostersync"
WAIT_S = 0.25
ROOM = 8
FIRST_ASK_S = (2.0, 10.0)
"""After something is found missing: the rest may be on its way, and all gates of the zone miss it at once."""
_AGAIN_S, _LONGEST_S = 30.0, 3600.0
_BUSY_S, _BROKEN_S = 1.0, 10.0


@dataclass(frozen=True, slots=True)
class Zone:
    """Whose roster is followed. `keys`: of the office, who may sign it. `device` names the key that it is sealed to."""

    site: str
    name: str
    device: str
    keys: Mapping[str, Ed25519PublicKey]


class RosterSyncWorker:
    """A worker. `take` and `status` may be called from other threads.

    `ask(have)` asks the office for a whole roster. `alone` is held while the roster is open here: the proof of an
    erasure reads its files past SQLite, so no other connection of this process may be at work then.
    """

    def __init__(
        self,
        state_dir: Path,
        zone: Zone,
        ask: Callable[[int], object],
        submit: Callable[[Report], object],
        alone: AbstractContextManager[Any],
        clock: Clock,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._state_dir = state_dir
        self._zone = zone
        self._ask = ask
        self._submit = submit
        self._alone = alone
        self._clock = clock
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._uniform = uniform
        self._inbox: Inbox[bytes | Part] = Inbox(ROOM)
        self._seldom = Seldom(lambda: clock().mono_s)
        self._follower: Follower | None = None
        self._ask_at: float | None = None
        self._backoff_s = _AGAIN_S
        self._pause_until = float("-inf")
        self._faulty = False
        self._sums = [0, 0, 0]  # changed, removed and revoked since a version was complete
        self._stop = threading.Event()

    def take(self, message: Message) -> bool:
        """A part from the topic, as the uplink's handler; False when there is no room, and then it is asked for."""
        return not message.payload or self._inbox.put(message.payload[: MOST_BYTES + 1])

    def status(self) -> dict[str, object]:
        """For the status board."""
        follower = self._follower
        return {"zone": self._zone.name, "version": follower.have if follower else 0}

    def sync(self) -> None:
        """What the command people.sync does: ask now."""
        self._ask_at = self._clock().mono_s

    def start(self) -> None:
        """Nothing is held between two steps."""

    def step(self) -> None:
        now_s = self._clock().mono_s
        if now_s < self._pause_until:
            self._stop.wait(WAIT_S)
            return
        try:
            follower = self._follower or self._begin()
            item = self._inbox.get(WAIT_S)
            part = self._verified(item) if isinstance(item, bytes) else item
            if part is not None:
                self._apply(follower, part)
        except EdgeError as error:
            self._troubled(error)
            return
        if self._faulty:
            self._faulty = False
            self._on_recovered(COMPONENT)
        self._ask_if_behind(follower)

    def stop(self) -> None:
        """Nothing is held between two steps."""

    def wake(self) -> None:
        self._stop.set()
        self._inbox.wake()

    def _begin(self) -> Follower:
        with self._alone, ZoneRoster.open(self._state_dir, create=True) as roster:
            own = sealing_key(load_device_key(self._state_dir))
            follower = Follower(self._zone.name, self._zone.device, own)
            follower.look(roster)
        self._follower = follower
        return follower

    def _verified(self, payload: bytes) -> Part | None:
        try:
            _, claims = tokens.verify(payload, TOKEN, self._zone.keys, MOST_BYTES)
            return read_claims(claims, self._zone.site)
        except DataError as error:
            self._refuse("token" if isinstance(error, tokens.BadTokenError) else "document", error.message)
            return None

    def _apply(self, follower: Follower, part: Part) -> None:
        before = follower.have
        try:
            with self._alone, ZoneRoster.open(self._state_dir, create=True) as roster:
                taken = follower.take(roster, part, self._clock().wall_us)
        except EdgeError:
            self._inbox.put_back(part)
            raise
        for reason in sorted(set(taken.refused)):
            self._refuse(reason, f"version {part.version}, {taken.refused.count(reason)} of {len(part.changed)}")
        self._tell(taken)
        if taken.effect or follower.have > before:
            self._ask_at = None  # it is coming; the wait for the rest begins anew

    def _tell(self, taken: Taken) -> None:
        for place, count in enumerate((taken.changed, taken.removed, taken.revoked)):
            self._sums[place] += count
        if not taken.complete and not taken.removed and not taken.revoked:
            return
        changed, removed, revoked = self._sums
        log.info("roster of the zone: version %d, %d changed", taken.version, changed)
        data = {
            "zone": self._zone.name,
            "version": taken.version,
            "complete": taken.complete,
            "changed": changed,
            "removed": removed,
            "revoked": revoked,
        }
        self._submit(Report("roster.applied", data))
        self._sums = [0, 0, 0]

    def _refuse(self, reason: str, detail: str) -> None:
        if times := self._seldom.times(reason):
            log.warning("roster of the zone refused: %s: %s", reason, detail)
            data = {"zone": self._zone.name, "reason": reason, "detail": detail, "times": times}
            self._submit(Report("roster.refused", data, priority=Priority.ALARM))

    def _ask_if_behind(self, follower: Follower) -> None:
        now_s = self._clock().mono_s
        if self._ask_at is None:
            if not follower.behind:
                self._backoff_s = _AGAIN_S
                return
            self._ask_at = now_s + self._uniform(*FIRST_ASK_S)
        if now_s >= self._ask_at:
            self._ask(follower.have)
            self._ask_at = now_s + self._uniform(self._backoff_s / 2, self._backoff_s) if follower.behind else None
            self._backoff_s = min(self._backoff_s * 2, _LONGEST_S)

    def _troubled(self, error: EdgeError) -> None:
        busy = isinstance(error, RosterBusyError)
        self._pause_until = self._clock().mono_s + (_BUSY_S if busy else _BROKEN_S)
        if not busy and not self._faulty:
            self._faulty = True
            self._on_fault(COMPONENT, "cannot be written", str(error))
