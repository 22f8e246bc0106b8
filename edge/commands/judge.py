"""Is this command genuine, meant for this device, and neither old nor seen before? Pure.

The work is bounded before anything is verified. What is said of a message whose signature does not hold never repeats
any of its content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Now
from edge.commands.catalogue import COMMANDS, TWO_PERSON
from edge.commands.standing import Standing
from edge.tokens import BadTokenError, verify

COMMAND, APPROVAL = "edge-command", "edge-approval"
MOST_BYTES = 65536
LONGEST_LIFE_S = 300
MOST_AHEAD_S = 60
_MOST_NUMBER = 1 << 62
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NO_ARGS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom this device obeys. `audience`: "{site}/{device}"; `keys`: the signers by name."""

    audience: str
    keys: Mapping[str, Ed25519PublicKey]
    two_person: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A genuine command. `counters`: what the standing has to note before it is carried out; `nonce`: to be used up."""

    id: str
    name: str
    kid: str
    args: Mapping[str, Any] = field(default_factory=lambda: _NO_ARGS)
    counters: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. `id` and `kid` are known only when the signature holds."""

    reason: str
    detail: str
    id: str = ""
    kid: str = ""


class _Refused(Exception):  # noqa: N818 - not an error: the way from any depth to the verdict
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, detail)


def judge(
    name: str, payload: bytes, retain: bool, rules: Rules, standing: Standing, flaw: Callable[[str], str], now: Now
) -> Accepted | Refusal:
    """The verdict on a message for the command `name`. `flaw`: why a nonce is not good, as `Challenges.flaw`."""
    id_ = kid = ""
    try:
        if retain:
            raise _Refused("retained", "a retained command comes again at every connection")
        if len(payload) > MOST_BYTES:
            raise _Refused("malformed", f"more than {MOST_BYTES} bytes")
        token, _, approval = payload.strip(b"\n").partition(b"\n")
        kid, claims = _verified(token, COMMAND, rules)
        id_ = _matching(claims, "jti")
        _addressed(claims, rules)
        if claims.get("cmd") != name:
            raise _Refused("topic", "signed for another command than the topic names")
        counters = {kid: _counted(claims, kid, standing)}
        nonce = _timely(claims, standing, flaw, now)
        args = _arguments(name, claims)
        if approval or (rules.two_person and name in TWO_PERSON):
            counters |= _approved(token, kid, approval, rules, standing, now, fresh=bool(nonce))
    except _Refused as refused:
        refusal = refused.refusal
        return Refusal(refusal.reason, refusal.detail, id_, kid)
    return Accepted(id_, name, kid, args, counters, nonce)


def _verified(token: bytes, kind: str, rules: Rules) -> tuple[str, dict[str, Any]]:
    try:
        return verify(token, kind, rules.keys, MOST_BYTES)
    except BadTokenError as error:
        raise _why(token, kind, rules, error) from error


def _why(token: bytes, kind: str, rules: Rules, error: BadTokenError) -> _Refused:
    import jwt

    if isinstance(error.__cause__, jwt.InvalidSignatureError):
        return _Refused("altered", "the signature does not fit")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        header = {}
    if header.get("typ") == kind and isinstance(header.get("kid"), str) and header["kid"] not in rules.keys:
        return _Refused("unknown_key", "signed by a key that this device does not know")
    return _Refused("malformed", f"no token of the kind {kind}")


def _matching(claims: Mapping[str, Any], key: str) -> str:
    value = claims.get(key)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _Refused("malformed", f"{key} is missing, or no short word")
    return value


def _whole(claims: Mapping[str, Any], key: str) -> int:
    value = claims.get(key)
    if type(value) is not int or not 0 <= value < _MOST_NUMBER:
        raise _Refused("malformed", f"{key} is missing, or no whole number")
    return value


def _addressed(claims: Mapping[str, Any], rules: Rules) -> None:
    if claims.get("aud") != rules.audience:
        raise _Refused("foreign", "signed for another device")


def _counted(claims: Mapping[str, Any], kid: str, standing: Standing) -> int:
    counter, last = _whole(claims, "ctr"), standing.last.get(kid, -1)
    if counter <= last:
        raise _Refused("replayed", "its counter is not above the last one of this key")
    return counter


def _timely(claims: Mapping[str, Any], standing: Standing, flaw: Callable[[str], str], now: Now) -> str:
    """The nonce that takes the place of the expiry, or an empty string when the expiry holds."""
    nonce = claims.get("nonce")
    if (nonce is None) == (claims.get("exp") is None):
        raise _Refused("malformed", "either exp or nonce is wanted")
    if nonce is None:
        _unexpired(claims, standing, now)
        return ""
    if reason := flaw(nonce) if isinstance(nonce, str) else "nonce_unknown":
        raise _Refused(reason, "ask for a new one on command/challenge")
    return str(nonce)


def _unexpired(claims: Mapping[str, Any], standing: Standing, now: Now) -> None:
    issued, expires = _whole(claims, "iat"), _whole(claims, "exp")
    now_s = now.wall_us / 1e6
    if now.quality == "unsynced":
        raise _Refused(
            "clock", "this device does not know the time: sign a nonce from command/challenge instead of exp"
        )
    if expires <= now_s:
        raise _Refused("expired", f"{now_s - expires:.0f} s ago")
    if issued > now_s + MOST_AHEAD_S:
        raise _Refused("not_yet_valid", f"signed {issued - now_s:.0f} s in the future")
    if expires - issued > LONGEST_LIFE_S:
        raise _Refused("lives_too_long", f"more than {LONGEST_LIFE_S} s from iat to exp")
    if issued < standing.floor_s:
        raise _Refused("before_reset", "signed before this device began to count anew")


def _arguments(name: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    command = COMMANDS.get(name)
    if command is None:
        raise _Refused("unknown_command", "this device does not know it")
    args = claims.get("args", {})
    if problem := command.problem(args):
        raise _Refused("arguments", problem)
    return MappingProxyType(args)


def _approved(
    token: bytes, kid: str, approval: bytes, rules: Rules, standing: Standing, now: Now, *, fresh: bool
) -> dict[str, int]:
    """The second person's counter. `fresh`: the command carries a nonce, so what names it by its hash is fresh too."""
    if not approval:
        raise _Refused("approval_missing", "this takes the signatures of two people")
    other, claims = _verified(approval, APPROVAL, rules)
    if rules.keys[other].public_bytes_raw() == rules.keys[kid].public_bytes_raw():
        raise _Refused("approval_same_key", "both signatures are of one key")
    _addressed(claims, rules)
    if claims.get("of") != hashlib.sha256(token).hexdigest():
        raise _Refused("approval_of_another", "the approval is for another command")
    counter = _counted(claims, other, standing)
    if not fresh:
        _unexpired(claims, standing, now)
    return {other: counter}
