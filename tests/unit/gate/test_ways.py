"""Ways in: which factors are enough for whom and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from edge.actions import CheckPin, DriveRelay, Report, ShowLamp
from edge.config.schema import Access
from edge.events import (
    AccessRule,
    CardShown,
    Event,
    FaceUnknown,
    Life,
    PassShown,
    PinChecked,
    PinTyped,
    PinVerdict,
    Way,
)
from edge.gate.ways import FRESH_S, WayRules, parse
from tests.unit.gate.gate_story import Story, at, match, phrases, reports

ACCESS = Access(
    schedules=MappingProxyType({"night": ("mon-sun 22:00-06:00",)}),
    groups=MappingProxyType({"staff": (), "guards": ()}),
    ways=("face", "card", "pin", "pass"),
    ways_at=MappingProxyType({"night": ("face+pin", "card+pin")}),
    group_ways=MappingProxyType({"staff": ("card+pin", "face"), "guards": ("face+pin",)}),
)
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
DAY = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def ways(*texts: str) -> set[frozenset[Way]]:
    return set(parse(texts))


@pytest.mark.parametrize(
    ("rule", "wall", "expected"),
    [
        (AccessRule("p"), DAY, ways("face", "card", "pin", "pass")),
        (AccessRule("p"), NIGHT, ways("face+pin", "card+pin")),
        (AccessRule("p"), None, ways("face+pin", "card+pin")),
        (AccessRule("p", groups=("staff",)), NIGHT, ways("card+pin", "face")),
        (AccessRule("p", groups=("staff", "guards")), DAY, ways("face+pin")),
        (AccessRule("p", groups=("staff",), ways=("pass",)), NIGHT, ways("pass")),
        (AccessRule("p", look_alike=True), DAY, ways("card", "pin", "pass")),
        (AccessRule("p", ways=("face",), look_alike=True), DAY, ways("face+pin", "face+card", "face+pass")),
        (AccessRule("p", ways=("retina",)), DAY, set()),
    ],
)
def test_the_person_comes_before_the_group_and_the_group_before_the_hour(
    rule: AccessRule, wall: datetime | None, expected: set[frozenset[Way]]
) -> None:
    local = None if wall is None else wall.astimezone(ZoneInfo("Asia/Shanghai"))
    assert set(WayRules(ACCESS).of(rule, local)) == expected


def test_a_card_and_then_the_pin_within_the_time() -> None:
    story = Story(AccessRule("p", ways=("card+pin",)), access=ACCESS)
    asked = story.tell(CardShown("p", "door"), at(1.0))
    assert (phrases(asked), reports(asked)) == (["need_pin"], [])
    (check,) = [a for a in story.tell(PinTyped("", "1379"), at(5.0)) if isinstance(a, CheckPin)]
    assert (check.person, dict(check.failures)) == ("p", {"keypad": 1, "p": 1})
    granted = story.tell(PinChecked(check.ticket, "p", PinVerdict.RIGHT), at(5.1))
    assert reports(granted) == [("access.granted", None)]
    report = next(a for a in granted if getattr(a, "type", "") == "access.granted")
    assert (report.data["by"], report.data["waited_s"], report.data["reader"]) == ("card+pin", 4.1, "door")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("shown", "waited_s"),
    [
        (CardShown("p", "door", seen_s=0.96), 0.04),
        (PassShown("n", "p", seen_s=0.7), 0.3),
        (PassShown("n", "p", visitor=True, seen_s=0.7), 0.3),
        (CardShown("p", "door"), 0.0),
    ],
)
def test_a_card_and_a_pass_wait_from_when_they_were_seen(shown: Event, waited_s: float) -> None:
    actions = Story(AccessRule("p")).tell(shown, at(1.0))
    assert [action.data["waited_s"] for action in actions if isinstance(action, Report)] == [waited_s]


def test_of_a_card_and_a_pin_the_card_was_seen_first() -> None:
    story = Story(AccessRule("p", ways=("card+pin",)), access=ACCESS)
    story.tell(CardShown("p", "door", seen_s=0.5), at(1.0))
    (check,) = [a for a in story.tell(PinTyped("", "1379"), at(5.0)) if isinstance(a, CheckPin)]
    granted = story.tell(PinChecked(check.ticket, "p", PinVerdict.RIGHT), at(5.1))
    assert [action.data["waited_s"] for action in granted if isinstance(action, Report)] == [4.6]


def test_a_factor_that_is_not_fresh_any_more_counts_for_nothing() -> None:
    story = Story(AccessRule("p", ways=("face+card",)), access=ACCESS)
    assert phrases(story.tell(match(), at(1.0))) == ["need_card"]
    asked = story.tell(CardShown("p", "door"), at(1.0 + FRESH_S))
    assert (phrases(asked), reports(asked)) == (["need_face"], [])
    assert reports(story.tell(match(), at(2.0 + FRESH_S))) == [("access.granted", None)]


def test_two_people_cannot_put_their_factors_together() -> None:
    story = Story(AccessRule("p", ways=("face+card",)), AccessRule("q", ways=("face+card",)), access=ACCESS)
    story.tell(match("p"), at(1.0))
    assert reports(story.tell(CardShown("q", "door"), at(2.0))) == []
    assert reports(story.tell(match("q", 2), at(3.0))) == [("access.granted", None)]


def test_what_was_used_is_used_up() -> None:
    story = Story(AccessRule("p", ways=("face+card",)), access=ACCESS)
    story.tell(match(), at(1.0))
    assert reports(story.tell(CardShown("p", "door"), at(2.0))) == [("access.granted", None)]
    assert reports(story.tell(CardShown("p", "door"), at(13.0))) == []


def test_a_way_that_does_not_count_here_is_refused_in_the_words_for_strangers() -> None:
    story = Story(AccessRule("p", ways=("face",)), access=ACCESS)
    refused = story.tell(CardShown("p", "door"), at(1.0))
    assert (phrases(refused), reports(refused)) == (["refused_unknown"], [("access.refused", "way")])


def test_at_night_a_card_of_nobody_is_asked_for_what_a_residents_would_be() -> None:
    story = Story(AccessRule("p", number="17"), AccessRule("gone", revoked=True), access=ACCESS)
    heard = []
    for number, person in enumerate(("p", "gone", "")):
        start_s = 100.0 * number
        said = phrases(story.tell(CardShown(person, "door"), at(start_s, NIGHT)))
        actions = story.tell(PinTyped("", "1111"), at(start_s + 6.0, NIGHT))
        (check,) = [a for a in actions if isinstance(a, CheckPin)]
        answer = story.tell(PinChecked(check.ticket, person, PinVerdict.WRONG), at(start_s + 6.1, NIGHT))
        heard.append((said, phrases(actions), phrases(answer)))
    assert heard[0] == heard[1] == heard[2] == (["need_pin"], [], ["refused_unknown"])


def test_a_found_card_is_locked_out_by_itself_whether_it_is_anybodys_or_not() -> None:
    """Or whoever locks out one card and then tries another would learn which of them is known."""
    heard = []
    for found in (CardShown("p", "door"), CardShown("", "door", alias="found")):
        for order in ((found, CardShown("", "door", alias="junk")), (CardShown("", "door", alias="junk"), found)):
            story = Story(AccessRule("p"), access=ACCESS)
            for attempt in range(5):
                story.tell(order[0], at(10.0 * attempt, NIGHT))
                (check,) = story.tell(PinTyped("", "1111"), at(10.0 * attempt + 1.0, NIGHT))
                assert isinstance(check, CheckPin)
                story.tell(PinChecked(check.ticket, check.person, PinVerdict.WRONG), at(10.0 * attempt + 1.1, NIGHT))
            said = phrases(story.tell(order[1], at(60.0, NIGHT)))
            heard.append((said, phrases(story.tell(PinTyped("", "1111"), at(61.0, NIGHT)))))
    assert heard == 4 * [(["need_pin"], [])]


def test_a_living_face_of_nobody_is_asked_for_what_a_residents_would_be() -> None:
    access = Access(ways=("face+pin", "card"))
    stranger = FaceUnknown(1, 0.2, 0.6, 5, Life.LIVE)
    heard = []
    for face in (match("p"), match("gone"), stranger):
        story = Story(AccessRule("p"), AccessRule("gone", revoked=True), access=access, fitted="face card pin")
        seen = story.tell(face, at(1.0))
        lamps = [a for a in seen if isinstance(a, ShowLamp)]
        actions = story.tell(PinTyped("", "1111"), at(6.0))
        (check,) = [a for a in actions if isinstance(a, CheckPin)]
        answer = story.tell(PinChecked(check.ticket, check.person, PinVerdict.WRONG), at(6.1))
        heard.append((phrases(seen), lamps, phrases(actions), phrases(answer)))
    assert heard == 3 * [(["need_pin"], [], [], ["refused_unknown"])]
    story = Story(access=access)
    told = [reports(story.tell(replace(stranger, track=track), at(float(track)))) for track in range(1, 6)]
    assert told == 4 * [[("access.refused", "unknown")]] + [[("access.refused", "locked_out")]]


def test_a_stranger_who_stands_about_does_not_spoil_what_a_resident_types() -> None:
    story = Story(AccessRule("p"), access=Access(ways=("face+pin",)))
    story.tell(match("p"), at(1.0))
    story.tell(FaceUnknown(2, 0.2, 0.6, 5, Life.LIVE), at(2.0))
    (check,) = story.tell(PinTyped("", "1379"), at(3.0))
    assert isinstance(check, CheckPin)
    assert check.person == "p"


@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        ("expired", "refused_pass_expired"),
        ("used_up", "refused_pass_used_up"),
        ("wrong_zone", "refused_pass_elsewhere"),
        ("malformed", "refused_pass_unreadable"),
        ("revoked", "refused_unknown"),
        ("clock", "refused_clock"),
    ],
)
def test_a_pass_is_told_what_is_wrong_with_it(reason: str, phrase: str) -> None:
    refused = Story(AccessRule("p")).tell(PassShown("n", "p", reason), at(1.0))
    assert (phrases(refused), reports(refused)) == ([phrase], [("access.refused", reason)])


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (AccessRule("p"), ""),
        (AccessRule("p", schedules=("night",)), ""),  # the host's own hours are not the visitor's
        (AccessRule("p", revoked=True), "revoked"),
        (AccessRule("q"), "unknown"),
    ],
)
def test_a_visitors_pass_ends_with_its_host(host: AccessRule, reason: str) -> None:
    story = Story(host, access=ACCESS)
    actions = story.tell(PassShown("n", "p", visitor=True), at(1.0))
    assert reports(actions) == [("access.refused", reason) if reason else ("access.granted", None)]
    assert isinstance(actions[0], DriveRelay) is not bool(reason)


def test_at_an_hour_that_asks_for_two_factors_a_visitors_pass_is_not_enough() -> None:
    story = Story(AccessRule("p"), access=ACCESS)
    assert reports(story.tell(PassShown("n", "p", visitor=True), at(1.0, NIGHT))) == [("access.refused", "way")]


def test_cards_of_nobody_slow_the_reader_down_and_do_not_close_it() -> None:
    story = Story(AccessRule("p"))
    for number in range(5):
        assert reports(story.tell(CardShown("", "door"), at(number * 0.05))) == [("access.refused", "unknown")]
    assert reports(story.tell(CardShown("", "door"), at(0.3))) == []
    assert reports(story.tell(CardShown("p", "door"), at(0.4))) == []
    assert reports(story.tell(CardShown("p", "door"), at(3.3))) == [("access.granted", None)]
