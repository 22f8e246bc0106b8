"""What a person, or the daemon's request, begins: an update, or the way back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError, EdgeError, HardwareError, UsageError
from edge.store.roster_schema import ROSTER_NAME
from edge.update import handover
from edge.update.ending import foreign_to
from edge.update.journal import Journal, Outcome, as_journal, read_outcome
from edge.update.layout import CURRENT, PREVIOUS, Layout, translated, version_in
from edge.update.transaction import Tools, Transaction, new_journal


@dataclass(frozen=True, slots=True)
class Site:
    """The device that is updated, as its configuration says."""

    config: Path
    state_dir: Path
    runtime_dir: Path

    def given(self) -> dict[str, str]:
        """As the journal has it, so that going on needs no configuration that the version before understands."""
        return {
            "config": str(self.config.absolute()),
            "state_dir": str(self.state_dir.absolute()),
            "runtime_dir": str(self.runtime_dir.absolute()),
        }


def begin(layout: Layout, tools: Tools, source: Path, site: Site, *, downgrade: bool = False) -> Journal:
    """Install the bundle and switch to it; it is on probation then. Raises EdgeError, after which the version before
    is as it was.
    """
    with layout.alone():
        transaction = Transaction(layout, tools)
        if (under_way := transaction.file.read()) is not None:
            raise UsageError(
                f"an update to {under_way.version or 'another version'} is under way",
                hint="see: edge update status; end it with: edge update rollback",
            )
        journal = new_journal(layout, secrets.token_hex(8), downgrade=downgrade, **site.given())
        return transaction.advance(transaction.fetch(source, journal))


def take_request(layout: Layout, tools: Tools, site: Site) -> Journal | None:
    """Begin what the daemon asks for, if it asks and nothing is under way. Raises EdgeError; the request is used up
    all the same, so that a bad one does not come again and again.
    """
    with layout.alone():
        transaction = Transaction(layout, tools)
        if transaction.file.read() is not None:
            return None
        with translated(layout.work):
            transaction.clean()
        target = layout.work / "claimed.bundle"
        try:
            request = handover.claim(site.state_dir)
            if request is None:
                return None
            ended = read_outcome(layout.work)
            if ended is not None and ended.id == request.id:  # the power went before it was crossed off
                return None
            given = {"sha256": request.sha256, "version": request.version, "command": request.id, **site.given()}
            try:
                handover.take_offered(site.state_dir, target)
                journal = transaction.fetch(target, new_journal(layout, request.id, **given))
            except EdgeError as error:  # the office waits for its end
                transaction.refuse(request.id, request.version, str(error))
                raise
        finally:
            with translated(target):
                target.unlink(missing_ok=True)
            handover.withdraw_claimed(site.state_dir)
        return transaction.advance(journal)


def go_back(layout: Layout, tools: Tools, site: Site) -> Outcome:
    """End the update under way with the version before, or else go back to the one that was trusted before.

    Raises EdgeError.
    """
    why = "asked for on the device"
    with layout.alone():
        transaction = Transaction(layout, tools)
        journal = transaction.file.read()
        if journal is not None:
            if journal.step == "kept":
                raise UsageError("the new version is being kept just now", hint="edge update resume, then once more")
            return transaction.take_back(journal, why)
        current, previous = layout.folder(CURRENT), layout.folder(PREVIOUS)
        if current is None or previous is None or current == previous:
            raise EdgeError("there is no version to go back to", hint="install one: edge update apply --downgrade")
        if ROSTER_NAME in foreign_to(previous, site.state_dir):  # there is no copy of it any more
            raise DataError(
                f"{previous.name} cannot read the people as {current.name} keeps them",
                hint="export the people first: edge people export --sealed, and move the roster away",
            )
        ends = {"version": _answer(current), "target": str(current)}
        back_to = {"before": str(previous), "before_version": version_in(previous)}
        journal = as_journal(secrets.token_hex(8), "switched", **ends, **back_to, **site.given())
        return transaction.take_back(journal, why)


def fetched_name(address: str) -> tuple[str, str]:
    """An https address as what comes before its last part, and that part. Raises UsageError."""
    source, _, name = address.rpartition("/")
    if not address.startswith("https://") or not name:
        raise UsageError(f"{address} is no address of a bundle", hint="a file, or an address that begins with https://")
    return source, name


def _answer(folder: Path) -> str:
    """The version that is left may be the broken one."""
    try:
        return version_in(folder)
    except (DataError, HardwareError):
        return folder.name
