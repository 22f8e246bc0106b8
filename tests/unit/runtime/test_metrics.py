from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from edge.runtime.exposition import exposition
from edge.runtime.metrics import LOOPBACK, MOST_BYTES, MetricsWorker

SNAPSHOT: dict[str, Any] = {
    "device": "gate-1",
    "version": '0.2.0 "beta"\\\n',
    "uptime_s": 12.5,
    "camera": {"driver": "folder", "working": True, "size_px": (640, 480), "figures": {"frames": 7, "fps": 9.9}},
    "board": {"temperature_c": None, "under_voltage": {"now": False, "since_boot": True}},
    "warnings": {"cards_can_be_copied": True},
}


def samples(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_the_figures_are_what_prometheus_understands() -> None:
    text = exposition(SNAPSHOT)
    assert samples(text) == {
        "edge_info": 1.0,
        "edge_uptime_s": 12.5,
        "edge_camera_working": 1.0,
        "edge_camera_frames_total": 7.0,
        "edge_camera_fps": 9.9,
        "edge_board_under_voltage_now": 0.0,
        "edge_board_under_voltage_since_boot": 1.0,
        "edge_warnings_cards_can_be_copied": 1.0,
        "edge_camera_info": 1.0,
    }
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert (families["edge_camera_frames"].type, families["edge_camera_fps"].type) == ("counter", "gauge")
    assert families["edge_info"].samples[0].labels == {"device": "gate-1", "version": '0.2.0 "beta"\\\n'}
    assert all(family.documentation for family in families.values())


leaves = st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(width=32) | st.text(max_size=300)
names = st.from_regex(r"[a-z][a-z0-9_./ Ä-]{0,12}", fullmatch=True) | st.sampled_from(["a.b", "a_b", "info"])
parts = st.recursive(leaves, lambda values: st.dictionaries(names | st.just("figures"), values, max_size=4))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(names, parts, max_size=6))
def test_nothing_that_a_part_says_breaks_the_format(snapshot: dict[str, Any]) -> None:
    text = exposition(snapshot)
    families = [family.name for family in text_string_to_metric_families(text)]
    assert len(families) == len(set(families))


class Scraped:
    """A worker in a thread of its own."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, ...]] = []
        self.worker = self.make(0)
        self.worker.start()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def make(self, port: int) -> MetricsWorker:
        return MetricsWorker(
            port,
            lambda: SNAPSHOT,
            lambda *told: self.faults.append(told),
            lambda component: self.faults.append((component,)),
            deadline_s=0.2,
        )

    def _run(self) -> None:
        while not self._ended.is_set():
            self.worker.step()

    def ask(self, method: str, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, self.worker.port, timeout=5.0)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def close(self) -> None:
        self._ended.set()
        self.worker.wake()
        self._thread.join(5.0)
        self.worker.stop()


@pytest.fixture
def scraped() -> Iterator[Scraped]:
    server = Scraped()
    yield server
    server.close()


def test_metrics_are_there_and_nothing_else_is(scraped: Scraped) -> None:
    assert scraped.ask("GET", "/metrics") == (200, exposition(SNAPSHOT))
    assert scraped.ask("GET", "/metrics?name=a")[0] == 200
    for method, path in (("GET", "/"), ("POST", "/metrics"), ("GET", "/metrics/../x"), ("HEAD", "/metrics")):
        assert scraped.ask(method, path)[0] == 404, (method, path)


def test_slow_and_endless_clients_are_cut_off(scraped: Scraped) -> None:
    address = (LOOPBACK, scraped.worker.port)
    with socket.create_connection(address, timeout=5.0) as silent, socket.create_connection(address) as endless:
        endless.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"y" * (2 * MOST_BYTES))
        began_s = time.monotonic()
        assert scraped.ask("GET", "/metrics")[0] == 200
        assert time.monotonic() - began_s < 3.0
        assert silent.recv(1) == b""


def test_a_request_without_end_is_not_read_on() -> None:
    worker = MetricsWorker(0, dict, lambda *_told: None, lambda _component: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 2 * MOST_BYTES)
        worker._answer(ours, time.monotonic() + 60.0)  # comes back long before
        assert ours.recv(1) == b"y", "the rest was left unread"


def test_a_port_that_is_taken_is_a_fault_and_tried_again(scraped: Scraped, monkeypatch: pytest.MonkeyPatch) -> None:
    scraped.faults.clear()
    second = scraped.make(scraped.worker.port)
    second.start()
    assert [fault[:2] for fault in scraped.faults] == [("metrics", f"port {scraped.worker.port} cannot be had")]
    scraped.close()
    monkeypatch.setattr("edge.runtime.metrics.time.monotonic", lambda: float("inf"))
    second.wake()  # so that the step does not wait
    second.step()
    assert scraped.faults[1:] == [("metrics",)]
    second.stop()
