"""The catalogue, the nonces, the summaries and the file, each by itself."""

from __future__ import annotations

import base64
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office_samples import ARGS, LOST, NOW, NOW_S, PERSON

from edge.commands.catalogue import COMMANDS, MOST_CHARACTERS
from edge.commands.challenges import LIFETIME_S, Challenges
from edge.commands.judge import Refusal
from edge.commands.refusals import SUMMARY_S, Refusals
from edge.commands.standing import FILE, Pending, Standing, StandingFile, reset
from edge.config.schema import Access, Lock
from edge.core.roles import Roles, RolesState
from edge.errors import HardwareError
from edge.events import OrderGiven
from edge.gate.access import Policy
from edge.gate.decision import Gate
from edge.waste.decision import Station
from edge.waste.state import Told
from tests.unit.waste.station_samples import rules

# --- the catalogue


def test_the_catalogue_is_that_of_the_issue() -> None:
    assert set(COMMANDS) == {
        "unlock", "lockdown", "release", "announce", "poll", "correct", "photograph", "restart", "configure",
        "people.add", "people.revoke", "people.erase", "people.sync", "pass.revoke", "update",
    }  # fmt: skip


def test_the_samples_hold() -> None:
    assert {name: command.problem(ARGS.get(name, {})) for name, command in COMMANDS.items()} == dict.fromkeys(
        COMMANDS, ""
    )


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("unlock", {"seconds": 0.4}),
        ("unlock", {"seconds": 60.5}),
        ("unlock", {"seconds": True}),
        ("unlock", {"seconds": "5"}),
        ("unlock", {"seconds": float("nan")}),
        ("unlock", {"seconds": None}),
        ("lockdown", {"until": 5}),
        ("announce", {}),
        ("announce", {"texts": {}}),
        ("announce", {"texts": {"de": "Hallo"}}),
        ("announce", {"texts": {"en": ""}}),
        ("announce", {"texts": {"en": "a\nb"}}),
        ("announce", {"texts": {"en": "x" * (MOST_CHARACTERS + 1)}}),
        ("announce", {"texts": {"en": "x"}, "urgent": 1}),
        ("poll", {"parts": ["x"] * 17}),
        ("configure", {"version": 0, "config": {}}),
        ("configure", {"version": 1, "config": []}),
        ("configure", {"version": 1}),
        ("people.add", {"sealed": "x" * 50_000}),
        ("people.add", {"sealed": "é"}),
        ("people.revoke", {"person": PERSON}),
        ("people.revoke", {"person": PERSON, "reason": " "}),
        ("people.erase", {"person": "../../etc"}),
        ("people.erase", {"person": [PERSON]}),
        ("update", {"version": ""}),
        ("poll", {"poll": "Lift!", "texts": {"en": "Is it fast?"}}),
        ("poll", {"poll": "lift"}),
        ("poll", {"poll": "lift", "texts": {"en": "Is it fast?"}, "until": 1.5}),
        ("correct", {"drop": "7-3"}),
        ("correct", {"drop": "7-3", "category": "../x"}),
        ("unlock", None),
        ("unlock", [["seconds", 5]]),
    ],
)
def test_arguments_out_of_bounds(name: str, args: Any) -> None:
    assert COMMANDS[name].problem(args)


def test_what_the_catalogue_gives_to_the_brain_a_role_knows() -> None:
    station = Station(rules())
    device = Roles(Gate(Lock(), Policy(Access(), "UTC")), station)
    thrown = Told(ARGS["correct"]["drop"], "paper", "recyclable")  # which the sample corrects
    state = RolesState(station=replace(station.first(), recent=(thrown,)))
    for name, command in COMMANDS.items():
        _, actions = device.step(state, OrderGiven(name, "c", ARGS.get(name, {})), NOW)
        assert actions[-1].applied is command.by_brain  # type: ignore[union-attr]


# --- nonces


def test_a_nonce_is_good_once_and_for_a_minute() -> None:
    challenges = Challenges()
    nonce, late = challenges.issue(100.0), challenges.issue(100.0)
    assert nonce != late
    assert challenges.flaw(nonce, 100.0 + LIFETIME_S - 0.1) == ""
    challenges.use(nonce, 130.0)
    assert challenges.flaw(nonce, 131.0) == "nonce_used"
    assert challenges.flaw(late, 100.0 + LIFETIME_S) == "nonce_expired"


def test_only_our_own_nonces_of_this_run_are_good() -> None:
    nonce = Challenges().issue(1.0)
    for other in (nonce, "", "A" * 43, "é" * 43, nonce + "="):
        assert Challenges().flaw(other, 2.0) == "nonce_unknown"


def test_another_spelling_of_a_used_nonce_is_used_too() -> None:
    challenges = Challenges()
    nonce = challenges.issue(1.0)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [nonce[:-1] + letter for letter in letters if letter != nonce[-1]]
    twins = [twin for twin in twins if base64.urlsafe_b64decode(twin + "=") == base64.urlsafe_b64decode(nonce + "=")]
    assert twins
    challenges.use(nonce, 1.0)
    assert {challenges.flaw(twin, 1.0) for twin in twins} == {"nonce_used"}


# --- summaries


def test_a_kind_of_refusal_is_told_at_once_then_by_the_minute_then_forgotten() -> None:
    refusals, altered = Refusals(), Refusal("altered", "")
    assert [refusals.note("unlock", altered, 1.0 + second) for second in range(3)] == [True, False, False]
    assert refusals.note("unlock", Refusal("expired", ""), 2.0)
    assert refusals.due(1.0 + SUMMARY_S - 0.1) == []
    assert refusals.due(1.0 + SUMMARY_S) == [("unlock", altered, 2)]
    assert refusals.due(1.0 + 2 * SUMMARY_S) == []
    assert refusals.note("unlock", altered, 200.0)
    assert refusals.total == 5


# --- the file


def test_the_file_is_private_whole_and_read_back(tmp_path: Path) -> None:
    file = StandingFile(tmp_path, NOW)
    file.accept(Pending("c-1", "unlock", "office"), {"office": 3})
    again = StandingFile(tmp_path, replace(NOW, wall_us=0)).now
    assert again == Standing(NOW_S, {"office": 3}, Pending("c-1", "unlock", "office"))
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("cut", [0, 1, 10, 70, -2])
def test_a_cut_off_file_is_damaged(tmp_path: Path, cut: int) -> None:
    StandingFile(tmp_path, NOW).accept(Pending("c-1", "unlock", "office"), {"office": 3})
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:cut])
    assert "damaged" in StandingFile(tmp_path, NOW).damaged


def test_every_flipped_bit_is_seen(tmp_path: Path) -> None:
    StandingFile(tmp_path, NOW).accept(Pending("c-1", "unlock", "office"), {"office": 3})
    path = tmp_path / FILE
    whole = path.read_bytes()
    for at in range(len(whole) - 1):  # the last line end says nothing
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert StandingFile(tmp_path, NOW).damaged, at


def test_a_clock_that_nobody_set_makes_no_floor(tmp_path: Path) -> None:
    ahead = replace(LOST, wall_us=4_000_000_000_000_000)
    assert StandingFile(tmp_path, ahead).now.floor_s == 0
    assert reset(tmp_path, ahead).floor_s == 1


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match=r"commands\.json: cannot be written"):
        StandingFile(tmp_path / "absent", NOW).save()
