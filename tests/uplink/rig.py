"""A device's store and uplink on their threads, against a real broker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.runtime.worker import WorkerThread
from edge.store.reader import EventReader
from edge.store.writer import StoreWriter
from edge.uplink.settings import Broker
from edge.uplink.worker import UplinkWorker
from tests.broker import Received, single_events

WALL_US = 1_700_000_000_000_000


class Rig:
    """`delay_s` stands for every jittered delay between connections, and what is refused is held for 30 s at first;
    `skip_s` moves the uplink's clock.
    """

    def __init__(self, folder: Path, broker: Broker, *, delay_s: float = 0.02, **more: Any) -> None:
        self.path = folder / "events.db"
        self.faults: list[tuple[str, str, str]] = []
        self.recovered: list[str] = []
        self.number = 0
        self.delay_s = delay_s
        self.skip_s = 0.0
        self.delays = 0
        self._changed = threading.Condition()
        self.writer = StoreWriter(
            self.path, "riverside", "gate", "boot-1", lambda: self.uplink.wake(), self._on_fault, self._on_recovered
        )
        self.uplink = UplinkWorker(
            broker,
            "riverside",
            "gate",
            self.path,
            self.writer.acknowledge,
            self._on_fault,
            self._on_recovered,
            monotonic=lambda: time.monotonic() + self.skip_s,
            uniform=self._jitter,
            **more,
        )
        self.store_thread = WorkerThread("store", self.writer)
        self.uplink_thread = WorkerThread("uplink", self.uplink)

    def _jitter(self, _low: float, high: float) -> float:
        self.delays += 1
        return high if high >= 30.0 else min(high, self.delay_s)

    def submit(
        self, count: int = 1, kind: str = "access.granted", priority: Priority = Priority.ACCESS, **data: Any
    ) -> None:
        for _ in range(count):
            self.number += 1
            now = Now(0.0, WALL_US + self.number)
            self.writer.submit(Report(kind, {"n": self.number, **data}, "p1", priority), now)

    def wait(self, done: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Wait until it holds, looking whenever a fault is reported and every few milliseconds."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while not done():
                if time.monotonic() > until:
                    raise TimeoutError(
                        f"it never happened: {self.uplink.status()}, {self.writer.status()}, {self.faults}"
                    )
                self._changed.wait(0.005)

    def wait_connected(self) -> None:
        """Wait until the uplink is connected; what is submitted from now on is live, and goes one by one."""
        self.wait(lambda: self.uplink.status().connected)

    def wait_empty(self) -> None:
        """Wait until everything is stored, acknowledged and struck off the outbox."""
        self.wait(lambda: self.all_stored() and self.backlog() == 0)

    def all_stored(self) -> bool:
        return self.writer.status().seq >= self.number

    def backlog(self) -> int:
        reader = EventReader(self.path)
        try:
            return sum(reader.backlog().values())
        finally:
            reader.close()

    def waiting_types(self) -> set[str]:
        reader = EventReader(self.path)
        try:
            return {row.type for priority in Priority for row in reader.outbox(priority, 0, 1000)}
        finally:
            reader.close()

    def _on_fault(self, component: str, what: str, detail: str) -> None:
        with self._changed:
            self.faults.append((component, what, detail))
            self._changed.notify_all()

    def _on_recovered(self, component: str) -> None:
        with self._changed:
            self.recovered.append(component)
            self._changed.notify_all()


@contextmanager
def running(folder: Path, broker: Broker, *, uplink: bool = True, delay_s: float = 0.02, **more: Any) -> Iterator[Rig]:
    """Both threads, the uplink's only if asked for; stopped in reverse order, and no failure is overlooked. `more`
    goes to the UplinkWorker.
    """
    folder.mkdir(exist_ok=True)
    rig = Rig(folder, broker, delay_s=delay_s, **more)
    threads = [rig.store_thread, rig.uplink_thread] if uplink else [rig.store_thread]
    for thread in threads:
        thread.launch()
    try:
        yield rig
    finally:
        threads = [rig.uplink_thread, rig.store_thread] if rig.uplink_thread.alive else [rig.store_thread]
        for thread in threads:
            thread.signal()
            assert thread.join(5.0), f"{thread.name} does not stop"
    assert rig.store_thread.failure is None
    assert rig.uplink_thread.failure is None


def plain(port: int, **settings: Any) -> Broker:
    return Broker("127.0.0.1", port, tls=False, longest_delay_s=1.0, **settings)


def numbers(messages: list[Received]) -> list[int]:
    """The `n` of each event received, in the order of arrival."""
    return [json.loads(one.payload)["data"]["n"] for message in messages for one in single_events(message)]
