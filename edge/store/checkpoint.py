"""The device signs where its chain stands: what a thief of the card could rewrite, the hashes alone would not show.

A checkpoint names the newest event by epoch, number and hash. It is an event like any other, so the centre has it as
well; once made, nothing up to that event can be altered, taken out or put in without it showing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.errors import EdgeError
from edge.store.envelope import digest
from edge.store.identity import signing_key
from edge.store.keys import load_device_key
from edge.store.ledger import Ledger

log = logging.getLogger("edge.store")

TYPE = "chain.checkpoint"
TOKEN_KIND = "edge-checkpoint"
Sign = Callable[[Mapping[str, Any]], str]

_FIRST_S = 600.0
_EVERY_S = 86400.0
_HEAD = (
    "SELECT p.epoch, e.seq, e.type, e.body FROM events e JOIN epochs p ON p.number = e.epoch"
    " ORDER BY e.position DESC LIMIT 1"
)


def device_signer(state: Path, device: str, kind: str = TOKEN_KIND) -> Sign:
    """Signs tokens of `kind` with the key of the device in `state`. The key is read, and PyJWT imported, only then."""

    def sign(claims: Mapping[str, Any]) -> str:
        from edge import tokens

        return tokens.sign(claims, kind, device, signing_key(load_device_key(state)))

    return sign


class Checkpoints:
    """When a checkpoint is due, and what it says."""

    def __init__(self, audience: str, sign: Sign) -> None:
        self._audience = audience
        self._sign = sign
        self._next: float | None = None

    def is_due(self, mono_s: float) -> bool:
        """Ten minutes after the first question, so that a device which is started and cut off all the time has some,
        then once a day.
        """
        if self._next is None:
            self._next = mono_s + _FIRST_S
        return mono_s >= self._next

    def make(self, ledger: Ledger, now: Now) -> None:
        """Store the checkpoint about the newest event, unless that is a checkpoint itself. Raises sqlite3.Error."""
        self._next = now.mono_s + _EVERY_S
        head = ledger.connection.execute(_HEAD).fetchone()
        if head is None or head[2] == TYPE:
            return
        epoch, seq, _, body = head
        claims = {"aud": self._audience, "epoch": epoch, "seq": seq, "hash": digest(body)}
        try:
            token = self._sign(claims)
        except EdgeError as error:
            log.error("no checkpoint: %s", error)
            return
        data = {name: claims[name] for name in ("epoch", "seq", "hash")} | {"token": token}
        ledger.record([(Report(TYPE, data, "", Priority.TELEMETRY), now)])
