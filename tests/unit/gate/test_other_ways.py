"""Whoever is refused is told of every other way that is taken here at this hour, and everybody of the same ones."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from edge.actions import CheckPin, Speak, Term
from edge.config.schema import Access
from edge.events import AccessRule, CardShown, FaceUnknown, Life, PinChecked, PinTyped, PinVerdict
from edge.gate.pins import KEYPAD_FAILURES
from edge.voice.phrases import load_book
from tests.unit.gate.gate_story import ACCESS, Story, at, match

EVERYTHING = "face card pin pass"
NIGHT = Access(
    schedules=MappingProxyType({"noon": ("mon-fri 11:00-13:00",)}),
    ways=("face", "card"),
    ways_at=MappingProxyType({"noon": ("face", "card+pin")}),
)
STAFF = Access(
    groups=MappingProxyType({"staff": ()}), ways=("face",), group_ways=MappingProxyType({"staff": ("card",)})
)


def said(actions: list[object]) -> list[str]:
    """Each prompt: its phrase, and the term of the ways that are offered."""
    prompts = [one for one in actions if isinstance(one, Speak)]
    return [" ".join((one.phrase, *(v.key for v in one.values.values() if isinstance(v, Term)))) for one in prompts]


def stranger(track: int = 1) -> FaceUnknown:
    return FaceUnknown(track, 0.2, 0.6, 5)


def wrong_pins(story: Story, count: int, numbers: list[str], start_s: float = 1.0) -> list[object]:
    """The last answer."""
    actions: list[object] = []
    for attempt in range(count):
        now = at(start_s + attempt)
        typed = story.tell(PinTyped(numbers[attempt % len(numbers)], "1379"), now)
        (check,) = [one for one in typed if isinstance(one, CheckPin)]
        actions = story.tell(PinChecked(check.ticket, check.person, PinVerdict.WRONG), now)
    return actions


@pytest.mark.parametrize(
    ("fitted", "access", "term"),
    [
        ("face", ACCESS, ""),
        ("face pass", ACCESS, "way_pass"),
        ("face card", ACCESS, "way_card"),
        (EVERYTHING, ACCESS, "way_card_pin_pass"),
        (EVERYTHING, Access(ways=("face", "card")), "way_card"),
        (EVERYTHING, Access(ways=("face", "face+pin")), ""),
        (EVERYTHING, NIGHT, "way_card_pin"),
        ("face card", NIGHT, ""),  # without a keypad nobody can do what this hour asks for
        (EVERYTHING, STAFF, "way_card"),
    ],
)
def test_a_refused_face_hears_of_every_way_that_is_taken(fitted: str, access: Access, term: str) -> None:
    story = Story(AccessRule("p"), access=access, fitted=fitted)
    heard = f"refused_face_else {term}" if term else "refused_unknown"
    assert said(story.tell(stranger(), at(1.0))) == [heard]


def test_a_face_in_a_lock_out_hears_of_them_too_whoever_it_is() -> None:
    for face in (stranger(9), match(track=9), replace(match("q", track=9), life=Life.LIVE)):
        story = Story(AccessRule("p"), AccessRule("q", revoked=True), fitted="face card")
        for track in range(5):
            story.tell(stranger(track), at(track))
        assert story.state.attempts.locked(10.0)
        assert said(story.tell(face, at(10.0))) == ["refused_locked_out_else way_card"]


@pytest.mark.parametrize("number", ["101", "102", "999"])
def test_a_number_that_is_locked_out_hears_of_them_whether_it_is_anybodys_or_not(number: str) -> None:
    people = (AccessRule("p", number="101"), AccessRule("q", number="102", revoked=True))
    story = Story(*people, fitted=EVERYTHING)
    assert said(wrong_pins(story, 5, [number])) == ["refused_locked_out_else way_face_card_pass"]
    again = story.tell(PinTyped(number, "1379"), at(30.0))
    assert said(again) == ["refused_locked_out_else way_face_card_pass"]


def test_what_is_locked_out_itself_is_not_offered() -> None:
    story = Story(fitted="face pin")
    assert said(wrong_pins(story, KEYPAD_FAILURES, [str(500 + n) for n in range(KEYPAD_FAILURES)])) == [
        "refused_locked_out_else way_face"
    ]
    assert said(story.tell(stranger(), at(30.0))) == ["refused_unknown"]
    for track in range(2, 6):
        story.tell(stranger(track), at(31.0))
    assert said(story.tell(PinTyped("101", "1379"), at(50.0))) == ["refused_locked_out"]


def test_a_card_of_nobodys_is_refused_as_ever() -> None:
    assert said(Story(fitted=EVERYTHING).tell(CardShown("", "card"), at(1.0))) == ["refused_unknown"]


def test_whatever_is_offered_has_words() -> None:
    book = load_book(["en", "cmn"])
    for fitted in ("face pass", "face card pin", EVERYTHING, "face pin"):
        story = Story(fitted=fitted)
        actions = [*story.tell(stranger(), at(1.0)), *wrong_pins(story, 5, ["101"], 10.0)]
        prompts = [one for one in actions if isinstance(one, Speak) and one.values]
        assert prompts
        for one in prompts:
            assert {line.wordings[0] for line in book.lines(one)} <= set(book.everything())
