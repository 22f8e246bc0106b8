"""The phrase tables: complete in every language, and a site's own file is checked line by line."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from edge.actions import DayTime, Speak, Term, Value
from edge.errors import ConfigError, DataError
from edge.events import PoorReason, Way
from edge.voice.book import PhraseBook
from edge.voice.catalogue import CATEGORIES, GATE, MAY_BE_EMPTY, PHRASES, STATION, WAYS, Kind, finite
from edge.voice.phrases import LANGUAGES, load_book
from edge.voice.utterance import Utterance

EXAMPLES: dict[Kind, Value] = {
    Kind.CATEGORY: Term("kitchen"),
    Kind.WAYS: Term("way_card_pass"),
    Kind.TIME: DayTime(420, 0),
    Kind.METRES: 120,
    Kind.NAME: Term("north"),
}
NAMES = {"north": {"en": "North Gate", "cmn": "北门"}}


def example(phrase: str) -> Speak:
    return Speak(phrase, values={variable: EXAMPLES[kind] for variable, kind in PHRASES[phrase].items()})


def said(book: PhraseBook, phrase: str, **values: Value) -> list[str]:
    """The first wording in each language."""
    return [line.wordings[0].text for line in book.lines(Speak(phrase, values=values))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_in_every_language(language: str) -> None:
    book = load_book([language], names=NAMES)
    assert set(book.tables[language].phrases) == set(PHRASES)
    for phrase in set(PHRASES) - MAY_BE_EMPTY:
        assert all(wording.text for line in book.lines(example(phrase)) for wording in line.wordings)


def test_every_reason_for_a_poor_picture_can_be_spoken() -> None:
    assert {f"poor_{reason.value}" for reason in PoorReason} <= set(GATE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_stands_by_does_not_learn_who_is_on_the_list(language: str) -> None:
    book = load_book([language])
    assert said(book, "refused_unknown") == said(book, "refused_expired") == said(book, "refused_revoked")


def test_refusals_say_what_to_do() -> None:
    book = load_book(["en", "cmn"])
    for key in (key for key in GATE if key.startswith("refused_")):
        office, later, other = ("office", "物业"), ("Please", "请"), ("You may also", "也可以")
        again = ("refused_schedule", "refused_locked_out", "refused_challenge", "refused_interlock")
        english, mandarin = later if key in again else other if key.endswith("_else") else office
        if key in ("refused_pass_not_yet_valid", "refused_pass_elsewhere"):  # they say what there is to know
            continue
        assert english in said(book, key, **example(key).values)[0]
        assert mandarin in said(book, key, **example(key).values)[1]


def test_every_way_that_is_offered_is_named_in_both_languages() -> None:
    book = load_book(["en", "cmn"])
    words = {
        Way.FACE: ("camera", "摄像头"),
        Way.CARD: ("card", "卡"),
        Way.PIN: ("code", "密码"),
        Way.PASS: ("pass", "通行码"),
    }
    for term, ways in WAYS.items():
        for text, language in zip(said(book, "refused_challenge_else", ways=Term(term)), (0, 1), strict=True):
            assert {way for way in Way if words[way][language] in text} == set(ways), text


def test_only_offers_of_what_the_gate_has_are_rendered_ahead() -> None:
    texts = {one.text for one in load_book(["en"], ways=("face", "card")).everything()}
    assert "That did not work. You may also use your card." in texts
    assert not any("also use" in text and ("pass" in text or "code" in text) for text in texts)


def test_scripts_are_not_mixed() -> None:
    everything = load_book(["en", "cmn"], roles=("gate", "bin")).everything()
    assert all(one.text.isascii() for one in everything if one.language == "en")
    assert not any(re.search(r"[A-Za-z0-9]", one.text) for one in everything if one.language == "cmn")


def test_the_categories_have_their_national_names() -> None:
    terms = load_book(["cmn"]).tables["cmn"].terms
    assert [terms[category] for category in CATEGORIES] == ["可回收物", "有害垃圾", "厨余垃圾", "其他垃圾"]


@pytest.mark.parametrize("phrase", [phrase for phrase in STATION if "sort" in phrase or phrase == "wrong_bin"])
def test_what_is_heard_at_every_visit_has_several_wordings(phrase: str) -> None:
    for line in load_book(["en", "cmn"]).lines(example(phrase)):
        assert len(line.wordings) >= (1 if phrase in ("sort_either", "sort_elsewhere") else 2)


def test_prompts_are_short_enough_for_who_stands_with_a_bag_in_the_hand() -> None:
    for one in load_book(["en", "cmn"], roles=("bin",)).everything():
        assert len(one.text) <= (75 if one.language == "en" else 24), one.text


def test_languages_are_spoken_in_the_configured_order() -> None:
    lines = load_book(["cmn", "en"]).lines(Speak("granted"))
    assert [line.wordings[0].language for line in lines] == ["cmn", "en"]
    assert lines[1].wordings == (Utterance("en", "Welcome home."),)


def test_everything_is_without_repetition_and_the_greeting_first() -> None:
    book = load_book(["cmn", "en"])
    everything = book.everything()
    assert len(set(everything)) == len(everything)
    assert [one.text for one in everything[:2]] == said(book, "granted")


def test_only_the_phrases_of_the_devices_roles_are_rendered_ahead() -> None:
    gate, station = (load_book(["en"], roles=(role,)).everything() for role in ("gate", "bin"))
    both = load_book(["en"], roles=("bin", "gate")).everything()
    assert Utterance("en", "Welcome home.") in gate
    assert Utterance("en", "Welcome home.") not in station
    assert set(both) == set(gate) | set(station)
    assert both[0] == gate[0], "nobody waits at a bin as they do at a door"


def test_no_languages_say_nothing() -> None:
    assert load_book([]).everything() == ()


def test_unknown_phrase_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match=r"'granted_'.*did you mean granted"):
        load_book(["en"]).lines(Speak("granted_"))


def test_the_document_lists_every_phrase_with_its_variables() -> None:
    text = (Path(__file__).parents[3] / "docs/voice.md").read_text()
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    listed = {key: set(re.findall(r"{(\w+)}", row[1])) for row in rows for key in re.findall(r"`(\w+)`", row[0])}
    assert {phrase: listed.get(phrase) for phrase in STATION} == {
        phrase: set(variables) for phrase, variables in STATION.items()
    }
    assert set(GATE) <= set(listed)


# --- variables


def test_a_category_is_said_by_its_term() -> None:
    assert said(load_book(["en", "cmn"]), "sort_into", category=Term("hazardous")) == [
        "This is hazardous waste.",
        "这是有害垃圾。",
    ]


def test_a_sentence_begins_with_a_capital() -> None:
    wordings = load_book(["en"]).lines(Speak("sort_into", values={"category": Term("other")}))[0].wordings
    assert Utterance("en", "Other waste, please.") in wordings


def test_all_that_can_be_known_beforehand_is_rendered_ahead_at_both_speeds() -> None:
    book = load_book(["cmn", "en"], roles=("bin",))
    everything = set(book.everything())
    for phrase, variables in STATION.items():
        for category in CATEGORIES:
            if not finite(variables):
                continue
            others = [other for other in CATEGORIES if other != category]
            for other in others if len(variables) == 2 else others[:1]:
                values = dict(zip(variables, (Term(category), Term(other)), strict=False))
                for loud in (False, True):
                    for line in book.lines(Speak(phrase, values=values, loud=loud)):
                        assert set(line.wordings) <= everything


def test_a_short_form_stands_ready_for_what_cannot_be_known_beforehand() -> None:
    book = load_book(["cmn", "en"], roles=("bin",), names=NAMES)
    everything = set(book.everything())
    unknown = [phrase for phrase, variables in STATION.items() if not finite(variables)]
    assert unknown
    for phrase in unknown:
        for line in book.lines(example(phrase)):
            assert line.short in everything
            assert not set(line.wordings) & everything


def test_what_is_slow_comes_last_and_other_wordings_before_it() -> None:
    everything = load_book(["en"], roles=("bin",)).everything()
    assert [one.slow for one in everything] == sorted(one.slow for one in everything)
    texts = [one.text for one in everything if not one.slow]
    assert texts.index("Thank you.") < texts.index("Please put this into the bin for recyclable waste.")


def test_another_citys_categories_need_a_term_in_every_language(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"en\.toml: terms\.wet: is missing; .*cmn\.toml: terms\.wet: is missing"):
        load_book(["en", "cmn"], categories=["wet"])
    files = {language: tmp_path / f"{language}.toml" for language in ("en", "cmn")}
    files["en"].write_text('[terms]\nwet = "wet waste"\n')
    files["cmn"].write_text('[terms]\nwet = "湿垃圾"\n')
    with pytest.raises(ConfigError, match=r"cmn\.toml: terms\.wet: is missing"):
        load_book(["en", "cmn"], {"en": files["en"]}, categories=["wet"])
    book = load_book(["en", "cmn"], files, roles=("bin",), categories=["wet"])
    assert said(book, "wrong_bin", right=Term("wet"))[1] == "不对哦，这是湿垃圾。"
    assert not any("kitchen" in one.text for one in book.everything())


def test_what_will_be_needed_for_certain_is_rendered_ahead_however_the_day_is_called() -> None:
    ahead = (example("closed_until"), example("bin_full_other"))
    book = load_book(["en"], roles=("bin",), names=NAMES, ahead=ahead)
    everything = {one.text for one in book.everything()}
    assert "We are closed now. We open again on Monday at seven in the morning." in everything
    assert "We are closed now. We open again tomorrow at seven in the morning." in everything
    assert any("North Gate, about 120 metres" in text for text in everything)


def test_a_language_without_words_for_a_value_says_it_in_short(caplog: pytest.LogCaptureFixture) -> None:
    book = load_book(["cmn", "en"], names={"north": {"cmn": "北门"}})
    with caplog.at_level(logging.INFO):
        mandarin, english = book.lines(Speak("bin_full_other", values={"station": Term("north"), "walk_m": 95}))
    assert "北门" in mandarin.wordings[0].text
    assert english.wordings == (Utterance("en", "This bin is full."),)
    assert "only said in short" in caplog.text


@pytest.mark.parametrize(
    ("phrase", "values", "why"),
    [
        ("sort_into", {}, "was given no variables"),
        ("sort_into", {"category": Term("kitchen"), "right": Term("other")}, "was given category, right"),
        ("granted", {"category": Term("kitchen")}, "granted was given category"),
        ("sort_into", {"category": Term("lunar")}, "no term 'lunar'"),
        ("sort_into", {"category": Term("north")}, "no term 'north'"),
        ("sort_into", {"category": "kitchen"}, "'kitchen' is no category"),
        ("sort_into", {"category": 3}, "3 is no category"),
    ],
)
def test_values_that_do_not_fit(phrase: str, values: dict[str, Value], why: str) -> None:
    with pytest.raises(DataError, match=why):
        load_book(["en"], names=NAMES).lines(Speak(phrase, values=values))


def test_a_name_that_cannot_be_read_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="the name of north in en: '北门' cannot be read in en"):
        load_book(["en"], names={"north": {"en": "北门"}})


# --- a site's own file


def test_a_site_rewords_only_what_it_lists(tmp_path: Path) -> None:
    file = tmp_path / "en.toml"
    file.write_text('granted = " Good to see you. "\nexit = "Bye."\n')
    book = load_book(["en"], {"en": file})
    assert said(book, "granted") == ["Good to see you."]
    assert said(book, "exit") == ["Bye."]
    assert said(book, "door_held_warning") == ["Please close the door."]


def test_a_site_gives_wordings_short_forms_and_terms_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "en.toml"
    file.write_text(
        'granted = ["Hello.", " Hi. "]\nsort_into = "{category}!"\n'
        '[short]\nclosed_until = "Closed."\n[terms]\nother = "rubbish"\n'
    )
    book = load_book(["en"], {"en": file})
    assert [one.text for one in book.lines(Speak("granted"))[0].wordings] == ["Hello.", "Hi."]
    assert said(book, "sort_into", category=Term("other")) == ["Rubbish!"]
    assert said(book, "wrong_bin", right=Term("kitchen")) == ["Not quite. This is kitchen waste."]
    short = book.lines(example("closed_until"))[0].short
    assert short == Utterance("en", "Closed.")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('grnted = "Hello."', "grnted: is no phrase; did you mean granted"),
        ('zzz = "Hello."', "zzz: is no phrase; there are granted"),
        ("granted = 3", "granted: has to be a text"),
        ('granted = ""', "granted: must not be empty"),
        ('granted = "…"', "granted: has nothing in it"),
        ('granted = "two\\nlines"', "granted: has a line break"),
        (f'granted = "{"long " * 41}"', "granted: has 205 characters"),
        ("granted = Hello", "is not valid TOML"),
        ("granted = []", "granted: has 0 wordings"),
        ("granted = [" + 9 * '"a", ' + "]", "granted: has 9 wordings, from 1 to 8"),
        ('granted = ["Hello.", 3]', "granted: has to be a text"),
        ('granted = ["Hello.", ""]', "granted: must not be empty"),
        ('granted = ["Hello.", "Hello. "]', "granted: has the same wording twice"),
        ('exit = ["", ""]', "exit: must not be empty"),
        ('granted = "Hello {name}."', "granted: {name} is no variable of it; it has none"),
        ('sort_into = "Here."', "sort_into: {category} is missing"),
        ('sort_into = "{categry}."', "sort_into: {categry} is no variable of it; did you mean category"),
        ('sort_into = ["{category}.", "That one."]', "sort_into: {category} is missing"),
        ('sort_into = "{category} {0}"', "sort_into: has a brace"),
        ('sort_into = "{category!r}"', "sort_into: has a brace"),
        ('sort_into = "{category.key}"', "sort_into: has a brace"),
        ('short = "Full."', "short: has to be a table"),
        ('[short]\nsort_into = "There."', "short.sort_into: needs no short form"),
        ('[short]\nclosed_until = "Closed until {time}."', "short.closed_until: {time} is no variable"),
        ('[terms]\nother = ["a"]', "terms.other: has to be a text"),
        ('[terms]\nother = ""', "terms.other: must not be empty"),
        ('[terms]\nother = "{category}"', "terms.other: {category} is no variable"),
        (f'[terms]\nother = "{"a" * 41}"', "terms.other: has 41 characters, at most 40"),
        ('[terms]\n"New Term" = "a"', "terms.New Term: is no name of a term"),
        ('[colours]\nred = "a"', "colours: is no phrase"),
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
