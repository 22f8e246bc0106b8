"""Storing an event durably, against what the disk and SQLite themselves can do in the same run.

Two references for the disk, since a disk has two speeds: *overwriting* a file that is there, which changes nothing but
its content, and *appending* to one that grows, where each sync also has to write the file's new size. The second is
the usual check of a disk for a durable log (`fio --rw=write --fdatasync=1 --bs=2300`, as etcd's documentation has it)
and the one that the limit is taken from. SQLite's own log is overwritten, once it has been filled for the first time.

`raw` is `sqlite3` with the same tables, the same settings and rows prepared beforehand; `insert` the same transaction
by the writer's own code, for events accepted beforehand, their envelope and place in the chain included; `single` one
thread that waits in `put` for each COMMIT, and `many` 64 of them, long enough for their start and end not to count.
What is put was made beforehand too; only the time from an event's creation until it is durable has that in it.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from edge.actions import Priority, Report
from edge.clock import SystemClock
from edge.measure.runs import peak_rss_mb
from edge.runtime.worker import WorkerThread
from edge.store.database import connect_writer
from edge.store.envelope import Envelopes, Origin, accept, genesis
from edge.store.ledger import Ledger
from edge.store.schema import migrate
from edge.store.uuid7 import Uuid7
from edge.store.writer import StoreWriter

AT_LEAST = 0.85  # of the appending fdatasync rate
FACTOR = 5.0  # of 64 producers over one
OF_RAW = 0.9
PRODUCERS = 64
RATES = {10: 50, 100: 300, 1000: 2000}  # events a second: how many of them
_ORIGIN = Origin("riverside", "gate-north", "35b84336-8da4-4d2e-8fef-129f4c998c0e")
_LAP = 500  # transactions, after which the log is full, copied into the database, and from then on overwritten
_EACH, _EACH_OF_MANY, _WARM_UPS = 40, 25, 600
_OVERWRITE_BYTES, _APPEND_BYTES, _FILE_BYTES = 4096, 2300, 8 << 20

Times = dict[str, list[float]]


def measure(runs: int, folder: Path) -> dict[str, Any]:
    """`runs` short rounds in which all take turns, so that a busy moment of the machine meets all alike; then the
    time from an event's creation until it is durable, at different rates. `folder` lies on the disk to be measured.
    """
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edge-bench-", dir=folder)))
        writer = StoreWriter(root / "events.db", "riverside", "gate-north", "boot", _nothing, _fault, _nothing)
        thread = WorkerThread("store", writer)
        thread.launch()
        stack.callback(thread.join, 10.0)
        stack.callback(thread.signal)
        one, created = _putting(writer), _creating(writer)
        subjects = {
            "overwrite": _syncing(stack, root / "overwrite", _OVERWRITE_BYTES, _FILE_BYTES),
            "append": _syncing(stack, root / "append", _APPEND_BYTES, 0),
            "raw": _raw(stack, root / "raw.db", (runs + 1) * _EACH + _WARM_UPS),
            "insert": _inserting(stack, root / "insert.db", (runs + 1) * _EACH + _WARM_UPS),
            "single": one,
        }
        times: Times = {name: [] for name in subjects}
        _rounds(subjects, {name: [] for name in subjects}, _WARM_UPS)
        many = []
        for _ in range(runs):
            _rounds(subjects, times, _EACH)
            many.append(PRODUCERS * _EACH_OF_MANY / _together(one))
        latencies = {rate: _paced(created, rate, count) for rate, count in RATES.items()}
    return _summary(times, float(np.median(many)), latencies, runs)


def _summary(times: Times, many: float, latencies: Mapping[int, list[float]], runs: int) -> dict[str, Any]:
    rate = {name: _per_second(took) for name, took in times.items()}
    limit, factor, of_raw = AT_LEAST * rate["append"], many / rate["single"], rate["insert"] / rate["raw"]
    return {
        "name": "outbox",
        "per_second": round(rate["single"]),
        "median_ms": _quantile_ms(times["single"], 0.5),
        "p99_ms": _quantile_ms(times["single"], 0.99),
        "limit": round(limit),
        "ratio_to_limit": round(rate["single"] / limit, 3),
        "peak_rss_mb": peak_rss_mb(),
        "runs": runs,
        "holds": rate["single"] >= limit and factor >= FACTOR and of_raw >= OF_RAW,
        "fdatasync_append_per_second": round(rate["append"]),
        "fdatasync_overwrite_per_second": round(rate["overwrite"]),
        "fdatasync_append_median_ms": _quantile_ms(times["append"], 0.5),
        "fdatasync_overwrite_median_ms": _quantile_ms(times["overwrite"], 0.5),
        "raw_sqlite_per_second": round(rate["raw"]),
        "insert_per_second": round(rate["insert"]),
        "single_to_append": round(rate["single"] / rate["append"], 3),
        "single_to_overwrite": round(rate["single"] / rate["overwrite"], 3),
        "single_to_raw": round(rate["single"] / rate["raw"], 3),
        "insert_to_append": round(rate["insert"] / rate["append"], 3),
        "insert_to_overwrite": round(rate["insert"] / rate["overwrite"], 3),
        "insert_to_raw": round(of_raw, 3),
        "insert_to_raw_at_least": OF_RAW,
        "producers": PRODUCERS,
        "many_per_second": round(many),
        "many_to_single": round(factor, 2),
        "many_to_single_at_least": FACTOR,
        "created_to_durable_ms": {
            str(rate): {"p50": _quantile_ms(took, 0.5), "p99": _quantile_ms(took, 0.99)}
            for rate, took in latencies.items()
        },
    }


def _rounds(subjects: Mapping[str, Callable[[], None]], times: Times, count: int) -> None:
    for name, subject in subjects.items():
        took = times[name]
        for _ in range(count):
            begun = time.perf_counter()
            subject()
            took.append(time.perf_counter() - begun)


def _syncing(stack: ExitStack, path: Path, block: int, size: int) -> Callable[[], None]:
    """Writing a block and syncing it: over and over within `size` bytes, or at the end of a growing file when 0."""
    file = os.open(path, os.O_CREAT | os.O_RDWR)
    stack.callback(os.close, file)
    os.write(file, bytes(size))
    os.fsync(file)
    data, offset = os.urandom(block), 0

    def once() -> None:
        nonlocal offset
        os.pwrite(file, data, offset)
        os.fdatasync(file)
        offset += block
        if size and offset + block > size:
            offset = 0

    return once


def _raw(stack: ExitStack, path: Path, count: int) -> Callable[[], None]:
    conn = connect_writer(path)
    stack.callback(conn.close)
    migrate(conn)
    encode, now, new_id = Envelopes(_ORIGIN, "e90c").encode, SystemClock()(), Uuid7()
    event = accept(_report(), now, new_id(now.wall_us))[0]
    body, where = encode(event, 1, genesis("e90c")), iter(range(1, count + 1))
    fixed = (event.id, "access.granted", event.wall_us, event.mono_us, 1, now.quality, 1, "p-0042", body)

    def once() -> None:
        position = next(where)
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (position, 1, position, *fixed))
        conn.execute("INSERT INTO outbox VALUES (?, ?)", (1, position))
        conn.execute("COMMIT")

    return once


def _inserting(stack: ExitStack, path: Path, count: int) -> Callable[[], None]:
    ledger, clock, new_id = Ledger(path, _ORIGIN), SystemClock(), Uuid7()
    stack.callback(ledger.close)
    nows = (clock() for _ in range(count))
    events = iter([[accept(_report(), now, new_id(now.wall_us))[0]] for now in nows])

    def once() -> None:
        ledger.write(next(events))

    return once


def _putting(writer: StoreWriter) -> Callable[[], None]:
    clock = SystemClock()
    prepared = cycle([(_report(), clock()) for _ in range(_LAP)])

    def once() -> None:
        writer.put(*next(prepared))

    return once


def _creating(writer: StoreWriter) -> Callable[[], None]:
    clock = SystemClock()

    def once() -> None:
        writer.put(_report(), clock())

    return once


def _together(one: Callable[[], None]) -> float:
    """Seconds that the producers need for their events, all beginning at once."""
    gate = threading.Barrier(PRODUCERS + 1)

    def produce() -> None:
        gate.wait()
        for _ in range(_EACH_OF_MANY):
            one()

    threads = [threading.Thread(target=produce) for _ in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _paced(one: Callable[[], None], rate: int, count: int) -> list[float]:
    took, due = [], time.perf_counter()
    for _ in range(count):
        due += 1.0 / rate
        time.sleep(max(due - time.perf_counter(), 0.0))
        begun = time.perf_counter()
        one()
        took.append(time.perf_counter() - begun)
    return took


def _report() -> Report:
    data = {"by": "face", "score": 0.713, "threshold": 0.42, "frames": 3}
    return Report("access.granted", data, "p-0042", Priority.ACCESS)


def _per_second(took: list[float]) -> float:
    """The median over laps that are long enough to have SQLite's checkpoint in each."""
    laps = np.array_split(np.array(took), max(len(took) // _LAP, 1))
    return float(np.median([len(lap) / lap.sum() for lap in laps]))


def _quantile_ms(took: list[float], share: float) -> float:
    return round(1e3 * float(np.quantile(took, share)), 3)


def _nothing(*_: str) -> None:
    return


def _fault(_component: str, what: str, detail: str) -> None:
    raise RuntimeError(f"{what}: {detail}")
