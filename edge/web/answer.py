"""What is sent back, and the headers under which every answer goes out."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from edge.web.sessions import COOKIE

HTML, JSON, TEXT = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"

# No HSTS: it would take from browsers the way past the question about a certificate that no authority signed.
SECURITY: tuple[tuple[str, str], ...] = (
    (
        "content-security-policy",
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # With no-referrer browsers send no Origin along with a form, and it could not be compared.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cache-control", "no-store"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`stream`: pieces in place of `body`, none empty, made as the client takes them: an Iterator on another thread."""

    status: int = 200
    body: bytes = b""
    kind: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterator[bytes] | AsyncGenerator[bytes, None] | None = None

    def having(self, *headers: tuple[str, str]) -> Answer:
        """The same with further headers."""
        return Answer(self.status, self.body, self.kind, (*self.headers, *headers), self.stream)


def see_other(path: str) -> Answer:
    """Go on there with GET. `path`: one of our own."""
    return Answer(303, headers=(("location", path),))


def plain(status: int, text: str) -> Answer:
    """For programs."""
    return Answer(status, f"{text}\n".encode(), TEXT)


def as_json(body: object) -> Answer:
    """JSON values."""
    return Answer(body=json.dumps(body, ensure_ascii=False).encode(), kind=JSON)


def download(name: str, kind: str, content: bytes | Iterator[bytes]) -> Answer:
    """A file to keep. `name`: one of our own, in ASCII."""
    headers = (("content-disposition", f'attachment; filename="{name}"'),)
    if isinstance(content, bytes):
        return Answer(body=content, kind=kind, headers=headers)
    return Answer(kind=kind, headers=headers, stream=content)


def session_cookie(secret: str) -> tuple[str, str]:
    """Set it; an empty secret takes it away."""
    life = "; Max-Age=0" if not secret else ""
    return ("set-cookie", f"{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict{life}")


def language_cookie(language: str) -> tuple[str, str]:
    """Kept for a year."""
    return ("set-cookie", f"edge-language={language}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000")
