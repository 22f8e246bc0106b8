"""`edge people add`, `card`, `pin`, `ways`."""

from __future__ import annotations

import getpass
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from test_people_cli import CONSENT, Cli

from edge.actions import KEYPAD
from edge.cli import people_credentials
from edge.errors import DataError, EdgeError, HardwareError, UsageError
from edge.store.pin_failures import LOST, FailureFile, initial_failures, open_failures
from edge.store.pin_hash import matches
from edge.store.roster import Roster


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return Cli(tmp_path / "state", capsys)


def added(cli: Cli, name: str = "Ann", *more: str) -> str:
    code, found = cli.json("add", "--name", name, *CONSENT, *more)
    assert code == 0
    person: str = found["person"]
    return person


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def profile_of(cli: Cli, person: str) -> Any:
    with Roster.open(cli.state, read_only=True) as roster:
        return roster.get(person).profile


def test_somebody_without_pictures(cli: Cli) -> None:
    person = added(cli, "Ann", "--number", "1204", "--groups", "residents", "--valid-until", "2027-06-30")
    _, shown = cli.json("show", "--id", person)
    assert (shown["name"], shown["number"], shown["templates"], shown["renewal_needed"]) == ("Ann", "1204", {}, False)
    assert shown["consent"]["statement"] == "signed form 2026-11-22"
    assert (shown["cards"], shown["pin"], shown["duress_pin"], shown["ways"]) == ([], False, False, [])
    for words in (["--name", "Bob"], CONSENT):
        with pytest.raises(UsageError):
            cli.text("add", *words)
    with pytest.raises(DataError):
        cli.text("add", "--name", "Bob", *CONSENT, "--number", "1204")  # Ann's
    assert cli.json("change", "--id", person, "--number", "")[1]["number"] == ""


def test_cards(cli: Cli) -> None:
    ann, bob = added(cli), added(cli, "Bob")
    assert cli.json("card", "add", ann, "uid:04a1b2c3")[1]["cards"] == ["uid:04A1B2C3"]
    assert cli.json("card", "add", ann, "--reader")[1]["card"] == "w26:17-12345"
    assert cli.json("card", "add", ann, "w26:17-12345")[1]["cards"] == ["uid:04A1B2C3", "w26:17-12345"]  # once
    assert not cli.reader.is_open
    with pytest.raises(DataError, match=ann):
        cli.text("card", "add", bob, "w26:17-12345")
    with pytest.raises(UsageError):
        cli.text("card", "add", bob)
    with pytest.raises(UsageError):
        cli.text("card", "add", bob, "w26:1-1", "--reader")
    with pytest.raises(DataError):
        cli.text("card", "add", bob, "12345")
    assert cli.json("card", "remove", ann, "W26:17-12345")[1]["cards"] == ["uid:04A1B2C3"]
    with pytest.raises(DataError):
        cli.text("card", "remove", ann, "w26:17-12345")
    with pytest.raises(EdgeError):
        cli.text("card", "add", "0" * 16, "w26:17-12345")


def test_a_card_that_is_another_each_time_is_refused_at_the_reader(cli: Cli) -> None:
    ann = added(cli)
    cli.reader.card = "uid:08A1B2C3"
    with pytest.raises(DataError, match="at random"):
        cli.text("card", "add", ann, "--reader")
    assert not cli.reader.is_open


def test_no_card_within_the_time(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_credentials, "HOLD_S", 0.0)
    with pytest.raises(HardwareError, match="no card"):
        cli.text("card", "add", added(cli), "--reader")
    assert not cli.reader.is_open


def test_a_pin_comes_from_standard_input_and_is_never_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = added(cli, "Ann", "--number", "5926")
    typed(monkeypatch, "4711\n")
    _, found = cli.json("pin", "set", ann)
    assert (found["pin"], found["duress_pin"]) == (True, False)
    typed(monkeypatch, "8064\n")
    assert cli.json("pin", "set", ann, "--duress")[1]["duress_pin"] is True
    kept = profile_of(cli, ann)
    assert matches("4711", kept.pin_hash)
    assert matches("8064", kept.duress_hash)
    told = json.dumps([cli.json("show", "--id", ann), cli.json("list")]) + cli.text("list")[1]
    assert "argon2" not in told
    assert "4711" not in told

    for pin, words in (("1234", []), ("5926", []), ("8064", []), ("4711", ["--duress"]), ("", []), ("47a1", [])):
        typed(monkeypatch, f"{pin}\n")
        with pytest.raises(DataError):
            cli.text("pin", "set", ann, *words)
    assert profile_of(cli, ann) == kept

    assert cli.json("pin", "clear", ann, "--duress")[1]["duress_pin"] is False
    assert profile_of(cli, ann).pin_hash == kept.pin_hash
    typed(monkeypatch, "8064\n")
    cli.json("pin", "set", ann, "--duress")
    found = cli.json("pin", "clear", ann)[1]
    assert (found["pin"], found["duress_pin"]) == (False, False)
    typed(monkeypatch, "8064\n")
    with pytest.raises(DataError, match="goes with a PIN"):
        cli.text("pin", "set", ann, "--duress")


def test_at_a_terminal_the_pin_is_asked_for_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = added(cli)
    answers = ["4711", "4712", "4711", "4711"]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _question: answers.pop(0))
    with pytest.raises(UsageError, match="differ"):
        cli.text("pin", "set", ann)
    assert cli.json("pin", "set", ann)[1]["pin"] is True


def test_no_pin_is_an_argument(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.text("pin", "set", added(cli), "4711")
    assert "unrecognized arguments" in capsys.readouterr().err


def test_ways(cli: Cli) -> None:
    ann = added(cli)
    assert cli.json("ways", ann, "face", "pin+card")[1]["ways"] == ["face", "card+pin"]
    found = cli.json("ways", ann, "--slow", "yes", "--look-alike", "yes")[1]
    assert (found["ways"], found["slow"], found["look_alike"]) == (["face", "card+pin"], True, True)
    found = cli.json("ways", ann, "--configured", "--look-alike", "no")[1]
    assert (found["ways"], found["slow"], found["look_alike"]) == ([], True, False)
    for words in ([], ["face", "--configured"]):
        with pytest.raises(UsageError):
            cli.text("ways", ann, *words)
    for way in ("key", "face+face", ""):
        with pytest.raises(DataError):
            cli.text("ways", ann, way)


def test_the_counts_of_wrong_pins_begin_anew(cli: Cli) -> None:
    added(cli)
    with Roster.open(cli.state) as roster:
        file = open_failures(cli.state, roster, roster._key)
    file.write({KEYPAD: 9})
    file.path.write_text("damaged")
    assert initial_failures(cli.state) == {KEYPAD: LOST}
    assert cli.json("pin", "unlock") == (0, {"unlocked": True})
    assert initial_failures(cli.state) == {}
    assert isinstance(file, FailureFile)


def test_an_import_leaves_out_whose_card_is_somebody_elses(cli: Cli, tmp_path: Path) -> None:
    ann, bob = added(cli), added(cli, "Bob")
    cli.json("card", "add", ann, "w26:17-12345")
    phrase, file = tmp_path / "phrase", tmp_path / "all.people"
    phrase.write_text("five random words are good\n")
    cli.json("export", "--all", "--sealed", "--out", file, "--passphrase-file", phrase)
    other = Cli(tmp_path / "other", cli.capsys)
    eve = added(other, "Eve")
    other.json("card", "add", eve, "w26:17-12345")
    code, found = other.json("import", file, "--passphrase-file", phrase)
    assert (code, found["imported"], found["renewal_needed"]) == (4, [bob], [])
    assert [one["person"] for one in found["clashing"]] == [ann]
    assert eve in found["clashing"][0]["why"]
