"""The office's order `update`: fetch a bundle, verify it, hand it to the process that may install it, tell the outcome.

A worker of its own, since a bundle of a hundred megabytes over a poor line takes minutes. Each step moves one piece.
What is under way stands on the disk, so that an order which a restart has cut off is told as `interrupted`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from edge.actions import Report
from edge.clock import Clock
from edge.commands.outcome import Outcome, Told
from edge.commands.update_end import UpdateEnd, remembered
from edge.commands.update_order import Order, carrying_out, reason
from edge.config.update import Update
from edge.errors import EdgeError
from edge.runtime.mailbox import Inbox
from edge.update import handover
from edge.update.journal import JOURNAL, write_whole
from edge.update.making import bundle_name
from edge.update.manifest import machine_tag, python_tag

log = logging.getLogger(__name__)

NAME = "update"
WAIT_S = 0.25
LOOK_S = 5.0
FETCH_S = 3600.0
_ORDER = "order.json"
_INTERRUPTED = Outcome(False, "interrupted", "the device stopped while it fetched the bundle; order it again")


class UpdateWorker:
    """A worker. `order` and `status` may be called from other threads. `settle` takes what became of an order."""

    def __init__(
        self,
        settings: Update,
        state_dir: Path,
        settle: Callable[[Told], object],
        submit: Callable[[Report], object],
        clock: Clock,
        opened: Callable[[str], Any] | None = None,
    ) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._folder = state_dir / handover.FOLDER
        self._settle = settle
        self._clock = clock
        self._opened = opened
        self._inbox: Inbox[Order] = Inbox(1)
        self._taking = threading.Lock()
        self._order: Order | None = None
        self._job: Generator[None, None, None] | None = None
        self._until_s = 0.0
        self._look_at_s = float("-inf")
        self._end = UpdateEnd(settings.folder / "update", state_dir, submit, clock)
        self._trouble = ""
        self._stop = threading.Event()

    def order(self, command: str, kid: str, args: Mapping[str, Any]) -> Outcome | None:
        """Take an order whose arguments the catalogue has checked; an outcome where it cannot be taken."""
        if self._settings.key_file is None or not self._settings.source:
            return Outcome(False, "unsupported", "this device has no [update] key_file and source")
        with self._taking:
            if self._busy() or len(self._inbox):
                return Outcome(False, "busy", "another update is under way")
            version = args["version"]
            name = args.get("name") or bundle_name(version, python_tag(), machine_tag())
            self._inbox.put(Order(command, kid, version, args["sha256"], name))
        return None

    def status(self) -> dict[str, object]:
        """For the status board."""
        order = self._order
        if order is not None:
            return {"state": "fetching", "version": order.version}
        return {"state": "under way" if self._busy() else "idle", "version": ""}

    def start(self) -> None:
        """Tell of an order that a predecessor, or the power, left unfinished."""
        self._end.start()
        if cut_off := remembered(self._folder / _ORDER):
            self._settle(Told(str(cut_off.get("id", "")), NAME, str(cut_off.get("kid", "")), _INTERRUPTED))
        self._guarded(lambda: (self._folder / _ORDER).unlink(missing_ok=True))

    def step(self) -> None:
        self._guarded(self._step)

    def _guarded(self, act: Callable[[], object]) -> None:
        """A full disk, or a card that is going, must not end the worker again and again: that would end the daemon."""
        try:
            act()
        except (EdgeError, OSError) as error:
            self._order = self._job = None
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.error("updates: %s", error)
            self._stop.wait(WAIT_S)

    def _step(self) -> None:
        if self._job is not None:
            self._go_on(self._job)
        elif (order := self._inbox.get(WAIT_S)) is not None:
            self._begin(order)
        if self._clock().mono_s >= self._look_at_s:
            self._look_at_s = self._clock().mono_s + LOOK_S
            self._end.look(fetching=self._order is not None)

    def stop(self) -> None:
        if self._job is not None:
            self._job.close()

    def wake(self) -> None:
        self._stop.set()
        self._inbox.wake()

    def _busy(self) -> bool:
        installing = (self._settings.folder / "update" / JOURNAL).exists()
        return installing or self._order is not None or handover.is_offered(self._state_dir)

    def _begin(self, order: Order) -> None:
        self._order = order
        self._until_s = self._clock().mono_s + FETCH_S
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._folder / _ORDER, {"id": order.id, "kid": order.kid})
        except OSError as error:  # HardwareError is one
            self._ended(order.id, order.kid, Outcome(False, "storage", str(error)))
            return
        self._job = carrying_out(order, self._settings, self._state_dir, self._opened)

    def _go_on(self, job: Generator[None, None, None]) -> None:
        order = self._order
        assert order is not None  # there is a job, so there is one
        try:
            next(job)
            if self._clock().mono_s < self._until_s:
                return
            job.close()
            outcome = Outcome(False, "source", f"it took longer than {FETCH_S / 60:g} minutes")
        except StopIteration:
            outcome = Outcome(True, detail="verified; update.applied or update.rolledback tells the end")
        except EdgeError as error:
            outcome = Outcome(False, reason(error), error.message)
        if outcome.applied:
            self._end.offered()
        else:
            handover.withdraw(self._state_dir)
        self._ended(order.id, order.kid, outcome)

    def _ended(self, command: str, kid: str, outcome: Outcome) -> None:
        self._settle(Told(command, NAME, kid, outcome))
        self._order = self._job = None
        (self._folder / _ORDER).unlink(missing_ok=True)
