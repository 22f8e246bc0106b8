"""What the broker lets a device do, as the uplink itself finds out: inside the shipped fence, without one, shut out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.install.doctor.broker import judge_access
from edge.install.doctor.checks import Verdict
from tests.broker import PrivateBroker, Subscriber
from tests.uplink.rig import Rig, plain, running
from tests.uplink.shipped import ShippedBroker, device_settings, make_everything

DEVICE = "riverside/gate"


@contextmanager
def shipped(folder: Path, pki: Path, more: str = "") -> Iterator[ShippedBroker]:
    broker = ShippedBroker(folder, pki, more)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def asked(rig: Rig) -> Mapping[str, Any]:
    rig.uplink.probe(begin=True)
    rig.wait(lambda: rig.uplink.probe(begin=False) is not None)
    answer = rig.uplink.probe(begin=False)
    assert answer is not None
    return answer


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_everything(tmp_path_factory.mktemp("pki"), DEVICE, "riverside/other")


def test_behind_the_shipped_access_list_it_may_do_its_part_and_no_more(tmp_path: Path, pki: Path) -> None:
    with shipped(tmp_path, pki) as broker, running(tmp_path / "gate", device_settings(broker, pki, DEVICE)) as rig:
        rig.submit(3)
        rig.wait_empty()
        answer = asked(rig)
        assert (answer["connected"], answer["mqtt"], answer["overheard"]) == (True, 5, False)
        assert (answer["own_write"] < 0x80, answer["foreign_write"]) == (True, 0x87)
        assert judge_access(answer, DEVICE).verdict is Verdict.PASSED
        rig.submit(3)
        rig.wait_empty()
        assert rig.faults == [], "an inquiry is no fault"


def test_a_device_that_is_shut_out_is_told_so(tmp_path: Path, pki: Path) -> None:
    denied = f"\nuser {DEVICE}\ntopic deny edge/v1/#\n"
    with (
        shipped(tmp_path, pki, denied) as broker,
        running(tmp_path / "gate", device_settings(broker, pki, DEVICE)) as rig,
    ):
        rig.wait_connected()
        judgement = judge_access(asked(rig), DEVICE)
        assert judgement.verdict is Verdict.FAILED
        assert judgement.remedy is not None  # this mosquitto may hang up instead of saying why
        assert DEVICE in judgement.remedy.en or "docs/broker.md" in judgement.remedy.en


def test_without_an_access_list_it_may_do_too_much(tmp_path: Path, broker: PrivateBroker, office: Subscriber) -> None:
    office.publish("edge/v1/riverside/other/status", b"online", retain=True)
    with running(tmp_path / "gate", plain(broker.port)) as rig:
        rig.wait_connected()
        answer = asked(rig)
        assert answer["overheard"] and answer["foreign_write"] < 0x80
        assert judge_access(answer, DEVICE).verdict is Verdict.WARNING
        office.publish("edge/v1/riverside/other/status", b"offline", retain=True)
        office.publish("edge/v1/riverside/gate/command/x", b"x")
        rig.submit(1)
        rig.wait_empty()
        assert rig.uplink.status().dropped == 0, "nobody listens there any more"


def test_without_a_connection_the_answer_says_so(tmp_path: Path) -> None:
    with running(tmp_path / "gate", plain(9)) as rig:
        rig.wait(lambda: rig.uplink.status().last_error != "")
        answer = asked(rig)
        assert answer["connected"] is False and "nothing answers" in answer["error"]
