"""What the passing of time brings to a visit: unanswered questions, the office's polls, and its end. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from edge.actions import Announce
from edge.clock import Now
from edge.waste.guide import arrived, ask, either, ends_at
from edge.waste.polls import Poll
from edge.waste.rules import Rules
from edge.waste.state import Outcome, Question, StationState

POLL_AFTER_S = 5.0
"""A poll is asked when nothing was said or done for so long."""

STAY_S = 3.0
"""How long a lid waits for somebody who has gone."""

KNOWN_S = 60.0
"""Whoever was recognised stays known for so long in a visit."""


def advance(state: StationState, rules: Rules, now: Now) -> Outcome:
    """Everything that is due."""
    visit = state.visit
    if visit is None:
        return state, ()
    people = {person: at for person, at in visit.people.items() if now.mono_s - at < KNOWN_S}
    if len(people) < len(visit.people):
        visit = replace(visit, people=MappingProxyType(people))
        state = replace(state, visit=visit)
    question = visit.question
    if question is not None and now.mono_s >= question.until:
        state = replace(state, visit=replace(visit, question=None, active_at=now.mono_s))
        return either(state, rules, question.choices, now) if question.about == "sort" else (state, ())
    over = ends_at(visit)
    if over is not None and now.mono_s >= over:
        if not visit.near:
            return replace(state, visit=None), ()
        return arrived(replace(state, visit=None), rules, now, near=True, greet=False)
    poll = _poll(state, rules)
    if poll is not None and now.mono_s >= visit.active_at + POLL_AFTER_S:
        state = replace(state, visit=replace(visit, asked=visit.asked | {poll.id}, active_at=now.mono_s))
        # The question itself takes its time to be said.
        until = now.mono_s + 2 * rules.station.answer_s
        return ask(state, Question("poll", until, poll=poll.id)), (Announce(poll.texts),)
    return state, ()


def wait_for(state: StationState, rules: Rules, now: Now) -> StationState:
    """Where nobody can advise and there are no buttons, what is open stays so while somebody is near."""
    visit = state.visit
    if visit is None or not visit.near or not state.blind or rules.can_be_asked_to_open:
        return state
    for name, one in state.bins.items():
        if one.lid.told_open and one.lid.close_at < now.mono_s + STAY_S:
            state = state.with_bin(name, lid=replace(one.lid, close_at=now.mono_s + STAY_S))
    return state


def next_deadline(state: StationState, rules: Rules) -> float | None:
    """When `advance` has something to do."""
    visit = state.visit
    if visit is None:
        return None
    over = ends_at(visit)
    times = [visit.question.until] if visit.question else []
    times += [over] if over is not None else []
    times += [visit.active_at + POLL_AFTER_S] if _poll(state, rules) is not None else []
    return min(times, default=None)


def _poll(state: StationState, rules: Rules) -> Poll | None:
    """A poll for whoever is here, if they can be asked something that is not about rubbish."""
    visit = state.visit
    if visit is None or visit.question is not None or state.burning or state.stopping or not rules.has_buttons:
        return None
    person = next(iter(visit.people)) if len(visit.people) == 1 else ""
    return state.polls.next(person, visit.asked, 0)
