"""The judge as a table: one thing wrong, one reason."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from office_samples import AUDIENCE, LOST, NOW, NOW_S, OFFICE, RULES, SECOND, STRANGER, approval, token

from edge.commands.judge import MOST_BYTES, Accepted, Refusal, judge
from edge.commands.standing import Standing

STANDING = Standing(floor_s=NOW_S - 1000)
TWO = replace(RULES, two_person=True)
FRESH = {"nonce": "good", "exp": None}


def flaw(nonce: str) -> str:
    return "" if nonce == "good" else "nonce_used"


def verdict(payload: bytes, name: str = "unlock", **changes: Any) -> Accepted | Refusal:
    told: dict[str, Any] = {"retain": False, "rules": RULES, "standing": STANDING, "flaw": flaw, "now": NOW}
    return judge(name, payload, **{**told, **changes})


def reason(payload: bytes, name: str = "unlock", **changes: Any) -> str:
    found = verdict(payload, name, **changes)
    return found.reason if isinstance(found, Refusal) else "accepted"


def test_a_good_command_is_accepted_with_all_that_is_needed_to_carry_it_out() -> None:
    assert verdict(token(counter=7)) == Accepted("c-7", "unlock", "office", {"seconds": 3}, {"office": 7})


def flipped(payload: bytes, at: int) -> bytes:
    """One bit of a part of the token, which stays base64."""
    parts = [bytearray(base64.urlsafe_b64decode(part + b"==")) for part in payload.split(b".")]
    parts[at][len(parts[at]) // 2] ^= 1
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"aud": "willow/gate-2"}, "foreign"),
        ({"aud": None}, "foreign"),
        ({"aud": [AUDIENCE]}, "foreign"),
        ({"cmd": "lockdown"}, "topic"),
        ({"jti": None}, "malformed"),
        ({"jti": "x" * 65}, "malformed"),
        ({"jti": "a b"}, "malformed"),
        ({"ctr": None}, "malformed"),
        ({"ctr": True}, "malformed"),
        ({"ctr": 1.5}, "malformed"),
        ({"ctr": 1 << 63}, "malformed"),
        ({"ctr": -1}, "malformed"),
        ({"exp": NOW_S}, "expired"),
        ({"exp": NOW_S + 1}, "accepted"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": None}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"iat": NOW_S + 60}, "accepted"),
        ({"iat": NOW_S + 61}, "not_yet_valid"),
        ({"iat": NOW_S - 181}, "lives_too_long"),
        ({"iat": NOW_S - 180}, "accepted"),
        ({"nonce": "good"}, "malformed"),  # and an expiry: one of the two
        ({"nonce": "old", "exp": None}, "nonce_used"),
        ({"nonce": 5, "exp": None}, "nonce_unknown"),
        (FRESH, "accepted"),
        ({"args": {"seconds": 61}}, "arguments"),
        ({"args": {"minutes": 1}}, "arguments"),
        ({"args": []}, "arguments"),
        ({"args": None}, "accepted"),  # left away: none
        ({"kind": "edge-config"}, "malformed"),
        ({"key": STRANGER}, "altered"),
        ({"key": STRANGER, "kid": "stranger"}, "unknown_key"),
        ({"kid": "second"}, "altered"),
    ],
)
def test_one_thing_wrong(changes: dict[str, Any], wanted: str) -> None:
    assert reason(token(**changes)) == wanted


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_flipped_bit_is_never_accepted(part: int) -> None:
    assert reason(flipped(token(), part)) in ("altered", "malformed", "unknown_key")


@pytest.mark.parametrize(
    "payload",
    [b"", b"\n", b".", b"..", b"\xff" * 100, b"{}", b"e30.e30.e30", b"a" * (MOST_BYTES + 1), b"\n\n" + token()[:-9]],
)
def test_what_is_no_token_is_malformed_or_altered(payload: bytes) -> None:
    assert reason(payload) in ("malformed", "altered")


def test_a_retained_command_is_refused_before_it_is_looked_at() -> None:
    assert reason(token(), retain=True) == "retained"


@pytest.mark.parametrize(("counter", "wanted"), [(4, "replayed"), (5, "replayed"), (6, "accepted")])
def test_a_counter_has_to_rise(counter: int, wanted: str) -> None:
    assert reason(token(counter=counter), standing=replace(STANDING, last={"office": 5, "second": 99})) == wanted


def test_what_was_signed_before_the_count_began_anew_is_refused() -> None:
    assert reason(token(), standing=Standing(floor_s=NOW_S + 1)) == "before_reset"
    assert reason(token(), standing=Standing(floor_s=NOW_S)) == "accepted"


def test_without_the_time_only_a_nonce_proves_freshness() -> None:
    assert reason(token(), now=LOST) == "clock"
    assert reason(token(), now=replace(LOST, trusted=True)) == "clock"
    found = verdict(token(**FRESH), now=LOST)
    assert isinstance(found, Accepted)
    assert found.nonce == "good"


def test_an_unknown_command_is_told_only_to_those_who_may_command() -> None:
    assert reason(token("dance"), "dance") == "unknown_command"
    assert reason(token("dance", key=STRANGER), "dance") == "altered"


def test_a_refusal_names_id_and_signer_only_when_the_signature_holds() -> None:
    assert verdict(token(aud="x")) == Refusal("foreign", "signed for another device", "c-1", "office")
    found = verdict(token(key=STRANGER))
    assert isinstance(found, Refusal)
    assert (found.id, found.kid) == ("", "")


ADD = token("people.add")


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (ADD, "approval_missing"),
        (approval(ADD), "accepted"),
        (approval(ADD) + b"\n", "accepted"),
        (approval(ADD, key=OFFICE, kid="office", counter=9), "approval_same_key"),
        (approval(ADD, of="0" * 64), "approval_of_another"),
        (approval(ADD, aud="willow/gate-2"), "foreign"),
        (approval(ADD, counter=0), "replayed"),
        (approval(ADD, exp=NOW_S), "expired"),
        (approval(ADD, iat=NOW_S + 61), "not_yet_valid"),
        (approval(ADD, key=STRANGER), "altered"),
        (approval(ADD, key=STRANGER, kid="third"), "unknown_key"),
        (ADD + b"\n" + token(counter=9, key=SECOND, kid="second"), "malformed"),  # a command is no approval
    ],
)
def test_two_people(payload: bytes, wanted: str) -> None:
    standing = replace(STANDING, last={"second": 0})
    assert reason(payload, "people.add", rules=TWO, standing=standing) == wanted


def test_an_approval_counts_for_its_own_signer() -> None:
    found = verdict(approval(ADD, counter=8), "people.add", rules=TWO)
    assert isinstance(found, Accepted)
    assert found.counters == {"office": 1, "second": 8}


def test_one_key_under_two_names_is_one_person() -> None:
    rules = replace(TWO, keys={**TWO.keys, "alias": OFFICE.public_key()})
    assert reason(approval(ADD, key=OFFICE, kid="alias"), "people.add", rules=rules) == "approval_same_key"


def test_without_the_time_the_approval_is_as_fresh_as_what_it_approves() -> None:
    add = token("people.add", **FRESH)
    assert reason(approval(add, exp=0), "people.add", rules=TWO, now=LOST) == "accepted"


def test_an_approval_that_nobody_asked_for_has_to_hold_all_the_same() -> None:
    assert reason(token() + b"\nnonsense") == "malformed"
    assert reason(ADD, "people.add") == "accepted"


def test_a_key_that_is_not_configured_any_more_commands_nothing() -> None:
    other = Ed25519PrivateKey.generate()
    rules = replace(RULES, keys={"second": other.public_key()})
    assert reason(token(), rules=rules) == "unknown_key"
