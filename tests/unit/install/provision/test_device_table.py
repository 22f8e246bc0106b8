"""A hundred devices from one description and a table; a mistake in any line makes none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.errors import ConfigError
from edge.install.provision import pairing
from edge.install.provision.table import load_many
from tests.card_samples import KEY, PASSWORD, describe


def table(folder: Path, text: str) -> Path:
    path = folder / "devices.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def office_key(folder: Path) -> Path:
    from cryptography.hazmat.primitives import serialization

    path = folder / "anna.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return path


def test_cells_are_of_the_kind_that_the_description_has(tmp_path: Path) -> None:
    head = "device.id,network.address,network.dns,hardware.door.relay_pin,wifi.password,hardware.lock.interlock"
    one, two = load_many(
        describe(tmp_path, describe(tmp_path).read_text() + "\n[hardware.lock]\ninterlock = false\n"),
        table(tmp_path, f"{head}\ngate-a,192.168.7.21/24,9.9.9.9; 1.1.1.1,5,12345678,true\ngate-b,,,,,\n"),
    )
    assert one.description.device.id == "gate-a" and two.description.device.id == "gate-b"
    assert one.description.network.dns == ("9.9.9.9", "1.1.1.1") and two.description.network.dns == ("192.168.7.1",)
    assert one.hardware["door"]["relay_pin"] == 5 and two.hardware["door"]["relay_pin"] == 17
    assert one.hardware["lock"]["interlock"] is True
    assert one.description.wifi is not None and one.description.wifi.password == "12345678"
    assert two.description.wifi is not None and two.description.wifi.password == PASSWORD


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("device.site\nriverside\n", "first line names keys"),
        ("device.id,device.id\na,b\n", "first line names keys"),
        ("device.id\n", "has 0 devices"),
        ("device.id,device.site\ngate-a\n", ":2: has 1 cells instead of 2"),
        ("device.id\ngate-a\nGATE\n", ":3: device.id: 'GATE'"),
        ("device.id\ngate-a\ngate-b\ngate-a\n", ":4: device.id: riverside/gate-a stands in line 2 already"),
        ("device.id,hardware.door.relay_pin\ngate-a,five\n", ":2: hardware.door.relay_pin: 'five' should be like 17"),
        ("device.id,hardware.door\ngate-a,5\n", "is a table"),
        ("device.id,device.id.x\ngate-a,5\n", "no such table"),
        ('device.id\n"gate-a\n', "unexpected end of data"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_many(describe(tmp_path), table(tmp_path, text))
    assert told in refused.value.message


def test_a_hundred_are_made_and_every_card_is_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "hashed", lambda code: f"hash of {code}")  # which takes its time
    lines = "".join(f"gate-{number},192.168.7.{number}/24\n" for number in range(100, 200))
    described, devices = describe(tmp_path), table(tmp_path, f"device.id,network.address\n{lines}")
    words = ["provision", str(described), "--table", str(devices), "--key", str(office_key(tmp_path)), "--kid", "anna"]
    words += ["--out", str(tmp_path / "cards"), "--json"]
    assert main([*words, "--check"]) == 0
    assert not (tmp_path / "cards").exists()
    capsys.readouterr()
    assert main(words) == 0
    made = json.loads(capsys.readouterr().out)["devices"]
    assert len(made) == len({one["token"] for one in made}) == 100
    known = [json.loads(Path(one["folder"], "provision.json").read_text()) for one in made]
    assert len({one["code"] for one in known}) == 100
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "cards").rglob("*") if path.is_file()} == {0}
    assert main(words) == 2  # nothing is made twice


def test_a_mistake_in_one_line_makes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = describe(tmp_path)
    devices = table(tmp_path, "device.id,hardware.door.relay_pin\ngate-a,5\ngate-b,99\n")
    words = ["provision", str(described), "--table", str(devices), "--key", str(office_key(tmp_path)), "--kid", "anna"]
    assert main([*words, "--out", str(tmp_path / "cards")]) == 2
    assert "devices.csv:3: hardware.door.relay_pin: 99" in capsys.readouterr().err
    assert not (tmp_path / "cards").exists()
