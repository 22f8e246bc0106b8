"""The few shapes that the catalogue is made of, as JSON Schema (draft 2020-12), each with its bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

LONGEST_TEXT = 4096
"""Characters. What a library or the kernel says of a fault goes into the text; a stack of causes is still shorter."""

MOST = (1 << 53) - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""


def text(longest: int = LONGEST_TEXT, *, least: int = 0) -> Schema:
    """Text of at most `longest` characters."""
    return {"type": "string", "maxLength": longest} | ({"minLength": least} if least else {})


def word(*choices: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(choices)}


def like(pattern: str) -> Schema:
    """Text that fits a regular expression from end to end."""
    return {"type": "string", "pattern": f"^{pattern}$"}


def whole(low: int = 0, high: int = MOST) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": low, "maximum": high}


def number(low: float, high: float) -> Schema:
    """A number within bounds."""
    return {"type": "number", "minimum": low, "maximum": high}


def seconds() -> Schema:
    """A time span; ten years are more than any device stays up."""
    return number(0, 3.2e8)


def yes_or_no() -> Schema:
    return {"type": "boolean"}


def many(item: Schema, most: int, *, least: int = 0) -> Schema:
    """A list."""
    return {"type": "array", "items": item, "maxItems": most} | ({"minItems": least} if least else {})


def ranges(most: int) -> Schema:
    """Ranges of `seq`, first and last included: [[1, 4], [9, 9]]."""
    return many({"type": "array", "prefixItems": [whole(1), whole(1)], "items": False, "minItems": 2}, most)


def table(needed: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these members and no others."""
    shape: Schema = {"type": "object", "additionalProperties": False, "properties": {**needed, **(optional or {})}}
    return shape | ({"required": list(needed)} if needed else {})


def figures(names: Sequence[str] = (), *, most: int = 200) -> Schema:
    """An object of numbers by name; a figure that is not known is left out. `names`: those that always stand there."""
    shape: Schema = {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9_.]+$", "maxLength": 80},
        "additionalProperties": {"type": "number"},
        "maxProperties": most,
    }
    return shape | ({"required": list(names)} if names else {})


IDENTIFIER = like("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UUID7 = like("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHA256 = like("[0-9a-f]{64}")
EPOCH = like("[0-9a-f]{16}")
TIME = like(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
EVENT_TYPE = like(r"[a-z0-9]+(\.[a-z0-9]+)+")
NAME = like("[a-z0-9][a-z0-9-]{0,62}")
TOKEN = like(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+") | {"maxLength": 65536}
KEY = like("[A-Za-z0-9_-]{43}=?")
