"""The roster: who may pass, each person sealed with a key of their own.

In clear stand random ids, the model ids of templates, times, and whether a person is revoked; all of these are
bound to the sealed parts, so a row that is edited, or moved to another person, no longer opens. What the seals
cannot show is a whole person put back to an older state, or taken away.
"""

from __future__ import annotations

import dataclasses
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.errors import DataError, EdgeError
from edge.store import roster_schema as schema
from edge.store.keys import DeviceKey, load_device_key
from edge.store.roster_records import MAX_TEMPLATES, Fault, Person, Profile, Template, is_id, new_id
from edge.store.roster_seal import VERSION, Seals, seal_profile, seal_template

_PEOPLE = "SELECT person, version, enrolled_us, changed_us, revoked, wrapped_key, profile FROM people"
_TEMPLATES = "SELECT person, template, model, added_us, sealed FROM templates"
_ORDER = "ORDER BY added_us, rowid"


class Roster:
    """One connection to a device's roster, for one thread at a time."""

    def __init__(self, path: Path, key: DeviceKey, *, read_only: bool) -> None:
        self.path = path
        self._key = key
        self._seals = Seals(key)
        self._read_only = read_only
        self._file = _identity(path)
        self._db: sqlite3.Connection = schema.open_roster(path, key.identity, read_only=read_only)

    @classmethod
    def open(cls, state: Path, *, create: bool = False, read_only: bool = False, key: DeviceKey | None = None) -> Self:
        """The roster in the state directory. With `create` a missing one is made, and its device key with it;
        a key that is missing beside an existing roster is never made anew.

        Raises DataError (no roster, damaged, of another device), HardwareError (no key, no disk), RosterBusyError.
        """
        path = state / schema.ROSTER_NAME
        missing = not path.exists()
        if missing and not create:
            raise DataError(f"{path}: there is no roster", hint=schema.NO_ROSTER)
        key = key or load_device_key(state, create=missing)
        if missing:
            schema.create_roster(path, key.identity)
        roster = cls(path, key, read_only=read_only)
        if not read_only:
            roster._finish_scrub()
        return roster

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def revision(self) -> str:
        """A token that differs whenever anything was changed, also by another process or by a restored file."""
        if (found := _identity(self.path)) != self._file:
            self._db.close()
            self._db = schema.open_roster(self.path, self._key.identity, read_only=self._read_only)
            self._file = found
        return self._meta("revision")

    def people(self) -> tuple[list[Person], list[Fault]]:
        """Everybody who can be read, by id, and the faults of those who cannot."""
        with self._transaction("BEGIN"):
            rows = self._db.execute(f"{_PEOPLE} ORDER BY person").fetchall()
            templates: dict[str, list[Any]] = {}
            for row in self._db.execute(f"{_TEMPLATES} {_ORDER}"):
                templates.setdefault(row[0], []).append(row)
        people, faults = [], []
        for row in rows:
            try:
                people.append(self._seals.open_person(row, templates.get(row[0], ())))
            except DataError as error:
                faults.append(Fault(row[0] if is_id(row[0]) else "unreadable id", error.message))
        return people, faults

    def get(self, person: str) -> Person:
        """One person. Raises DataError when their rows are damaged, EdgeError when nobody has that id."""
        with self._transaction("BEGIN"):
            row = self._row(person)
            templates = self._db.execute(f"{_TEMPLATES} WHERE person = ? {_ORDER}", [person]).fetchall()
        return self._seals.open_person(row, templates)

    def sealed_parts(self, person: str) -> list[bytes]:
        """The blobs that stand in the file for a person: wrapped key, profile, templates."""
        with self._transaction("BEGIN"):
            row = self._row(person)
            templates = self._db.execute("SELECT sealed FROM templates WHERE person = ?", [person]).fetchall()
        return [row[5], row[6], *(sealed for (sealed,) in templates)]

    def person_key(self, person: str) -> bytes:
        """The key of one person. Raises DataError when it is damaged, EdgeError when nobody has that id."""
        with schema.translated(self.path):
            row = self._row(person)
        return self._seals.unwrap(person, row[1], row[5])

    def add(
        self,
        profile: Profile,
        templates: Sequence[Template],
        now_us: int,
        *,
        person: str = "",
        replace: bool = False,
        alike: Sequence[str] = (),
    ) -> str:
        """Enrol somebody; returns the id, a new random one unless `person` gives that of an import.

        In the same transaction the person of that id makes room, with `replace`, and those of `alike` are marked as
        look-alikes. Raises DataError when a card or the number is somebody else's.
        """
        person = person or new_id()
        if not is_id(person):
            raise DataError("an id has 16 hexadecimal digits", hint="take it from an export of edge")
        with self._writing():
            if replace:
                self._delete(person)
            elif self._db.execute("SELECT 1 FROM people WHERE person = ?", [person]).fetchone():
                raise DataError(f"{person} is on this roster already", hint="import with --replace")
            self._check_unshared(person, profile)
            self._enter(person, profile, templates, now_us)
            self._mark_alike(alike, now_us)
        return person

    def add_templates(
        self, person: str, templates: Sequence[Template], now_us: int, *, alike: Sequence[str] = ()
    ) -> None:
        """Enrol further pictures of somebody; beyond MAX_TEMPLATES the oldest go. In the same transaction those of
        `alike` are marked as look-alikes.
        """
        with self._writing():
            self._insert(person, self.person_key(person), templates)
            self._mark_alike(alike, now_us)

    def change(self, person: str, edit: Callable[[Profile], Profile], now_us: int) -> Person:
        """Replace the profile by what `edit` makes of it; a reason in `revoked_reason` revokes. Raises DataError when a
        card or the number would be somebody else's.
        """
        with self._writing():
            before, after = self._rewrite(person, edit, now_us)
            if (after.number, after.cards) != (before.number, before.cards):
                self._check_unshared(person, after)
        return self.get(person)

    def destroy(self, person: str) -> None:
        """Remove every trace of a person from the file and its journal, key first of all.

        A power cut in between leaves the person gone and a note in the file, upon which the next `open` that may
        write finishes the scrubbing.
        """
        with self._writing():
            self._row(person)
            self._delete(person)
            self._db.execute("UPDATE meta SET value = '1' WHERE name = 'scrub'")
        self._finish_scrub()

    def noted(self, name: str) -> bool:
        """Whether `note` was called with this name, ever."""
        return self._meta(f"note.{name}") != ""

    def note(self, name: str) -> None:
        """Remember something about the device as long as there is this roster; nobody on it is changed."""
        with self._transaction("BEGIN IMMEDIATE"):
            self._db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, '1')", [f"note.{name}"])

    def _enter(self, person: str, profile: Profile, templates: Sequence[Template], now_us: int) -> None:
        key, wrapped = self._seals.new_key(person)
        sealed = seal_profile(key, person, profile, now_us, now_us)
        self._db.execute(
            "INSERT INTO people(person, version, enrolled_us, changed_us, revoked, wrapped_key, profile)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [person, VERSION, now_us, now_us, int(profile.revoked), wrapped, sealed],
        )
        self._insert(person, key, templates)

    def _rewrite(self, person: str, edit: Callable[[Profile], Profile], now_us: int) -> tuple[Profile, Profile]:
        before = self._seals.open_person(self._row(person), ())
        profile = edit(before.profile)
        sealed = seal_profile(self.person_key(person), person, profile, before.enrolled_us, now_us)
        self._db.execute(
            "UPDATE people SET profile = ?, revoked = ?, changed_us = ? WHERE person = ?",
            [sealed, int(profile.revoked), now_us, person],
        )
        return before.profile, profile

    def _mark_alike(self, people: Sequence[str], now_us: int) -> None:
        """Who is marked already is left as they are, and so is who was erased or damaged since they were compared: at
        the gate they are nobody.
        """
        for person in people:
            row = self._db.execute(f"{_PEOPLE} WHERE person = ?", [person]).fetchone()
            try:
                marked = row is None or self._seals.open_person(row, ()).profile.look_alike
            except DataError:
                continue
            if not marked:
                self._rewrite(person, lambda old: dataclasses.replace(old, look_alike=True), now_us)

    def _check_unshared(self, person: str, profile: Profile) -> None:
        """Whoever cannot be read is no hindrance: at the gate they are nobody."""
        if not profile.number and not profile.cards:
            return
        for row in self._db.execute(f"{_PEOPLE} WHERE person != ?", [person]).fetchall():
            try:
                other = self._seals.open_person(row, ())
            except DataError:
                continue
            if profile.number and other.profile.number == profile.number:
                raise DataError(f"the number {profile.number} is {other.person}'s", hint="give another one")
            if shared := set(profile.cards).intersection(other.profile.cards):
                raise DataError(
                    f"the card {min(shared)} is {other.person}'s",
                    hint="take it from them first: edge people card remove",
                )

    def _delete(self, person: str) -> None:
        self._db.execute("DELETE FROM templates WHERE person = ?", [person])
        self._db.execute("DELETE FROM people WHERE person = ?", [person])

    def _insert(self, person: str, key: bytes, templates: Sequence[Template]) -> None:
        for template in templates:
            name = new_id()
            self._db.execute(
                "INSERT INTO templates(template, person, model, added_us, sealed) VALUES (?, ?, ?, ?, ?)",
                [name, person, template.model, template.added_us, seal_template(key, person, name, template)],
            )
        self._db.execute(
            "DELETE FROM templates WHERE person = ? AND rowid NOT IN"
            " (SELECT rowid FROM templates WHERE person = ? ORDER BY added_us DESC, rowid DESC LIMIT ?)",
            [person, person, MAX_TEMPLATES],
        )

    def _row(self, person: str) -> Any:
        row = self._db.execute(f"{_PEOPLE} WHERE person = ?", [person]).fetchone()
        if row is None:
            raise EdgeError(f"nobody on this roster has the id {person}", hint="edge people list shows the ids")
        return row

    def _meta(self, name: str) -> str:
        with schema.translated(self.path):
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        return "" if row is None else str(row[0])

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with schema.translated(self.path):
            self._db.execute(begin)
            try:
                yield
                self._db.commit()
            finally:
                self._db.rollback()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._transaction("BEGIN IMMEDIATE"):
            yield
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'revision'", [secrets.token_hex(8)])

    def _finish_scrub(self) -> None:
        if self._meta("scrub") == "1":
            with schema.translated(self.path):
                schema.scrub(self._db, self.path)


def _identity(path: Path) -> tuple[int, int]:
    with schema.translated(path):
        status = path.stat()
    return status.st_dev, status.st_ino
