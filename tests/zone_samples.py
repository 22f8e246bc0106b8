"""An office and gates that follow its zone, on real rosters, with messages in between that a test may lose."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import tokens
from edge.people.sync import Follower, Taken
from edge.people.sync_message import MOST_BYTES, TOKEN, read_claims
from edge.people.sync_office import Signer, announcement, messages, next_edition, whole
from edge.people.sync_published import Published, published_file, read_published, write_published
from edge.store.identity import sealing_key
from edge.store.keys import DeviceKey
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile, Template
from edge.store.roster_zone import ZoneRoster

OFFICE_KEY = DeviceKey(b"o" * 32)
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SITE, ZONE = "riverside", "main"


def in_memory() -> Path:
    """A folder, in memory where the system has such: these tests are about order, not about the disk."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="edge-sync-", dir=memory if memory.is_dir() else None))


CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)
_OPEN: list[Roster] = []


def profile(name: str = "Lin Daiyu", **more: object) -> Profile:
    return Profile(name, CONSENT, **more)  # type: ignore[arg-type]


def picture(who: int, number: int = 0, dimension: int = 32) -> Template:
    vector = np.random.default_rng([who, number]).standard_normal(dimension).astype(np.float32)
    return Template("net-a", vector / np.float32(np.linalg.norm(vector)), 5)


def close_all() -> None:
    """Close the rosters of every office and gate."""
    while _OPEN:
        _OPEN.pop().close()


def device_key(name: str) -> DeviceKey:
    return DeviceKey(name.encode().ljust(32, b"."))


class Office:
    def __init__(self, folder: Path, devices: Sequence[str]) -> None:
        self.folder = folder
        self.roster = Roster.open(folder, create=True, key=OFFICE_KEY)
        _OPEN.append(self.roster)
        recipients = {name: sealing_key(device_key(name)).public_key() for name in devices}
        self.signer = Signer("ann", SIGNING, SITE, recipients)
        self.now_s = 1000
        self.history: dict[int, dict[str, Profile]] = {}

    @property
    def published(self) -> Published:
        return read_published(published_file(self.folder, ZONE))

    def enrol(self, who: int, **more: object) -> str:
        self.now_s += 1
        return self.roster.add(profile(f"Person {who}", **more), [picture(who, n) for n in range(3)], self.now_s)

    def change(self, person: str, **more: object) -> None:
        self.now_s += 1
        self.roster.change(person, lambda old: replace(old, **more), self.now_s)  # type: ignore[arg-type]

    def profiles(self) -> dict[str, Profile]:
        return {person.person: person.profile for person in self.roster.people()[0]}

    def publish(self) -> list[bytes]:
        """The difference to the last version, and then what is retained."""
        people, faults = self.roster.people()
        edition = next_edition(self.published, people, faults, OFFICE_KEY, self.now_s)
        sent = []
        if edition.news:
            write_published(published_file(self.folder, ZONE), edition.published)
            self.history[edition.published.version] = self.profiles()
            sent = list(messages(ZONE, edition, people, self.signer, self.now_s))
        return [*sent, self.retained()]

    def retained(self) -> bytes:
        return announcement(ZONE, self.published, self.signer, self.now_s)

    def all_of_it(self) -> list[bytes]:
        people, _ = self.roster.people()
        return list(messages(ZONE, whole(self.published), people, self.signer, self.now_s))


class Gate:
    def __init__(self, folder: Path, name: str = "gate-a") -> None:
        self.name = name
        self.key = device_key(name)
        folder.mkdir(exist_ok=True)
        self.roster = ZoneRoster.open(folder, create=True, key=self.key)
        _OPEN.append(self.roster)
        self.restart()

    def restart(self) -> None:
        self.follower = Follower(ZONE, self.name, sealing_key(self.key))
        self.follower.look(self.roster)

    def take(self, message: bytes) -> Taken:
        _, claims = tokens.verify(message, TOKEN, {"ann": SIGNING.public_key()}, MOST_BYTES)
        return self.follower.take(self.roster, read_claims(claims, SITE), 5000)

    def take_all(self, sent: Sequence[bytes]) -> list[Taken]:
        return [self.take(message) for message in sent]

    def profiles(self) -> dict[str, Profile]:
        people, faults = self.roster.people()
        assert not faults
        return {person.person: person.profile for person in people}
