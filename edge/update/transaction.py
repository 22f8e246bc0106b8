"""One update from the bundle to its end, each step of which can be done again after a kill or a power cut.

Before the switch anything that goes wrong leaves the version before as it was. After it the new version is kept when it
has proved itself, and otherwise taken back. `edge update resume`, run by a version that is trusted, goes on from
whatever the journal says.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.update import building, databases
from edge.update.bundle import Bundle, unpack, verify
from edge.update.ending import COPIES, Ending
from edge.update.journal import Baseline, Journal, JournalFile, Outcome, Step
from edge.update.layout import CURRENT, Layout, last_line, remove, run, translated, version_in
from edge.update.manifest import is_newer
from edge.update.service import Service
from edge.update.shipped import Pair
from edge.update.taking import take
from edge.update.units import CHANGE, Change, Units, Unmanaged

log = logging.getLogger(__name__)

BUNDLE, UNPACKED = "incoming.bundle", "unpacked"
_CHECK_S = 300.0


class NotKeptError(EdgeError):
    """The update was refused or taken back; the version before runs."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What an update needs of the world. `baseline`: how the device is before the switch; `key`: whose bundles are
    taken; `units`: what systemd is told. A bundle is verified when it comes in and once more, when it is unpacked after
    a power cut.
    """

    key: Callable[[], Ed25519PublicKey]
    service: Service
    baseline: Callable[[Journal], Baseline]
    now: Callable[[], Now]
    build: building.Builder = building.build_environment
    units: Units = field(default_factory=Unmanaged)


class Transaction:
    """The steps. Whoever calls holds `layout.alone()`."""

    def __init__(self, layout: Layout, tools: Tools) -> None:
        self._layout = layout
        self._tools = tools
        self.file = JournalFile(layout.work)
        self._ending = Ending(layout, self.file, tools.service, tools.units, tools.now, self.clean)
        self._steps: Mapping[Step, Callable[[Journal], Journal | None]] = {
            "fetched": self._verify,
            "verified": self._unpack,
            "unpacked": self._install,
            "installed": self._check,
            "checked": self._back_up,
            "backed-up": self._switch,
            "switched": self._begin_probation,
        }

    def fetch(self, source: Path, journal: Journal) -> Journal:
        """Take a copy of the bundle that nobody else can change, and write the journal's first line."""
        self.clean()
        target = self._layout.work / BUNDLE
        sha256 = take(source, target)
        if journal.sha256 not in ("", sha256):
            target.unlink()
            raise DataError(f"{source}: has SHA-256 {sha256}, not {journal.sha256}", hint="it is another file")
        return self.file.write(journal.at("fetched", sha256=sha256))

    def advance(self, journal: Journal) -> Journal:
        """Go on until the new version is on probation. Raises EdgeError where it cannot come so far; then the version
        before is as it was, the outcome is written down, and there is no journal any more.
        """
        try:
            while step := self._steps.get(journal.step):
                following = step(journal)
                if following is None:
                    break
                journal = self.file.write(following)
                log.info("update to %s: %s", journal.version or "?", journal.step)
        except (EdgeError, OSError) as error:
            self.give_up(journal, str(error))
            if isinstance(error, EdgeError):
                raise
            raise HardwareError(f"the update cannot go on: {error}", hint="check the disk") from error
        return journal

    def give_up(self, journal: Journal, why: str) -> None:
        """Before the switch, or just after it: let the version before go on."""
        if journal.step in ("switched", "backed-up") and self._names(CURRENT, journal.target):
            self.take_back(journal, why)
            return
        self._ending.carry_out(self._ending.decided(journal.at("abandoned", why=why)))

    def refuse(self, command: str, version: str, why: str) -> None:
        """Tell the end of an order with which nothing could be begun."""
        self.clean()
        time = self._tools.now().wall.isoformat(timespec="seconds")
        self.file.end(Outcome(command, "rolledback", version, "", why, command, time))

    def keep(self, journal: Journal) -> Outcome:
        """The new version has proved itself."""
        return self._ending.carry_out(self.file.write(journal.at("kept")))

    def take_back(self, journal: Journal, why: str) -> Outcome:
        """Put the version before in its place again."""
        stamp = f"{self._tools.now().wall:%Y%m%dT%H%M%SZ}"
        decided = journal if journal.step == "returning" else journal.at("returning", why=why, stamp=stamp)
        return self._ending.carry_out(self._ending.decided(decided))

    def finish(self, journal: Journal) -> Outcome:
        """Carry out an end that was decided, or the only one that is left."""
        if journal.step in ("kept", "returning", "abandoned"):
            return self._ending.carry_out(journal)
        return self.take_back(journal, "somebody has put the version before in its place")

    def is_switched(self, journal: Journal) -> bool:
        """Whether the daemon runs, or will run, the new version."""
        return self._names(CURRENT, journal.target)

    def clean(self) -> None:
        """Remove what earlier tries left behind. Raises HardwareError."""
        work, versions = self._layout.work, self._layout.versions
        with translated(work):
            for name in (UNPACKED, COPIES):
                remove(work / name)
            for name in (BUNDLE, CHANGE):
                (work / name).unlink(missing_ok=True)
            for folder in versions.glob(".*"):
                shutil.rmtree(folder)

    def _verify(self, journal: Journal) -> Journal:
        bundle = self._bundle()
        manifest = bundle.manifest
        manifest.check_fit(journal.before_version, downgrade=journal.downgrade)
        if journal.version not in ("", manifest.version):
            raise DataError(f"the bundle brings {manifest.version}, not {journal.version}", hint="send the right one")
        target = self._layout.place(manifest.version)
        if target == Path(journal.before) or manifest.version == journal.before_version:
            raise DataError(f"{manifest.version} is installed already", hint="a release has a version of its own")
        return journal.at("verified", version=manifest.version, target=str(target))

    def _unpack(self, journal: Journal) -> Journal:
        folder = self._layout.work / UNPACKED
        remove(folder)
        unpack(self._bundle(), folder)
        return journal.at("unpacked")

    def _install(self, journal: Journal) -> Journal:
        unpacked = self._layout.work / UNPACKED
        building.install(self._layout, unpacked, journal.version, journal.sha256, self._tools.build)
        return journal.at("installed")

    def _check(self, journal: Journal) -> Journal:
        target = Path(journal.target)
        if (says := version_in(target)) != journal.version:
            raise DataError(f"what is installed calls itself {says}, not {journal.version}", hint="make it anew")
        answer = run(target, "check", "--config", journal.config, timeout_s=_CHECK_S)
        if answer.returncode != 0:
            raise DataError(
                f"{journal.version} does not take this device's configuration: {last_line(answer.stderr)}",
                hint=f"see: {target}/bin/edge check --config {journal.config}",
            )
        self._tools.units.check(target)
        return journal.at("checked")

    def _back_up(self, journal: Journal) -> Journal:
        work = self._layout.work
        remove(work / UNPACKED)
        with translated(work):
            (work / BUNDLE).unlink(missing_ok=True)
        databases.copy_all(Path(journal.state_dir), work / COPIES)
        return journal.at("backed-up", baseline=self._tools.baseline(journal))

    def _switch(self, journal: Journal) -> Journal:
        newer = is_newer(journal.version, journal.before_version)
        if not newer:  # no version runs under the units of a newer one
            self._equip(journal)
        try:
            self._layout.switch(CURRENT, Path(journal.target))
        except HardwareError:
            if not newer:
                self._ending.change_units(self._change(journal, back=True))
            raise
        return journal.at("switched")

    def _begin_probation(self, journal: Journal) -> Journal:
        self._equip(journal)
        self._tools.service.restart()
        return journal.at("on probation")

    def _equip(self, journal: Journal) -> None:
        """The units of the new version, but those that watch it. Raises EdgeError; then those before are back."""
        try:
            self._tools.units.change(self._change(journal))
        except EdgeError:
            self._ending.change_units(self._change(journal, back=True))
            raise

    def _change(self, journal: Journal, *, back: bool = False) -> Change:
        before, target = Path(journal.before), Path(journal.target)
        pairs = Pair(before, before), Pair(target, before)
        return Change(*(reversed(pairs) if back else pairs))

    def _bundle(self) -> Bundle:
        return verify(self._layout.work / BUNDLE, self._tools.key())

    def _names(self, link: str, folder: str) -> bool:
        found = self._layout.folder(link)
        return found is not None and bool(folder) and found == Path(folder)


def new_journal(layout: Layout, identity: str, **given: Any) -> Journal:
    """The journal of an update that begins now. Raises DataError where no version is in its place here."""
    before = layout.folder(CURRENT)
    if before is None:
        raise DataError(
            f"{layout.root / CURRENT} names no version", hint="once, for the one that runs: edge update adopt"
        )
    return Journal(id=identity, step="fetched", before=str(before), before_version=version_in(before), **given)
