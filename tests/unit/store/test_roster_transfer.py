from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from roster_samples import profile, template

from edge.errors import DataError, UsageError
from edge.store import roster_transfer
from edge.store.keys import seal
from edge.store.roster_json import pack, unpack
from edge.store.roster_records import Person
from edge.store.roster_transfer import open_copy, readable_copy, sealed_copy

PHRASE = "five random words are good"
PERSON = Person(
    "0123456789abcdef",
    profile("林黛玉", groups=("residents",), valid_until=date(2027, 3, 4), revoked_reason="left"),
    1_700_000_000_000_000,
    1_700_000_001_000_000,
    (template(1), template(2, "net-b")),
)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of the passphrase is paid in one test only."""
    monkeypatch.setattr(roster_transfer, "_SCRYPT_N", 1 << 4)


def test_a_sealed_copy_travels() -> None:
    content = sealed_copy([PERSON], PHRASE)
    assert "林黛玉".encode() not in content
    assert PERSON.person.encode() not in content
    (found,) = open_copy(content, PHRASE)
    assert (found.person, found.profile) == (PERSON.person, PERSON.profile)
    for read, wrote in zip(found.templates, PERSON.templates, strict=True):
        assert (read.model, read.added_us, read.vector.tobytes()) == (
            wrote.model,
            wrote.added_us,
            wrote.vector.tobytes(),
        )


@pytest.mark.usefixtures("cheap")
def test_a_wrong_passphrase_and_an_altered_file_are_refused() -> None:
    content = sealed_copy([PERSON], PHRASE)
    with pytest.raises(DataError, match="passphrase is wrong or"):
        open_copy(content, PHRASE + "!")
    for where in (25, len(content) // 2, len(content) - 1):
        altered = bytearray(content)
        altered[where] ^= 1
        with pytest.raises(DataError, match="altered"):
            open_copy(bytes(altered), PHRASE)
    with pytest.raises(DataError, match="no sealed export"):
        open_copy(b'{"person": 1}', PHRASE)


@pytest.mark.usefixtures("cheap")
@given(st.binary(max_size=120), st.integers(0, 400))
def test_no_bytes_make_the_reader_stumble(content: bytes, cut: int) -> None:
    for candidate in (content, roster_transfer._MAGIC + content, sealed_copy([PERSON], PHRASE)[:cut]):
        with pytest.raises(DataError):
            open_copy(candidate, PHRASE)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(UsageError, match="12 characters"):
        sealed_copy([PERSON], "too short")


def good() -> dict[str, object]:
    return roster_transfer.person_to_json(PERSON)


def with_profile(**changes: object) -> dict[str, object]:
    person = good()
    person["profile"] = {**person["profile"], **changes}  # type: ignore[dict-item]
    return person


def with_template(**changes: object) -> dict[str, object]:
    person = good()
    person["templates"] = [{**person["templates"][0], **changes}]  # type: ignore[index]
    return person


BROKEN = {
    "no object": [],
    "no people": {},
    "people no list": {"people": {}},
    "a person no object": {"people": [7]},
    "an id that is a path": {"people": [{**good(), "person": "../../etc/passwd"}]},
    "an id that is a list": {"people": [{**good(), "person": ["a"] * 16}]},
    "no templates": {"people": [{"person": PERSON.person, "profile": good()["profile"]}]},
    "too many templates": {"people": [{**good(), "templates": [{}] * 11}]},
    "no profile": {"people": [{**good(), "profile": None}]},
    "no consent": {"people": [with_profile(consent=None)]},
    "an empty name": {"people": [with_profile(name=" ")]},
    "a name that is a number": {"people": [with_profile(name=7)]},
    "a name with a line break": {"people": [with_profile(name="a\nb")]},
    "a long name": {"people": [with_profile(name="a" * 501)]},
    "groups as text": {"people": [with_profile(groups="staff")]},
    "groups of numbers": {"people": [with_profile(groups=[1])]},
    "many groups": {"people": [with_profile(groups=["a"] * 40)]},
    "a date that is none": {"people": [with_profile(valid_from="2026-02-30")]},
    "a date that is a number": {"people": [with_profile(valid_from=20260101)]},
    "dates the wrong way round": {"people": [with_profile(valid_from="2028-01-01")]},
    "a template that is no base64": {"people": [with_template(vector="?")]},
    "a template of three bytes": {"people": [with_template(vector="AAAA")]},
    "a template without numbers": {"people": [with_template(vector="")]},
    "a template of zeros": {"people": [with_template(vector=base64.b64encode(bytes(64)).decode())]},
    "a template of NaN": {"people": [with_template(vector=base64.b64encode(b"\xff" * 64).decode())]},
    "a template of huge numbers": {"people": [with_template(vector=base64.b64encode(b"\x7f\x7f" * 32).decode())]},
    "a template of infinities": {"people": [with_template(vector=base64.b64encode(b"\x00\x00\x80\x7f" * 4).decode())]},
    "a time before 1970": {"people": [with_template(added_us=-1)]},
    "a time beyond dates": {"people": [with_template(added_us=1 << 62)]},
    "a time that is true": {"people": [with_template(added_us=True)]},
}


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_inside_is_checked_too(name: str) -> None:
    salt = bytes(16)
    head = roster_transfer._MAGIC + salt
    payload = json.dumps(BROKEN[name]).encode()
    with pytest.raises(DataError):
        open_copy(head + seal(roster_transfer._cipher(PHRASE, salt), payload, head), PHRASE)


@pytest.mark.usefixtures("cheap")
def test_text_that_is_no_json_is_refused() -> None:
    salt = bytes(16)
    head = roster_transfer._MAGIC + salt
    for payload in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(DataError, match="JSON"):
            open_copy(head + seal(roster_transfer._cipher(PHRASE, salt), payload, head), PHRASE)


def test_the_readable_copy_has_everything_in_plain_words() -> None:
    copy = json.loads(json.dumps(readable_copy(PERSON), ensure_ascii=False))
    assert copy["profile"]["name"] == "林黛玉"
    assert copy["profile"]["consent"]["statement"] == "signed form 2026-11-22"
    assert copy["revoked"] is True
    assert copy["enrolled"] == "2023-11-14T22:13:20+00:00"
    assert [one["network"] for one in copy["templates"]] == ["net-a", "net-b"]
    assert copy["templates"][0]["numbers"] == pytest.approx(PERSON.templates[0].vector.tolist(), abs=1e-6)


def test_a_profile_survives_its_json() -> None:
    assert unpack(pack(PERSON.profile)) == PERSON.profile
    assert unpack(pack(profile())) == profile()


def test_a_key_of_a_passphrase_is_of_256_bits() -> None:
    assert isinstance(roster_transfer._cipher("x" * 12, bytes(16)), AESGCM)
    assert (roster_transfer._SCRYPT_N, roster_transfer._SCRYPT_R, roster_transfer._SCRYPT_P) == (65536, 8, 2)
