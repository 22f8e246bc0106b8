"""The end of an update: the version that is kept, or the one before in its place again with data that it can read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.update import databases
from edge.update.journal import Ended, Journal, JournalFile, Outcome
from edge.update.layout import CURRENT, PREVIOUS, TRUSTED, Layout, run
from edge.update.manifest import is_newer
from edge.update.service import Service
from edge.update.shipped import Pair
from edge.update.units import Change, Units

log = logging.getLogger(__name__)

COPIES = "copies"
_ASK_S = 60.0


class Ending:
    """Each part can be done again after a kill or a power cut. `clean` removes what earlier tries left behind."""

    def __init__(
        self,
        layout: Layout,
        file: JournalFile,
        service: Service,
        units: Units,
        now: Callable[[], Now],
        clean: Callable[[], None],
    ) -> None:
        self._layout = layout
        self._file = file
        self._service = service
        self._units = units
        self._now = now
        self._clean = clean

    def decided(self, journal: Journal) -> Journal:
        """A full disk does not keep a broken version in its place: what is decided is done all the same, and decided
        again should the power go before it is done.
        """
        try:
            return self._file.write(journal)
        except HardwareError as error:
            log.error("%s; the version before comes back all the same", error)
            return journal

    def carry_out(self, journal: Journal) -> Outcome:
        """What the journal says was decided, up to the outcome that is told. Raises HardwareError."""
        layout, before = self._layout, Path(journal.before)
        reason = journal.why
        if journal.step == "returning":
            reason = "; ".join((journal.why, *self._return(journal, before)))
        elif journal.step == "kept":
            reason = "; ".join(self._keep(journal, before))
        result: Ended = "kept" if journal.step == "kept" else "rolledback"
        version = journal.version or "unknown"
        time = self._now().wall.isoformat(timespec="seconds")
        outcome = Outcome(journal.id, result, version, journal.before_version, reason, journal.command, time)
        try:  # first: it makes room for the outcome, and a kill in the midst of it leaves the journal
            self._clean()
            layout.remove_unneeded()
        except HardwareError as error:
            log.error("not everything could be removed: %s", error)
        self._file.end(outcome)
        return outcome

    def change_units(self, change: Change) -> list[str]:
        """What somebody should know. A version that runs under units of another one is better than none."""
        try:
            said = self._units.change(change)
        except EdgeError as error:
            log.error("%s", error)
            said = f"not every unit could be changed: {error}"
        return [f"units: {said}"] if said else []

    def _keep(self, journal: Journal, before: Path) -> list[str]:
        """The version on probation as the one that watches from now on, with the units for that."""
        target = Path(journal.target)
        change = Change(Pair(target, before), Pair(target, target))
        newer = is_newer(journal.version, journal.before_version)
        told = [] if newer else self.change_units(change)
        self._layout.switch(PREVIOUS, before)
        self._layout.switch(TRUSTED, target)
        return self.change_units(change) if newer else told

    def _return(self, journal: Journal, before: Path) -> list[str]:
        """The version before, with its units, and with data that it can read."""
        layout, state_dir = self._layout, Path(journal.state_dir)
        running = Path(journal.target) if journal.target else before
        change = Change(Pair(running, layout.folder(TRUSTED) or before), Pair(before, before))
        newer = is_newer(journal.version, journal.before_version)
        told = self.change_units(change) if newer else []
        names = foreign_to(before, state_dir)
        if names:
            self._service.stop()
            try:
                told += databases.bring_back(names, state_dir, layout.work / COPIES, journal.stamp)
            except EdgeError as error:  # a daemon that tells of it is better than none
                told.append(f"not every database could be brought back: {error}")
        layout.switch(CURRENT, before)
        layout.switch(TRUSTED, before)
        if not newer:
            told += self.change_units(change)
        self._service.restart()
        return told


def foreign_to(version: Path, state_dir: Path) -> list[str]:
    """The databases that the version says it cannot read; none where it gives no answer: no switch depends on one."""
    try:
        answer = run(version, "update", "readable", "--state", str(state_dir), "--json", timeout_s=_ASK_S)
        return [str(name) for name in json.loads(answer.stdout)["foreign"]]
    except (DataError, ValueError, KeyError, TypeError) as error:
        log.error("%s does not say what it can read: %s", version, error)
        return []
