"""A pass before the camera of a whole gate, and what the office and the other gates learn of it."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.passes.token import Pass, issue
from tests.broker import PrivateBroker
from tests.scenario.office_rig import BASE, MODULE, NOBODY_ANSWERS_S, Desk
from tests.scenario.rig import configure, running
from tests.unit.passes.pass_samples import photographed

PASSES = f"{BASE}/passes"
NUMBER, PERSON = "0123456789abcdef", "9f86d081884c7d65"


@pytest.fixture
def office(broker: PrivateBroker) -> Iterator[Desk]:
    desk = Desk(broker.port)
    desk.line.start()
    yield desk
    desk.line.close()


def hold(folder: Path, shown: Pass, office: Desk) -> None:
    """Nothing but this pass before the camera."""
    for picture in folder.iterdir():
        picture.unlink()
    Image.fromarray(photographed(issue(shown, "office", office.key), 4.0)).save(folder / "pass.png")


def told(office: Desk, **wanted: Any) -> dict[str, Any]:
    """What the gate tells of passes, once it says this."""
    return office.said(PASSES, lambda said: all(said[name] == value for name, value in wanted.items()))


def test_a_pass_is_counted_once_for_good_and_revoked_by_order(
    tmp_path: Path, broker: PrivateBroker, office: Desk
) -> None:
    until = int(time.time()) + 3600
    shown = Pass(NUMBER, PERSON, "riverside", visitor=True, expires=until, uses=2)
    gate = configure(
        tmp_path,
        uplink=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false',
        office=office.table(tmp_path),
    )
    hold(tmp_path / "pictures", shown, office)
    with running(gate, MODULE) as daemon:
        told(office, used={NUMBER: [1, until]})
        status = daemon.status(lambda now: now["passes"]["figures"]["looked"] > 5)
        assert (status["passes"]["working"], status["passes"]["figures"]["good"]) == (True, 1)
        daemon.end(signal.SIGKILL)
    with running(gate, MODULE) as daemon:  # held to the camera still, or again: nobody can tell after a power cut
        office.wait_until_it_listens(2)
        told(office, used={NUMBER: [2, until]})
        assert office.order("pass.revoke", {"pass": NUMBER, "until": until})["result"] == "applied"
        told(office, revoked={NUMBER: until})
        assert office.order("pass.revoke", {"pass": "x"})["reason"] == "arguments"
        daemon.assert_ends_well()
    with running(gate, MODULE) as daemon:
        daemon.wait("a pass: revoked")
        daemon.assert_ends_well()
    told_last = [json.loads(one.payload) for one in office.line.messages if one.topic == PASSES][-1]
    assert (told_last["used"], told_last["revoked"]) == ({NUMBER: [2, until]}, {NUMBER: until})


def test_without_keys_of_the_office_nobody_reads_passes(tmp_path: Path) -> None:
    with running(configure(tmp_path)) as daemon:
        daemon.wait("ready after")
        assert "passes" not in daemon.status()
        daemon.assert_ends_well()


def test_a_gate_hears_of_the_others_what_it_was_not_shown(tmp_path: Path, broker: PrivateBroker, office: Desk) -> None:
    """Another gate has counted the only use; nobody has to configure which gates there are."""
    until = int(time.time()) + 3600
    shown = Pass(NUMBER, PERSON, "riverside", expires=until, uses=1)
    said = {"hour": 1, "used": {NUMBER: [1, until]}, "revoked": {}}
    office.line.publish("edge/v1/riverside/gate-2/passes", json.dumps(said).encode(), retain=True)
    office.line.wait(lambda messages: any("gate-2" in one.topic for one in messages), NOBODY_ANSWERS_S)
    gate = configure(
        tmp_path,
        camera='driver = "folder"\npath = "later"\nrate_fps = 10.0\nshow_s = 2.0',
        uplink=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false',
        office=office.table(tmp_path),
    )
    (tmp_path / "later").mkdir()
    shutil.copyfile(tmp_path / "pictures/astronaut.jpg", tmp_path / "later/astronaut.jpg")
    with running(gate, MODULE) as daemon:
        daemon.status(lambda now: now["passes"]["gates"] == 2)
        daemon.assert_ends_well()
    hold(tmp_path / "later", shown, office)
    broker.stop()  # what was heard is known without the network
    with running(gate, MODULE) as daemon:
        daemon.wait("a pass: ")
        assert daemon.said("a pass: used_up") and not daemon.said("a pass: good"), daemon.log
        daemon.assert_ends_well()
