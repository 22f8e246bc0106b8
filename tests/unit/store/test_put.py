"""`put`: what it returns is on the disk, whatever happens next."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.runtime.worker import WorkerThread
from edge.store.faults import NotStoredError
from edge.store.ledger import Stored
from tests.unit.store.bench import WALL_US, Bench, check_chain, rows, started

NOW = Now(1.0, WALL_US)
ROOT = Path(__file__).parents[3]
CHILD = """
import sys
from pathlib import Path
from edge.actions import Report
from edge.clock import Now
from edge.runtime.worker import WorkerThread
from edge.store.writer import StoreWriter

writer = StoreWriter(Path(sys.argv[1]), "site", "gate", "boot", lambda: None, print, print)
WorkerThread("store", writer).launch()
number = 0
while True:
    number += 1
    stored = writer.put(Report("access.granted", {"n": number}), Now(1.0, number), 60.0)
    print(number, stored.last_seq, flush=True)
"""


def test_what_put_has_returned_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "events.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(50)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
    reported = [tuple(map(int, line.split())) for line in said if line.endswith("\n")]
    assert reported == [(number, number) for number in range(1, len(reported) + 1)]
    assert child.returncode == -signal.SIGKILL
    stored = check_chain(tmp_path / "events.db")
    assert len(reported) <= len(stored) <= len(reported) + 1
    assert stored == list(range(1, len(stored) + 1))


def test_put_waits_for_the_commit_and_says_where_the_event_stands(tmp_path: Path) -> None:
    with started(tmp_path) as bench, ThreadPoolExecutor() as pool:
        bench.submit(2)
        bench.run()
        answer = pool.submit(bench.writer.put, Report("door.opened"), NOW, 60.0)
        while not bench.writer.status().waiting:
            assert not answer.done()
        assert len(rows(bench.path)) == 2
        bench.writer.step()
        assert answer.result(60.0) == Stored(bench.writer.status().epoch, 3, 3)
        assert len(rows(bench.path)) == 3


def test_each_of_many_is_told_its_own_place(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    thread = WorkerThread("store", bench.writer)
    thread.launch()
    ready = threading.Barrier(64)

    def produce(producer: int) -> list[tuple[int, int]]:
        ready.wait(60.0)
        numbers = range(producer * 10, producer * 10 + 10)
        return [(n, bench.writer.put(Report("door.opened", {"n": n}), NOW, 60.0).last_seq) for n in numbers]

    with ThreadPoolExecutor(64) as pool:
        told = dict(pair for pairs in pool.map(produce, range(64)) for pair in pairs)
    thread.signal()
    assert thread.join(60.0)
    assert sorted(told.values()) == list(range(1, 641))
    numbers = check_chain(bench.path)
    assert {n: seq for seq, n in enumerate(numbers, 1)} == told
    assert bench.stored < 640  # they shared transactions


def test_a_disk_that_refuses_is_told_and_the_event_is_kept(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    bench = Bench(tmp_path / "state")
    bench.writer.start()
    with pytest.raises(NotStoredError, match="state directory unusable") as raised:
        bench.writer.put(Report("door.opened", {"n": 1}), NOW, 0.0)
    assert raised.value.exit_code == 3
    (tmp_path / "state").unlink()
    bench.run()
    assert check_chain(bench.path) == [1]
    bench.writer.stop()


def test_a_report_that_cannot_be_told_is_stored_as_one_that_says_so(tmp_path: Path) -> None:
    with started(tmp_path) as bench, ThreadPoolExecutor() as pool:
        answer = pool.submit(bench.writer.put, Report("door.opened", {"score": float("nan")}), NOW, 60.0)
        while not bench.writer.status().waiting:
            assert not answer.done()
        bench.writer.step()
        assert answer.result(60.0).last_seq == 1
        ((body,),) = rows(bench.path, "SELECT body FROM events")
        assert json.loads(body)["data"]["type"] == "door.opened"


def test_whoever_waits_is_told_by_the_successor_of_a_writer_that_could_not(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    first = Bench(tmp_path / "state")
    first.writer.start()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(first.writer.put, Report("door.opened", {}, "", Priority.ALARM), NOW, 60.0)
        while not first.writer.status().waiting:
            assert not answer.done()
        first.now += 20.0
        first.writer.step()
        first.writer.stop()
        assert not answer.done()
        (tmp_path / "state").unlink()
        second = Bench(tmp_path / "state", intake=first.writer.intake)
        second.writer.start()
        second.run()
        assert answer.result(60.0).last_seq == 1
        second.writer.stop()
