"""Any interleaving of events, acknowledgements, stops and crashes keeps seq gapless and loses nothing.

A crash is what SIGKILL leaves: the files as the kernel has them at that moment, copied while the writer still holds
them, without the shared memory and without a word to the writer.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.actions import Priority
from edge.store.outbox import OutboxKey, Receipt
from edge.store.reader import EventReader
from tests.unit.store.bench import Bench, check_chain, outbox, rows
from tests.unit.store.test_writer import FailsAfterCommit


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="edge-store-"))
        self.generation = 0
        self.number = 0
        self.confirmed = 0  # events are numbered; up to here they were reported as stored
        self.receipts: list[Receipt] = []
        self.struck: set[int] = set()  # seqs whose receipts were done
        self.offered: set[int] = set()
        self.bench = self.open()

    def open(self) -> Bench:
        folder = self.folder / str(self.generation)
        folder.mkdir(exist_ok=True)
        bench = Bench(folder, boot=f"boot-{self.generation}")
        bench.number = self.number
        bench.writer.start()
        return bench

    # Pictures in such numbers would not be kept: tests/unit/store/test_intake.py
    @rule(count=st.integers(1, 700), priority=st.sampled_from(sorted(set(Priority) - {Priority.PICTURE})))
    def submit(self, count: int, priority: Priority) -> None:
        self.bench.submit(count, priority, f"test.{priority.name.lower()}")

    @rule()
    def step(self) -> None:
        before = self.bench.stored
        self.bench.now += 20
        if self.bench.writer.status().waiting or any(not receipt.done for receipt in self.receipts):
            self.bench.writer.step()
        if self.bench.stored > before:
            self.confirmed = self.bench.number - self.bench.writer.status().waiting
        self.take_receipts()

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        reader = EventReader(self.bench.path)
        found: list[OutboxKey] = [row.key for p in Priority for row in reader.outbox(p, 0, 100)]
        reader.close()
        if found:
            keys = data.draw(st.lists(st.sampled_from(found), min_size=1, max_size=20))
            self.offered.update(key.position for key in keys)
            receipt = self.bench.writer.acknowledge(keys)
            assert receipt is not None
            self.receipts.append(receipt)

    @precondition(lambda self: self.bench.writer._file.ledger is not None)
    @rule()
    def the_next_commit_reports_an_error_after_it_happened(self) -> None:
        ledger = self.bench.writer._file.ledger
        assert ledger is not None
        ledger._conn = ledger._cursor = FailsAfterCommit(ledger._conn)  # type: ignore[assignment]
        waiting = self.bench.writer.status().waiting
        if not waiting:
            self.bench.submit(1)
        self.bench.now += 20
        self.bench.writer.step()
        assert self.bench.writer._file.ledger is None

    @rule()
    def stop_and_start(self) -> None:
        self.bench.now += 20
        self.bench.writer.stop()
        self.number = self.confirmed = self.bench.number
        self.take_receipts()
        self.receipts = []
        self.bench = self.open()

    @rule()
    def crash(self) -> None:
        self.generation += 1
        target = self.folder / str(self.generation)
        target.mkdir()
        for suffix in ("", "-wal"):
            path = self.bench.path.with_name(f"events.db{suffix}")
            if path.exists():
                shutil.copy(path, target / path.name)
        if (ledger := self.bench.writer._file.ledger) is not None:
            ledger.close()
        self.receipts = []
        self.bench = self.open()
        survived = max(check_chain(self.bench.path), default=0)
        assert survived >= self.confirmed
        # What was accepted but not yet stored is gone with the process, and its numbers are given anew.
        self.number = self.bench.number = self.confirmed = survived

    def take_receipts(self) -> None:
        for receipt in self.receipts:
            if receipt.done:
                self.struck.update(key.position for key in receipt.keys)
        self.receipts = [receipt for receipt in self.receipts if not receipt.done]

    @invariant()
    def nothing_is_lost(self) -> None:
        numbers = check_chain(self.bench.path)
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= self.confirmed
        waiting = set(outbox(self.bench.path))
        stored = set(range(1, len(numbers) + 1))
        assert waiting >= stored - self.offered
        assert not waiting & self.struck
        status = self.bench.writer.status()
        assert status.lost == 0
        if self.bench.writer._file.ledger is not None:
            counted = dict(rows(self.bench.path, "SELECT priority, count(*) FROM outbox GROUP BY priority"))
            assert status.waiting_to_send == {p.name.lower(): counted.get(int(p), 0) for p in Priority}

    def teardown(self) -> None:
        self.bench.writer.stop()
        shutil.rmtree(self.folder)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
