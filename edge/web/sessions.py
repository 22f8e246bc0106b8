"""Who is paired now. Kept in memory alone: a restart ends every session, and nothing on the disk lets anybody in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field

from edge.web.pairing import Role
from edge.web.window import Opening

COOKIE = "__Host-edge"
"""The prefix has browsers refuse it without Secure, with a Domain, or for a part of the site (RFC 6265bis, 4.1.3.2)."""
MOST = 16
LIFE_S = 8 * 3600.0
IDLE_S = 1800.0
_MOST_NOTICES = 4


@dataclass(slots=True)
class Session:
    """One paired browser. `until_s`: how long the page stays open, as far as was known when it was last seen;
    `form_key`: what its forms carry, so that no other site can send them.
    """

    role: Role
    begun_s: float
    seen_s: float
    until_s: float
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _notices: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, kind: str, text: str) -> None:
        """For the next page that is shown. `kind`: good, bad."""
        self._notices = [*self._notices, (kind, text)][-_MOST_NOTICES:]

    def take_notices(self) -> list[tuple[str, str]]:
        """What is to be shown now, once."""
        notices, self._notices = self._notices, []
        return notices

    def owns(self, form_key: str) -> bool:
        """Whether a form came from this session's own pages."""
        return hmac.compare_digest(self.form_key.encode(), form_key.encode("utf-8", "surrogatepass"))


class Sessions:
    """From any thread. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, role: Role, now_s: float, opening: Opening) -> str:
        """A new session; its secret, for the cookie. The oldest one ends where there are too many."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            if len(self._open) >= MOST:
                del self._open[min(self._open, key=lambda name: self._open[name].seen_s)]
            self._open[_name(secret)] = Session(role, now_s, now_s, opening.until_s)
        return secret

    def find(self, secret: str, now_s: float, opening: Opening, *, touch: bool) -> Session | None:
        """The session of this secret, if it is not over. `opening`: of the page now; a session of one before it is
        over, also when nobody asked for anything while the page was shut. `touch`: a person does something with it.
        """
        with self._lock:
            name = _name(secret)
            session = self._open.get(name)
            if session is None:
                return None
            old = now_s - session.begun_s > LIFE_S or now_s - session.seen_s > IDLE_S
            if old or opening.since_s > session.until_s:
                del self._open[name]
                return None
            session.until_s = max(session.until_s, opening.until_s)
            if touch:
                session.seen_s = now_s
            return session

    def end(self, secret: str) -> None:
        """Forget it."""
        with self._lock:
            self._open.pop(_name(secret), None)

    def end_all(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._open.clear()


def _name(secret: str) -> str:
    """Looked up by a hash, so that the time of a look-up tells nothing of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
