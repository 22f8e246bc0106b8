"""The phrase tables: complete in every language, and a site's own file is checked line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.events import PoorReason
from edge.voice.phrases import KEYS, LANGUAGES, MAY_BE_EMPTY, Utterance, load_book


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_in_every_language(language: str) -> None:
    table = load_book([language]).tables[language]
    assert set(table) == set(KEYS)
    assert all(table[key] for key in set(KEYS) - MAY_BE_EMPTY)


def test_every_reason_for_a_poor_picture_can_be_spoken() -> None:
    assert {f"poor_{reason.value}" for reason in PoorReason} <= set(KEYS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_stands_by_does_not_learn_who_is_on_the_list(language: str) -> None:
    table = load_book([language]).tables[language]
    assert table["refused_unknown"] == table["refused_expired"] == table["refused_revoked"]


def test_refusals_say_what_to_do() -> None:
    book = load_book(["en", "cmn"])
    for key in (key for key in KEYS if key.startswith("refused_")):
        office, later = ("property office", "物业"), ("Please", "请")
        english, mandarin = later if key in ("refused_schedule", "refused_locked_out") else office
        assert english in book.tables["en"][key]
        assert mandarin in book.tables["cmn"][key]


def test_scripts_are_not_mixed() -> None:
    book = load_book(["en", "cmn"])
    assert all(text.isascii() for text in book.tables["en"].values())
    assert not any(re.search(r"[A-Za-z0-9]", text) for text in book.tables["cmn"].values())


def test_languages_are_spoken_in_the_configured_order() -> None:
    said = load_book(["cmn", "en"]).utterances("granted")
    assert [one.language for one in said] == ["cmn", "en"]
    assert said[1] == Utterance("en", "Welcome home.")


def test_everything_is_without_repetition_and_the_greeting_first() -> None:
    book = load_book(["cmn", "en"])
    everything = book.everything()
    assert len(set(everything)) == len(everything)
    assert everything[:2] == book.utterances("granted")


def test_no_languages_say_nothing() -> None:
    assert load_book([]).everything() == ()


def test_unknown_phrase_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match=r"'granted_'.*did you mean granted"):
        load_book(["en"]).utterances("granted_")


def test_a_site_rewords_only_what_it_lists(tmp_path: Path) -> None:
    file = tmp_path / "en.toml"
    file.write_text('granted = " Good to see you. "\nexit = "Bye."\n')
    book = load_book(["en"], {"en": file})
    assert book.tables["en"]["granted"] == "Good to see you."
    assert book.utterances("exit") == (Utterance("en", "Bye."),)
    assert book.tables["en"]["door_held_warning"] == "Please close the door."


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('grnted = "Hello."', "grnted: is no phrase; did you mean granted"),
        ('zzz = "Hello."', "zzz: is no phrase; the phrases are granted"),
        ("granted = 3", "granted: has to be a text"),
        ('granted = ""', "granted: must not be empty"),
        ('granted = "…"', "granted: has nothing in it"),
        ('granted = "two\\nlines"', "granted: has a line break"),
        (f'granted = "{"long " * 41}"', "granted: has 205 characters"),
        ("granted = Hello", "is not valid TOML"),
    ],
)
def test_a_bad_line_names_file_and_key(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(line)
    with pytest.raises(ConfigError) as caught:
        load_book(["en"], {"en": file})
    assert str(file) in str(caught.value)
    assert complaint in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('granted = ""\nnonsense = "x"\nexit = 1\n')
    with pytest.raises(ConfigError) as caught:
        load_book(["en", "cmn"], {"en": file, "cmn": tmp_path / "absent.toml"})
    for part in ("granted", "nonsense", "exit", "absent.toml: cannot be read"):
        assert part in caught.value.message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_book(["en"], {"en": file})


@pytest.mark.parametrize("languages", [["fr"], ["en", "en"]])
def test_languages_that_make_no_sense(languages: list[str]) -> None:
    with pytest.raises(ConfigError):
        load_book(languages)


def test_an_override_for_a_language_that_cannot_be_spoken(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'fr' cannot be spoken"):
        load_book(["en"], {"fr": tmp_path / "fr.toml"})
