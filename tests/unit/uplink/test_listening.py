from __future__ import annotations

import logging

import pytest

from edge.uplink.faults import Faults
from edge.uplink.inbound import MOST_BYTES, Inbound
from edge.uplink.listening import Listening

COMMANDS = "edge/v1/s/d/command/+"


class Desk:
    """A handler that may have no room, or fail."""

    def __init__(self) -> None:
        self.taken: list[Inbound] = []
        self.full = False
        self.failure: Exception | None = None

    def __call__(self, message: Inbound) -> bool:
        if self.failure is not None:
            raise self.failure
        if not self.full:
            self.taken.append(message)
        return not self.full


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def listening(desk: Desk, said: list[str]) -> Listening:
    faults = Faults(lambda _c, what, detail: said.append(f"{what}: {detail}"), said.append)
    return Listening({COMMANDS: desk, "other": lambda _message: True}, faults)


def message(payload: bytes = b"x", topic: str = "edge/v1/s/d/command/unlock") -> Inbound:
    return Inbound(topic, payload)


def test_a_flood_is_dropped_before_anybody_looks_at_it(
    listening: Listening, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(100_000):
        listening.deliver(message(topic=f"edge/v1/s/d/command/{number}"), 1.0)
    assert len(desk.taken) == 50
    assert (listening.received, listening.dropped) == (100_000, 99_950)
    assert len(caplog.records) == 1
    listening.deliver(message(), 1.5)
    assert len(desk.taken) == 51
    listening.deliver(Inbound("other", b""), 1.0)
    assert listening.dropped == 99_950  # one flooded topic does not silence another


def test_what_is_too_large_or_for_nobody_is_dropped(listening: Listening, desk: Desk) -> None:
    listening.deliver(message(bytes(MOST_BYTES + 1)), 1.0)
    listening.deliver(message(topic="edge/v1/s/d/other"), 1.0)
    listening.deliver(message(topic=""), 1.0)
    assert desk.taken == []
    assert listening.dropped == 3


def test_no_room_is_counted(listening: Listening, desk: Desk) -> None:
    desk.full = True
    listening.deliver(message(), 1.0)
    assert (listening.dropped, listening.failed) == (1, 0)


def test_a_handlers_exception_goes_no_further_and_is_said_once(
    listening: Listening, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.failure = RuntimeError("mistake")
    for second in range(10):
        listening.deliver(message(), float(second))
    assert listening.failed == 10
    desk.failure = None
    listening.deliver(message(), 11.0)
    assert len(desk.taken) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_refused_subscription_is_a_fault_until_it_is_granted(listening: Listening, said: list[str]) -> None:
    listening.answered([0x87, 1])
    listening.answered([0x87, 1])
    assert said == [
        f"the broker refuses to let this device listen to {COMMANDS} (0x87): "
        "the broker's access list does not let this device read there"
    ]
    listening.answered([1, 1])
    assert said[1:] == ["uplink"]
