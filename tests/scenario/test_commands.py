"""Every command: one JSON object on standard output with --json, and a --help that loads nothing heavy."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge import resources
from tests.scenario.rig import LIMIT_S, ROOT, configure, edge, running

HELP = """
import argparse, contextlib, io, sys
from edge.__main__ import build_parser, main

def below(parser, words):
    yield words
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from below(child, [*words, name])

shown = []
for words in below(build_parser(), []):
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    assert text.getvalue().startswith("usage: edge " + " ".join(words)), words
    shown.append(" ".join(words))
heavy = {"numpy", "cv2", "PIL", "ai_edge_litert", "tflite_runtime", "cryptography", "paho", "gpiozero", "sqlite_utils"}
print(len(shown), *sorted(heavy & set(sys.modules)))
"""


def test_the_help_of_every_command_is_there_and_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    number, *loaded = done.stdout.split()
    assert int(number) >= 30
    assert loaded == []


def answer(*words: str | Path, code: int = 0) -> dict[str, Any]:
    """The one JSON object that the command prints."""
    done = edge(*words, "--json")
    assert done.returncode == code, f"{done}"
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    assert done.stdout.count("\n") == 1
    return found


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a gate with one resident and a few events."""
    folder = tmp_path_factory.mktemp("gate")
    config = configure(folder, door='driver = "simulated"\nexit_every_s = 0.3')
    pictures = [resources.demo_pictures() / name for name in ("obama.jpg", "obama2.jpg", "obama3.jpg")]
    enrolled = answer(
        "people", "enroll", *pictures, "--name", "A resident", "--consent", "form", "--config", config
    )  # fmt: skip
    assert [one["name"] for one in enrolled["enrolled"]] == ["A resident"]
    with running(config) as daemon:
        daemon.wait("access.exit", times=2)
        daemon.assert_ends_well()
    return config


@pytest.fixture(scope="module")
def person(gate: Path) -> str:
    (listed,) = answer("people", "list", "--config", gate)["people"]
    return str(listed["person"])


def test_people_show_change_revoke_export(gate: Path, person: str, tmp_path: Path) -> None:
    def about(command: str, *words: str | Path) -> dict[str, Any]:
        return answer("people", command, "--id", person, "--config", gate, *words)

    assert about("show")["person"] == person
    assert about("change", "--note", "third floor")["person"] == person
    assert about("revoke", "--reason", "moved out")["revoked"] is True
    assert about("revoke", "--undo")["revoked"] is False
    assert about("export", "--readable", "--out", tmp_path / "copy.json")
    (tmp_path / "phrase").write_text("five random words are good\n")
    sealed = tmp_path / "sealed"
    assert about("export", "--sealed", "--out", sealed, "--passphrase-file", tmp_path / "phrase")
    elsewhere = answer("people", "import", sealed, "--passphrase-file", tmp_path / "phrase", "--state", tmp_path / "b")
    assert elsewhere
    assert answer("people", "erase", "--id", person, "--yes", "--state", tmp_path / "b")["person"] == person


def test_events(gate: Path) -> None:
    listed = answer("events", "list", "--config", gate, "--limit", "1000")["events"]
    assert "device.started" in [event["type"] for event in listed]
    assert [event["type"] for event in listed[-2:]] == ["device.stopped", "chain.checkpoint"]
    assert answer("events", "show", "1", "--config", gate) == listed[0]
    assert answer("events", "show", listed[-1]["id"], "--config", gate) == listed[-1]
    exported = answer("events", "export", "--config", gate)["events"]
    assert exported == listed
    assert answer("events", "export", "--config", gate, "--since", "2999-01-01") == {"events": []}
    until = answer("events", "export", "--config", gate, "--until", listed[-1]["time"])["events"]
    assert until == [event for event in listed if event["time"] < listed[-1]["time"]]
    lines = edge("events", "export", "--config", gate).stdout.splitlines()
    assert [json.loads(line) for line in lines] == listed
    assert edge("events", "export", "--config", gate, "--since", "2999-01-01").stdout == ""


def test_events_tail_gives_one_object_a_line(tmp_path: Path) -> None:
    config = configure(tmp_path, door='driver = "simulated"\nexit_every_s = 0.3')
    with running(config) as daemon:
        daemon.wait("access.exit")
        command = [sys.executable, "-m", "edge", "events", "tail", "--config", str(config), "--json"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            try:
                first, second = json.loads(tail.stdout.readline()), json.loads(tail.stdout.readline())
                assert second["seq"] == first["seq"] + 1
                tail.send_signal(signal.SIGINT)
                assert tail.wait(LIMIT_S) == 130
                assert "Traceback" not in tail.stderr.read()  # type: ignore[union-attr]
            finally:
                tail.kill()
        daemon.assert_ends_well()


def test_outbox_status(gate: Path) -> None:
    found = answer("outbox", "status", "--config", gate)  # no broker was there: all of them wait
    assert found["waiting"] == len(answer("events", "export", "--config", gate)["events"])


def test_check_and_safe_state(gate: Path) -> None:
    assert answer("check", "--config", gate)["device"] == "gate-1"
    assert answer("safe-state", "--config", gate) == {"relay": "off", "driver": "simulated"}


def test_models() -> None:
    assert {model["role"] for model in answer("models", "list")["models"]} >= {"face-embedder", "face-mesh"}
    assert all(file["right"] for file in answer("models", "verify")["files"])


def test_models_fetch_shows_the_licence_and_does_nothing_without_consent(gate: Path) -> None:
    assert answer("models", "fetch", "mobilefacenet", "--config", gate, code=1)["added"] is False


def test_bench_search() -> None:
    found = edge("bench", "search", "--runs", "5", "--json")
    figures = json.loads(found.stdout)
    assert found.returncode == (0 if figures["holds"] else 1)
    assert {"name", "median_ms", "p99_ms", "limit", "ratio_to_limit", "peak_rss_mb", "runs"} <= set(figures)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    for person, name in (
        ("obama", "obama.jpg"),
        ("obama", "obama2.jpg"),
        ("biden", "biden.jpg"),
        ("hopper", "grace_hopper.jpg"),
    ):
        (folder / person).mkdir(exist_ok=True)
        shutil.copyfile(resources.demo_pictures() / name, folder / person / name)
    return folder


def test_eval_faces(faces: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("a,b,same\nobama/obama.jpg,obama/obama2.jpg,1\nobama/obama.jpg,biden/biden.jpg,0\n")
    verified = answer("eval", "faces", "--images", faces, "--pairs", pairs)
    assert (verified["pairs"], verified["failures_to_enrol"], verified["accuracy"]) == (2, 0, 1.0)
    identified = answer("eval", "faces", "--images", faces, "--identify")
    assert (identified["gallery"], identified["probes"], identified["strangers"]) == (1, 1, 2)
    assert (identified["fnir"], identified["fpir"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("people", "show", "--id", "nobody", "--state", "{state}"), 1),
        (("events", "list", "--state", "{state}/nowhere"), 4),
        (("events", "show", "999999", "--state", "{state}"), 4),
        (("eval", "faces", "--images", "{state}/nowhere", "--identify"), 4),
        (("status", "--config", "{config}"), 3),
        (("check", "--config", "{config}.missing"), 2),
    ],
)
def test_an_error_is_one_object_too(gate: Path, words: tuple[str, ...], code: int) -> None:
    filled = [word.format(state=gate.parent / "state", config=gate) for word in words]
    found = edge(*filled, "--json")
    assert found.returncode == code, f"{found}"
    told = json.loads(found.stdout)
    assert told["error"] and told["hint"]
    assert "Traceback" not in found.stderr
