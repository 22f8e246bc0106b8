"""What of a roster came from the zone's, and what the zone has said about people who may not be here.

Kept in the roster's own file, so that a record and the note of where it came from are one transaction. A person is
noted under a keyed hash of the id: the proof of an erasure searches this file for the id itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge.errors import DataError
from edge.store import roster_schema as schema
from edge.store.keys import DeviceKey
from edge.store.roster import Roster
from edge.store.roster_records import Profile
from edge.store.roster_transfer import Traveller

HELD: Final = 1 << 62
"""Beyond every version: what was decided at this device, and only the zone's saying the same takes over."""
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Mark:
    """What the zone said of one person.

    `version`: of the record that is here, 0 when none came from the zone. `gone`, `revoked`: the versions that removed
    or revoked, 0 when none did; an older record than these does not bring the person back.
    """

    zone: str
    version: int = 0
    gone: int = 0
    revoked: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to become of the roster, in one transaction. `marks` of None are taken away.

    `revision`: of the roster that this was decided from. `version`: of the zone's roster that is complete with this, 0
    when none is. `reason`: why those in `revoke` are.
    """

    zone: str
    revision: str
    put: Sequence[Traveller] = ()
    destroy: Sequence[str] = ()
    revoke: Sequence[str] = ()
    reason: str = ""
    marks: Mapping[str, Mark | None] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 0


class ZoneRoster(Roster):
    """A roster that follows a zone's."""

    def __init__(self, path: Path, key: DeviceKey, *, read_only: bool) -> None:
        super().__init__(path, key, read_only=read_only)
        self._marking = key.derive("edge roster: marks of a zone")

    def version(self, zone: str) -> int:
        """The version of the zone's roster that is complete here; 0 when none is."""
        with schema.translated(self.path):
            row = self._db.execute("SELECT version FROM zones WHERE zone = ?", [zone]).fetchone()
        return 0 if row is None else int(row[0])

    def here(self) -> dict[str, bool]:
        """Everybody by id, and whether they are revoked, as it stands in clear."""
        with schema.translated(self.path):
            return {person: bool(revoked) for person, revoked in self._db.execute("SELECT person, revoked FROM people")}

    def marks(self, people: Sequence[str]) -> dict[str, Mark]:
        """The marks of those who have one."""
        with schema.translated(self.path):
            rows = self._db.execute("SELECT mark, zone, version, gone, revoked FROM zone_marks").fetchall()
        known = {bytes(mark): Mark(*rest) for mark, *rest in rows}
        return {person: known[mark] for person in people if (mark := self._mark(person)) in known}

    def change_zone(self, changes: Changes, now_us: int) -> None:
        """Carry out everything, or nothing. The gallery is read anew only when it changes.

        Raises RosterBusyError when somebody was changed since it was decided: a revocation at the gate, for one.
        """
        people = bool(changes.put or changes.destroy or changes.revoke)
        with self._writing() if people else self._transaction("BEGIN IMMEDIATE"):
            if self._meta("revision") != changes.revision:
                raise schema.RosterBusyError(f"{self.path}: was changed meanwhile", hint="try again")
            for traveller in changes.put:
                self._delete(traveller.person)
                self._enter(traveller.person, traveller.profile, traveller.templates, now_us)
            damaged = {person for person in changes.revoke if not self._revoked(person, changes.reason, now_us)}
            for person in damaged.union(changes.destroy):
                self._delete(person)
            for person, mark in changes.marks.items():
                self._note(person, replace(mark, version=0) if mark and person in damaged else mark)
            if changes.version:
                self._db.execute("INSERT OR REPLACE INTO zones VALUES (?, ?)", [changes.zone, changes.version])
                self._forget(changes.zone, changes.version)
            if changes.destroy:
                self._db.execute("UPDATE meta SET value = '1' WHERE name = 'scrub'")
        self._finish_scrub()

    def hold(self, person: str, zone: str, *, removed: bool = False) -> None:
        """Keep the zone from bringing somebody back who was revoked, or `removed`, at this device; also when nobody has
        that id yet.
        """
        mark = self.marks([person]).get(person) or Mark(zone)
        held = replace(mark, version=0, gone=HELD) if removed else replace(mark, revoked=HELD)
        self.change_zone(Changes(zone, self.revision(), marks={person: held}), 0)

    def _revoked(self, person: str, reason: str, now_us: int) -> bool:
        """False for a damaged record, which lets nobody in and is not to be mended into one that does."""

        def revoked(old: Profile) -> Profile:
            return old if old.revoked else replace(old, revoked_reason=reason)

        try:
            self._rewrite(person, revoked, now_us)
        except DataError:
            return False
        return True

    def _note(self, person: str, mark: Mark | None) -> None:
        key = self._mark(person)
        if mark is None:
            self._db.execute("DELETE FROM zone_marks WHERE mark = ?", [key])
        else:
            values = [key, mark.zone, mark.version, mark.gone, mark.revoked]
            self._db.execute("INSERT OR REPLACE INTO zone_marks VALUES (?, ?, ?, ?, ?)", values)

    def _forget(self, zone: str, version: int) -> None:
        """Drop what a complete roster makes needless: notes of people who are not here, up to its version. Nothing
        older than that is taken any more.
        """
        here = {self._mark(person) for (person,) in self._db.execute("SELECT person FROM people")}
        rows = self._db.execute(
            "SELECT mark FROM zone_marks WHERE version = 0 AND gone < ? AND revoked < ?"
            " AND (zone != ? OR (gone <= ? AND revoked <= ?))",
            [HELD, HELD, zone, version, version],
        ).fetchall()
        for (mark,) in rows:
            if bytes(mark) not in here:
                self._db.execute("DELETE FROM zone_marks WHERE mark = ?", [mark])

    def _mark(self, person: str) -> bytes:
        return hmac.digest(self._marking, person.encode(), "sha256")[:_MARK_BYTES]
