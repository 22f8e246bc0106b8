"""Follows the roster: whenever somebody was enrolled, changed, revoked or erased, the gate knows a moment later."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event as Flag
from typing import Any

from edge.errors import EdgeError
from edge.events import Event, RosterChanged
from edge.people.gallery import LoadedGallery, load_gallery
from edge.runtime.faults import OnFault, OnRecovered
from edge.store.roster import Roster

log = logging.getLogger(__name__)

LOOK_S = 1.0
WAIT_S = 0.25
COMPONENT = "roster"


class RosterWorker:
    """Loads the gallery of `model_id` at the start and after every change, hands it to `deliver` (the vision, and whose
    cards and PINs are whose) and posts the rules (to the brain). A roster that cannot be read is a fault, and the last
    good one stays in force. `alone` is held while the roster is asked.
    """

    def __init__(
        self,
        state_dir: Path,
        model_id: str,
        dimension: int,
        deliver: Callable[[LoadedGallery], None],
        post: Callable[[Event], bool],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        alone: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._alone = nullcontext() if alone is None else alone
        self._state_dir = state_dir
        self._model_id = model_id
        self._dimension = dimension
        self._deliver = deliver
        self._post = post
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._roster: Roster | None = None
        self._revision = ""
        self._fault: str | None = None  # a predecessor may have told one
        self._stop = Flag()
        self._next_look_s = float("-inf")
        self.loaded: LoadedGallery | None = None

    def start(self) -> None:
        self.look()

    def step(self) -> None:
        self._stop.wait(WAIT_S)
        if not self._stop.is_set() and time.monotonic() >= self._next_look_s:
            self.look()

    def look(self) -> None:
        """Load what has changed since the last look."""
        self._next_look_s = time.monotonic() + LOOK_S
        try:
            with self._alone:
                self._follow()
        except EdgeError as error:
            self._close()
            self._tell(str(error))

    def _follow(self) -> None:
        if self._roster is None:
            self._roster = Roster.open(self._state_dir, create=True)
        revision = self._roster.revision()
        if revision == self._revision:
            return
        gallery = load_gallery(self._roster, self._model_id, dimension=self._dimension)
        if not self._post(RosterChanged(gallery.rules)):
            return  # the inbox is full; the next look offers it again
        self._deliver(gallery)
        self.loaded, self._revision = gallery, revision
        log.info("roster: %d people, %d to renew", len(gallery.ids), len(gallery.needs_renewal))
        # Counted, not named: this goes to the log and to the broker. `edge people list` names them.
        found = [f"{len(gallery.faults)} people cannot be read"] if gallery.faults else []
        if gallery.books.shared:
            found.append(f"{gallery.books.shared} cards or numbers are two people's, and open for neither")
        self._tell("; ".join(found))

    def _tell(self, fault: str) -> None:
        if fault == self._fault:
            return
        self._fault = fault
        if fault:
            log.error("roster: %s", fault)
            self._on_fault(COMPONENT, "cannot be read", fault)
        else:
            self._on_recovered(COMPONENT)

    def _close(self) -> None:
        roster, self._roster, self._revision = self._roster, None, ""
        if roster is not None:
            roster.close()

    def stop(self) -> None:
        self._close()

    def wake(self) -> None:
        self._stop.set()
