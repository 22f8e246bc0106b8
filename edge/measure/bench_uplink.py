"""From the outbox to the broker's PUBACK: draining a backlog, with and without a long line, alarms meanwhile, and the
time of a single event, against fdatasync on the same disk in the same run.

The broker is a private mosquitto with its default limits (20 messages under way); the long line is a proxy that
delays each byte by 25 ms each way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.actions import Priority, Report
from edge.clock import SystemClock
from edge.errors import HardwareError
from edge.measure.delay_proxy import DelayProxy
from edge.measure.office import AlarmClock
from edge.measure.runs import peak_rss_mb
from edge.runtime.worker import WorkerThread
from edge.store.outbox import OutboxKey, Receipt
from edge.store.writer import StoreWriter
from edge.uplink.private_broker import PrivateBroker
from edge.uplink.settings import Broker
from edge.uplink.worker import UplinkWorker

EVENTS = 100_000
PER_SECOND = 10_000.0
FIRST_LIMIT_MS = 1_000.0
ALARM_LIMIT_MS = 100.0  # and the round trip
ONE_WAY_S = 0.025
P99_LIMIT_MS = 25.0
LIVE, LIVE_PER_S = 500, 100
_PATIENCE_S = 120.0
_ALARM_EVERY_S = 0.25
_FILL = 5_000


class _Device:
    """A store and an uplink on their threads, and the time at which the broker acknowledged each event."""

    def __init__(self, folder: Path, port: int) -> None:
        self.clock = SystemClock()
        self.acknowledged: dict[int, float] = {}
        self.writer = StoreWriter(
            folder / "events.db", "bench", "bench", "bench", lambda: self.uplink.wake(), _fault, lambda _component: None
        )
        self.uplink = UplinkWorker(
            Broker("127.0.0.1", port, tls=False, longest_delay_s=1.0),
            "bench",
            "bench",
            folder / "events.db",
            self._acknowledge,
            _fault,
            lambda _component: None,
        )
        self.store_thread = WorkerThread("store", self.writer)
        self.uplink_thread = WorkerThread("uplink", self.uplink)

    def _acknowledge(self, keys: Sequence[OutboxKey]) -> Receipt | None:
        now = time.perf_counter()
        receipt = self.writer.acknowledge(keys)
        if receipt is not None:
            self.acknowledged.update((key.position, now) for key in keys)
        return receipt

    def submit(self, kind: str, priority: Priority, number: int) -> None:
        data = {"n": number, "by": "face", "score": 0.713}
        self.writer.submit(Report(kind, data, "p-0042", priority), self.clock())

    def wait(self, done: Callable[[], bool]) -> None:
        pause = threading.Event()
        until = time.monotonic() + _PATIENCE_S
        while not done():
            if time.monotonic() > until or not self.store_thread.alive:
                raise HardwareError(f"the benchmark does not get on: {self.uplink.status()}", hint="try again")
            pause.wait(0.001)


@contextlib.contextmanager
def _device(folder: Path, port: int) -> Iterator[_Device]:
    device = _Device(folder, port)
    device.store_thread.launch()
    try:
        yield device
    finally:
        for thread in (device.uplink_thread, device.store_thread):
            if thread.alive:
                thread.signal()
                thread.join(5.0)


def measure(runs: int) -> dict[str, Any]:
    """`runs` drains of each kind; of several the median counts."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as name:
        folder = Path(name)
        broker = PrivateBroker(folder / "broker")
        broker.start()
        try:
            near, far, alarms_near, alarms_far, first = [], [], [], [], []
            _fill(folder / "full", broker.port)
            for _ in range(runs):
                rate, latencies, first_ms = _drain(folder, broker.port, broker.port)
                near.append(rate)
                alarms_near += latencies
                first.append(first_ms)
                with DelayProxy(broker.port, ONE_WAY_S) as line:
                    rate, latencies, _ = _drain(folder, line.port, broker.port)
                far.append(rate)
                alarms_far += latencies
            live_ms, sync_ms = _live(folder / "live", broker.port)
        finally:
            broker.stop()
    round_trip_ms = 2e3 * ONE_WAY_S
    sync = float(np.median(sync_ms))
    rate = float(np.median(near))
    figures = {
        "drain_per_second": (rate, PER_SECOND),
        "drain_50ms_per_second": (float(np.median(far)), PER_SECOND),
        "alarm_max_ms": (max(alarms_near), ALARM_LIMIT_MS),
        "alarm_50ms_max_ms": (max(alarms_far), ALARM_LIMIT_MS + round_trip_ms),
        "first_event_ms": (float(np.median(first)), FIRST_LIMIT_MS),
        "live_median_ms": (float(np.median(live_ms)), 3 * sync + 2.0),
        "live_p99_ms": (float(np.quantile(live_ms, 0.99)), P99_LIMIT_MS),
    }
    ratios = {
        name: limit / value if name.endswith("per_second") else value / limit
        for name, (value, limit) in figures.items()
    }
    return {
        "name": "uplink",
        "per_second": round(rate),
        "median_ms": round(figures["live_median_ms"][0], 3),
        "p99_ms": round(figures["live_p99_ms"][0], 3),
        "limit": PER_SECOND,
        "ratio_to_limit": round(max(ratios.values()), 3),
        "peak_rss_mb": peak_rss_mb(),
        "runs": runs,
        "holds": max(ratios.values()) <= 1.0,
        "events": EVENTS,
        "alarms": len(alarms_near) + len(alarms_far),
        "fdatasync_median_ms": round(sync, 3),
        **{name: round(value, 3) for name, (value, _) in figures.items()},
        "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()},
    }


def _fill(folder: Path, port: int) -> None:
    """A backlog, made once; each drain gets a copy of it."""
    folder.mkdir()
    with _device(folder, port) as device:
        for begun in range(0, EVENTS, _FILL):
            for number in range(begun, begun + _FILL):
                device.submit("device.health", Priority.TELEMETRY, number)
            device.wait(lambda begun=begun: device.writer.status().seq >= begun + _FILL)  # type: ignore[misc]


def _drain(folder: Path, port: int, office_port: int) -> tuple[float, list[float], float]:
    """(events a second from connected until the outbox is empty, milliseconds of each alarm to the subscriber,
    milliseconds from the start to the first event that the broker acknowledged).
    """
    copy = folder / "copy"
    shutil.copytree(folder / "full", copy)
    try:
        with _device(copy, port) as device, AlarmClock(office_port, "edge/v1/bench/bench/event/door.forced") as office:
            device.wait(lambda: device.writer.status().seq >= EVENTS)
            launched = time.perf_counter()
            device.uplink_thread.launch()
            device.wait(lambda: device.uplink.status().connected)
            begun = time.perf_counter()
            device.wait(lambda: bool(device.acknowledged))
            number, due = 0, time.perf_counter()
            pause = threading.Event()
            while len(device.acknowledged) < EVENTS:
                if time.perf_counter() >= due:
                    number, due = number + 1, time.perf_counter() + _ALARM_EVERY_S
                    office.raised(number)
                    device.submit("door.forced", Priority.ALARM, number)
                if not device.uplink_thread.alive:
                    raise HardwareError("the uplink ended in the middle of the drain", hint="its log says why")
                pause.wait(0.005)
            device.wait(lambda: sum(device.writer.status().waiting_to_send.values()) == 0)
            took_s = time.perf_counter() - begun
            first_ms = 1e3 * (min(device.acknowledged.values()) - launched)
            return EVENTS / took_s, office.latencies_ms(number), first_ms
    finally:
        shutil.rmtree(copy)


def _live(folder: Path, port: int) -> tuple[list[float], list[float]]:
    """Milliseconds from created to PUBACK, and of fdatasync on the same disk, in turns."""
    folder.mkdir()
    created: list[float] = []
    sync_ms: list[float] = []
    with _device(folder, port) as device, (folder / "reference").open("wb", buffering=0) as file:
        device.uplink_thread.launch()
        device.wait(lambda: device.uplink.status().connected)
        pause = threading.Event()
        for number in range(LIVE):
            if number % LIVE_PER_S == 0:
                device.wait(lambda: len(device.acknowledged) == len(created))
                sync_ms += [_sync_ms(file.fileno()) for _ in range(50)]
                due = time.perf_counter()
            pause.wait(max(0.0, due - time.perf_counter()))
            due += 1 / LIVE_PER_S
            created.append(time.perf_counter())
            device.submit("access.granted", Priority.ACCESS, number)
        device.wait(lambda: len(device.acknowledged) == LIVE)
        return [1e3 * (device.acknowledged[place + 1] - at) for place, at in enumerate(created)], sync_ms


def _sync_ms(file: int) -> float:
    os.write(file, bytes(2_300))
    begun = time.perf_counter()
    os.fdatasync(file)
    return 1e3 * (time.perf_counter() - begun)


def _fault(_component: str, what: str, detail: str) -> None:
    raise HardwareError(f"the benchmark met a fault: {what}", hint=detail)
