"""Wordings take turns: each has its turn, and none twice in a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.voice.rotation import Rotation
from edge.voice.utterance import Line, Utterance


def line(language: str, count: int) -> Line:
    return Line(tuple(Utterance(language, f"{number}.") for number in range(count)))


@given(st.integers(2, 5), st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=40))
def test_in_order_and_never_twice_in_a_row(count: int, phrases: list[str]) -> None:
    rotation, said = Rotation(), line("en", count)
    heard: dict[str, list[Utterance]] = {"a": [], "b": []}
    for phrase in phrases:
        wording = rotation.order(phrase, said)[0]
        rotation.said(phrase, said, wording)
        heard[phrase].append(wording)
    for one in heard.values():
        assert one == [said.wordings[number % count] for number in range(len(one))]


def test_languages_take_turns_of_their_own() -> None:
    rotation, english, mandarin = Rotation(), line("en", 2), line("cmn", 3)
    for wanted in (("0.", "0."), ("1.", "1."), ("0.", "2."), ("1.", "0.")):
        said = [rotation.order("a", one)[0] for one in (english, mandarin)]
        assert tuple(one.text for one in said) == wanted
        rotation.said("a", english, said[0])
        rotation.said("a", mandarin, said[1])


def test_the_last_one_said_is_the_last_resort() -> None:
    rotation, said = Rotation(), line("en", 3)
    rotation.said("a", said, said.wordings[1])
    assert [one.text for one in rotation.order("a", said)] == ["2.", "0.", "1."]


def test_a_single_wording_has_every_turn() -> None:
    rotation, said = Rotation(), line("en", 1)
    rotation.said("a", said, said.wordings[0])
    assert rotation.order("a", said) == said.wordings
