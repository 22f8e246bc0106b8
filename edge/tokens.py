"""Signed tokens: JSON claims under an Ed25519 signature, as a compact JWS (RFC 7515, RFC 8037).

Commands, configurations, rosters and watermarks are all such tokens. The header's `typ` says which, so that one kind
can never pass for another, and `kid` names the signer's key. PyJWT, with no dependency but `cryptography`, is imported
when a token is first needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import DataError

_ALGORITHM = "EdDSA"


class BadTokenError(DataError):
    """Not a token of the wanted kind, or not signed by a key that is known here."""


class UnknownSignerError(BadTokenError):
    """A token of the wanted kind whose signer is not known here; whether its signature fits cannot be told."""


def sign(claims: Mapping[str, Any], kind: str, kid: str, key: Ed25519PrivateKey) -> str:
    """The token of `kind` that says `claims`, signed by the key called `kid`."""
    import jwt

    return jwt.encode(dict(claims), key, algorithm=_ALGORITHM, headers={"typ": kind, "kid": kid})


def verify(
    token: bytes, kind: str, keys: Mapping[str, Ed25519PublicKey], most_bytes: int = 65536
) -> tuple[str, dict[str, Any]]:
    """The name of the key that signed a token of `kind`, and its claims. Raises BadTokenError.

    Only the signature is judged here; whether the claims fit (times, counter, device) is for the one who asks.
    """
    if len(token) > most_bytes:
        raise BadTokenError(f"longer than {most_bytes} bytes", hint="this is no token of ours")
    import jwt

    try:
        text = token.decode("ascii")
        header = jwt.get_unverified_header(text)
        kid = header.get("kid")
        if header.get("typ") != kind or not isinstance(kid, str):
            raise BadTokenError(f"not a token of the kind {kind}", hint="sign it with `edge command` or `edge keys`")
        if kid not in keys:
            raise UnknownSignerError("signed by a key that is not known here", hint="see [office] in the configuration")
        # The times are judged by the caller, whose clock may not be synchronised.
        skipped = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
        options: Any = {**skipped, "verify_sub": False, "verify_jti": False}
        claims: dict[str, Any] = jwt.decode(text, keys[kid], algorithms=[_ALGORITHM], options=options)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        if isinstance(error, BadTokenError):
            raise
        # Not what the library says: it repeats the header, and that is whatever a stranger wrote.
        raise BadTokenError("no valid token", hint="it was altered, or is none") from error
    return kid, claims
