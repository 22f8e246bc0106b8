"""Trying a station's lids and lamps out."""

from __future__ import annotations

import pytest

from edge.actions import Answer, BinLamp, LightBin, MoveLid, Report
from edge.bin_events import SmokeSensed
from edge.events import OrderGiven, Tick
from tests.unit.waste.station_samples import Story

WHO = {"by": "doctor", "uid": 0}


def order(name: str, **args: object) -> OrderGiven:
    return OrderGiven(name, "local-1", {**args, **WHO})


def test_a_lid_opens_and_closes_by_the_rules_for_every_lid() -> None:
    story = Story()
    actions = story.tell(order("test.lid", bin="kitchen", seconds=2.0), 0)
    assert actions[0] == MoveLid("kitchen", open=True)
    assert actions[-1] == Answer("local-1", True)
    assert MoveLid("kitchen", open=False) in story.tell(Tick(), 2.0)


@pytest.mark.parametrize(("args", "reason"), [({"bin": "kitchen"}, "fire"), ({"bin": "none"}, "unknown")])
def test_a_lid_that_a_fire_holds_shut_stays_so(args: dict[str, str], reason: str) -> None:
    story = Story()
    story.tell(SmokeSensed("kitchen", True), 0)
    story.tell(Tick(), 60.0)
    actions = story.tell(order("test.lid", seconds=2.0, **args), 61)
    assert [one for one in actions if isinstance(one, MoveLid)] == []
    report, answer = actions[-2:]
    assert isinstance(report, Report) and report.data["reason"] == reason
    assert isinstance(answer, Answer) and answer.reason == reason


@pytest.mark.parametrize("lamp", list(BinLamp))
def test_a_lamp_is_shown_for_two_seconds_and_the_brain_is_woken_for_its_end(lamp: BinLamp) -> None:
    story = Story()
    before = story.state.bins["kitchen"].lamp
    actions = story.tell(order("test.binlamp", bin="kitchen", lamp=str(lamp)), 1)
    shown = [one for one in actions if isinstance(one, LightBin)]
    assert shown == ([LightBin("kitchen", lamp)] if lamp is not before else [])
    deadline = story.core.next_deadline(story.state)
    assert deadline == 3.0
    over = [one for one in story.tell(Tick(), 3.0) if isinstance(one, LightBin)]
    assert over == ([LightBin("kitchen", before)] if lamp is not before else [])
    assert story.state.bins["kitchen"].tried is None


def test_a_fire_shows_itself_whatever_is_tried() -> None:
    story = Story()
    story.tell(order("test.binlamp", bin="kitchen", lamp="guide"), 0)
    story.tell(SmokeSensed("kitchen", True), 0.5)
    story.tell(Tick(), 1.0)
    assert story.state.bins["kitchen"].lamp is BinLamp.FIRE
