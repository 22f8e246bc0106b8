"""A pass and its token: a compact JWS of the kind `edge-pass`, short enough for a QR code that a gate's camera reads.

The names of the claims are single letters because every character costs distance: a code has to be held the nearer,
the more modules it has. No claim names a person; the holder is an id of the roster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import DataError
from edge.store.roster_records import is_id
from edge.tokens import BadTokenError, sign, verify

KIND = "edge-pass"
MOST_BYTES = 367
"""What a QR code of version 12 holds at error correction level L, in byte mode (ISO/IEC 18004, table 7)."""
MOST_USES = 1000
MOST_ZONES = 8
LAST_SECOND = 253_402_300_799  # of the year 9999
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_REQUIRED = frozenset("nps")
_KNOWN = frozenset("npsvzbeu")


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass says. Raises DataError for what no pass may say.

    `number`: its own random id. `holder`: the person of the roster whose pass it is or, for a `visitor`, who invited
    them. `zones`: where it holds; none: everywhere on the site. Times are seconds since 1970, `expires` the first one
    at which it no longer holds. `uses`: how often, over all gates together; None: as often as one likes. Only what
    expires can be counted, or the counts would have to be kept for ever.
    """

    number: str
    holder: str
    site: str
    visitor: bool = False
    zones: tuple[str, ...] = ()
    not_before: int | None = None
    expires: int | None = None
    uses: int | None = None

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise DataError(f"no pass: {problem}", hint="see docs/passes.md")

    def _problem(self) -> str:
        if not (is_id(self.number) and is_id(self.holder)):
            return "number and holder are ids of 16 hexadecimal digits"
        if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in (self.site, *self.zones)):
            return "site and zones are names of small letters, digits and '-'"
        if len(self.zones) > MOST_ZONES:
            return f"more than {MOST_ZONES} zones"
        if type(self.visitor) is not bool:
            return "whether it is a visitor's is true or false"
        for moment in (self.not_before, self.expires):
            if moment is not None and not (type(moment) is int and 0 <= moment <= LAST_SECOND):
                return "times are whole seconds since 1970"
        if self.not_before is not None and self.expires is not None and self.expires <= self.not_before:
            return "it would expire before it holds"
        if self.uses is not None and not (type(self.uses) is int and 1 <= self.uses <= MOST_USES):
            return f"the uses are a number from 1 to {MOST_USES}"
        if self.uses is not None and self.expires is None:
            return "what may be used so many times has to expire"
        return ""


def issue(shown: Pass, kid: str, key: Ed25519PrivateKey) -> str:
    """The token, signed by the key called `kid`. Raises DataError when a gate's camera could not read it."""
    claims: dict[str, Any] = {"n": shown.number, "p": shown.holder, "s": shown.site}
    if shown.visitor:
        claims["v"] = 1
    if shown.zones:
        claims["z"] = list(shown.zones)
    times = {"b": shown.not_before, "e": shown.expires, "u": shown.uses}
    claims |= {name: value for name, value in times.items() if value is not None}
    token = sign(claims, KIND, kid, key)
    if len(token) > MOST_BYTES:
        raise DataError(
            f"the pass takes {len(token)} characters; {MOST_BYTES} are legible at a gate",
            hint="name fewer zones, or a key with a shorter name",
        )
    return token


def read(token: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Pass:
    """The pass that one of `keys` has signed. Raises BadTokenError, of it UnknownSignerError.

    No claim may be of another type, and none may be unknown: it could be a limit that this gate does not understand.
    """
    _, claims = verify(token, KIND, keys, MOST_BYTES)
    zones, visitor = claims.get("z", []), claims.get("v", 0)
    known = _REQUIRED <= claims.keys() <= _KNOWN
    if not known or type(visitor) is not int or visitor not in (0, 1) or not isinstance(zones, list):
        raise BadTokenError("a pass with other claims", hint="it was made by another version of edge")
    if any(claims.get(name, 0) is None for name in "beu"):
        raise BadTokenError("a pass with empty claims", hint="it was made by another version of edge")
    limits = (claims.get("b"), claims.get("e"), claims.get("u"))
    try:
        return Pass(claims["n"], claims["p"], claims["s"], visitor == 1, tuple(zones), *limits)
    except DataError as error:
        raise BadTokenError(error.message, hint=error.hint) from error
