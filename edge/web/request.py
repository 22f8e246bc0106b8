"""What a browser asks for, read with bounds: nothing of it is trusted, and what does not fit is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl

from edge.errors import EdgeError

MOST_FIELDS = 200
WHOLE = re.compile(r"-?[0-9]{1,18}")
"""A whole number as somebody may type it; every one of them fits into 64 bits, SQLite's."""
MOST_FORM_BYTES = 65536
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


class RefusedError(EdgeError):
    """A request that is not answered; `status` is HTTP's."""

    def __init__(self, status: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request without its body. `headers` by small name; of a repeated one the last."""

    method: str
    path: str
    query: Fields
    headers: Mapping[str, str]
    client: str
    cookies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def same_site(self) -> bool:
        """Whether a page of this device sent it, as far as the browser tells (Fetch Metadata, and Origin)."""
        if self.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin, host = self.headers.get("origin"), self.headers.get("host", "")
        return origin is None or (_HOST.fullmatch(host) is not None and origin == f"https://{host}")


def one(fields: Fields, name: str, default: str = "", most: int = 200) -> str:
    """The field's only value. Raises RefusedError where it is longer than `most` letters or not of printable text."""
    value = fields.get(name, (default,))[-1]
    if len(value) > most:
        raise RefusedError(400, f"{name}: longer than {most} letters")
    if any(not letter.isprintable() and letter not in "\r\n\t" for letter in value):
        raise RefusedError(400, f"{name}: not printable")
    return value


def read_fields(text: bytes) -> Fields:
    """A query or form. Raises RefusedError."""
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:  # UnicodeError is one
        raise RefusedError(400, "the fields cannot be read") from error
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return MappingProxyType(fields)


def read_cookies(header: str) -> Mapping[str, str]:
    """`name=value` pairs; what is none is left out."""
    pairs = (part.strip().partition("=") for part in header.split(";")[:32])
    return MappingProxyType({name: value for name, equals, value in pairs if equals})
