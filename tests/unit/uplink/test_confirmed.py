from __future__ import annotations

import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import tokens
from edge.actions import Priority
from edge.store.outbox import OutboxKey, OutboxRow
from edge.uplink.confirmed import KIND, MOST, Confirmations
from edge.uplink.inbound import Inbound

SINK = Ed25519PrivateKey.generate()
EPOCH = "0123456789abcdef"


@pytest.fixture
def confirmations() -> Confirmations:
    return Confirmations(SINK.public_key(), "s/d")


def row(seq: int, epoch: str = EPOCH, file: str = EPOCH, priority: Priority = Priority.ACCESS) -> OutboxRow:
    body = b'{"specversion":"1.0","subject":"\\",\\"epoch\\":\\"f","epoch":"%s","seq":%d}' % (epoch.encode(), seq)
    return OutboxRow(OutboxKey(file, int(priority), seq), seq, f"id-{seq}", "access.granted", body)


def heard(
    confirmations: Confirmations, through: int, key: Ed25519PrivateKey = SINK, kind: str = KIND, **claims: Any
) -> None:
    said = {"aud": "s/d", "epoch": EPOCH, "through": through, "also": [], "iat": 1} | claims
    assert confirmations.heard(Inbound("t", tokens.sign(said, kind, "any", key).encode(), True))


def send(confirmations: Confirmations, *seqs: int, now: float = 0.0) -> None:
    for seq in seqs:
        confirmations.sent(row(seq), now)


def struck(confirmations: Confirmations, now: float = 1.0) -> list[int]:
    return [key.position for key in confirmations.take(now)]


def test_what_the_watermark_has_passed_is_done_and_gaps_stay(confirmations: Confirmations) -> None:
    send(confirmations, *range(1, 11))
    assert struck(confirmations) == []
    heard(confirmations, 4, also=[[6, 7], [10, 12]])
    assert struck(confirmations) == [1, 2, 3, 4, 6, 7, 10]
    assert len(confirmations) == 3
    assert confirmations.covers(row(11))
    assert not confirmations.covers(row(5))
    heard(confirmations, 10)
    assert struck(confirmations) == [5, 8, 9]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "s/other"},
        {"aud": None},
        {"epoch": 5},
        {"epoch": "x" * 100},
        {"also": "all"},
        {"also": [[1]]},
        {"also": [["1", "9"]]},
        {"also": [1, 9]},
        {"through": True},
        {"through": -1},
        {"through": "9"},
        {"through": 1 << 70},
    ],
)
def test_a_watermark_for_another_device_or_with_other_claims_is_refused(
    confirmations: Confirmations, claims: dict[str, Any]
) -> None:
    send(confirmations, 1)
    heard(confirmations, **({"through": 9} | claims))
    assert struck(confirmations) == []
    assert confirmations.refused == 1


def test_forged_watermarks_are_refused_and_said_once(
    confirmations: Confirmations, caplog: pytest.LogCaptureFixture
) -> None:
    send(confirmations, 1)
    heard(confirmations, 9, key=Ed25519PrivateKey.generate())
    heard(confirmations, 9, kind="edge-command")
    for payload in (b"", b"a.b.c", b"\xff" * 100, b"x" * 100_000):
        assert confirmations.heard(Inbound("t", payload))
    assert struck(confirmations) == []
    assert confirmations.refused == 6
    assert len(caplog.records) == 1


def test_a_watermark_that_goes_back_is_ignored_and_said_once(
    confirmations: Confirmations, caplog: pytest.LogCaptureFixture
) -> None:
    heard(confirmations, 9)
    for _ in range(3):
        heard(confirmations, 3)
    assert confirmations.covers(row(9))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_an_epoch_is_the_events_own_not_the_files(confirmations: Confirmations) -> None:
    confirmations.sent(row(1, epoch="salvaged", file="new"), 0.0)
    heard(confirmations, 5, epoch="new")
    assert struck(confirmations) == []
    heard(confirmations, 5, epoch="salvaged")
    assert struck(confirmations) == [1]


def test_no_more_than_twenty_thousand_wait_and_the_last_places_are_for_alarms(confirmations: Confirmations) -> None:
    send(confirmations, *range(1, MOST - 999))
    assert not confirmations.room(Priority.ACCESS)
    assert confirmations.room(Priority.ALARM)
    send(confirmations, *range(MOST - 999, MOST + 1))
    assert not confirmations.room(Priority.ALARM)


def test_without_progress_all_is_sent_again_later_each_time(confirmations: Confirmations) -> None:
    send(confirmations, 1, 2, now=100.0)
    assert not confirmations.stalled(160.0)
    assert confirmations.stalled(161.0)
    assert confirmations.silent
    assert len(confirmations) == 0
    send(confirmations, 1, 2, now=161.0)
    assert not confirmations.stalled(281.0)
    assert confirmations.stalled(282.0)
    send(confirmations, 1, 2, now=282.0)
    heard(confirmations, 1)
    assert struck(confirmations, 283.0) == [1]
    assert not confirmations.silent
    assert not confirmations.stalled(343.0)
    assert confirmations.stalled(344.0)


def test_epochs_are_forgotten_beyond_a_few(confirmations: Confirmations) -> None:
    for number in range(20):
        heard(confirmations, 5, epoch=f"e{number}")
    assert not confirmations.covers(row(1, epoch="e0"))
    assert confirmations.covers(row(1, epoch="e19"))
