"""`edge command` and `edge keys`: what is signed is what a device accepts, and what it answers is what is printed."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office_samples import ANN, AUDIENCE, BASE, Device

from edge.__main__ import main
from edge.clock import Now
from edge.commands.judge import Rules
from edge.commands.sign import next_counter
from edge.commands.standing import FILE
from edge.store.identity import open_sealed, read_recipient, read_signer, sealing_key
from edge.store.keys import load_device_key
from edge.store.roster import Roster
from tests.broker import MOSQUITTO, NO_MOSQUITTO, PrivateBroker, private_broker


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    for name in ("first", "second"):
        assert main(["keys", "make", "--kind", "signing", "--out", str(folder / name)]) == 0
    return folder


@pytest.fixture
def rules(keys: Path) -> Rules:
    return Rules(AUDIENCE, {name: read_signer(keys / f"{name}.pub.pem") for name in ("first", "second")})


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def signing(keys: Path, *more: object) -> list[object]:
    return ["--device", AUDIENCE, "--key", keys / "first.pem", "--kid", "first", *more]


def real_time() -> Now:
    return Now(time.monotonic(), time.time_ns() // 1000)


def test_keys_are_made_once_and_the_private_one_is_private(
    keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ((keys / "first.pem").stat().st_mode & 0o777, (keys / "first.pub.pem").stat().st_mode & 0o777) == (
        0o600,
        0o644,
    )
    before = (keys / "first.pem").read_bytes()
    assert run(capsys, "keys", "make", "--kind", "signing", "--out", keys / "first")[0] == 2
    assert (keys / "first.pem").read_bytes() == before
    assert run(capsys, "keys", "make", "--kind", "sealing", "--out", tmp_path / "s")[0] == 0
    assert read_recipient(tmp_path / "s.pub.pem")


def test_the_devices_own_keys_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = load_device_key(tmp_path, create=True)
    code, found = run(capsys, "keys", "show", "--state", tmp_path)
    assert code == 0
    pem = tmp_path / "gate.pem"
    pem.write_text(found["sealing_pem"])
    assert read_recipient(pem).public_bytes_raw() == sealing_key(key).public_key().public_bytes_raw()
    assert len(found["signing"]) == len(found["sealing"]) == 43


def test_a_printed_token_is_one_that_the_device_takes(
    keys: Path, rules: Rules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = Device(tmp_path, now=real_time(), rules=rules)
    for number in range(2):  # the second has a higher counter, in the same millisecond too
        code, found = run(capsys, "command", "unlock", "--arg", "seconds=3", *signing(keys))
        assert code == 0
        assert found["topic"] == f"{BASE}/command/unlock"
        assert device.tell(found["token"].encode())["result"] == "applied"
        assert len(device.done) == number + 1


def test_two_people_sign_an_enrolment(
    keys: Path, rules: Rules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = Device(tmp_path, now=real_time(), rules=replace(rules, two_person=True))
    words = ["command", "people.add", "--arg", "sealed=AAAA", *signing(keys)]
    _, alone = run(capsys, *words)
    assert device.tell(alone["token"].encode(), "people.add")["reason"] == "approval_missing"
    _, both = run(capsys, *words, "--approve", f"{keys / 'second.pem'}:second")
    assert device.tell(both["token"].encode(), "people.add")["result"] == "applied"


@pytest.mark.parametrize(
    "words",
    [
        ["command", "dance"],
        ["command", "unlock", "--arg", "seconds=99"],
        ["command", "unlock", "--arg", "seconds"],
        ["command", "unlock", "--arg", "seconds=1", "--arg", "seconds=2"],
        ["command", "unlock", "--device", "gate-1"],
        ["command", "unlock", "--key", "/nowhere"],
        ["command", "unlock", "--approve", "second"],
        ["command", "unlock", "--broker", "localhost:none"],
        ["command", "people.add", "--enrolment", "/nowhere"],
    ],
)
def test_wrong_usage_signs_nothing(words: list[str], keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run(capsys, words[0], words[1], *signing(keys), *words[2:])
    assert code == 2
    assert found["hint"]


def test_without_a_key_or_a_device_nothing_is_signed(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run(capsys, "command", "unlock")
    assert code == 2
    assert found["error"].startswith("--device, --key, --kid")


def test_counters_rise_whatever_the_clock_does(tmp_path: Path) -> None:
    file = tmp_path / "c"
    assert [next_counter(file, wall) for wall in (5_000_000, 5_000_000, 1_000, 9_000_000)] == [5000, 5001, 5002, 9000]
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(next_counter(file, 0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(9001, 9009))


def test_an_export_is_sealed_to_the_device(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office, gate = tmp_path / "roster", tmp_path / "gate"
    with Roster.open(office, create=True) as roster:
        roster.add(ANN.profile, ANN.templates, 1_000, person=ANN.person)
    secret, export = tmp_path / "passphrase", tmp_path / "ann.export"
    secret.write_text("five random words are good\n")
    exporting = ["people", "export", "--sealed", "--id", ANN.person, "--out", export, "--passphrase-file", secret]
    assert run(capsys, *exporting, "--state", office)[0] == 0
    key = load_device_key(gate, create=True)
    pem = tmp_path / "gate.pem"
    pem.write_text(run(capsys, "keys", "show", "--state", gate)[1]["sealing_pem"])
    words = ["command", "people.add", "--enrolment", export, "--passphrase-file", secret, "--seal-to", pem]
    code, found = run(capsys, *words, *signing(keys))
    assert code == 0
    claims = json.loads(base64.urlsafe_b64decode(found["token"].split(".")[1] + "=="))
    plain = open_sealed(
        sealing_key(key),
        base64.b64decode(claims["args"]["sealed"]),
        b"edge: enrolment by command\0" + AUDIENCE.encode(),
    )
    assert json.loads(plain)["profile"]["name"] == "Ann Lee"


def test_reset_sets_the_old_file_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).write_text("rot")
    assert Device(tmp_path).standing.damaged
    assert run(capsys, "command", "reset", "--state", tmp_path)[0] == 0
    assert Device(tmp_path).standing.damaged == ""
    assert [path.read_text() for path in tmp_path.glob("*damaged*")] == ["rot"]


# --- over a broker

needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with private_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@needs_broker
def test_nobody_answers(broker: PrivateBroker, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    through = ["--broker", f"127.0.0.1:{broker.port}", "--no-tls", "--wait", "0.3"]
    code, found = run(capsys, "command", "unlock", *signing(keys, *through))
    assert code == 3
    assert "no answer to unlock within 0.3 s" in found["error"]
    code, found = run(capsys, "command", "unlock", *signing(keys, "--broker", "127.0.0.1:1", "--no-tls"))
    assert code == 3
    assert "nothing answers" in found["error"]
