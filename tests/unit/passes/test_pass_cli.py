"""`edge pass`: what the office signs, looks at and revokes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.__main__ import main
from edge.passes.token import Pass, read
from edge.store.identity import read_signer

PERSON = "9f86d081884c7d65"
pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.chdir(tmp_path)
    assert main(["keys", "make", "--kind", "signing", "--out", "anna", "--json"]) == 0
    return tmp_path


@pytest.fixture
def edge(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["pass", *words])
        out = capsys.readouterr().out
        return code, json.loads(out) if "--json" in words else out

    return run


ISSUE = ("issue", "--key", "anna.pem", "--kid", "anna", "--site", "riverside", "--holder", PERSON)
SHOW = ("--public", "anna.pub.pem", "--kid", "anna")


def test_a_pass_is_signed_drawn_and_shown(office: Path, edge: Any) -> None:
    limits = (
        "--visitor",
        "--zone",
        "main",
        "--zone",
        "pool",
        "--from",
        "2026-11-01T10:00+08:00",
        "--until",
        "2199-12-01",
    )
    code, made = edge(*ISSUE, *limits, "--uses", "3", "--png", "p.png", "--json")
    assert code == 0
    shown = read(made["token"].encode(), {"anna": read_signer(office / "anna.pub.pem")})
    assert shown == Pass(made["number"], PERSON, "riverside", True, ("main", "pool"), 1793498400, made["until"], 3)
    with Image.open(office / "p.png") as picture:
        assert min(picture.size) > 600
    for source in (made["token"], "p.png"):
        code, found = edge("show", source, *SHOW, "--json")
        assert (code, found["holds"], found["number"]) == (0, True, made["number"])
    _, words = edge("show", "p.png", *SHOW)
    assert all(word in words for word in (made["number"], PERSON, "main, pool", "3 times", "holds now"))


def test_a_day_is_meant_whole(edge: Any) -> None:
    _, made = edge(*ISSUE, "--from", "2026-12-01", "--until", "2026-12-01", "--json")
    assert made["until"] - made["from"] == 86_400


def test_the_text_alone(edge: Any) -> None:
    code, token = edge(*ISSUE, "--text")
    assert code == 0 and token.count(".") == 2 and token.count("\n") == 1


def test_a_pass_that_does_not_hold(edge: Any) -> None:
    _, made = edge(*ISSUE, "--until", "2020-01-01", "--json")
    code, found = edge("show", made["token"], *SHOW, "--json")
    assert (code, found["holds"], found["reason"]) == (1, False, "expired")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((*ISSUE, "--uses", "1"), 2),
        ((*ISSUE, "--uses", "0", "--until", "2027-01-01"), 2),
        ((*ISSUE, "--until", "tomorrow"), 2),
        ((*ISSUE, "--from", "2027-01-02", "--until", "2027-01-01"), 2),
        ((*ISSUE, "--zone", "No Zone"), 2),
        ((*ISSUE, *(("--zone", "z" * 60) * 3)), 2),
        ((*ISSUE, "--png", "anna.pem"), 2),
        ((*ISSUE[:-1], "Anna"), 2),
        (("issue", "--key", "none.pem", *ISSUE[3:]), 2),
        (("show", "a.b.c", *SHOW), 4),
        (("show", "none.png", *SHOW), 4),
        (("show", "a.b.c", "--kid", "anna"), 2),
        (("revoke", "none.png", "--device", "a/b", "--key", "anna.pem", "--kid", "anna", "--broker", "localhost"), 4),
        (("revoke", "a.b.c", "--device", "a/b", "--key", "anna.pem", "--kid", "anna", "--broker", "localhost"), 4),
        (("revoke", PERSON, "--device", "gate", "--key", "anna.pem", "--kid", "anna", "--broker", "localhost"), 2),
    ],
)
def test_what_makes_no_sense_is_said(office: Path, words: tuple[str, ...], code: int) -> None:
    assert main(["pass", *words]) == code
    assert sorted(path.name for path in office.iterdir()) == ["anna.pem", "anna.pub.pem"]


def test_another_signers_pass_is_not_shown_as_ours(edge: Any) -> None:
    main(["keys", "make", "--kind", "signing", "--out", "eve"])
    _, made = edge("issue", "--key", "eve.pem", *ISSUE[3:], "--json")
    assert main(["pass", "show", made["token"], *SHOW]) == 4
    assert main(["pass", "show", made["token"], "--public", "anna.pub.pem", "--kid", "ben"]) == 4


def test_a_picture_without_a_code(office: Path) -> None:
    Image.new("RGB", (200, 200), "white").save(office / "white.png")
    assert main(["pass", "show", "white.png", *SHOW]) == 4


def test_the_keys_may_stand_in_the_configuration(office: Path, edge: Any) -> None:
    tables = {
        "device": 'id = "gate-1"\nsite = "riverside"',
        "camera": 'driver = "folder"\npath = "."',
        "door": 'driver = "simulated"',
        "speaker": 'driver = "silent"',
        "uplink": 'host = "127.0.0.1"',
        "office.keys": 'anna = "anna.pub.pem"',
    }
    (office / "gate.toml").write_text("\n".join(f"[{name}]\n{text}" for name, text in tables.items()))
    _, made = edge(*ISSUE, "--json")
    assert edge("show", made["token"], "--config", "gate.toml", "--json")[0] == 0


@pytest.mark.parametrize("broker_answers", ["applied", "refused"])
def test_each_gate_is_told_of_a_revoked_pass(edge: Any, monkeypatch: pytest.MonkeyPatch, broker_answers: str) -> None:
    from edge.cli import passes
    from edge.errors import HardwareError

    asked: list[tuple[str, str, dict[str, Any]]] = []

    def ask(args: Any, order: dict[str, Any]) -> dict[str, Any]:
        asked.append((args.name, args.device, order))
        if args.device.endswith("away"):
            raise HardwareError("no answer")
        return {"result": broker_answers, "reason": ""}

    monkeypatch.setattr(passes, "ask", ask)
    _, made = edge(*ISSUE, "--until", "2027-01-01", "--json")
    order = {"pass": made["number"], "until": made["until"]}
    gates = ("--device", "riverside/gate-1", "--device", "riverside/gate-2")
    signed = ("--key", "anna.pem", "--kid", "anna", "--broker", "localhost", "--json")
    code, found = edge("revoke", made["token"], *gates, *signed)
    assert code == (0 if broker_answers == "applied" else 1)
    assert found["answers"].keys() == {"riverside/gate-1", "riverside/gate-2"}
    assert asked == [("pass.revoke", gate, order) for gate in ("riverside/gate-1", "riverside/gate-2")]
    asked.clear()
    code, found = edge("revoke", made["number"], "--device", "riverside/away", *gates, *signed)
    assert code == 3 and len(asked) == 3  # the others are told all the same
    assert found["answers"]["riverside/away"]["result"] == "unknown"
