"""Which MQTT is spoken: 5, unless the broker does not have it.

Without MQTT 5 there are no properties, no reason codes and no window of the broker's: what its access list refuses
looks like a success there.
"""

from __future__ import annotations

import logging

from paho.mqtt.enums import MQTTProtocolVersion

log = logging.getLogger("edge.uplink")

_HUNG_UP = 2
_DAY_S = 24 * 3600.0


class Dialect:
    """Chosen anew by each process, and once a day at the next connection.

    A broker that only hangs up may have a reason of its own, such as being restarted behind a relay. So when it then
    answers in 3.1.1, MQTT 5 is tried once more, and only another hang-up settles it.
    """

    def __init__(self) -> None:
        self._hung_up = 0
        self._old_until: float | None = None
        self._guessed = False
        self._on_trial = False
        self._said = False

    def version(self, now: float) -> MQTTProtocolVersion:
        """What to say CONNECT in."""
        if self._old_until is not None and now >= self._old_until:
            self._old_until = None
        return MQTTProtocolVersion.MQTTv5 if self._old_until is None else MQTTProtocolVersion.MQTTv311

    def refused(self, now: float) -> bool:
        """The broker does not know this version of the protocol. Returns whether there is another one to try."""
        self._hung_up, self._guessed, self._on_trial = 0, False, False
        if self._old_until is None:
            self._old_until = now + _DAY_S
            return True
        self._old_until = None
        return False

    def hung_up(self, now: float) -> None:
        """The broker closed the connection instead of answering CONNECT, as some do that do not know MQTT 5."""
        self._hung_up += 1
        if self._hung_up >= _HUNG_UP or self._on_trial:
            self._guessed, self._on_trial, self._hung_up = not self._on_trial, False, 0
            self._old_until = now + _DAY_S if self._old_until is None else None

    def greeted(self, version: MQTTProtocolVersion) -> bool:
        """The broker answered. Returns False if this connection is to be left, to try MQTT 5 once more."""
        self._hung_up = 0
        if version == MQTTProtocolVersion.MQTTv5:
            self._said = self._on_trial = False
        elif self._guessed:
            self._guessed, self._on_trial, self._old_until = False, True, None
            return False
        elif not self._said:
            self._said = True
            log.warning("the broker has no MQTT 5: with 3.1.1, events that its access list refuses count as delivered")
        return True


def name_of(version: MQTTProtocolVersion) -> str:
    """As people write it."""
    return "5" if version == MQTTProtocolVersion.MQTTv5 else "3.1.1"
