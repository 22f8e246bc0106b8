"""What the office publishes of a roster in a state directory: the news, or the whole, durable before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.people.sync_office import Signer, announcement, messages, next_edition, whole
from edge.people.sync_published import published_file, read_published, write_published
from edge.store.keys import load_device_key
from edge.store.roster import Roster
from edge.store.roster_records import Fault


@dataclass(frozen=True, slots=True)
class Issue:
    """What is to be sent: the parts in their order, then `retained`, which stays on the topic. `left_out`: those whose
    records are damaged here; at the gates they stay as they are.
    """

    version: int
    base: int
    changed: int
    removed: int
    revoked: int
    parts: tuple[bytes, ...]
    retained: bytes
    left_out: tuple[Fault, ...]


def issue(state: Path, zone: str, signer: Signer, now_s: int, *, all_of_it: bool = False) -> Issue:
    """The difference to what was published before, with no parts when there is none; or `all_of_it`.

    Raises what the roster raises, DataError for a damaged file of what was published, UsageError for too many devices.
    """
    path = published_file(state, zone)
    key = load_device_key(state)
    with Roster.open(state, read_only=True, key=key) as roster:
        people, faults = roster.people()
    edition = next_edition(read_published(path), people, faults, key, now_s)
    if edition.news:
        write_published(path, edition.published)
        if all_of_it:
            edition = whole(edition.published)
    elif all_of_it:
        edition = whole(read_published(path))
    published = edition.published if edition.news else read_published(path)
    parts = tuple(messages(zone, edition, people, signer, now_s)) if edition.news else ()
    return Issue(
        version=published.version,
        base=edition.base,
        changed=len(edition.changed),
        removed=len(edition.removed),
        revoked=len(edition.revoked),
        parts=parts,
        retained=announcement(zone, published, signer, now_s),
        left_out=tuple(faults),
    )
