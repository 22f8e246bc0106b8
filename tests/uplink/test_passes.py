"""Two gates, each with its certificate, at the broker of the shipped configuration: what one has counted, both know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.passes.uses import FILE
from edge.runtime.worker import WorkerThread
from edge.store.writer import StoreWriter
from edge.uplink.topics import Topics
from edge.uplink.worker import UplinkWorker
from tests.unit.passes.pass_samples import OFTEN, ONCE, Desk, token
from tests.uplink.shipped import ShippedBroker, device_settings, make_everything

LIMIT_S = 20.0
NAMES = ("gate-north", "gate-south")


class Gate(Desk):
    """A desk whose messages go out and come in by an uplink of its own. The desk itself runs on the test's thread."""

    def __init__(self, folder: Path, name: str, broker: ShippedBroker, pki: Path) -> None:
        super().__init__(folder, name)
        self._folder, self._broker, self._pki = folder, broker, pki
        self._threads: list[WorkerThread] = []
        self._sent = 0

    def connect(self) -> None:
        topics, path = Topics("riverside", self.gate), self._folder / "events.db"
        ignore = lambda *_what: None  # noqa: E731
        store = StoreWriter(path, "riverside", self.gate, "boot", lambda: None, ignore, ignore)
        self._uplink = UplinkWorker(
            device_settings(self._broker, self._pki, f"riverside/{self.gate}"),
            "riverside",
            self.gate,
            path,
            store.acknowledge,
            lambda *fault: self.told.append(str(fault)),
            ignore,
            subscriptions={topics.passes_of_all: self.heard.take},
        )
        self._topic = topics.passes
        self._threads = [WorkerThread("store", store), WorkerThread("uplink", self._uplink)]
        for thread in self._threads:
            thread.launch()

    def turn(self) -> None:
        """A look at nothing, and what it has to say goes out."""
        self.show()
        if self._threads and self._sent < len(self.kept):
            self._sent = len(self.kept)
            self._uplink.keep(self._topic, self.kept[-1])

    def close(self) -> None:
        for thread in reversed(self._threads):
            thread.signal()
        for thread in reversed(self._threads):
            assert thread.join(10.0) and thread.failure is None
        self._threads, self._sent = [], 0
        self.worker.stop()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_everything(tmp_path_factory.mktemp("pki"), *(f"riverside/{name}" for name in NAMES))


@pytest.fixture
def gates(tmp_path: Path, pki: Path) -> Iterator[tuple[Gate, Gate]]:
    (tmp_path / "broker").mkdir()
    broker = ShippedBroker(tmp_path / "broker", pki)
    broker.start()
    made = []
    for name in NAMES:
        (tmp_path / name).mkdir()
        made.append(Gate(tmp_path / name, name, broker, pki))
    yield made[0], made[1]
    for gate in made:
        gate.close()
    broker.stop()


def until(gates: tuple[Gate, Gate], done: Callable[[], bool]) -> None:
    pause, limit_s = threading.Event(), time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < limit_s, [gate.told for gate in gates]
        for gate in gates:
            gate.turn()
        pause.wait(0.02)


def test_gates_tell_each_other_what_was_used_and_revoked(gates: tuple[Gate, Gate]) -> None:
    north, south = gates
    once, twice = token(), token(number="2" * 16, uses=2)
    assert north.show(once, twice) == ["", ""]  # before it has reached the broker
    assert south.show(twice) == [""]
    for gate in gates:
        gate.connect()
    until(gates, lambda: south.uses.known("2" * 16).used == north.uses.known("2" * 16).used == 2)
    assert south.show(once) == ["used_up"]
    assert north.show(twice, after_s=60.0) == ["used_up"]
    south.uses.revoke(OFTEN.number)
    until(gates, lambda: north.uses.known(OFTEN.number).revoked)
    assert north.show(token(OFTEN)) == ["revoked"]
    assert {*north.told, *south.told} == {"passes works"}


def test_a_new_card_hears_what_the_gate_had_counted(gates: tuple[Gate, Gate]) -> None:
    north, south = gates
    for gate in gates:
        gate.connect()
    assert north.show(token()) == [""]
    until(gates, lambda: south.uses.known(ONCE.number).used == 1)
    north.close()
    (north._folder / FILE).unlink()
    assert north.uses.known(ONCE.number).used == 0
    north.connect()
    until(gates, lambda: north.uses.known(ONCE.number).used == 1)
    assert north.show(token(), after_s=60.0) == ["used_up"]
