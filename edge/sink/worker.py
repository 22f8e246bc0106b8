"""The sink: from the broker into the database, and only then the acknowledgement; and watermarks back to the devices.

Everything that has come since the last commit is the next transaction. A database that refuses ends the connection:
nothing is acknowledged, the broker keeps it, and it comes again when both work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import HardwareError, UsageError
from edge.sink.books import enter
from edge.sink.connection import Arrival, Connection
from edge.sink.reading import Parcel
from edge.sink.storage import Storage
from edge.sink.watermarks import Watermarks
from edge.uplink.backoff import FullJitter
from edge.uplink.settings import Broker
from edge.uplink.trouble import Trouble, of_failure

log = logging.getLogger("edge.sink")

_WAIT_S = 0.25
_FIRST_DELAY_S = 0.5
_MOST_NAMED = 100  # topics whose refusals are logged


@dataclass(slots=True)
class Counters:
    """Since the start. `repeated` came once more, `conflicts` of those differed; `watermarks` are tokens sent."""

    connects: int = 0
    messages: int = 0
    commits: int = 0
    stored: int = 0
    repeated: int = 0
    conflicts: int = 0
    evicted: int = 0
    refused: int = 0
    watermarks: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def subscriptions(group: str) -> tuple[str, ...]:
    """What a sink subscribes to: the events together with its group, the devices' keys each sink for itself.

    Raises UsageError for a name that cannot be part of a topic.
    """
    if not group or any(letter in "/+#\0" or not letter.isprintable() for letter in group):
        raise UsageError(f"{group!r} cannot be the name of a group", hint="use letters, digits and '-'")
    shared = f"$share/{group}/edge/v1/+/+"
    return f"{shared}/event/+", f"{shared}/events", "edge/v1/+/+/keys"


class SinkWorker:
    """A worker. Without a `key` no watermarks are published, which suffices for devices in the mode `broker`.

    `open_storage` is called at the start, where it may raise, and again after the database has failed.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        group: str,
        open_storage: Callable[[], Storage],
        key: Ed25519PrivateKey | None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
        delays: FullJitter | None = None,
    ) -> None:
        self.counters = Counters()
        self._broker = broker
        self._client_id = client_id
        self._topics = subscriptions(group)
        self._open_storage = open_storage
        self._watermarks = None if key is None else Watermarks(key, monotonic, wall_s)
        self._monotonic = monotonic
        self._wall_s = wall_s
        self._delays = delays or FullJitter(_FIRST_DELAY_S, broker.longest_delay_s)
        self._storage: Storage | None = None
        self._connection: Connection | None = None
        self._greeted = False
        self._trouble = ""
        self._next_attempt = 0.0
        self._named: set[str] = set()
        self._wake = threading.Event()

    @property
    def working(self) -> bool:
        """Whether it is subscribed and the database works."""
        return self._greeted and not self._trouble

    def start(self) -> None:
        """Open the database. Raises HardwareError, DataError or UsageError."""
        self._storage = self._open_storage()

    def step(self) -> None:
        if self._connection is None:
            self._attempt()
            return
        wait_s = _WAIT_S if self._watermarks is None else min(_WAIT_S, self._watermarks.wait_s())
        arrived = self._connection.receive(wait_s if self._connection.room > 0 else _WAIT_S)
        try:
            self._greet()
            if arrived:
                self._enter(arrived)
            self._publish()
        except HardwareError as error:
            self._fail(Trouble(error.message, error.hint))
            if self._storage is not None:
                self._storage.close()
                self._storage = None
            return
        if self._connection.ended is not None:
            self._fail(self._connection.ended)

    def stop(self) -> None:
        """What is not committed by now was not acknowledged and comes again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._storage is not None:
            self._storage.close()
            self._storage = None

    def wake(self) -> None:
        self._wake.set()

    def _attempt(self) -> None:
        if self._wake.wait(min(max(self._next_attempt - self._monotonic(), 0.0), _WAIT_S)):
            self._wake.clear()
        if self._monotonic() < self._next_attempt:
            return
        try:
            if self._storage is None:
                self._storage = self._open_storage()
        except HardwareError as error:
            self._fail(Trouble(error.message, error.hint))
            return
        try:
            self._connection = Connection(self._broker, self._client_id, self._topics, self._monotonic)
        except (OSError, ValueError) as error:
            self._fail(of_failure(error, self._broker))

    def _greet(self) -> None:
        """Once per connection: it stands, and every device is told how far its events are kept."""
        if self._greeted or self._connection is None or not self._connection.subscribed or self._connection.ended:
            return
        self._greeted = True
        self.counters.connects += 1
        log.info("subscribed at %s%s", self._broker.address, f", after: {self._trouble}" if self._trouble else "")
        self._trouble = ""
        if self._watermarks is not None and self._storage is not None:
            self._watermarks.tell_all(self._storage.latest_chains())

    def _enter(self, arrived: list[Arrival]) -> None:
        assert self._storage is not None and self._connection is not None
        received = int(self._wall_s() * 1e6)
        parcel = Parcel()
        for arrival in arrived:
            parcel.add(arrival.topic, arrival.payload, received)
        entry = enter(self._storage, parcel, received)
        self._connection.acknowledge(arrived)
        self._delays.reset()  # not for a connection alone: the database may refuse each time
        counters = self.counters
        counters.messages += len(arrived)
        counters.commits += 1
        counters.stored += entry.stored
        counters.repeated += entry.repeated
        counters.conflicts += entry.conflicts
        counters.evicted += entry.evicted
        counters.refused += entry.refused
        for refusal in parcel.refusals[:_MOST_NAMED]:
            if refusal.topic not in self._named and len(self._named) < _MOST_NAMED:
                self._named.add(refusal.topic)
                log.warning("refused what came on %s: %s; the next ones there are only counted", *refusal[1:3])
        if entry.conflicts:
            log.error("%d events differ from what is stored in their place: see `edge sink gaps`", entry.conflicts)
        if self._watermarks is not None:
            self._watermarks.touch(entry.touched)

    def _publish(self) -> None:
        if self._watermarks is None or self._storage is None or self._connection is None:
            return
        while self._connection.room > 0 and (token := self._watermarks.next(self._storage)) is not None:
            self._connection.publish(*token)
            self.counters.watermarks += 1

    def _fail(self, trouble: Trouble) -> None:
        """The connection is over, by the broker's doing or because the database does not work."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._greeted = False
        if str(trouble) != self._trouble:
            log.error("%s", trouble)
            self._trouble = str(trouble)
        self._next_attempt = self._monotonic() + self._delays.next_s()
