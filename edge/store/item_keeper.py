"""Takes the pictures of a drop from the eyes at once, and writes them to the card on a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from edge.actions import KeepItem
from edge.clock import Clock
from edge.errors import EdgeError
from edge.runtime.mailbox import Inbox
from edge.store.items import ItemStore

log = logging.getLogger(__name__)

WAITING = 8
_WAIT_S = 0.25


class ItemKeeper:
    """`pictures(item)` gives the JPEGs of an item, best first, while the eyes still have them. `take` may be called
    from any thread and does not wait. A card that cannot be written costs an example for a training, and no more.
    """

    def __init__(self, store: ItemStore, pictures: Callable[[int], tuple[bytes, ...]], clock: Clock) -> None:
        self._store = store
        self._pictures = pictures
        self._clock = clock
        self._drops: Inbox[tuple[str, tuple[bytes, ...]]] = Inbox(WAITING)
        self._failing = False
        self.kept = self.missed = 0

    def take(self, action: KeepItem) -> bool:
        """Keep the pictures of this moment; False when there are none any more, or too many wait already."""
        jpegs = self._pictures(action.item)
        if jpegs and self._drops.put((action.drop, jpegs)):
            return True
        self.missed += 1
        return False

    def start(self) -> None:
        """Forget what became too old while the device was off."""
        self._store.prune(self._clock().wall_us)

    def step(self) -> None:
        waiting = self._drops.get(_WAIT_S)
        if waiting is None:
            return
        try:
            self._store.keep(*waiting, self._clock().wall_us)
        except EdgeError as error:
            self.missed += 1
            if not self._failing:
                log.warning("pictures of items are not kept: %s", error)
            self._failing = True
            return
        if self._failing:
            log.info("pictures of items are kept again")
        self._failing = False
        self.kept += 1

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {"figures": {"taken": self.kept, "missed": self.missed}}

    def stop(self) -> None:
        """What waits is lost."""

    def wake(self) -> None:
        self._drops.wake()
