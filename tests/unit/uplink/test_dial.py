from __future__ import annotations

import threading

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.uplink.dial import Dial


class CountingClient(Client):
    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2)
        self.left = 0

    def disconnect(self, *_: object) -> None:  # type: ignore[override]
        self.left += 1


def test_a_failure_is_kept_for_the_worker() -> None:
    done = threading.Event()

    def fails() -> Client:
        raise OSError("no route")

    dial = Dial(fails, done.set)
    assert not dial.ended
    dial.start()
    assert done.wait(5)
    assert dial.ended
    assert isinstance(dial.failure, OSError)
    assert dial.client is None


def test_a_connection_that_comes_about_too_late_is_closed() -> None:
    gate, done, client = threading.Event(), threading.Event(), CountingClient()

    def slow() -> Client:
        gate.wait(5)
        return client

    dial = Dial(slow, done.set)
    dial.start()
    dial.abandon()
    assert client.left == 0
    gate.set()
    assert done.wait(5)
    assert client.left == 1


def test_a_connection_nobody_has_taken_is_closed() -> None:
    done, client = threading.Event(), CountingClient()
    dial = Dial(lambda: client, done.set)
    dial.start()
    assert done.wait(5)
    assert dial.client is client
    dial.abandon()
    assert client.left == 1
