from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bin_events import Look
from edge.errors import ConfigError
from edge.waste.sorting import CATEGORIES, Rules, judge, load_rules, vote

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "sorting.toml"
RULES = Rules(
    "test",
    {
        "battery": "hazardous",
        "paper": "recyclable",
        "glass": "recyclable",
        "food": "kitchen",
        "trash": "other",
        "background": "nothing",
        "unknown": "unknown",
    },
)


PAPER, FOOD, EMPTY = (
    Look({"paper": 0.95, "food": 0.05}),
    Look({"food": 0.95, "paper": 0.05}),
    Look({"background": 0.9, "food": 0.1}),
)
HAND = Look({"unknown": 0.8, "food": 0.2})


def test_the_classes_of_one_category_add_up_and_the_likeliest_names_it() -> None:
    verdict = judge({"paper": 0.3, "glass": 0.6, "food": 0.1}, True, RULES, 0.8)
    assert (verdict.kind, verdict.category, verdict.fine) == ("sure", "recyclable", "glass")
    assert verdict.probability == pytest.approx(0.9)


def test_too_little_to_answer_makes_a_question_of_the_two_likeliest() -> None:
    verdict = judge({"paper": 0.5, "battery": 0.3, "food": 0.2}, True, RULES, 0.8)
    assert (verdict.kind, verdict.choices, verdict.category) == ("unsure", ("recyclable", "hazardous"), "")


def test_what_may_be_hazardous_is_asked_about() -> None:
    shares = {"paper": 0.9, "battery": 0.08, "food": 0.02}
    assert judge(shares, True, RULES, 0.8, 0.1).kind == "sure"
    verdict = judge(shares, True, RULES, 0.8, 0.07)
    assert (verdict.kind, verdict.choices) == ("unsure", ("recyclable", "hazardous"))
    assert judge({"battery": 0.9, "paper": 0.1}, True, RULES, 0.8, 0.07).category == "hazardous"
    assert vote([Look(shares)] * 3, RULES, 0.8, 0.07).kind == "unsure"


@pytest.mark.parametrize(
    ("shares", "familiar", "kind"),
    [
        ({"background": 0.5, "paper": 0.3, "food": 0.2}, True, "nothing"),
        ({"unknown": 0.5, "paper": 0.3, "food": 0.2}, True, "unknown"),
        ({"paper": 0.99, "food": 0.01}, False, "unknown"),
        ({"background": 0.99, "food": 0.01}, False, "nothing"),
        ({"a class of another model": 0.9, "paper": 0.1}, True, "unknown"),
    ],
)
def test_what_is_no_item_gets_no_category(shares: dict[str, float], familiar: bool, kind: str) -> None:
    verdict = judge(shares, familiar, RULES, 0.8)
    assert (verdict.kind, verdict.category, verdict.choices) == (kind, "", ())


@given(st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7), st.booleans(), st.floats(0.05, 1.0))
def test_an_answer_always_has_the_probability_that_was_asked_for(
    raw: list[float], familiar: bool, sure_from: float
) -> None:
    shares = {fine: value / sum(raw) for fine, value in zip(RULES.group_of, raw, strict=True)}
    verdict = judge(shares, familiar, RULES, sure_from)
    assert bool(verdict.category) == (verdict.kind == "sure")
    if verdict.kind == "sure":
        assert verdict.category in CATEGORIES
        assert RULES.category(verdict.fine) == verdict.category
        assert verdict.probability >= sure_from
        assert familiar
    if verdict.kind == "unsure":
        assert len(set(verdict.choices)) == 2


def test_empty_frames_do_not_count_in_a_vote() -> None:
    assert vote([EMPTY, PAPER, EMPTY], RULES, 0.8) == judge(PAPER.probabilities, True, RULES, 0.8)
    assert vote([EMPTY, EMPTY], RULES, 0.8).kind == "nothing"
    assert vote([], RULES, 0.8).kind == "nothing"


def test_several_doubtful_frames_of_one_item_become_sure_only_by_what_they_show() -> None:
    doubtful = Look({"paper": 0.7, "food": 0.3})
    assert vote([doubtful] * 5, RULES, 0.8).kind == "unsure"
    assert vote([doubtful, PAPER, PAPER], RULES, 0.8).category == "recyclable"


def test_confident_looks_that_disagree_are_a_mixed_bag() -> None:
    verdict = vote([PAPER, FOOD, PAPER, FOOD], RULES, 0.8)
    assert (verdict.kind, verdict.choices) == ("mixed", ("recyclable", "kitchen"))


def test_one_bad_frame_of_many_is_not_a_second_thing() -> None:
    verdict = vote([PAPER] * 5 + [FOOD], RULES, 0.75)
    assert (verdict.kind, verdict.category) == ("sure", "recyclable")
    assert vote([PAPER, FOOD], RULES, 0.8).kind == "unsure"  # half in view, it was something else


def test_the_weights_decide() -> None:
    assert vote([PAPER, replace(FOOD, weight=0.1)], RULES, 0.8).category == "recyclable"
    assert vote([PAPER, replace(FOOD, weight=1e-6)], RULES, 0.8).probability == pytest.approx(0.95)


def test_mostly_a_hand_is_unknown_and_a_hand_now_and_then_is_not() -> None:
    assert vote([HAND, HAND, PAPER], RULES, 0.8).kind == "unknown"
    assert vote([HAND, PAPER, PAPER], RULES, 0.8).category == "recyclable"


def test_the_shipped_rules_place_every_category() -> None:
    rules = load_rules(SHIPPED)
    assert {rules.category(fine) for fine in rules.group_of} == {*CATEGORIES, None}
    assert rules.category("battery") == "hazardous"
    assert rules.category("background") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format = 2", "format is 2"),
        ('format = 1\n[classes]\npaper = "other"', "name is None"),
        ('format = 1\nname = "x"', "classes is missing"),
        ('format = 1\nname = "x"\n[classes]\npaper = "papers"', "classes.paper is 'papers'"),
        ('format = 1\nname = "x"\n[classes]\npaper = ["other"]', "classes.paper is"),
        ('format = 1\nname = "x"\nbin = 3\n[classes]\npaper = "other"', "bin is not known"),
        ('format = 1\nname = "x"\n[classes]\npaper = "other"', "lacks glass"),
        ("format = ", "is not TOML"),
    ],
)
def test_bad_rules_say_where_and_what_belongs_there(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "city.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")) as caught:
        load_rules(path, ["paper", "glass"])
    assert caught.value.hint


def test_rules_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules(tmp_path / "absent.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_rules(tmp_path / "bytes.toml")
