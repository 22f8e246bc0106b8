"""Store and delivery together, in any interleaving: events, answers of the broker, breaks, deaths of the writer,
restarts, damaged files, a small quota, a clock that steps, and in mode `confirmed` a broker that forgets.

At the end of each run everything that was reported stored is at the centre, or recorded there as lost, and nothing
came twice with different bytes.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge import tokens
from edge.actions import Priority
from edge.sink.spans import united
from edge.sink.watermarks import pages
from edge.store.backlog import Backlog
from edge.store.outbox import OutboxRow
from edge.uplink.confirmed import KIND, Confirmations
from edge.uplink.delivery import Delivery, Shipment
from edge.uplink.holds import Holds
from edge.uplink.inbound import Inbound
from tests.store_life import Device, Place, Promises, places
from tests.unit.store.test_writer import FailsAfterCommit

SINK = Ed25519PrivateKey.from_private_bytes(bytes(32))
WINDOW, PAGE = 20, 4096


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="edge-machine-"))
        self.generation = 0
        self.promises = Promises()
        self.centre: dict[Place, bytes] = {}
        self.at_broker: list[OutboxRow] = []
        self.under_way: list[Shipment] = []
        self.connected = self.confirmed = False
        self.damaged: set[str] = set()

    @initialize(confirmed=st.booleans(), seed=st.integers(0, 1 << 30))
    def power_on(self, confirmed: bool, seed: int) -> None:
        self.confirmed, self.chance = confirmed, random.Random(seed)
        self.open(1000.0)

    def open(self, began_s: float) -> None:
        folder = self.folder / str(self.generation)
        folder.mkdir(exist_ok=True)
        self.device = Device(folder, self.chance, self.promises, began_s, lambda: self.delivery.start_over())
        self.device.writer.start()
        self.reader = Backlog(self.device.path)
        self.confirmations = Confirmations(SINK.public_key(), "site/device") if self.confirmed else None
        self.delivery = Delivery(
            self.reader,
            self.device.writer.acknowledge,
            Holds(lambda _low, high: high),
            lambda _type, _code: None,
            lambda _type: None,
            self.confirmations,
        )
        self.under_way, self.connected = [], False

    @property
    def now(self) -> float:
        return self.device.now.mono_s

    def turn(self, seconds: float) -> None:
        """A step of the writer; of each fault the brain makes an event, as of `device.fault`."""
        self.device.turn(seconds)
        if "database damaged" in self.device.faults:
            self.damaged.update(epoch for epoch, _ in self.promises.stored)
        for _ in self.device.faults:
            self.device.happen(Priority.ALARM)
        self.device.faults.clear()
        self.delivery.stored()

    def arrive(self, row: OutboxRow) -> None:
        """At the centre: what comes again is the same to the byte."""
        event = json.loads(row.body)
        place = event["epoch"], event["seq"]
        assert self.centre.setdefault(place, row.body) == row.body

    @rule(count=st.integers(1, 60), priority=st.sampled_from(Priority))
    def events(self, count: int, priority: Priority) -> None:
        for _ in range(count):
            self.device.happen(priority)
        if count % 2:  # otherwise they are still with the writer
            self.turn(0.5)

    @rule(seconds=st.sampled_from((0.5, 31.0, 61.0, 7000.0)))
    def the_writer_turns(self, seconds: float) -> None:
        self.turn(seconds)

    @rule()
    def connects(self) -> None:
        if not self.connected:
            self.delivery.begin(WINDOW, 1 << 28)
            self.connected = True
            self.sends()
            alarms = [row.key.priority == Priority.ALARM for shipment in self.under_way for row in shipment.rows]
            assert alarms == sorted(alarms, reverse=True)

    @rule()
    def sends(self) -> None:
        while self.connected and (shipment := self.delivery.next(WINDOW - len(self.under_way), self.now)) is not None:
            self.under_way.append(shipment)

    @rule(count=st.integers(1, WINDOW), code=st.sampled_from((0x00, 0x00, 0x00, 0x10, 0x87, 0x95)))
    def the_broker_answers(self, count: int, code: int) -> None:
        self.connects()
        self.sends()
        for shipment in self.under_way[:count]:
            if code < 0x80:
                self.at_broker.extend(shipment.rows)
            self.delivery.answer(shipment, code, self.now)
        del self.under_way[:count]
        if not self.confirmed:
            self.sink_takes()
        self.delivery.settle(self.now)

    @rule()
    def sink_takes(self) -> None:
        for row in self.at_broker:
            self.arrive(row)
        self.at_broker = []

    @rule()
    def the_broker_forgets(self) -> None:
        if self.confirmed:
            self.at_broker = []
            self.breaks()

    @rule()
    def the_centre_confirms(self) -> None:
        if self.confirmations is None:
            return
        for epoch in {epoch for epoch, _ in self.centre}:
            spans = united((seq, seq) for at, seq in self.centre if at == epoch)
            through = spans[0][1] if spans[0][0] == 1 else 0
            for page in pages([span for span in spans if span[1] > through]):
                claims = {"aud": "site/device", "epoch": epoch, "through": through, "iat": 1} | page
                self.confirmations.heard(Inbound("w", tokens.sign(claims, KIND, "sink", SINK).encode(), True))
        self.delivery.settle(self.now)

    @rule()
    def breaks(self) -> None:
        if self.connected:
            for shipment in self.under_way:
                if self.chance.random() < 0.5:  # it had arrived, only the answer had not
                    self.at_broker.extend(shipment.rows)
            self.delivery.broke(self.now, blame=True)
            self.under_way, self.connected = [], False

    @rule()
    def the_next_commit_reports_an_error_after_it_happened(self) -> None:
        ledger = self.device.writer._file.ledger
        if ledger is not None:
            ledger._conn = ledger._cursor = FailsAfterCommit(ledger._conn)  # type: ignore[assignment]
            self.device.happen()
            self.turn(20.0)

    @rule(seconds=st.sampled_from((-86_400, 86_400)))
    def the_clock_steps(self, seconds: int) -> None:
        self.device.now = replace(self.device.now, wall_us=self.device.now.wall_us + seconds * 1_000_000)

    @rule()
    def restarts(self) -> None:
        self.breaks()
        self.turn(20.0)
        self.device.writer.stop()
        self.device.listen()
        self.reader.close()
        self.open(self.now)

    @rule(ruins=st.sampled_from((False, False, True)))
    def is_killed(self, ruins: bool) -> None:
        """The files as the kernel has them; sometimes with a page that was overwritten."""
        self.breaks()
        before = self.folder / str(self.generation)
        self.generation += 1
        after = self.folder / str(self.generation)
        shutil.copytree(before, after, ignore=shutil.ignore_patterns("*-shm"))
        if (ledger := self.device.writer._file.ledger) is not None:
            ledger.close()
        self.reader.close()
        path, log = after / "events.db", after / "events.db-wal"
        pages = path.stat().st_size // PAGE
        if ruins and pages > 2 and log.exists() and log.stat().st_size:
            with path.open("r+b") as file:
                file.seek(self.chance.randrange(1, pages) * PAGE)
                file.write(self.chance.randbytes(PAGE))
        self.open(self.now)
        self.turn(0.0)

    @invariant()
    def what_waits_was_not_struck_off_unsent(self) -> None:
        if not hasattr(self, "device") or self.damaged or (ledger := self.device.writer._file.ledger) is None:
            return
        query = (
            "SELECT p.epoch, e.seq FROM events e JOIN epochs p ON p.number = e.epoch LEFT JOIN outbox o"
            " ON o.priority = e.priority AND o.position = e.position WHERE o.position IS NULL"
        )
        assert {(epoch, seq) for epoch, seq in ledger.connection.execute(query)} <= self.centre.keys()

    def teardown(self) -> None:
        try:
            if hasattr(self, "device"):
                self.everything_drains()
        finally:
            shutil.rmtree(self.folder)

    def everything_drains(self) -> None:
        self.breaks()
        self.device.happen(Priority.ALARM)  # as `device.started` does: salvage begins behind a new file's first event
        for _ in range(400):
            self.turn(700.0)  # beyond every hold, sentence and wait
            self.the_broker_answers(WINDOW, 0)
            self.sink_takes()
            self.the_centre_confirms()
            status = self.device.writer.status()
            aside = list(self.device.path.parent.glob("events.db.damaged-*Z"))
            salvaging = not all(file.with_name(file.name + ".salvaged").exists() for file in aside)
            if not (any(status.waiting_to_send.values()) or salvaging or status.waiting):
                break
        else:
            raise AssertionError(f"events still wait: {status}, salvaging: {salvaging}")
        said = map(json.loads, self.centre.values())
        lost = places(event["data"] for event in said if event["type"] in ("storage.evicted", "storage.salvaged"))
        ends = dict(sorted(self.centre))
        for place, number in self.promises.stored.items():
            if place in self.centre:
                assert json.loads(self.centre[place])["data"]["n"] == number
            elif place not in lost:  # the end of a damaged file is not told by number
                assert place[0] in self.damaged and place[1] > ends.get(place[0], 0)
        self.device.writer.stop()
        self.reader.close()


TestStoreAndUplink = Machine.TestCase
TestStoreAndUplink.settings = settings(max_examples=80, stateful_step_count=40, deadline=None, derandomize=True)
