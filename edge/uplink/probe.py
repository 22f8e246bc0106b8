"""What the broker lets this device do, tried out over the session that stands: for whoever installs.

A second connection with the device's certificate would take the first one's place, so the uplink itself asks. It writes
where it may, listens where it may and where it must not, and at last writes where it must not. Nothing of it is
retained, and what it must not write belongs to a device that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.uplink.messages import Message
from edge.uplink.session import Session
from edge.uplink.topics import Topics

LISTEN_S = 1.5
"""What is retained comes within this time after a subscription."""
LIMIT_S = 15.0
NOBODY = "edge-doctor-nobody"
PAYLOAD = b'{"probe":true}'
_NOT_AUTHORISED = 0x87


class Probe:
    """One inquiry. `answer`, once it is there: `connected`; `mqtt` 5 or 3; `own_write`, `foreign_write`, `own_read`,
    `foreign_read` as reason codes (null: the broker did not answer; in MQTT 3 a refusal looks like success);
    `round_trip_ms` from a message to its acknowledgement; `overheard`: another device's status was received.
    """

    def __init__(self, topics: Topics) -> None:
        base = f"edge/v1/{topics.site}"
        self._topics = topics
        self._foreign_write = f"{base}/{NOBODY}/reply/probe"
        self._own_read = f"{base}/{topics.device}/command/{NOBODY}"
        self._foreign_read = f"{base}/+/status"
        self._begun_s: float | None = None
        self._codes: dict[str, int | None] = dict.fromkeys(("own_write", "foreign_write", "own_read", "foreign_read"))
        self._round_trip_ms: float | None = None
        self._overheard = False
        self._trespassed = False
        self._mqtt = 0
        self.answer: Mapping[str, Any] | None = None

    def go_on(self, session: Session, now: float) -> None:
        """On the uplink's thread, while a session stands."""
        if self.answer is not None:
            return
        if self._begun_s is None:
            self._begin(session, now)
            return
        if self._round_trip_ms is None and self._codes["own_write"] is not None:
            self._round_trip_ms = round((now - self._begun_s) * 1e3, 1)
        if not self._trespassed:
            if now - self._begun_s > LISTEN_S and self._codes["own_read"] is not None:
                self._trespassed = True
                session.unsubscribe([self._own_read, self._foreign_read])
                session.publish(Message(self._foreign_write, PAYLOAD), self._foreign_written, now)
        elif self._codes["foreign_write"] is not None:
            self._conclude()
        if now - self._begun_s > LIMIT_S:
            self._conclude()

    def heard(self, topic: str, now: float) -> bool:
        """Whether a message came for the inquiry alone; on the uplink's thread."""
        if self._begun_s is None or not topic.startswith(f"edge/v1/{self._topics.site}/"):
            return False
        if not topic.endswith("/status") or topic.count("/") != 4:
            return False
        if self.answer is None and now - self._begun_s < LIMIT_S and topic != self._topics.status:
            self._overheard = True
        return True

    def broke(self) -> None:
        """The session ended before there was an answer."""
        if self._begun_s is None or self.answer is not None:
            return
        # mosquitto 2.0.11 closes a TLS connection after it has refused a message on it.
        if self._trespassed:
            self._codes["foreign_write"] = self._codes["foreign_write"] or _NOT_AUTHORISED
        if self._codes["own_write"] is not None:
            self._conclude()
        else:
            self.answer = {"connected": False, "error": "the broker ended the connection when it was asked"}

    def _begin(self, session: Session, now: float) -> None:
        self._begun_s = now
        self._mqtt = int(session.version)
        session.subscribe([self._own_read, self._foreign_read], self._subscribed)
        session.publish(Message(f"{self._topics.replies}/probe", PAYLOAD), self._own_written, now)

    def _own_written(self, code: int) -> None:
        self._codes["own_write"] = code

    def _foreign_written(self, code: int) -> None:
        self._codes["foreign_write"] = code

    def _subscribed(self, codes: list[int]) -> None:
        self._codes["own_read"], self._codes["foreign_read"] = (*codes, None, None)[:2]

    def _conclude(self) -> None:
        self.answer = {
            "connected": True,
            "mqtt": self._mqtt,
            "overheard": self._overheard,
            "round_trip_ms": self._round_trip_ms,
            **self._codes,
        }
