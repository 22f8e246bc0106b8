"""Cards, numbers, PINs and ways on the roster: bounds, owners, old records, and how they travel."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from roster_samples import KEY, profile, template

from edge.errors import DataError
from edge.store import roster_transfer
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_json import pack, profile_from_json, profile_to_json, unpack
from edge.store.roster_records import MAX_CARDS, Person, check_way
from edge.store.roster_transfer import open_copy, readable_copy, sealed_copy

HASH, DURESS = hash_pin("4711"), hash_pin("8064")
CARD = "w26:17-12345"
EVERYTHING: dict[str, Any] = {
    "number": "1204",
    "cards": (CARD, "uid:04A1B2C3D4E5F6"),
    "pin_hash": HASH,
    "duress_hash": DURESS,
    "ways": ("face", "card+pin"),
    "look_alike": True,
    "slow": True,
}


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    return Roster.open(tmp_path, create=True, key=KEY)


def test_everything_is_sealed_and_read_back(roster: Roster) -> None:
    given = profile(**EVERYTHING)
    person = roster.add(given, [], 1)
    assert roster.get(person).profile == given
    content = roster.path.read_bytes()
    for secret in (CARD, "uid:04", "1204", HASH, DURESS):
        assert secret.encode() not in content
    assert HASH not in repr(given)
    roster.destroy(person)
    assert roster.people() == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "12"},
        {"number": "1234567"},
        {"number": "12a"},
        {"number": "１２３"},
        {"cards": ("12345",)},
        {"cards": (CARD.upper(),)},
        {"cards": (CARD, CARD)},
        {"cards": tuple(f"w26:1-{n}" for n in range(MAX_CARDS + 1))},
        {"cards": ("uid:08A1B2C3",)},
        {"cards": ({},)},
        {"pin_hash": "4711"},
        {"pin_hash": HASH.replace("m=19456", "m=1945600")},
        {"duress_hash": DURESS},  # without a PIN
        {"ways": ("",)},
        {"ways": ("key",)},
        {"ways": ("pin+card",)},  # not in the order in which they are kept
        {"ways": ("card+card",)},
        {"ways": ("face", "face")},
        {"ways": ([],)},
    ],
)
def test_what_breaks_the_bounds_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        profile(**wrong)


def test_a_way_is_written_in_one_way() -> None:
    assert check_way("pin+card") == "card+pin"
    assert check_way("face") == "face"
    assert check_way("pass+pin+card+face") == "face+card+pin+pass"


@pytest.mark.parametrize("own", [{"cards": ("em:0400A1B2C3", CARD)}, {"number": "1204"}])
def test_nobody_has_anothers_card_or_number(roster: Roster, own: dict[str, Any]) -> None:
    ann = roster.add(profile("Ann", **EVERYTHING), [], 1)
    bob = roster.add(profile("Bob"), [], 1)
    with pytest.raises(DataError, match=ann):
        roster.add(profile("Eve", **own), [], 1)
    with pytest.raises(DataError, match=ann):
        roster.change(bob, lambda old: replace(old, **own), 2)
    assert roster.get(bob).profile == profile("Bob")
    assert len(roster.people()[0]) == 2
    roster.change(ann, lambda old: replace(old, number="", cards=(), slow=False), 3)
    roster.change(bob, lambda old: replace(old, **own), 4)


def test_a_record_from_before_has_none_of_it() -> None:
    fields = profile_to_json(profile())
    old = {key: value for key, value in fields.items() if key not in EVERYTHING}
    assert profile_from_json(json.loads(json.dumps(old))) == profile()
    assert unpack(json.dumps(old).encode()) == profile()


def test_a_roster_from_before_opens_and_takes_cards(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    def before(one: Any) -> bytes:
        return json.dumps({k: v for k, v in profile_to_json(one).items() if k not in EVERYTHING}).encode()

    with monkeypatch.context() as patch:
        patch.setattr("edge.store.roster_seal.pack", before)
        person = roster.add(profile(), [template(1)], 1)
    assert roster.get(person).profile == profile()
    roster.change(person, lambda old: replace(old, **EVERYTHING), 2)
    assert roster.get(person).profile == profile(**EVERYTHING)


@pytest.mark.parametrize("key", EVERYTHING)
def test_a_damaged_field_is_refused(key: str) -> None:
    fields = profile_to_json(profile(**EVERYTHING))
    for wrong in (None, 7, {"a": 1}, [[]], [{}], "x" * 40):
        with pytest.raises(DataError):
            profile_from_json({**fields, key: wrong})


def test_it_travels_sealed_and_is_read_without_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_transfer, "_SCRYPT_N", 1 << 4)
    person = Person("0123456789abcdef", profile(**EVERYTHING), 1, 2, ())
    (found,) = open_copy(sealed_copy([person], "five random words are good"), "five random words are good")
    assert found.profile == person.profile
    readable = readable_copy(person)
    assert (readable["profile"]["pin"], readable["profile"]["duress_pin"]) == (True, True)
    assert readable["profile"]["cards"] == [CARD, "uid:04A1B2C3D4E5F6"]
    assert "argon2" not in json.dumps(readable)
    assert len(pack(person.profile)) < 2000
