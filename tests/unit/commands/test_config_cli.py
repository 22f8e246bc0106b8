from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from configuration_samples import ROOT, Bench

from edge.__main__ import main
from edge.commands.configuration import TOKEN
from edge.config.desired import Desired
from edge.config.standing import FILE_NAME, read_standing, write_standing
from edge.store.identity import read_signer
from tests.broker import MOSQUITTO, NO_MOSQUITTO, Subscriber, private_broker

OVERLAY = (
    '[lock]\nunlock_s = 9.0\n\n[access.groups]\nstaff = ["day"]\n\n[access.schedules]\nday = ["mon-fri 08:00-18:00"]\n'
)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    (tmp_path / "overlay.toml").write_text(OVERLAY)
    assert main(["keys", "make", "--kind", "signing", "--out", str(tmp_path / "ann")]) == 0
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def sign(office: Path, *more: object) -> list[object]:
    key = ["--key", office / "ann.pem", "--kid", "ann"]
    return ["config", "sign", office / "overlay.toml", "--device", "demo/gate-sim", "--version", 3, *key, *more]


def test_what_is_signed_is_what_a_device_takes(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, *sign(office))
    assert (code, told["topic"]) == (0, "edge/v1/demo/gate-sim/config/desired")
    (office / "device").mkdir()
    bench = Bench(office / "device")
    bench.worker._keys = {"ann": read_signer(office / "ann.pub.pem")}
    bench.give(told["token"].encode())
    bench.turn()
    assert bench.running.lock.unlock_s == 9.0
    assert dict(bench.running.access.groups) == {"staff": ("day",)}
    assert TOKEN == "edge-config"


@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        ('[device]\nid = "x"', "device.id"),
        ('[office]\nzone = "x"', "office.zone"),
        ("lock = 3", "table of tables"),
        ("[lock]\nunlock_s = nan", "no values"),
        ("[lock]\nunlock_s = 2026-11-22", "no"),
    ],
)
def test_what_no_device_would_take_is_not_signed(
    office: Path, capsys: pytest.CaptureFixture[str], overlay: str, told: str
) -> None:
    (office / "overlay.toml").write_text(overlay)
    code, answer = run(capsys, *sign(office))
    assert code != 0
    assert told in answer["error"] + answer["hint"]


@pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)
def test_it_is_published_for_whoever_comes_later(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with private_broker(office) as broker:
        code, told = run(capsys, *sign(office, "--broker", f"127.0.0.1:{broker.port}", "--no-tls"))
        assert (code, told["published"]) == (0, True)
        subscriber = Subscriber(broker.port).start()
        found = subscriber.wait(lambda received: bool(received))
        subscriber.close()
    assert (found[0].topic, found[0].payload.decode()) == (told["topic"], told["token"])


def test_the_configuration_in_force_says_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text((ROOT / "config" / "simulated.toml").read_text())
    code, told = run(capsys, "config", "show", "--config", path)
    assert (code, told["version"], told["status"], told["differs"]) == (0, 0, "none", [])
    folder = tmp_path / "state" / "config"
    bench = Bench(tmp_path)
    write_standing(folder, replace(bench.worker.effective.standing, trial=Desired(4, {"lock": {"unlock_s": 9.0}})))
    code, told = run(capsys, "config", "show", "--config", path)
    assert (code, told["version"], told["config"]["lock"]["unlock_s"]) == (0, 4, 9.0)
    assert told["differs"] == [{"key": "lock.unlock_s", "value": 9.0, "file": 5.0}]
    assert read_standing(folder).starts == 0
    assert main(["config", "show", "--config", str(path)]) == 0
    assert "lock.unlock_s = 9.0    (version 4; the file: 5.0)" in capsys.readouterr().out
    (folder / FILE_NAME).write_text("{}")
    code, told = run(capsys, "config", "show", "--config", path)
    assert (code, told["version"], told["config"]["lock"]["unlock_s"]) == (1, 0, 5.0)
