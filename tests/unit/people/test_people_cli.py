from __future__ import annotations

import argparse
import io
import json
import shlex
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from people_samples import LIMITS, ColourDescriber, paint, save

from edge.cli.common import State
from edge.cli.people import CONSENT_TEXT, Parts, register
from edge.drivers.camera import Frame
from edge.drivers.card import Card
from edge.errors import ConfigError, DataError, EdgeError, UsageError

PHRASE = "five random words are good"
CONSENT = ["--consent", "signed form 2026-11-22"]


class FakeCamera:
    """Frames two seconds apart, without waiting for them."""

    def __init__(self) -> None:
        self.is_open = False
        self.number = 0

    def open(self) -> None:
        self.is_open = True

    def read(self, timeout_s: float) -> Frame | None:
        assert self.is_open
        assert timeout_s <= 1.0
        self.number += 1
        return Frame(paint(9, self.number), self.number * 2.0, self.number)

    def close(self) -> None:
        self.is_open = False


class FakeReader:
    """Shows `card` at the second look."""

    secured = False
    refused = 0

    def __init__(self) -> None:
        self.card = "w26:17-12345"
        self.is_open = False
        self.looks = 0

    def open(self) -> None:
        self.is_open = True

    def read(self, timeout_s: float) -> Sequence[Card]:
        assert self.is_open
        assert timeout_s <= 1.0
        self.looks += 1
        return [Card(self.card)] if self.looks > 1 else []

    def close(self) -> None:
        self.is_open = False


class Cli:
    """Runs commands as `edge` would; every command's JSON is the only thing on standard output."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state = state
        self.capsys = capsys
        self.camera = FakeCamera()
        self.reader = FakeReader()
        self.model = "net-a"

    def parts(self) -> Parts:
        return Parts(
            open_describer=lambda _: (ColourDescriber(self.model), lambda _: LIMITS),
            open_camera=lambda _: self.camera,
            model_id=lambda _: self.model,
            limits=lambda _: lambda _: LIMITS,
            open_card_reader=lambda _: self.reader,
        )

    def text(self, *words: str | Path) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        register(parser.add_subparsers(), self.parts())
        args = parser.parse_args(["people", *map(str, words), "--state", str(self.state)])
        run: Callable[[argparse.Namespace], int] = args.run
        code = run(args)
        return code, self.capsys.readouterr().out

    def json(self, *words: str | Path) -> tuple[int, dict[str, Any]]:
        code, out = self.text(*words, "--json")
        assert out.count("\n") == 1
        found: dict[str, Any] = json.loads(out)
        return code, found

    def enrol(self, name: str, red: int) -> str:
        pictures = [save(self.state.parent / f"{red}" / f"{n}.png", red, n) for n in range(3)]
        code, found = self.json("enroll", *pictures, "--name", name, *CONSENT)
        assert code == 0, found
        person: str = found["enrolled"][0]["person"]
        return person


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return Cli(tmp_path / "state", capsys)


def test_enrol_list_show(cli: Cli, tmp_path: Path) -> None:
    pictures = [save(tmp_path / f"{n}.png", 1, n) for n in range(3)]
    code, found = cli.json(
        *("enroll", *pictures, "--name", "林黛玉", *CONSENT, "--by", "Office A", "--groups", "residents, staff"),
        *("--schedules", "night", "--valid-from", "2026-01-02", "--valid-until", "2027-03-04", "--note", "flat 7"),
    )
    assert (code, found["refused"]) == (0, [])
    person = found["enrolled"][0]["person"]
    assert [picture["name"] for picture in found["enrolled"][0]["pictures"]] == ["0.png", "1.png", "2.png"]

    code, listed = cli.json("list")
    assert code == 0
    (one,) = listed["people"]
    assert (one["person"], one["name"], one["groups"], one["schedules"]) == (
        person,
        "林黛玉",
        ["residents", "staff"],
        ["night"],
    )
    assert (one["valid_from"], one["valid_until"], one["note"]) == ("2026-01-02", "2027-03-04", "flat 7")
    assert (one["templates"], one["renewal_needed"], one["revoked"]) == ({"net-a": 3}, False, False)

    code, shown = cli.json("show", "--id", person)
    assert code == 0
    consent = shown["consent"]
    assert (consent["statement"], consent["recorded_by"]) == ("signed form 2026-11-22", "Office A")
    assert consent["text_version"] == "edge-1"
    assert "林黛玉" in cli.text("show", "--id", person)[1]


def test_a_folder_of_people(cli: Cli, tmp_path: Path) -> None:
    for who, count in (("Ann", 3), ("Bob", 3), ("Cid", 1)):
        for n in range(count):
            save(tmp_path / "in" / who / f"{n}.png", ord(who[0]), n)
    save(tmp_path / "in" / "Dee" / "0.png", 4)
    (tmp_path / "in" / "Dee" / "1.jpg").write_bytes(b"no picture")
    code, found = cli.json("enroll", "--folder", tmp_path / "in", *CONSENT)
    assert code == 4
    assert [one["name"] for one in found["enrolled"]] == ["Ann", "Bob"]
    assert [(one["name"], one["why"]) for one in found["refused"]] == [("Cid", "too_few"), ("Dee", "too_few")]
    assert [picture["reason"] for picture in found["refused"][1]["pictures"]] == ["", "unreadable"]
    code, found = cli.json("enroll", "--folder", tmp_path / "in", *CONSENT, "--allow-few")
    assert code == 4
    assert [one["name"] for one in found["enrolled"]] == ["Cid", "Dee"]
    assert [one["why"] for one in found["refused"]] == ["duplicate", "duplicate"]


def test_the_camera(cli: Cli) -> None:
    code, found = cli.json("enroll", "--camera", "3", "--name", "Ann", *CONSENT)
    assert code == 0
    assert [picture["name"] for picture in found["enrolled"][0]["pictures"]] == ["frame 1", "frame 2", "frame 3"]
    assert not cli.camera.is_open


def test_a_refusal_names_the_pictures_and_has_exit_code_4(cli: Cli, tmp_path: Path) -> None:
    pictures = [save(tmp_path / "a.png", 1, 0), save(tmp_path / "b.png", 1, 1), save(tmp_path / "c.png", 1, 2, 255)]
    code, out = cli.text("enroll", *pictures, "--name", "Ann", *CONSENT)
    assert code == 4
    assert "c.png blurred" in out
    assert cli.json("list")[1]["people"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--name", "Ann", *CONSENT], "where the pictures come from"),
        (["a.png", "--camera", "3", "--name", "Ann", *CONSENT], "where the pictures come from"),
        (["--camera", "0", "--name", "Ann", *CONSENT], "1 to 10"),
        (["a.png", *CONSENT], "--name is missing"),
        (["a.png", "--name", "Ann"], "--consent is missing"),
        (["--folder", "x", "--name", "Ann", *CONSENT], "names from its folders"),
        (["a.png", "--id", "0" * 16, "--name", "Ann"], "changes nothing else"),
        (["a.png", "--name", "Ann", *CONSENT, "--valid-until", "tomorrow"], "no date"),
    ],
)
def test_wrong_usage(cli: Cli, tmp_path: Path, words: list[str], message: str) -> None:
    save(tmp_path / "a.png", 1)
    given = [str(tmp_path / word) if word.endswith(".png") else word for word in words]
    with pytest.raises(UsageError, match=message) as caught:
        cli.text("enroll", *given, "--allow-few")
    assert caught.value.exit_code == 2


def test_a_folder_without_people_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match="no folders of people"):
        cli.text("enroll", "--folder", tmp_path / "in", *CONSENT)
    with pytest.raises(DataError, match="No such file"):
        cli.text("enroll", "--folder", tmp_path / "none", *CONSENT)


def test_renewal_after_a_change_of_the_network(cli: Cli, tmp_path: Path) -> None:
    person = cli.enrol("Ann", 1)
    cli.model = "net-b"
    assert cli.json("list")[1]["people"][0]["renewal_needed"] is True
    assert "renewal needed" in cli.text("list")[1]
    pictures = [save(tmp_path / f"{n}.png", 1, n) for n in range(3)]
    code, _ = cli.json("enroll", *pictures, "--id", person)
    assert code == 0
    (one,) = cli.json("list")[1]["people"]
    assert (one["renewal_needed"], one["templates"]) == (False, {"net-a": 3, "net-b": 3})


def test_change(cli: Cli) -> None:
    person = cli.enrol("Ann", 1)
    cli.json("change", "--id", person, "--groups", "staff,staff", "--valid-until", "2027-01-01")
    _, found = cli.json("change", "--id", person, "--name", "Ann B", "--valid-until", "")
    assert (found["name"], found["groups"], found["valid_until"]) == ("Ann B", ["staff"], None)
    assert cli.json("change", "--id", person, "--groups", "")[1]["groups"] == []


def test_names_are_checked_against_the_configuration(cli: Cli, tmp_path: Path) -> None:
    person = cli.enrol("Ann", 1)
    config = tmp_path / "edge.toml"
    text = (Path(__file__).parents[3] / "config" / "gate.toml").read_text()
    config.write_text(text)
    _, found = cli.json("change", "--id", person, "--groups", "cleaners,cleanrs", "--config", config)
    assert [warning for warning in found["warnings"] if "'cleanrs'" in warning]
    assert len(found["warnings"]) == 1
    with pytest.raises(UsageError, match="no schedule 'nihgt'"):
        cli.text("change", "--id", person, "--schedules", "nihgt", "--config", config)


def test_revoke_and_undo(cli: Cli) -> None:
    person = cli.enrol("Ann", 1)
    code, found = cli.json("revoke", "--id", person, "--reason", "moved out")
    assert (code, found["revoked"]) == (0, True)
    assert "REVOKED: moved out" in cli.text("list")[1]
    assert cli.json("revoke", "--id", person, "--undo")[1]["revoked"] is False
    with pytest.raises(UsageError, match="empty"):
        cli.text("revoke", "--id", person, "--reason", " ")


def test_erase_asks_first_and_prints_the_proof(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    person = cli.enrol("Ann", 1)
    with pytest.raises(UsageError, match="nothing was erased"):
        cli.text("erase", "--id", person)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    with pytest.raises(UsageError, match="nothing was erased"):
        cli.text("erase", "--id", person)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    code, out = cli.text("erase", "--id", person)
    assert code == 0
    assert "0 after" in out
    other = cli.enrol("Bob", 2)
    code, proof = cli.json("erase", "--id", other, "--yes")
    assert (code, proof["person"], proof["complete"], proof["found_after"]) == (0, other, True, 0)
    assert cli.json("list")[1]["people"] == []


def test_an_erasure_that_leaves_something_has_exit_code_1(cli: Cli) -> None:
    person = cli.enrol("Ann", 1)
    (cli.state / "roster.db.bak").write_bytes((cli.state / "roster.db").read_bytes())
    code, proof = cli.json("erase", "--id", person, "--yes")
    assert (code, proof["complete"]) == (1, False)
    assert "roster.db.bak" in proof["files"]


def test_unknown_people_and_missing_rosters(cli: Cli) -> None:
    with pytest.raises(DataError, match="there is no roster"):
        cli.text("list")
    cli.enrol("Ann", 1)
    for words in (["show"], ["change"], ["revoke", "--undo"], ["erase", "--yes"]):
        with pytest.raises(EdgeError, match="nobody on this roster") as caught:
            cli.text(*words, "--id", "0" * 16)
        assert caught.value.exit_code == 1


def test_damaged_people_are_listed_with_exit_code_4(cli: Cli, tmp_path: Path) -> None:
    bad, good = cli.enrol("Ann", 1), cli.enrol("Bob", 2)
    with closing(sqlite3.connect(cli.state / "roster.db")) as conn:
        conn.execute("UPDATE people SET profile = zeroblob(100) WHERE person = ?", (bad,))
        conn.commit()
    code, found = cli.json("list")
    assert code == 4
    assert [one["person"] for one in found["people"]] == [good]
    assert [fault["person"] for fault in found["faults"]] == [bad]
    assert "DAMAGED" in cli.text("list")[1]
    (tmp_path / "phrase").write_text(PHRASE)
    code, found = cli.json(
        "export", "--all", "--sealed", "--out", tmp_path / "all", "--passphrase-file", tmp_path / "phrase"
    )
    assert (code, found["people"], found["left_out"]) == (4, [good], [bad])


def test_the_readable_export_is_for_one_person(cli: Cli, tmp_path: Path) -> None:
    person = cli.enrol("Ann", 1)
    out = tmp_path / "ann.json"
    code, text = cli.text("export", "--id", person, "--readable", "--out", out)
    assert code == 0
    assert "not encrypted" in text
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text())["profile"]["name"] == "Ann"
    with pytest.raises(UsageError, match="exists already"):
        cli.text("export", "--id", person, "--readable", "--out", out)
    with pytest.raises(UsageError, match="for one person"):
        cli.text("export", "--all", "--readable", "--out", tmp_path / "x")


def test_people_travel_sealed_to_another_device(cli: Cli, tmp_path: Path) -> None:
    ann, bob = cli.enrol("Ann", 1), cli.enrol("Bob", 2)
    cli.json("revoke", "--id", bob, "--reason", "moved out")
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE + "\n")
    sealed = tmp_path / "all.people"
    with_phrase = ["--passphrase-file", phrase]
    assert cli.json("export", "--all", "--sealed", "--out", sealed, *with_phrase)[0] == 0
    assert b"Ann" not in sealed.read_bytes()

    other = Cli(tmp_path / "other", cli.capsys)
    code, found = other.json("import", sealed, *with_phrase)
    assert (code, set(found["imported"]), found["present"]) == (0, {ann, bob}, [])
    assert (other.state / "device.key").read_bytes() != (cli.state / "device.key").read_bytes()
    people = {one["person"]: one for one in other.json("list")[1]["people"]}
    assert people[ann]["name"] == "Ann"
    assert people[bob]["revoked_reason"] == "moved out"

    code, found = other.json("import", sealed, *with_phrase)
    assert (code, found["imported"], set(found["present"])) == (4, [], {ann, bob})
    cli.json("change", "--id", ann, "--name", "Ann B")
    again = tmp_path / "again.people"
    cli.json("export", "--id", ann, "--sealed", "--out", again, *with_phrase)
    other.model = "net-b"
    code, found = other.json("import", again, "--replace", *with_phrase)
    assert (code, found["imported"], found["renewal_needed"]) == (0, [ann], [ann])
    assert {one["name"] for one in other.json("list")[1]["people"]} == {"Ann B", "Bob"}


def test_whom_the_imported_look_like_is_marked_on_both_sides_and_named(cli: Cli, tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)
    with_phrase = ["--passphrase-file", phrase]
    here, stranger = cli.enrol("Ann", 1), cli.enrol("Bob", 2)
    other = Cli(tmp_path / "other", cli.capsys)
    again, alone = other.enrol("Ann again", 1), other.enrol("Cid", 3)
    sealed = tmp_path / "other.people"
    other.json("export", "--all", "--sealed", "--out", sealed, *with_phrase)

    code, found = cli.json("import", sealed, *with_phrase)
    assert (code, set(found["imported"])) == (0, {again, alone})
    ((alike, probably),) = [(one["look_alikes"], one["probably"]) for one in found["look_alikes"]]
    assert ([other["person"] for other in alike], probably) == ([here], here)
    assert [f"{again} looks like {here} (" in text for text in found["warnings"]] == [True, False]
    assert f"{again} is probably the same person as {here}" in found["warnings"][1]
    marked = {person: cli.json("show", "--id", person)[1]["look_alike"] for person in (here, stranger, again, alone)}
    assert marked == {here: True, again: True, stranger: False, alone: False}

    code, text = cli.text("import", sealed, "--replace", *with_phrase)
    assert code == 0
    assert f"warning: {again} is probably the same person as {here}" in text
    assert f"like {again}" not in text  # nobody is his own look-alike
    assert cli.json("import", sealed, *with_phrase)[1]["look_alikes"] == []


def test_those_of_another_network_are_imported_and_it_is_said_that_nobody_was_compared(
    cli: Cli, tmp_path: Path
) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)
    with_phrase = ["--passphrase-file", phrase]
    cli.enrol("Ann", 1)
    other = Cli(tmp_path / "other", cli.capsys)
    other.model = "net-old"
    old = other.enrol("Ann", 1)
    sealed = tmp_path / "other.people"
    other.json("export", "--all", "--sealed", "--out", sealed, *with_phrase)
    code, found = cli.json("import", sealed, *with_phrase)
    assert (code, found["renewal_needed"], found["look_alikes"]) == (0, [old], [])
    assert found["warnings"] == [f"{old} could not be compared with anybody: no template of net-a that fits"]

    cli.model = "net-new"  # now it is those who are here already
    other.model = "net-new"
    new = other.enrol("Bob", 2)
    single = tmp_path / "bob.people"
    other.json("export", "--id", new, "--sealed", "--out", single, *with_phrase)
    found = cli.json("import", single, *with_phrase)[1]
    assert found["warnings"] == ["could not be compared with 2 people, who need renewal or are damaged"]


def test_importing_what_is_none(cli: Cli, tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)
    with pytest.raises(DataError, match="cannot be read"):
        cli.text("import", tmp_path / "none", "--passphrase-file", phrase)
    (tmp_path / "x").write_bytes(b"{}")
    with pytest.raises(DataError, match="no sealed export"):
        cli.text("import", tmp_path / "x", "--passphrase-file", phrase)
    with pytest.raises(UsageError, match="no passphrase"):
        cli.text("import", tmp_path / "x", "--passphrase-file", tmp_path / "none")
    with pytest.raises(UsageError, match="terminal"):
        cli.text("import", tmp_path / "x")
    assert not cli.state.exists()


def test_the_state_directory_of_the_configuration(tmp_path: Path) -> None:
    from edge.cli.common import open_state

    text = (Path(__file__).parents[3] / "config" / "gate.toml").read_text()
    (tmp_path / "edge.toml").write_text(text + '\n[store]\nstate_dir = "here"\n')
    state = open_state(argparse.Namespace(config=tmp_path / "edge.toml", state=None))
    assert state.dir == tmp_path / "here"
    assert open_state(argparse.Namespace(config=None, state=tmp_path)) == State(tmp_path, None)
    with pytest.raises(ConfigError):
        open_state(argparse.Namespace(config=tmp_path / "none.toml", state=None))


def test_the_guide_shows_commands_that_exist_and_the_text_that_is_meant(cli: Cli) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "people.md").read_text()
    assert f"**Consent, version {CONSENT_TEXT}.**" in guide
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(), cli.parts())
    shown = [line for line in guide.splitlines() if line.startswith("edge people ")]
    assert len(shown) >= 10
    for line in shown:
        parser.parse_args(shlex.split(line, comments=True)[1:])
