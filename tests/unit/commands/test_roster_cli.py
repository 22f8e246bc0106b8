from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.cli import rosters
from edge.people.sync_message import TOKEN, read_claims
from edge.store.identity import pem, read_signer, sealing_key
from edge.store.keys import load_device_key
from edge.store.roster import Roster
from edge.tokens import verify
from tests.broker import MOSQUITTO, NO_MOSQUITTO, Received, Subscriber, private_broker
from tests.zone_samples import Gate, close_all, device_key, in_memory, picture, profile


@pytest.fixture
def folder() -> Iterator[Path]:
    made = in_memory()
    yield made
    close_all()
    shutil.rmtree(made)


@pytest.fixture
def office(folder: Path) -> Path:
    assert main(["keys", "make", "--kind", "signing", "--out", str(folder / "ann")]) == 0
    (folder / "devices").mkdir()
    for name in ("gate-a", "gate-b"):
        (folder / "devices" / f"{name}.pub.pem").write_bytes(pem(sealing_key(device_key(name)).public_key()))
    enrol(folder)
    return folder


def enrol(folder: Path) -> str:
    with Roster.open(folder / "state", create=True) as roster:
        return roster.add(profile("Somebody"), [picture(1)], 1)


def words(office: Path, *more: object) -> list[str]:
    key = ["--key", office / "ann.pem", "--kid", "ann", "--devices", office / "devices"]
    return [*map(str, ("roster", "publish", "--state", office / "state", "--site", "s", *key, *more)), "--json"]


def run(capsys: pytest.CaptureFixture[str], office: Path, *more: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(words(office, *more))
    return code, json.loads(capsys.readouterr().out)


def deliver(office: Path, gate: Gate, messages: list[bytes]) -> None:
    keys = {"ann": read_signer(office / "ann.pub.pem")}
    for message in messages:
        _, claims = verify(message, TOKEN, keys, 1 << 20)
        gate.follower.take(gate.roster, read_claims(claims, "s"), 1)


def test_messages_in_a_folder_are_what_a_gate_takes(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, office, "--out", office / "one")
    assert (code, told["changed"], told["base"], told["messages"]) == (0, 1, 0, 2)
    files = sorted((office / "one").iterdir())
    assert sum(file.stat().st_size for file in files) == told["bytes"]
    gate = Gate(office / "gate-a")
    deliver(office, gate, [file.read_bytes() for file in files])
    assert len(gate.profiles()) == 1
    assert run(capsys, office, "--out", office / "two")[1]["changed"] == 0
    person = enrol(office)
    told = run(capsys, office, "--out", office / "three")[1]
    assert (told["changed"], told["messages"]) == (1, 2)
    deliver(office, gate, [file.read_bytes() for file in sorted((office / "three").iterdir())])
    assert person in gate.profiles()
    assert run(capsys, office, "--out", office / "four", "--whole")[1]["changed"] == 2
    assert run(capsys, office, "--out", office / "four")[0] == 2  # it is there already
    assert load_device_key(office / "state")


def test_wrong_usage_is_told(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, office)[0] == 2
    assert run(capsys, office, "--out", office / "x", "--serve")[0] == 2
    assert run(capsys, office, "--broker", "nowhere:none")[0] == 2
    shutil.rmtree(office / "devices")
    assert "DEVICE.pem" in run(capsys, office, "--out", office / "x")[1]["error"]


@pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)
def test_served_it_publishes_every_change_and_answers_who_asks(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rosters, "_LOOK_S", 0.02)
    monkeypatch.setattr(rosters, "_GATHER_S", 0.0)
    monkeypatch.setattr(rosters, "_PACE_S", 0.0)
    end = threading.Event()

    def line(issued: Any) -> str:
        if end.is_set():
            raise KeyboardInterrupt
        return str(issued.version)

    monkeypatch.setattr(rosters, "_line", line)
    with private_broker(office) as broker:
        subscriber = Subscriber(broker.port).start()
        serving = threading.Thread(
            target=main, args=(words(office, "--broker", f"127.0.0.1:{broker.port}", "--no-tls", "--serve"),)
        )
        serving.start()
        received = subscriber.wait(rosters_of(2))
        assert [one.topic for one in received] == ["edge/v1/s/roster/main"] * 2
        gate, late = Gate(office / "gate-a"), Gate(office / "gate-b", "gate-b")
        deliver(office, gate, [one.payload for one in received])
        person = enrol(office)
        received = subscriber.wait(rosters_of(4))
        deliver(office, gate, [one.payload for one in received])
        assert person in gate.profiles()
        deliver(office, late, [received[-1].payload])
        assert late.follower.behind
        ask = ["-p", str(broker.port), "-t", "edge/v1/s/gate-b/roster/want", "-m", '{"have": 0}']
        publish(ask)
        received = subscriber.wait(lambda all_: rosters_of(6)([one for one in all_ if "roster/main" in one.topic]))
        deliver(office, late, [one.payload for one in received if "roster/main" in one.topic])
        assert late.profiles() == gate.profiles()
        end.set()
        enrol(office)
        serving.join(20)
        assert not serving.is_alive()
        subscriber.close()
    capsys.readouterr()


def rosters_of(count: int) -> Callable[[list[Received]], bool]:
    return lambda received: len(received) >= count


def publish(words: list[str]) -> None:
    from paho.mqtt.publish import single

    single(words[3], words[5], qos=1, hostname="127.0.0.1", port=int(words[1]))
