"""The device signs where its chain stands: daily, and as the last event of all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import HardwareError
from edge.store.checkpoint import TOKEN_KIND, device_signer
from edge.store.envelope import digest
from edge.store.identity import signing_key
from edge.store.keys import load_device_key
from edge.tokens import verify
from tests.unit.store.upkeep_bench import KEY, Yard, yard


def test_it_is_about_the_event_just_before_it(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(3)
        bench.upkeep._checkpoints.make(bench.ledger, bench.now)
        before, own = bench.conn.execute("SELECT seq, body FROM events ORDER BY seq DESC LIMIT 2").fetchall()[::-1]
        envelope = json.loads(own[1])
        data = envelope["data"]
        assert (envelope["type"], envelope["priority"]) == ("chain.checkpoint", 3) and "subject" not in envelope
        told = {"epoch": bench.ledger.epoch, "seq": before[0], "hash": digest(before[1])}
        assert data == told | {"token": data["token"]}
        kid, claims = verify(data["token"].encode(), TOKEN_KIND, {"gate": KEY.public_key()})
        assert kid == "gate" and claims == told | {"aud": "riverside/gate"}


def test_ten_minutes_after_the_start_then_daily_then_at_the_end(tmp_path: Path) -> None:
    bench = Yard(tmp_path)

    def count() -> int:
        return len(bench.told("chain.checkpoint"))

    bench.rest(2, 1.0)
    bench.rest(100, 5.0)
    assert count() == 0
    bench.rest(30, 5.0)
    assert count() == 1
    bench.store(1)
    bench.rest(23, 3600.0)
    assert count() == 1
    bench.rest(2, 3600.0)
    assert count() == 2
    bench.store(1)
    bench.upkeep.closing(bench.ledger)
    assert count() == 3
    assert bench.one("SELECT type FROM events ORDER BY seq DESC LIMIT 1") == "chain.checkpoint"
    assert bench.verdict().checkpoints == 3
    bench.abandon()


def test_none_where_nothing_has_happened_since_the_last(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        for _ in range(3):
            bench.upkeep.closing(bench.ledger)
        assert len(bench.told("chain.checkpoint")) == 1


def test_without_a_key_there_is_none_and_everything_else_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_claims: object) -> str:
        raise HardwareError("the device key is missing")

    with yard(tmp_path) as bench:
        bench.upkeep._checkpoints._sign = refuse
        bench.rest(60)
        assert bench.told("chain.checkpoint") == []
        assert caplog.text.count("no checkpoint") == 1


def test_the_key_is_that_of_the_device(tmp_path: Path) -> None:
    with pytest.raises(HardwareError):
        device_signer(tmp_path, "gate")({"seq": 1})
    public = signing_key(load_device_key(tmp_path, create=True)).public_key()
    token = device_signer(tmp_path, "gate")({"seq": 1})
    assert verify(token.encode(), TOKEN_KIND, {"gate": public}) == ("gate", {"seq": 1})
