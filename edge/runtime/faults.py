"""Faults that a worker lives through by itself, on their way to the brain: each told once, and once when over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge.events import ComponentFailed, ComponentRecovered, Event

log = logging.getLogger(__name__)

OnFault = Callable[[str, str, str], None]
"""Called with component, what is wrong, and what to do about it; must not block."""
OnRecovered = Callable[[str], None]
"""Called with the component; must not block."""


_MOST_UNTOLD = 1000  # transitions, which are few: far beyond what happens before the supervisor gives up on a brain


class FaultDesk:
    """Turns the workers' `on_fault` and `on_recovered` into events, and remembers what is wrong now.

    `post` is the brain's inbox. When it is full the telling is kept and offered again by `retry`.
    """

    def __init__(self, post: Callable[[Event], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._post = post
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}
        self._present: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._untold: list[Event] = []

    def fault(self, component: str, what: str, detail: str) -> None:
        with self._lock:
            self._since.setdefault(component, self._clock())
            self._present[component] = self._last[component] = f"{what}: {detail}"
            self._tell(ComponentFailed(component, what, detail))

    def recovered(self, component: str) -> None:
        with self._lock:
            since = self._since.pop(component, None)
            self._present.pop(component, None)
            if since is not None:
                self._tell(ComponentRecovered(component, self._clock() - since))

    def tell(self, event: Event) -> None:
        """Post an event that must not get lost on a full inbox."""
        with self._lock:
            self._tell(event)

    def retry(self) -> None:
        """Offer again what a full inbox refused."""
        with self._lock:
            untold, self._untold = self._untold, []
            for event in untold:
                self._tell(event)

    def present(self) -> dict[str, str]:
        """What is wrong now, by component."""
        with self._lock:
            return dict(self._present)

    def last(self) -> dict[str, str]:
        """The last thing that was wrong with each component, also when it is over."""
        with self._lock:
            return dict(self._last)

    def _tell(self, event: Event) -> None:
        if self._untold or not self._post(event):  # in their order, or not at all
            if len(self._untold) < _MOST_UNTOLD:
                self._untold.append(event)
            else:
                log.error("the brain has not listened for long: %s is not told", type(event).__name__)
