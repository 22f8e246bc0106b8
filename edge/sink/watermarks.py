"""Telling each device up to where its events are kept for good, so that it may forget them.

A token is true by itself: everything up to `through`, in the spans `also` and in the bitmap `bits` is committed here,
or was told to be lost by the device. A device that sends its backlog by priority leaves thousands of single numbers
between those still to come. So a token tells only of what has come since the last one, more than a few spans as a
bitmap, and what is too far apart for one as several tokens, one after the other.
"""

from __future__ import annotations

import base64
import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import tokens
from edge.sink.records import Chain, Covered
from edge.sink.spans import Span, united
from edge.sink.storage import Storage

KIND = "edge-watermark"
KID = "sink"
MOST_SPANS = 64  # of one token
REACH = 1 << 17  # numbers in the bitmap of one token: 16 KiB
_MOST_TOKENS = 16  # of one device at once
_MOST_TOUCHED = 1 << 14  # spans of one epoch that are remembered until they are told
_EVERY_S = 1.0


class Watermarks:
    """Which tokens are to be published, each device's once a second. What is forgotten here, the device sends again."""

    def __init__(self, key: Ed25519PrivateKey, monotonic: Callable[[], float], wall_s: Callable[[], float]) -> None:
        self._key = key
        self._monotonic = monotonic
        self._wall_s = wall_s
        self._touched: dict[str, dict[str, list[Span]]] = {}
        self._due: list[tuple[float, str]] = []
        self._published: dict[str, float] = {}
        self._ready: deque[tuple[str, bytes]] = deque()

    def touch(self, spans: Iterable[Covered]) -> None:
        """These spans are committed; those told last are published last, and so are what stays retained."""
        now = self._monotonic()
        for span in spans:
            epochs = self._wanted(span.source, now)
            found = epochs.pop(span.epoch, [])
            if len(found) < _MOST_TOUCHED:
                found.append((span.first, span.last))
            epochs[span.epoch] = found

    def tell_all(self, chains: Iterable[Chain]) -> None:
        """Publish for these as well: a connection has begun, and a broker may have lost what it retained."""
        now = self._monotonic()
        for chain in chains:
            self._wanted(chain.source, now).setdefault(chain.epoch, [])

    def next(self, storage: Storage) -> tuple[str, bytes] | None:
        """The topic and the token to be published now. Raises HardwareError as the storage does."""
        now = self._monotonic()
        if not self._ready and self._due and self._due[0][0] <= now:
            _, source = self._due[0]
            tokens_of_device = list(islice(self._tokens(storage, source), _MOST_TOKENS))
            heapq.heappop(self._due)
            del self._touched[source]
            self._note(source, now)
            self._ready.extend((f"edge/v1{source}/watermark", token) for token in tokens_of_device)
        return self._ready.popleft() if self._ready else None

    def wait_s(self) -> float:
        """How long until there is something to publish."""
        if self._ready:
            return 0.0
        return max(0.0, self._due[0][0] - self._monotonic()) if self._due else float("inf")

    def _note(self, source: str, now: float) -> None:
        self._published.pop(source, None)
        self._published[source] = now
        while now - self._published[oldest := next(iter(self._published))] >= _EVERY_S:
            del self._published[oldest]

    def _wanted(self, source: str, now: float) -> dict[str, list[Span]]:
        if source not in self._touched:
            heapq.heappush(self._due, (max(now, self._published.get(source, -_EVERY_S) + _EVERY_S), source))
        return self._touched.setdefault(source, {})

    def _tokens(self, storage: Storage, source: str) -> Iterator[bytes]:
        for epoch, touched in self._touched[source].items():
            chain = Chain(source, epoch)
            through = storage.through(chain)
            also = united(span for span in touched if span[1] > through)
            if not touched:
                also = storage.beyond(chain, through, MOST_SPANS)
            claims = {"aud": source[1:], "epoch": epoch, "through": through, "iat": int(self._wall_s())}
            for page in pages(also):
                yield tokens.sign(claims | page, KIND, KID, self._key).encode()


def pages(spans: list[Span]) -> Iterator[dict[str, Any]]:
    """The claims `also` and `bits` of as many tokens as it takes to tell these spans; at least one.

    `bits` is a pair: a number, and a bitmap in base64url whose bit i (the lowest of a byte first) stands for the number
    plus i.
    """
    if len(spans) <= MOST_SPANS:
        yield {"also": spans}
        return
    near: list[Span] = []
    for span in spans:  # one that is longer than the reach ends up alone
        if near and span[1] - near[0][0] >= REACH:
            yield _page(near)
            near = []
        near.append(span)
    yield _page(near)


def _page(spans: list[Span]) -> dict[str, Any]:
    base, end = spans[0][0], spans[-1][1]
    if len(spans) <= MOST_SPANS:
        return {"also": spans}
    digits = bytearray(b"0") * (end - base + 1)
    for first, last in spans:
        digits[first - base : last - base + 1] = b"1" * (last - first + 1)
    bits = int(digits[::-1], 2).to_bytes(-(-len(digits) // 8), "little")
    return {"also": [], "bits": [base, base64.urlsafe_b64encode(bits).decode()]}
