"""What the office can do to a whole gate through a broker, and what nobody can: see docs/office.md."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import resources
from tests.broker import PrivateBroker
from tests.scenario.office_rig import BASE, MODULE, Desk
from tests.scenario.rig import configure, edge, running, visitors

REPORTED = f"{BASE}/config/reported"


@pytest.fixture
def office(broker: PrivateBroker) -> Iterator[Desk]:
    desk = Desk(broker.port)
    desk.line.start()
    yield desk
    desk.line.close()


@pytest.fixture
def gate(tmp_path: Path, broker: PrivateBroker, office: Desk) -> Path:
    """The configuration of a gate that obeys the office, with a resident before its camera."""
    return configure(
        tmp_path,
        camera=visitors(tmp_path, "obama3.jpg"),
        uplink=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false',
        office=office.table(tmp_path),
        door='driver = "simulated"\nopens_after_s = 0.1\ncloses_after_s = 0.1',
        access="cooldown_s = 1.0\nlockout_failures = 100",
    )


def test_an_order_is_carried_out_once_answered_and_told(gate: Path, office: Desk) -> None:
    with running(gate, MODULE) as daemon:
        office.wait_until_it_listens()
        order = office.token("unlock", {"seconds": 1})
        answer = office.ask("unlock", order)
        assert (answer["result"], answer["cmd"]) == ("applied", "unlock"), daemon.log
        carried_out = office.event("command.applied", lambda data: data["command"] == answer["id"])
        assert carried_out["data"]["kid"] == "office"
        assert office.event("access.granted")["data"] == {"by": "command", "command": answer["id"]}
        again = office.ask("unlock", order)
        assert (again["result"], again["reason"]) == ("refused", "replayed")
        assert office.event("command.refused")["data"]["reason"] == "replayed"
        daemon.end(signal.SIGKILL)
    with running(gate, MODULE) as daemon:  # nor after a power cut
        office.wait_until_it_listens(2)
        assert office.ask("unlock", order)["reason"] == "replayed"
        last = office.order("unlock")["id"]
        office.event("access.granted", lambda data: data["command"] == last)
        assert [one["data"]["command"] for one in office.events("access.granted")] == [answer["id"], last]
        daemon.assert_ends_well()


def test_what_is_not_the_offices_word_for_this_gate_now_does_nothing(gate: Path, office: Desk) -> None:
    now_s = int(time.time())
    former = Desk(0, "former")  # whose key the gate does not know any more
    forger = Desk(0, "office", Ed25519PrivateKey.generate())
    with running(gate, MODULE) as daemon:
        office.wait_until_it_listens()
        refused = {
            "foreign": office.token("unlock", aud="riverside/gate-2"),
            "expired": office.token("unlock", iat=now_s - 60, exp=now_s - 1),
            "lives_too_long": office.token("unlock", exp=now_s + 3600),
            "unknown_key": former.token("unlock"),
            "altered": forger.token("unlock"),
            "malformed": office.token("unlock", kind="edge-config"),
            "topic": office.token("release"),
            "arguments": office.token("unlock", {"seconds": 10**6}),
            "nonce_unknown": office.token("unlock", exp=None, nonce="A" * 43),
        }
        for reason, order in refused.items():
            answer = office.ask("unlock", order)
            assert (answer["result"], answer["reason"]) == ("refused", reason)
        assert office.ask("unlock", office.token("unlock"), retain=True)["reason"] == "retained"
        assert not office.events("access.granted")
        office.send("lockdown", office.token("lockdown"), response_topic=f"{BASE}/status")  # done, but said to nobody
        assert office.event("command.applied")["data"]["cmd"] == "lockdown"
        assert office.order("release")["result"] == "applied"  # the gate answers in order
        statuses = {one.payload for one in office.line.messages if one.topic == f"{BASE}/status"}
        assert not any(b"lockdown" in status for status in statuses)
        daemon.assert_ends_well()


def test_a_lockdown_outlives_a_kill_and_a_revoked_person_stays_outside(gate: Path, office: Desk) -> None:
    pictures = [resources.demo_pictures() / name for name in ("obama.jpg", "obama2.jpg")]
    words = ("--name", "A resident", "--consent", "form", "--allow-few", "--config", gate, "--json")
    (enrolled,) = json.loads(edge("people", "enroll", *pictures, *words).stdout)["enrolled"]
    with running(gate, MODULE) as daemon:
        office.wait_until_it_listens()
        assert office.order("lockdown")["result"] == "applied"
        daemon.wait("access.refused.*lockdown")
        daemon.end(signal.SIGKILL)
    with running(gate, MODULE) as daemon:
        daemon.wait("access.refused.*lockdown")
        assert not daemon.said("access.granted")
        office.wait_until_it_listens(2)
        assert office.order("release")["result"] == "applied"
        daemon.wait("access.granted")
        revoked = office.order("people.revoke", {"person": enrolled["person"], "reason": "moved out"})
        assert revoked["result"] == "applied"
        daemon.wait("access.refused.*revoked")
        daemon.assert_ends_well()


def test_a_restart_gives_a_new_process_that_answers(gate: Path, office: Desk) -> None:
    with running(gate, MODULE) as daemon:
        daemon.wait("ready after")
        office.wait_until_it_listens()
        assert office.order("restart")["result"] == "applied"
        office.wait_until_it_listens(2)
        daemon.wait("ready after", times=2)
        assert office.order("unlock")["result"] == "applied"
        assert office.event("device.stopped")["data"]["why"].startswith("restart")
        daemon.assert_ends_well()


def test_a_configuration_is_applied_refused_or_rolled_back(gate: Path, office: Desk) -> None:
    def reported(version: int, status: str) -> list[str]:
        told = office.said(REPORTED, lambda said: (said["version"], said["status"]) == (version, status))
        return [str(problem) for problem in told["problems"]]

    with running(gate, MODULE) as daemon:
        office.wait_until_it_listens()
        office.configure(1, {"lock": {"unlock_s": 2.0}})
        reported(1, "applied")
        assert office.event("config.applied")["data"]["version"] == 1
        assert not daemon.said("restarting for")  # it was applied while the gate ran
        office.configure(2, {"door": {"relay_active": "low"}})
        assert reported(2, "refused") == ["door.relay_active: is set on the device alone"]
        office.configure(3, {"uplink": {"ca_file": "nowhere.pem", "tls": True}})
        assert "ca_file" in reported(3, "refused")[0]
        office.configure(1, {"lock": {"unlock_s": 60.0}})
        office.event("config.refused", lambda data: data["reason"] == "version")
        office.configure(4, {"uplink": {"port": 9}})  # where nobody listens
        reported(4, "rolledback")
        assert office.event("config.rolledback")["data"]["version"] == 4
        assert office.order("unlock")["result"] == "applied"
        shown = json.loads(edge("config", "show", "--config", gate, "--json").stdout)
        assert shown["config"]["uplink"]["port"] != 9
        assert (shown["version"], shown["config"]["lock"]["unlock_s"]) == (1, 2.0)
        daemon.assert_ends_well()
