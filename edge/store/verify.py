"""Does the record of a device stand as it was written? Names what is missing and what was altered.

Every event carries the hash of the one before it, and now and then the device signs where its chain stands. An event
that was altered no longer fits the hash in the next one. Somebody who rewrites the rest of the chain as well is found
by the first signed checkpoint behind the change. Not found is what no later event and no checkpoint covers: the newest
events, if they are cut off together with their checkpoints. The centre has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.store.checkpoint import TOKEN_KIND
from edge.store.checkpoint import TYPE as CHECKPOINT
from edge.store.envelope import digest, genesis
from edge.store.verify_gaps import Gaps, Recorded
from edge.tokens import BadTokenError, verify

Kind = Literal["missing", "altered", "rewritten", "checkpoint", "evicted", "damaged"]

FINDINGS = 1000
_RECORDED: Mapping[str, Recorded] = MappingProxyType({"storage.evicted": "evicted", "storage.salvaged": "damaged"})
_EXCUSED: frozenset[Kind] = frozenset(_RECORDED.values())
_DOES_NOT_FIT = "its hash is not the one that the next event names"
_NOT_AS_SIGNED = "not what the device signed: altered among these or before them, and the rest made to fit"
_WHY_MISSING: Mapping[Kind, str] = MappingProxyType(
    {
        "missing": "not there, and nothing says why",
        "evicted": "given up for want of room, as the device recorded",
        "damaged": "lost with a damaged database, as the device recorded",
    }
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Link:
    """One place of a chain, as it is on record: an event's exact bytes, or a tombstone.

    A tombstone has no `body`. It stands for the run `first` to `seq` (0: only `seq`); `hash` is the SHA-256 of the
    last one, in hexadecimal, and `before` the hash that the first one named, "" where that is not known.
    """

    epoch: str
    seq: int
    body: bytes
    hash: str = ""
    first: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Where the record of an epoch now begins: after `seq`, whose SHA-256 is `hash`."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found from `first_seq` to `last_seq`. `evicted` and `damaged` are missing, and the device itself says
    so; nothing is wrong with them. `rewritten`: consistent in itself, but not what the device once signed.
    """

    kind: Kind
    epoch: str
    first_seq: int
    last_seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`erased`: events of which only a tombstone is left. `checkpoints`: whose signature and hash are right, the newest
    made at `last_checkpoint`. `more`: how many findings there are beyond those listed. `holds`: nothing is wrong.
    """

    events: int
    erased: int
    epochs: int
    checkpoints: int
    last_checkpoint: str
    findings: tuple[Finding, ...]
    more: int
    holds: bool

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "findings": [asdict(finding) for finding in self.findings]}


def check_chains(
    links: Iterable[Link],
    *,
    starts: Mapping[str, Start] = _NOTHING,
    keys: Mapping[str, Ed25519PublicKey] = _NOTHING,
    audience: str = "",
) -> Verdict:
    """Go over the record of one device once, from the first link to the last; memory grows only with the
    number of gaps in it.

    `links`: those of an epoch one after the other, by ascending `seq`, none twice. `keys`: the device's signing keys by
    `kid`; without any, signatures are not judged. `audience`: "{site}/{device}", whose events and tokens these must be.
    """
    check = _Check(keys, audience)
    for epoch, chain in groupby(links, key=lambda link: link.epoch):
        check.chain(epoch, chain, starts.get(epoch))
    return check.verdict()


@dataclass(slots=True)
class _Chain:
    """Where the check stands in one epoch: `hash` is that of the link before, "" after a gap; `signed` the last event
    about which there was a checkpoint.
    """

    epoch: str
    expected: int
    hash: str
    signed: int = 0


class _Check:
    def __init__(self, keys: Mapping[str, Ed25519PublicKey], audience: str) -> None:
        self._keys = keys
        self._audience = audience
        self._events = self._erased = self._epochs = self._good = self._more = 0
        self._newest = ""
        self._holds = True
        self._findings: list[Finding] = []
        self._gaps = Gaps()

    def chain(self, epoch: str, links: Iterable[Link], start: Start | None) -> None:
        """One epoch."""
        self._epochs += 1
        chain = _Chain(epoch, start.seq + 1, start.hash) if start else _Chain(epoch, 1, genesis(epoch))
        for link in links:
            first = link.first or link.seq
            if first > chain.expected:
                self._gaps.missing(epoch, chain.expected, first - 1)
                chain.hash = ""
            if link.body:
                named, hashed = self._event(chain, link)
            else:
                named, hashed = link.before, link.hash
                self._erased += link.seq - first + 1
            if named and chain.hash and named != chain.hash:
                if chain.expected == 1:
                    self._find("altered", epoch, first, first, "it does not begin the chain of this epoch")
                else:
                    self._find("altered", epoch, chain.expected - 1, chain.expected - 1, _DOES_NOT_FIT)
            chain.expected, chain.hash = link.seq + 1, hashed

    def verdict(self) -> Verdict:
        for kind, epoch, first, last in self._gaps.accounted():
            self._find(kind, epoch, first, last, _WHY_MISSING[kind])
        findings = tuple(sorted(self._findings, key=lambda finding: (finding.epoch, finding.first_seq)))
        counts = (self._events, self._erased, self._epochs, self._good)
        return Verdict(*counts, self._newest, findings, self._more, self._holds)

    def _event(self, chain: _Chain, link: Link) -> tuple[str, str]:
        """The hash that an event names, and its own."""
        self._events += 1
        try:
            said = json.loads(link.body)
            named, kind, data = str(said["prevhash"]), said["type"], said["data"]
            wrong = (said["epoch"], said["seq"]) != (link.epoch, link.seq)
            wrong = wrong or bool(self._audience and said["source"] != "/" + self._audience)
        except (ValueError, KeyError, TypeError, RecursionError):
            self._find("altered", link.epoch, link.seq, link.seq, "no event of ours")
            return "", digest(link.body)
        if wrong:
            self._find("altered", link.epoch, link.seq, link.seq, "it says that it is another event")
        elif kind == CHECKPOINT:
            self._checkpoint(chain, link.seq, said.get("time", ""), data)
        elif kind in _RECORDED and isinstance(data, dict):
            self._gaps.told(_RECORDED[kind], link.epoch, link.seq, data)
        return named, digest(link.body)

    def _checkpoint(self, chain: _Chain, seq: int, time: str, data: Any) -> None:
        """About the event just before it; one about another event is judged by its signature only."""
        try:
            said = {name: data[name] for name in ("epoch", "seq", "hash")}
            if self._keys:
                _, claims = verify(data["token"].encode(), TOKEN_KIND, self._keys)
                if {name: claims.get(name) for name in said} != said:
                    raise BadTokenError("it says something else than was signed")
                if self._audience and claims.get("aud") != self._audience:
                    raise BadTokenError("signed for another device")
        except (BadTokenError, KeyError, TypeError, AttributeError) as error:
            what = error.message if isinstance(error, BadTokenError) else "no checkpoint of ours"
            self._find("checkpoint", chain.epoch, seq, seq, what)
            return
        if (said["epoch"], said["seq"]) == (chain.epoch, seq - 1):
            if chain.hash and said["hash"] != chain.hash:
                self._find("rewritten", chain.epoch, chain.signed + 1, seq - 1, _NOT_AS_SIGNED)
                chain.signed = seq - 1
                return
            chain.signed = seq - 1
        self._good += 1
        self._newest = max(self._newest, str(time))

    def _find(self, kind: Kind, epoch: str, first: int, last: int, detail: str) -> None:
        self._holds = self._holds and kind in _EXCUSED
        newest = self._findings[-1] if self._findings else None
        joins = newest and kind != "rewritten" and (newest.kind, newest.epoch) == (kind, epoch)
        if newest and joins and first - 1 <= newest.last_seq <= last:
            detail = newest.detail if newest.detail == detail else f"{newest.detail}; {detail}"
            self._findings[-1] = Finding(kind, epoch, newest.first_seq, last, detail)
        elif len(self._findings) < FINDINGS:
            self._findings.append(Finding(kind, epoch, first, last, detail))
        else:
            self._more += 1
