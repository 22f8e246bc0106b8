"""The broker is lost on purpose: nothing gets through for the time asked, then everything, once."""

from __future__ import annotations

from pathlib import Path

from tests.broker import PrivateBroker, Subscriber
from tests.uplink.rig import numbers, plain, running

TOPIC = "edge/v1/riverside/gate/status"


def test_what_happens_during_a_cut_comes_after_it_and_the_will_was_published(
    tmp_path: Path, broker: PrivateBroker, office: Subscriber
) -> None:
    with running(tmp_path / "gate", plain(broker.port)) as rig:
        rig.submit(3)
        rig.wait_empty()
        rig.uplink.cut(1000.0)
        rig.wait(lambda: not rig.uplink.status().connected)
        rig.submit(5)
        rig.wait(rig.all_stored)
        rig.wait(lambda: [one.payload for one in office.messages if one.topic == TOPIC][-1:] == [b"offline"])
        assert rig.backlog() == 5
        assert rig.uplink.status().last_error == "the connection was cut for a rehearsal"
        rig.skip_s = 1000.1
        rig.uplink.wake()
        rig.wait_empty()
        events = [one for one in office.messages if "/event" in one.topic]
        assert sorted(numbers(events)) == list(range(1, 9))
        assert rig.faults == []
