"""Driving an update to its end: from wherever the journal stands, through the probation, to one version or the other.

Any process may do it, and several: each look holds the folder, and what was decided stands in the journal. So a
process that is killed is replaced by the next one that looks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.runtime.status import read_status
from edge.update import probation
from edge.update.journal import Baseline, Journal, Outcome, read_outcome
from edge.update.layout import CURRENT, TRUSTED, Layout, UpdateBusyError
from edge.update.probation import Probation, Seen, baseline_of, read_seen
from edge.update.shipped import Pair
from edge.update.transaction import Tools, Transaction
from edge.update.units import Change

log = logging.getLogger(__name__)

LOOK_S = 2.0
AGAIN_S = 10.0
"""After a look that could not be finished: the disk is full, or systemd does not answer."""


def seen_now(runtime_dir: Path) -> Seen | None:
    """What the daemon says of itself; None when none runs, or none that says it."""
    try:
        return read_seen(read_status(runtime_dir))
    except (HardwareError, DataError, KeyError, TypeError, ValueError):
        return None


def baseline_now(journal: Journal) -> Baseline:
    """How the device is before the switch."""
    return baseline_of(seen_now(Path(journal.runtime_dir)))


class Watch:
    """One process that looks after the update under way. `boot`: the id of this boot of the machine."""

    def __init__(self, layout: Layout, tools: Tools, boot: str) -> None:
        self._layout = layout
        self._tools = tools
        self._boot = boot
        self._transaction = Transaction(layout, tools)
        self._probation: tuple[str, Probation] | None = None

    def until_over(self, pause: Callable[[float], object] | None = None) -> Outcome | None:
        """Look again and again until no update is under way; the outcome, if one ended meanwhile. `pause`: what to do
        for some seconds between two looks, other than wait.
        """
        pause = pause or threading.Event().wait
        ended: Outcome | None = None
        while True:
            try:
                going, outcome = self.look()
            except UpdateBusyError:
                going, outcome, wait_s = True, None, LOOK_S
            except EdgeError as error:
                log.error("%s; trying again", error)
                going, outcome, wait_s = True, None, AGAIN_S
            else:
                wait_s = LOOK_S
            ended = outcome or ended
            if not going:
                return ended
            pause(wait_s)

    def look(self) -> tuple[bool, Outcome | None]:
        """Do what is to be done now. Whether an update is still under way, and the outcome of one that has just ended.

        Raises UpdateBusyError where another process is at it, HardwareError where it has to be tried again.
        """
        with self._layout.alone():
            try:
                journal = self._transaction.file.read()
            except DataError as error:
                self._without_journal(error)
                return False, None
            if journal is None:
                return False, None
            outcome = self._further(journal)
        if outcome is not None:
            log.info("update to %s: %s %s", outcome.version, outcome.result, outcome.reason)
        return outcome is None, outcome

    def _further(self, journal: Journal) -> Outcome | None:
        if journal.step in ("kept", "returning", "abandoned"):
            return self._transaction.finish(journal)
        if journal.step != "on probation":
            try:
                self._transaction.advance(journal)
            except EdgeError as error:
                log.error("%s", error)
                return self._ended(journal, error)
            return None
        if not self._transaction.is_switched(journal):
            return self._transaction.finish(journal)
        return self._judge(self._counted(journal, self._tools.now()), self._tools.now())

    def _ended(self, journal: Journal, error: EdgeError) -> Outcome:
        outcome = read_outcome(self._layout.work)
        if outcome is None or outcome.id != journal.id:  # the disk did not take it: that comes first
            raise error
        return outcome

    def _counted(self, journal: Journal, now: Now) -> Journal:
        """A boot during the probation begins it anew, and counts."""
        if journal.boot == self._boot:
            return journal
        begun = replace(journal, boot=self._boot, since_s=now.mono_s, boots=journal.boots + 1)
        return self._transaction.file.write(begun)

    def _judge(self, journal: Journal, now: Now) -> Outcome | None:
        passed_s = now.mono_s - journal.since_s
        if self._probation is None or self._probation[0] != journal.id:
            self._probation = journal.id, Probation(journal.version, journal.baseline, passed_s)
        judge = self._probation[1]
        if journal.boots > probation.MOST_BOOTS:
            return self._transaction.take_back(journal, f"the machine began anew {probation.MOST_BOOTS} times")
        verdict = judge.verdict(seen_now(Path(journal.runtime_dir)), passed_s)
        if verdict == "proven":
            return self._transaction.keep(journal)
        return self._transaction.take_back(journal, judge.why) if verdict == "failed" else None

    def _without_journal(self, error: DataError) -> None:
        """Nobody knows what was under way. The version that is trusted works, so it is the one to run."""
        log.error("%s; the trusted version is put in its place", error)
        trusted, current = self._layout.folder(TRUSTED), self._layout.folder(CURRENT)
        if trusted is not None and trusted != current:
            try:
                self._tools.units.change(Change(Pair(current or trusted, trusted), Pair(trusted, trusted)))
            except EdgeError as units_error:
                log.error("%s; the version is put in its place all the same", units_error)
            self._layout.switch(CURRENT, trusted)
            self._tools.service.restart()
        self._transaction.file.set_aside()
        self._transaction.clean()
