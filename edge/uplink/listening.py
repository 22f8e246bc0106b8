"""The subscriptions: bounded before anything looks at a message, and no handler's mistake ends the connection."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from paho.mqtt.matcher import MQTTMatcher

from edge.uplink.faults import Faults
from edge.uplink.inbound import MOST_BYTES, Handler, Inbound
from edge.uplink.session import FAILURE
from edge.uplink.trouble import of_subscription

log = logging.getLogger("edge.uplink")

_BURST = 50.0
_PER_S = 20.0
_CALM_S = 60.0  # so that a flood is one line in the log, and not one for each message that gets through


class TokenBucket:
    """Lets `burst` pass at once, and `per_s` a second in the long run."""

    def __init__(self, burst: float = _BURST, per_s: float = _PER_S) -> None:
        self._burst = burst
        self._per_s = per_s
        self._tokens = burst
        self._at = 0.0

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class _Subscription:
    def __init__(self, topic: str, handler: Handler) -> None:
        self.topic = topic
        self.handler = handler
        self.bucket = TokenBucket()
        self.flooded_at = float("-inf")
        self.failing = False


class Listening:
    """Topic filters and their handlers. Each filter has a bucket of its own, so that many topics below one `+` are
    as bounded as one. `complete`: the broker let us hear all of them, when it was last asked. Counts what was
    `received`, `dropped` unseen or for want of room, and where a handler `failed`.
    """

    def __init__(self, subscriptions: Mapping[str, Handler], faults: Faults) -> None:
        self._faults = faults
        self._matcher = MQTTMatcher()  # type: ignore[no-untyped-call]
        self.filters = list(subscriptions)
        for topic, handler in subscriptions.items():
            self._matcher[topic] = _Subscription(topic, handler)
        self.complete = not self.filters
        self.received = 0
        self.dropped = 0
        self.failed = 0

    def answered(self, codes: list[int]) -> None:
        """The broker's SUBACK: one reason code for each of `filters`."""
        self.complete = len(codes) >= len(self.filters) and all(code < FAILURE for code in codes)
        for topic, code in zip(self.filters, codes, strict=False):
            if code < FAILURE:
                self._faults.end(_key(topic))
            else:
                self._faults.begin(_key(topic), of_subscription(topic, code))

    def deliver(self, message: Inbound, now: float) -> None:
        """Hand a message to whoever listens. Never raises; afterwards it may be acknowledged."""
        self.received += 1
        found: _Subscription | None = next(self._matcher.iter_match(message.topic), None)  # type: ignore[no-untyped-call]
        if found is None:  # a subscription of an earlier run, which the broker still keeps
            self.dropped += 1
        elif not found.bucket.take(now) or len(message.payload) > MOST_BYTES:
            self.dropped += 1
            self._note_flood(found, now)
        elif not self._handled(found, message):
            self.dropped += 1

    def _handled(self, found: _Subscription, message: Inbound) -> bool:
        try:
            taken = found.handler(message)
        except Exception as error:  # the boundary to code that judges what strangers may send
            self.failed += 1
            if not found.failing:
                found.failing = True
                log.error("what came on %s could not be handled: %s", found.topic, error, exc_info=error)
            return True
        if found.failing:
            found.failing = False
            log.info("what comes on %s is handled again", found.topic)
        return taken

    def _note_flood(self, found: _Subscription, now: float) -> None:
        if now - found.flooded_at > _CALM_S:
            log.warning("too much comes on %s, or too large: some of it is dropped", found.topic)
        found.flooded_at = now


def _key(topic: str) -> str:
    return f"listen {topic}"
