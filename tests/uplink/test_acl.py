"""The shipped access list at a real broker: whoever tries more than they may gets nowhere, and what they may works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker import MOSQUITTO
from tests.uplink.rig import running
from tests.uplink.shipped import ROOT, Peer, ShippedBroker, device_settings, make_everything

NORTH, SOUTH, ABROAD = "riverside/gate-north", "riverside/gate-south", "hilltop/gate-north"
RIG = "riverside/gate"  # whom tests/uplink/rig.py runs
DENIED = 0x87
DONE = "the end"
SPOKEN = (
    "event/access.granted",
    "events",
    "state",
    "status",
    "levels",
    "passes",
    "keys",
    "reply/anna/7",
    "config/reported",
    "roster/want",
)
HEARD = ("command/unlock", "config/desired", "watermark")

Join = Callable[..., Peer]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_everything(tmp_path_factory.mktemp("pki"), NORTH, SOUTH, ABROAD, RIG)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[ShippedBroker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = ShippedBroker(tmp_path_factory.mktemp("broker"), pki)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def join(shipped: ShippedBroker, pki: Path) -> Iterator[Join]:
    """Connects as a device ("site/device") or a program; everybody has left after the test."""
    peers: list[Peer] = []

    def connect(name: str, client_id: str = "", will: str = "") -> Peer:
        device = "/" in name
        port = shipped.port if device else shipped.office_port
        peers.append(Peer(port, pki, f"devices/{name}" if device else name, client_id, will))
        return peers[-1]

    yield connect
    for peer in peers:
        peer.close()


def watching(join: Join) -> Peer:
    auditor = join("auditor")
    auditor.subscribe("#")
    return auditor


def arrived(join: Join, auditor: Peer) -> list[str]:
    """Everything but the mark that is set here: what came before it, the broker has handled before it."""
    office = join("office")
    mark = "edge/v1/riverside/roster/mark"
    for number in range(2):  # the first one may be read in the same round as what another connection sent before
        assert office.publish(mark, f"{DONE} {number}".encode()) < 0x80
    return [topic for topic in auditor.wait_for(mark, f"{DONE} 1".encode()) if topic != mark]


def foreign_topics() -> list[str]:
    everything = [*SPOKEN, *HEARD, "reply", "command", "event", "event/access.granted/more", "other"]
    others = [f"edge/v1/{name}/{rest}" for name in (SOUTH, ABROAD, "hilltop/gate-new") for rest in everything]
    own = [f"edge/v1/{NORTH}/{rest}" for rest in (*HEARD, "event", "event/a.b/c", "other", "config", "events/x")]
    return [
        *others,
        *own,
        f"edge/v1/{NORTH}",
        "edge/v1/riverside/roster/main",
        "edge/v1/hilltop/roster/main",
        "edge/v1/gate-north/event/access.granted",
        "edge/v2/riverside/gate-north/event/access.granted",
        "homeassistant/device/gate-north/config",
        "homeassistant/device/gate-south/config",
        "homeassistant/lock/gate-north/config",
        "homeassistant/status",
        "anything",
        "/",
    ]


@pytest.mark.parametrize("retain", [False, True])
def test_a_device_writes_nowhere_but_below_its_own_name(join: Join, retain: bool) -> None:
    auditor, device = watching(join), join(NORTH)
    codes = {topic: device.publish(topic, b"mine now", retain=retain) for topic in foreign_topics()}
    assert {topic: code for topic, code in codes.items() if code != DENIED} == {}
    assert arrived(join, auditor) == []


def test_the_brokers_own_topics_are_not_a_devices(join: Join) -> None:
    auditor, device = join("auditor"), join(NORTH)
    for topic in ("$SYS/#", "$control/#", "#"):
        auditor.subscribe(topic)
    for topic in ("$SYS/broker/version", "$SYS/made/up", "$control/dynamic-security/v1"):
        device.publish(topic, b"mine now")
    arrived(join, auditor)
    assert [topic for topic, payload in auditor.received if payload == b"mine now"] == []


def test_a_device_says_what_it_has_to_say(join: Join) -> None:
    auditor, device = watching(join), join(NORTH)
    wanted = [f"edge/v1/{NORTH}/{rest}" for rest in SPOKEN]
    assert [device.publish(topic) < 0x80 for topic in wanted] == [True] * len(wanted)
    assert arrived(join, auditor) == wanted


@pytest.mark.parametrize("others", [SOUTH, ABROAD])
def test_a_devices_will_is_no_way_round(join: Join, others: str) -> None:
    auditor = watching(join)
    join(NORTH, will=f"edge/v1/{others}/status").die()
    join(NORTH, will=f"edge/v1/{NORTH}/status").die()
    assert arrived(join, auditor) == [f"edge/v1/{NORTH}/status"]


def test_a_device_hears_what_is_meant_for_it_whatever_it_subscribes_to(join: Join) -> None:
    device, office, sink = join(NORTH), join("office"), join("sink")
    for wish in (
        "#",
        "edge/v1/#",
        "edge/v1/+/+/command/#",
        "edge/v1/riverside/gate-south/#",
        "$share/all/edge/v1/#",
        "homeassistant/#",
    ):
        device.subscribe(wish)
    south, abroad = join(SOUTH), join(ABROAD)
    for name, speaker in ((SOUTH, south), (ABROAD, abroad)):
        for rest in SPOKEN:
            speaker.publish(f"edge/v1/{name}/{rest}")
        for rest in HEARD:
            (sink if rest == "watermark" else office).publish(f"edge/v1/{name}/{rest}")
    office.publish("edge/v1/riverside/roster/main")
    sink.publish(f"edge/v1/{NORTH}/watermark")
    office.publish(f"edge/v1/{NORTH}/config/desired")
    office.publish(f"edge/v1/{NORTH}/command/unlock")
    heard = set(device.wait_for(f"edge/v1/{NORTH}/command/unlock"))
    # what guides people to another station, and what ends a pass at every gate
    shared = {f"edge/v1/{name}/{rest}" for name in (SOUTH, ABROAD) for rest in ("levels", "passes")}
    assert heard == {"edge/v1/riverside/roster/main", *shared, *(f"edge/v1/{NORTH}/{rest}" for rest in HEARD)}


def test_a_device_that_calls_itself_like_another_pushes_nobody_out(join: Join) -> None:
    south = join(SOUTH, "edge-riverside-gate-south")
    south.subscribe(f"edge/v1/{SOUTH}/command/+")
    impostor = join(NORTH, "edge-riverside-gate-south")
    impostor.subscribe(f"edge/v1/{SOUTH}/command/+")
    join("office").publish(f"edge/v1/{SOUTH}/command/unlock")
    assert south.wait_for(f"edge/v1/{SOUTH}/command/unlock")
    assert not south.lost
    assert impostor.received == []


def test_the_sink_reads_events_and_writes_watermarks_and_nothing_else(join: Join) -> None:
    auditor, sink, device, office = watching(join), join("sink"), join(NORTH), join("office")
    sink.subscribe("$share/sink/edge/v1/#")
    office.publish(f"edge/v1/{NORTH}/command/unlock")
    for rest in SPOKEN:
        device.publish(f"edge/v1/{NORTH}/{rest}")
    device.publish(f"edge/v1/{NORTH}/events", b"last")
    got = set(sink.wait_for(f"edge/v1/{NORTH}/events", b"last"))
    assert got == {f"edge/v1/{NORTH}/{rest}" for rest in ("event/access.granted", "events", "keys", "levels", "passes")}
    before = len(auditor.received)
    denied = [f"edge/v1/{NORTH}/{rest}" for rest in (*SPOKEN, "command/unlock", "config/desired")]
    assert [sink.publish(topic) for topic in [*denied, "edge/v1/riverside/roster/main"]] == [DENIED] * (len(denied) + 1)
    assert sink.publish(f"edge/v1/{NORTH}/watermark") < 0x80
    assert f"edge/v1/{NORTH}/watermark" in arrived(join, auditor)[before:]


def test_the_office_gives_orders_but_does_not_speak_for_a_device(join: Join) -> None:
    office, device = join("office"), join(NORTH)
    office.subscribe("edge/v1/#")
    denied = [f"edge/v1/{NORTH}/{rest}" for rest in (*SPOKEN, "watermark")]
    assert [office.publish(topic) for topic in denied] == [DENIED] * len(denied)
    wanted = [f"edge/v1/{NORTH}/{rest}" for rest in SPOKEN]
    for topic in wanted:
        device.publish(topic)
    assert office.wait_for(wanted[-1])[-len(wanted) :] == wanted


def test_home_assistant_reads_states_and_gives_no_orders(join: Join) -> None:
    house, device = join("homeassistant"), join(NORTH)
    for wish in ("edge/v1/#", "homeassistant/#"):
        house.subscribe(wish)
    for rest in (*SPOKEN, "status"):
        device.publish(f"edge/v1/{NORTH}/{rest}", b"now")
    device.publish(f"edge/v1/{NORTH}/status", b"last")
    heard = set(house.wait_for(f"edge/v1/{NORTH}/status", b"last"))
    assert heard == {
        f"edge/v1/{NORTH}/{rest}" for rest in ("state", "status", "levels", "passes", "event/access.granted")
    }
    assert house.publish(f"edge/v1/{NORTH}/command/unlock") == DENIED
    assert house.publish("homeassistant/status") < 0x80


def test_a_program_whom_nobody_lists_may_nothing(join: Join) -> None:
    auditor, visitor, device = watching(join), join("visitor"), join(NORTH)
    visitor.subscribe("#")
    everything = [*foreign_topics(), *(f"edge/v1/{NORTH}/{rest}" for rest in SPOKEN)]
    assert {visitor.publish(topic) for topic in everything} == {DENIED}
    device.publish(f"edge/v1/{NORTH}/state")
    assert arrived(join, auditor) == [f"edge/v1/{NORTH}/state"]
    # Rosters, which are sealed, levels and passes are all that anybody with a certificate may read.
    assert {topic for topic, _ in visitor.received} <= {"edge/v1/riverside/roster/mark"}


def test_a_device_that_was_shut_out_neither_speaks_nor_hears(tmp_path: Path, pki: Path) -> None:
    guide = (ROOT / "docs/broker.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(user riverside/gate-north\n.*?)```", guide, flags=re.DOTALL)
    assert block is not None
    broker = ShippedBroker(tmp_path, pki, "\n" + block[1])
    broker.start()
    north, south = (Peer(broker.port, pki, f"devices/{name}") for name in (NORTH, SOUTH))
    office = Peer(broker.office_port, pki, "office")
    try:
        north.subscribe(f"edge/v1/{NORTH}/command/+")
        south.subscribe(f"edge/v1/{SOUTH}/command/+")
        for name in (NORTH, SOUTH):
            office.publish(f"edge/v1/{name}/command/unlock")
        south.wait_for(f"edge/v1/{SOUTH}/command/unlock")
        assert {north.publish(f"edge/v1/{NORTH}/{rest}") for rest in SPOKEN} == {DENIED}
        assert south.publish(f"edge/v1/{SOUTH}/status") < 0x80
        assert north.received == []
    finally:
        for peer in (north, south, office):
            peer.close()
        broker.stop()


def test_the_uplink_delivers_through_it(tmp_path: Path, shipped: ShippedBroker, pki: Path) -> None:
    with running(tmp_path / "device", device_settings(shipped, pki, RIG)) as rig:
        rig.submit(200)
        rig.wait_empty()
        assert rig.faults == []


def test_the_uplink_of_another_device_is_told_why_it_may_not(tmp_path: Path, shipped: ShippedBroker, pki: Path) -> None:
    with running(tmp_path / "device", device_settings(shipped, pki, SOUTH)) as rig:
        rig.submit()
        rig.wait(lambda: any("event/access.granted (0x87)" in what for _, what, _ in rig.faults))
        assert all("access list" in detail for _, _, detail in rig.faults)
        assert rig.uplink.status().acknowledged == 0
        assert rig.backlog() == 1
