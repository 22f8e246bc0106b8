from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from office_samples import ANN, AUDIENCE, NOW, PERSON, unit

from edge.commands.catalogue import COMMANDS
from edge.commands.people import PeopleCommands, seal_enrolment
from edge.errors import DataError, EdgeError
from edge.people.erase import ErasureIncompleteError
from edge.store.identity import seal_to, sealing_key
from edge.store.keys import load_device_key
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_records import MAX_TEMPLATES
from edge.store.roster_transfer import Traveller, person_to_json
from edge.store.roster_zone import HELD, ZoneRoster


@pytest.fixture
def commands(tmp_path: Path) -> PeopleCommands:
    Roster.open(tmp_path, create=True).close()
    return PeopleCommands(tmp_path, AUDIENCE, "main", lambda: NOW, threading.Lock())


def sealed(folder: Path, traveller: Traveller = ANN, audience: str = AUDIENCE) -> dict[str, str]:
    return {"sealed": seal_enrolment(traveller, sealing_key(load_device_key(folder)).public_key(), audience)}


def test_an_enrolment_arrives_whole_with_its_consent(commands: PeopleCommands, tmp_path: Path) -> None:
    args = sealed(tmp_path)
    assert COMMANDS["people.add"].problem(args) == ""
    assert b"Ann" not in base64.b64decode(args["sealed"])
    outcome = commands.add(args)
    assert (outcome.applied, outcome.detail) == (True, PERSON)
    with Roster.open(tmp_path, read_only=True) as roster:
        person = roster.get(PERSON)
    assert person.profile == ANN.profile
    assert all(np.array_equal(a.vector, b.vector) for a, b in zip(person.templates, ANN.templates, strict=True))


def test_somebody_who_comes_by_card_or_pin_arrives_with_everything(commands: PeopleCommands, tmp_path: Path) -> None:
    own = replace(ANN.profile, cards=("w26:17-12345",), number="1204", pin_hash=hash_pin("4711"), ways=("card+pin",))
    assert commands.add(sealed(tmp_path, replace(ANN, profile=own, templates=()))).applied
    with Roster.open(tmp_path, read_only=True) as roster:
        assert roster.get(PERSON).profile == own
    assert not commands.add(sealed(tmp_path, replace(ANN, templates=()))).applied  # by nothing at all


def test_the_largest_enrolment_fits_into_a_command(tmp_path: Path, commands: PeopleCommands) -> None:
    most = replace(ANN, templates=tuple(unit(seed, 512) for seed in range(MAX_TEMPLATES)))
    args = sealed(tmp_path, most)
    assert COMMANDS["people.add"].problem(args) == ""
    assert commands.add(args).applied


def test_a_second_enrolment_of_the_same_person_takes_the_place_of_the_first(
    commands: PeopleCommands, tmp_path: Path
) -> None:
    commands.add(sealed(tmp_path))
    commands.add(sealed(tmp_path, replace(ANN, profile=replace(ANN.profile, note="moved to 4B"))))
    with Roster.open(tmp_path, read_only=True) as roster:
        people, _ = roster.people()
    assert [person.profile.note for person in people] == ["moved to 4B"]


def test_nobody_is_enrolled_without_consent_or_for_another_device(commands: PeopleCommands, tmp_path: Path) -> None:
    key = sealing_key(load_device_key(tmp_path)).public_key()
    fields = person_to_json(ANN)
    del fields["profile"]["consent"]
    about = b"edge: enrolment by command\0" + AUDIENCE.encode()
    without = base64.b64encode(seal_to(key, json.dumps(fields).encode(), about)).decode()
    with pytest.raises(DataError):
        commands.add({"sealed": without})
    with pytest.raises(DataError, match="does not open"):
        commands.add(sealed(tmp_path, audience="willow/gate-2"))
    for nonsense in ("", "!!!!", "AAAA", base64.b64encode(bytes(200)).decode()):
        with pytest.raises(DataError):
            commands.add({"sealed": nonsense})
    assert not commands.add(sealed(tmp_path, replace(ANN, templates=()))).applied
    with Roster.open(tmp_path, read_only=True) as roster:
        assert roster.people() == ([], [])


def test_revoking_and_erasing(commands: PeopleCommands, tmp_path: Path) -> None:
    commands.add(sealed(tmp_path))
    assert commands.revoke({"person": PERSON, "reason": "moved out"}).applied
    with Roster.open(tmp_path, read_only=True) as roster:
        assert roster.get(PERSON).profile.revoked_reason == "moved out"
    outcome = commands.erase({"person": PERSON})
    assert outcome.applied
    assert "destroyed" in outcome.detail
    with pytest.raises(EdgeError, match="nobody"):
        commands.erase({"person": PERSON})
    with ZoneRoster.open(tmp_path) as roster:
        assert roster.marks([PERSON])[PERSON].gone == HELD  # so that the zone does not bring them back


def test_who_is_not_here_yet_can_be_revoked(commands: PeopleCommands, tmp_path: Path) -> None:
    outcome = commands.revoke({"person": PERSON, "reason": "moved out"})
    assert outcome.applied
    assert "nobody here" in outcome.detail
    with ZoneRoster.open(tmp_path) as roster:
        assert roster.marks([PERSON])[PERSON].revoked == HELD


def test_an_erasure_that_leaves_something_is_an_error(commands: PeopleCommands, tmp_path: Path) -> None:
    commands.add(sealed(tmp_path))
    original = next(path for path in tmp_path.iterdir() if path.suffix == ".db")
    original.with_name(f"{original.name}.copy").write_bytes(original.read_bytes())
    with pytest.raises(ErasureIncompleteError):
        commands.erase({"person": PERSON})


def test_the_other_connections_are_kept_out_meanwhile(tmp_path: Path) -> None:
    held: list[bool] = []

    class Alone:
        def __enter__(self) -> None:
            held.append(True)

        def __exit__(self, *_: object) -> None:
            held.append(False)

    Roster.open(tmp_path, create=True).close()
    commands = PeopleCommands(tmp_path, AUDIENCE, "main", lambda: NOW, Alone())
    commands.add(sealed(tmp_path))
    commands.revoke({"person": PERSON, "reason": "moved out"})
    commands.erase({"person": PERSON})
    assert held == [True, False] * 3
