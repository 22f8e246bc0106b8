"""Does what is stored here stand as the devices wrote it? Goes over the hash chains, and the devices' signatures.

A device's key is the one it was given on the command line, or else the first one that the device ever showed: trust on
first use. A device that has shown another one since is named, and judged by the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.sink.records import Overview
from edge.sink.storage import Storage
from edge.store.verify import Link, Verdict, check_chains


@dataclass(frozen=True, slots=True)
class DeviceVerdict:
    """One device. `key`: `given`, `first seen`, or `none`, then checkpoints are not judged by their signature."""

    source: str
    verdict: Verdict
    key: str
    changed_keys: int
    conflicts: int

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.conflicts and not (self.changed_keys and self.key != "given")

    def as_json(self) -> dict[str, Any]:
        own = {"source": self.source, "key": self.key, "changed_keys": self.changed_keys, "conflicts": self.conflicts}
        return {**own, **self.verdict.as_json(), "holds": self.holds}

    def lines(self) -> Iterator[str]:
        """For people."""
        verdict = self.verdict
        yield (
            f"{self.source}: {'holds' if self.holds else 'DOES NOT HOLD'}; {verdict.events} events,"
            f" {verdict.checkpoints} checkpoints, key: {self.key}"
        )
        for finding in verdict.findings:
            first, last = finding.first_seq, finding.last_seq
            where = str(first) if first == last else f"{first}–{last}"
            yield f"  {finding.kind} {finding.epoch} {where}: {finding.detail}"
        if verdict.more:
            yield f"  and {verdict.more} more"
        if self.conflicts:
            yield f"  {self.conflicts} events came in another form than is stored: see the table `conflicts`"
        if self.changed_keys:
            yield f"  its key has changed {self.changed_keys} times since it was first seen"


def verify(storage: Storage, source: str = "", signer: Ed25519PublicKey | None = None) -> list[DeviceVerdict]:
    """Every device, or one; `signer` is the public key of that one."""
    chains = groupby(storage.overviews(source), key=lambda overview: overview.source)
    return [_of_device(storage, name, list(found), signer) for name, found in chains]


def _of_device(
    storage: Storage, source: str, overviews: list[Overview], signer: Ed25519PublicKey | None
) -> DeviceVerdict:
    audience = source.removeprefix("/")
    known = storage.keys(source)
    origin = "given" if signer else "first seen" if known else "none"
    if signer is None and known:
        signer = Ed25519PublicKey.from_public_bytes(known[0].signing)
    device = audience.partition("/")[2]
    keys = {} if signer is None else {device: signer}
    verdict = check_chains(_links(storage, overviews), keys=keys, audience=audience)
    conflicts = sum(overview.conflicts for overview in overviews)
    return DeviceVerdict(source, verdict, origin, max(len(known) - 1, 0), conflicts)


def _links(storage: Storage, overviews: Iterable[Overview]) -> Iterator[Link]:
    for overview in overviews:
        for row in storage.rows(overview.chain):
            yield Link(row.epoch, row.seq, row.body)
