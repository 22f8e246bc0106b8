"""A process that stores and sends generated events, for `scripts/kill-test` and the measurements.

    python -m tests.store_traffic --folder DIR --port PORT [--rate N] [--count N] [--random SEED]

It logs at DEBUG what it has stored, as the daemon does, and ends on SIGTERM or when `--count` events are out.
"""

from __future__ import annotations

import argparse
import logging
import random
import signal
import sys
import threading
import time
from pathlib import Path

from edge.actions import Priority, Report
from edge.clock import SystemClock, boot_id
from edge.runtime.worker import WorkerThread
from edge.store.writer import StoreWriter
from edge.uplink.settings import Broker
from edge.uplink.worker import UplinkWorker

_KINDS = (
    ("door.forced", Priority.ALARM),
    ("access.granted", Priority.ACCESS),
    ("waste.dropped", Priority.WASTE),
    ("device.health", Priority.TELEMETRY),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, default=300.0, help="events a second")
    parser.add_argument("--count", type=int, default=0, help="end after so many events; 0: on SIGTERM")
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(message)s")
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    clock = SystemClock()
    uplink: UplinkWorker
    writer = StoreWriter(
        options.folder / "events.db", "site", "traffic", boot_id(), lambda: uplink.wake(), _complain, _recovered
    )
    uplink = UplinkWorker(
        Broker("127.0.0.1", options.port, tls=False, longest_delay_s=1.0),
        "site",
        "traffic",
        options.folder / "events.db",
        writer.acknowledge,
        _complain,
        _recovered,
    )
    threads = [WorkerThread("store", writer), WorkerThread("uplink", uplink)]
    for thread in threads:
        thread.launch()
    number = 0
    began = time.monotonic()
    while not done.wait(random.expovariate(options.rate)) and all(thread.alive for thread in threads):
        number += 1
        kind, priority = random.choice(_KINDS)
        writer.submit(Report(kind, {"number": number}, f"p{number % 50}", priority), clock())
        if number == options.count:
            break
    logging.info("handed over %d events in %.1f s", number, time.monotonic() - began)
    for thread in reversed(threads):
        thread.signal()
        thread.join(5.0)
    return 1 if any(thread.failure or thread.alive for thread in threads) else 0


def _complain(component: str, what: str, detail: str) -> None:
    logging.error("%s: %s (%s)", component, what, detail)


def _recovered(component: str) -> None:
    logging.info("%s recovered", component)


if __name__ == "__main__":
    sys.exit(main())
