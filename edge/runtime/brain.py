"""The one thread that decides: takes an event, asks the pure core, has the answer carried out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from edge.actions import Action, DriveRelay, Report
from edge.clock import Clock, Now
from edge.errors import HardwareError
from edge.events import (
    CardShown,
    Event,
    ExitPressed,
    FaceMatched,
    GestureBegun,
    GestureSeen,
    OrderGiven,
    PassShown,
    PinChecked,
    PinTyped,
    PinVerdict,
    Tick,
    WideExitPressed,
)
from edge.runtime.dispatch import Dispatcher
from edge.runtime.histogram import Histogram
from edge.runtime.mailbox import Inbox

log = logging.getLogger(__name__)

S = TypeVar("S")

# Even with nothing due the brain looks up this often, so that a hang can be told from a quiet night.
IDLE_S = 0.25
# What would open the door is worth nothing later: whoever it was for has gone, and somebody else may stand there.
# An order that nobody took up in this time has been answered as refused by then, and must not be carried out after it.
OPENING = (
    FaceMatched,
    GestureBegun,
    GestureSeen,
    CardShown,
    PinTyped,
    PinChecked,
    PassShown,
    ExitPressed,
    WideExitPressed,
    OrderGiven,
)
STALE_S = 2.0
NO_ENTRY = 0  # a ticket that no entry at the keypad has


@dataclass(frozen=True, slots=True)
class Posted:
    """An event in the inbox. `origin_s`: when what it tells of happened (the frame was taken), monotonic."""

    event: Event
    origin_s: float


def _told_only(event: Event) -> Event:
    """What is left of an event that comes too late to open anything: a PIN typed under threat is told of."""
    if isinstance(event, PinChecked) and event.verdict is PinVerdict.DURESS:
        return replace(event, ticket=NO_ENTRY)
    return Tick()


class Core(Protocol[S]):
    """A pure decision: the gate's, or the station's."""

    def step(self, state: S, event: Event, now: Now) -> tuple[S, tuple[Action, ...]]: ...

    def next_deadline(self, state: S) -> float | None: ...

    def made_safe(self, state: S, now: Now) -> tuple[S, tuple[Action, ...]]:
        """After a failure of the brain itself: the state as it was, the door safe."""
        ...


class Brain(Generic[S]):
    """The worker around a core. `state` outlives a failed run: the next one goes on from the last good one.

    `core` gives the core in force, asked anew for each event, so that no change of it can miss a successor.
    """

    def __init__(
        self,
        core: Callable[[], Core[S]],
        state: S,
        inbox: Inbox[Posted],
        clock: Clock,
        dispatcher: Dispatcher,
        watch: Callable[[Report, float], None] = lambda _report, _origin_s: None,
    ) -> None:
        self._core = core
        self.state = state
        self._inbox = inbox
        self._clock = clock
        self._dispatcher = dispatcher
        self._watch = watch
        self.to_relay_ms = Histogram()
        self.stale = 0
        self._stop = threading.Event()

    def start(self) -> None:
        self._make_safe()

    def step(self) -> None:
        deadline = self._core().next_deadline(self.state)
        wait_s = IDLE_S if deadline is None else min(IDLE_S, max(0.0, deadline - time.monotonic()))
        posted = self._inbox.get(wait_s)
        if posted is not None and self._stop.is_set():  # given up while it waited: this is for the successor
            self._inbox.put_back(posted)
            return
        now = self._clock()
        event: Event = Tick() if posted is None else posted.event
        if posted is not None and isinstance(event, OPENING) and now.mono_s - posted.origin_s > STALE_S:
            self.stale += 1
            log.warning("too late: %s of %.1f s ago", type(event).__name__, now.mono_s - posted.origin_s)
            event = _told_only(event)
        origin_s = now.mono_s if posted is None else posted.origin_s
        state, actions = self._core().step(self.state, event, now)
        self.state = state
        if not actions:
            return
        self._dispatcher.carry_out(actions, now)
        if posted is not None and any(isinstance(action, DriveRelay) and action.on for action in actions):
            self.to_relay_ms.add((time.monotonic() - origin_s) * 1e3)
        for action in actions:
            if isinstance(action, Report):
                # Without the subject: a log outlives the erasure of a person.
                log.info("%s %s", action.type, dict(action.data))
                self._watch(action, origin_s)

    def stop(self) -> None:
        self._make_safe()

    def _make_safe(self) -> None:
        now = self._clock()
        self.state, actions = self._core().made_safe(self.state, now)
        try:
            self._dispatcher.carry_out(actions, now)
        except HardwareError as error:  # somebody must be left to report it
            log.critical("the door cannot be made safe: %s", error)

    def wake(self) -> None:
        self._stop.set()
        self._inbox.wake()
