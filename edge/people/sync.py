"""Follows a zone's roster: which records to take, whom to remove or revoke, and when a version is complete.

Records are taken only in order: from the difference to the version that is here, or from a whole roster. Removals and
revocations overtake them: they hold from any newer message, and are remembered, so that an older record that comes
later does not bring anybody back. What was revoked or erased at this device stays so whatever the zone says, until the
zone has said the same itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.errors import DataError
from edge.people.sync_message import Entry, Part, has_consent, open_content_key, open_record
from edge.store.erasure import request as request_history
from edge.store.roster_records import Profile
from edge.store.roster_transfer import Traveller
from edge.store.roster_zone import HELD, Changes, Mark, ZoneRoster

REASON = "revoked by the office"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a part. `refused`: a reason for each record, or for the part, that was not taken."""

    version: int
    complete: bool = False
    changed: int = 0
    removed: int = 0
    revoked: int = 0
    refused: tuple[str, ...] = ()

    @property
    def effect(self) -> bool:
        """Whether the roster is another now."""
        return bool(self.changed or self.removed or self.revoked)


@dataclass(slots=True)
class _Assembly:
    """The version whose parts are being taken: which have come, and everybody named in them."""

    version: int
    base: int
    parts: int
    got: set[int] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)


class Follower:
    """One device and its zone. The roster is handed in at each call; between two only the assembly is remembered, and
    losing it costs a whole roster more.
    """

    def __init__(self, zone: str, device: str, own: X25519PrivateKey) -> None:
        self._zone = zone
        self._device = device
        self._own = own
        self._assembly: _Assembly | None = None
        self.have = 0
        self.newest = 0

    @property
    def behind(self) -> bool:
        """Whether a newer version is known than the one that is here."""
        return self.newest > self.have

    def look(self, roster: ZoneRoster) -> None:
        """Read which version is here."""
        self.have = roster.version(self._zone)

    def take(self, roster: ZoneRoster, part: Part, now_us: int) -> Taken:
        """Take what can be taken of a part, in one transaction. Raises what the roster raises, and then nothing of it
        was taken.
        """
        self.look(roster)
        if part.zone != self._zone:
            return Taken(self.have, refused=("zone",))
        if part.version <= self.have:
            return Taken(self.have)
        work = _Work(roster, part, self._zone)
        work.overtake()
        assembly = self._assembled(part)
        if assembly is not None and part.part not in assembly.got:
            try:
                key = open_content_key(part, self._device, self._own) if part.changed else b""
            except DataError:
                work.refused.append("not_addressed")
                assembly = None
            else:
                for entry in part.changed:
                    work.take(entry, key)
        complete = assembly is not None and len(assembly.got | {part.part}) == assembly.parts
        if assembly is not None and complete and assembly.base == 0:
            work.remove_all_but(assembly.listed | {entry.person for entry in part.changed})
        for person in work.erased():  # first: a power cut after the roster must not leave the history
            request_history(roster.path.parent, person)
        roster.change_zone(work.changes(part.version if complete else 0), now_us)
        self.newest = max(self.newest, part.version)
        if assembly is not None:
            assembly.got.add(part.part)
            assembly.listed.update(entry.person for entry in part.changed)
            self._assembly = None if complete else assembly
        if complete:
            self.have = part.version
        return work.taken(self.have, complete)

    def _assembled(self, part: Part) -> _Assembly | None:
        """Where the part belongs, or None when its records cannot be taken now."""
        if part.base not in (0, self.have):
            return None
        now = self._assembly
        if now is not None and (now.version, now.base, now.parts) == (part.version, part.base, part.parts):
            return now
        older = now is not None and (part.version, part.base == 0) <= (now.version, now.base == 0)
        return None if older else _Assembly(part.version, part.base, part.parts)


class _Work:
    """Gathers what one part does."""

    def __init__(self, roster: ZoneRoster, part: Part, zone: str) -> None:
        self._part = part
        self._zone = zone
        self._revision = roster.revision()  # before anything that is decided from
        self._here = roster.here()
        named = {*part.removed, *part.revoked, *(entry.person for entry in part.changed), *self._here}
        marks = roster.marks(sorted(named))
        self._moved = {person for person, mark in marks.items() if mark.zone != zone}
        self._marks: Mapping[str, Mark] = {
            person: _moved(mark, zone) if person in self._moved else mark for person, mark in marks.items()
        }
        self._noted: dict[str, Mark | None] = {}
        self._put: dict[str, Traveller] = {}
        self._destroy: set[str] = set()
        self._revoke: set[str] = set()
        self.refused: list[str] = []

    def overtake(self) -> None:
        """Removals and revocations, which wait for nothing."""
        version = self._part.version
        for person in self._part.removed:
            mark = self._mark(person)
            if version <= mark.version:
                continue  # the record that is here is newer
            if mark.version and person in self._here:
                self._destroy.add(person)
            self._noted[person] = replace(mark, version=0, gone=max(mark.gone, version))
        for person in self._part.revoked:
            mark = self._mark(person)
            if version <= mark.version:
                continue
            if not self._here.get(person, True):
                self._revoke.add(person)
            self._noted[person] = replace(mark, revoked=version if mark.revoked == HELD else max(mark.revoked, version))

    def take(self, entry: Entry, key: bytes) -> None:
        """A record, unless a newer word stands against it."""
        mark = self._mark(entry.person)
        erased_here = mark.version > 0 and entry.person not in self._here
        if not entry.sealed or erased_here or entry.version <= max(mark.version, mark.gone):
            return
        try:
            traveller = open_record(key, self._zone, entry)
        except DataError:
            self.refused.append("record")
            return
        if not has_consent(traveller.profile):
            self.refused.append("consent")
            return
        profile, revoked = self._standing(entry, mark, traveller.profile)
        self._put[entry.person] = replace(traveller, profile=profile)
        self._revoke.discard(entry.person)
        self._noted[entry.person] = Mark(self._zone, entry.version, 0, revoked)

    def remove_all_but(self, listed: set[str]) -> None:
        """A whole roster is complete: who came from a zone and is not in it goes."""
        for person in self._here:
            mark = self._mark(person)
            if person not in listed and mark.version and mark.version <= self._part.version:
                self._destroy.add(person)
                self._noted[person] = replace(mark, version=0, gone=max(mark.gone, self._part.version))

    def erased(self) -> list[str]:
        """Whose events are to be erased as well. Who only stayed behind in the zone before is not erased, but gone."""
        return sorted(person for person in self._destroy - self._put.keys() if person not in self._moved)

    def changes(self, complete: int) -> Changes:
        """Everything together."""
        return Changes(
            zone=self._zone,
            revision=self._revision,
            put=tuple(self._put.values()),
            destroy=tuple(sorted(self._destroy - self._put.keys())),
            revoke=tuple(sorted(self._revoke - self._destroy)),
            reason=REASON,
            marks=self._noted,
            version=complete,
        )

    def taken(self, have: int, complete: bool) -> Taken:
        """For the report."""
        return Taken(
            version=have,
            complete=complete,
            changed=len(self._put),
            removed=len(self._destroy - self._put.keys()),
            revoked=len(self._revoke - self._destroy),
            refused=tuple(self.refused),
        )

    def _standing(self, entry: Entry, mark: Mark, profile: Profile) -> tuple[Profile, int]:
        """The profile as it is to hold here, and what its mark says of the revocation."""
        if profile.revoked:
            return profile, entry.version
        revoked = self._here.get(entry.person)
        if mark.revoked == HELD and revoked is False:  # this device did, and took it back
            return profile, 0
        if mark.revoked >= entry.version:  # a newer word revoked, or this device did
            return replace(profile, revoked_reason=REASON), mark.revoked
        if revoked and not mark.revoked:  # revoked here, and the zone never said so
            return replace(profile, revoked_reason=REASON), HELD
        return profile, 0

    def _mark(self, person: str) -> Mark:
        noted = self._noted.get(person)
        return noted or self._marks.get(person) or Mark(self._zone)


def _moved(mark: Mark, zone: str) -> Mark:
    """A mark of the zone that the device followed before, whose versions say nothing here; what was decided at the
    device stands. That the record came from a zone is kept as the lowest version there is.
    """
    return Mark(
        zone,
        version=min(mark.version, 1),
        gone=HELD if mark.gone == HELD else 0,
        revoked=HELD if mark.revoked == HELD else 0,
    )
