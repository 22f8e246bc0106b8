"""What the signed tokens claim, by kind (the `typ` of the token's header)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.contract import shapes
from edge.contract.shapes import Schema, many, table, text, whole

AUDIENCE = shapes.like("[^/+#]+/[^/+#]+") | {"maxLength": 200, "description": "{site}/{device}"}
MOMENT = whole() | {"description": "seconds after 1970"}
COUNTER = whole() | {"description": "strictly increasing for each key"}
PERSON = shapes.like("[0-9a-f]{16}")
BITS: Schema = {
    "type": "array",
    "prefixItems": [whole(1), shapes.like("[A-Za-z0-9_-]+={0,2}") | {"maxLength": 32768}],
    "items": False,
    "minItems": 2,
    "description": "a number, and a bitmap in base64url whose bit i, the lowest of a byte first, stands for it plus i",
}
POSITION = {"aud": AUDIENCE, "epoch": shapes.EPOCH}

CLAIMS: Mapping[str, Schema] = MappingProxyType(
    {
        "edge-command": table(
            {
                "aud": AUDIENCE,
                "cmd": text(80, least=1),
                "args": {"type": "object"},
                "ctr": COUNTER,
                "jti": shapes.like("[A-Za-z0-9._-]{1,64}"),
                "iat": MOMENT,
            },
            {
                "exp": MOMENT,
                "nonce": text(200) | {"description": "instead of `exp`, where the device's clock is not synchronised"},
            },
        ),
        "edge-approval": table(
            {
                "aud": AUDIENCE,
                "of": shapes.SHA256 | {"description": "SHA-256 of the token that is approved"},
                "ctr": COUNTER,
                "iat": MOMENT,
                "exp": MOMENT,
            }
        ),
        "edge-pass": table(
            {
                "n": PERSON | {"description": "the pass's own random number"},
                "p": PERSON | {"description": "whose it is or, for a visitor, who invited them"},
                "s": shapes.NAME | {"description": "the site"},
            },
            {
                "v": whole(0, 1) | {"description": "1: a visitor's"},
                "z": many(shapes.NAME, 8) | {"description": "the zones where it holds; none: everywhere on the site"},
                "b": MOMENT | {"description": "when it begins to hold"},
                "e": MOMENT | {"description": "when it no longer holds"},
                "u": whole(1, 1000) | {"description": "how often, over all gates; only together with `e`"},
            },
        ),
        "edge-config": table(
            {"aud": AUDIENCE, "version": whole(1), "config": {"type": "object", "description": "tables and keys"}},
            {"iat": MOMENT},
        ),
        "edge-watermark": table(
            {
                **POSITION,
                "through": whole() | {"description": "everything up to and with this `seq` is stored"},
                "also": shapes.ranges(64) | {"description": "what is stored beyond `through`"},
                "iat": MOMENT,
            },
            {"bits": BITS},
        ),
        "edge-roster": table(
            {
                "aud": text() | {"description": "`{site}/{zone}`"},
                "zone": shapes.NAME,
                "version": whole(1),
                "base": whole() | {"description": "the version that this is the difference to; 0: the whole roster"},
                "part": whole(1),
                "parts": whole(1, 10_000),
                "changed": many(
                    table({"person": PERSON, "version": whole(1)}, {"sealed": text(65536)}),
                    10_000,
                ),
                "removed": many(PERSON, 10_000),
                "revoked": many(PERSON, 10_000),
                "keys": {
                    "type": "object",
                    "additionalProperties": text(1000),
                    "description": "the content key, sealed to each device",
                },
                "iat": MOMENT,
            }
        ),
        "edge-checkpoint": table({**POSITION, "seq": whole(1), "hash": shapes.SHA256}),
    }
)
