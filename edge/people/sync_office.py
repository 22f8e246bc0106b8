"""The office's side of a zone's roster: which version comes next, and the messages that carry it.

The roster is an ordinary one, in a state directory of its own. What was published stands in a small file beside it,
durable before anything leaves; from a lost one nothing worse follows than a whole roster more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from edge import tokens
from edge.errors import UsageError
from edge.people.sync_message import MOST_BYTES, TOKEN, Entry, Part, has_consent, new_content_key, seal_record
from edge.people.sync_published import Listed, Published
from edge.store.keys import DeviceKey
from edge.store.roster_records import Fault, Person
from edge.store.roster_transfer import person_to_json

_JSON_BYTES = MOST_BYTES * 3 // 4 - 2048  # a token is base64, and has a header and a signature
_ENTRY_BYTES = 80  # of JSON around a record
_ID_BYTES = 20
_KEY_BYTES = 136  # 92 sealed bytes in base64, and JSON around them
_MOST_LISTED = 5000  # removals and revocations each in the retained message


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which site, and for whom it is sealed: the devices' public keys by id."""

    kid: str
    key: Ed25519PrivateKey
    site: str
    devices: Mapping[str, X25519PublicKey]


@dataclass(frozen=True, slots=True)
class Edition:
    """What is to be published: `published` first made durable, then the messages sent. `base` 0: the whole roster."""

    published: Published
    base: int
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    revoked: tuple[str, ...]

    @property
    def news(self) -> bool:
        """Whether anything differs from the version before."""
        return bool(self.changed or self.removed or self.revoked) or self.base == 0


def next_edition(
    before: Published, people: Sequence[Person], faults: Sequence[Fault], key: DeviceKey, now_s: int
) -> Edition:
    """What a roster means after what was published. Those who cannot be read stay as they were at the gates; those
    without a recorded consent are not in it. Versions are seconds since 1970, or one more than the last, so that they
    grow also where the file was lost.
    """
    version = max(before.version + 1, now_s)
    tagging = key.derive("edge roster: what was published")
    listed: dict[str, Listed] = {
        fault.person: before.people[fault.person] for fault in faults if fault.person in before.people
    }
    for person in people:
        if not has_consent(person.profile):
            continue
        tag = _tag(tagging, person)
        old = before.people.get(person.person)
        revoked = person.profile.revoked
        if old is not None and old.tag == tag:
            listed[person.person] = old
        else:
            listed[person.person] = Listed(version, tag, revoked)
    changed = tuple(sorted(name for name, one in listed.items() if one.version == version))
    removed = tuple(sorted(before.people.keys() - listed.keys()))
    revoked_now = tuple(name for name in changed if listed[name].revoked)
    gone = {name: at for name, at in before.gone.items() if name not in listed} | dict.fromkeys(removed, version)
    newest = sorted(gone, key=lambda name: gone[name])[-_MOST_LISTED:]
    after = Published(version, listed, {name: gone[name] for name in newest})
    return Edition(after, before.version, changed, removed, revoked_now)


def whole(published: Published) -> Edition:
    """The whole of what was published."""
    revoked = tuple(sorted(name for name, one in published.people.items() if one.revoked))
    return Edition(published, 0, tuple(sorted(published.people)), (), revoked)


def messages(zone: str, edition: Edition, people: Sequence[Person], signer: Signer, now_s: int) -> Iterator[bytes]:
    """The parts, each at most MOST_BYTES long; removals and revocations come first. Raises UsageError when there are
    more devices than keys fit into a message.
    """
    known = {person.person: person for person in people}
    room = _JSON_BYTES - sum(_KEY_BYTES + len(name) for name in signer.devices)
    if room < _JSON_BYTES // 2:
        raise UsageError(f"{len(signer.devices)} devices are too many for one zone", hint="make two zones of it")
    version, listed = edition.published.version, edition.published.people
    groups = _groups(edition, {name: _size(known[name]) if name in known else 0 for name in edition.changed}, room)
    for number, (changed, removed, revoked) in enumerate(groups, start=1):
        key, keys = new_content_key(zone, version, signer.devices)
        entries = tuple(
            seal_record(key, zone, listed[name].version, known[name])
            if name in known
            else Entry(name, listed[name].version)
            for name in changed
        )
        part = Part(zone, version, edition.base, number, len(groups), entries, removed, revoked, keys)
        yield _signed(part, signer, now_s)


def announcement(zone: str, published: Published, signer: Signer, now_s: int) -> bytes:
    """What stands retained on the topic: that the version exists, and who is revoked or was removed."""
    revoked = sorted((one.version, name) for name, one in published.people.items() if one.revoked)
    newest = tuple(name for _, name in revoked[-_MOST_LISTED // 2 :])
    gone = tuple(sorted(published.gone, key=lambda name: published.gone[name])[-_MOST_LISTED // 2 :])
    return _signed(Part(zone, published.version, published.version, removed=gone, revoked=newest), signer, now_s)


def _signed(part: Part, signer: Signer, now_s: int) -> bytes:
    return tokens.sign(part.claims(f"{signer.site}/{part.zone}", now_s), TOKEN, signer.kid, signer.key).encode()


def _groups(
    edition: Edition, sizes: Mapping[str, int], room: int
) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Changed, removed and revoked by message; at least one message."""
    items = [(2, name, _ID_BYTES) for name in edition.revoked] + [(1, name, _ID_BYTES) for name in edition.removed]
    items += [(0, name, sizes[name] + _ENTRY_BYTES) for name in edition.changed]
    groups: list[tuple[list[str], list[str], list[str]]] = [([], [], [])]
    left = room
    for kind, name, size in items:
        if size > room:
            raise UsageError(f"{name} has more templates than fit into a message", hint="enrol fewer pictures")
        if size > left:
            groups.append(([], [], []))
            left = room
        groups[-1][kind].append(name)
        left -= size
    return [(tuple(changed), tuple(removed), tuple(revoked)) for changed, removed, revoked in groups]


def _size(person: Person) -> int:
    plain = len(json.dumps(person_to_json(person), ensure_ascii=False).encode())
    return (plain + 32) * 4 // 3


def _tag(tagging: bytes, person: Person) -> str:
    """Tells whether a person's record has changed, and nothing of what it says."""
    plain = json.dumps(person_to_json(person), ensure_ascii=False, sort_keys=True).encode()
    return hmac.digest(tagging, plain, "sha256")[:16].hex()
