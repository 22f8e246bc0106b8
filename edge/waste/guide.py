"""Guidance: what is said and opened for an item that is held up, and for somebody who presses a button. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Action, Speak, Term, Value
from edge.bin_events import Button, ButtonPressed
from edge.clock import Now
from edge.waste import advice, corrections, polls
from edge.waste.rules import Rules
from edge.waste.speech import guide_to, open_all, open_lid, say
from edge.waste.state import Outcome, Question, StationState, Visit
from edge.waste.verdict import Kind, Verdict

QUIET_S = 25.0
"""A visit without a presence sensor ends so long after the last thing that happened."""

GONE_S = 8.0
"""With one, so long after nobody is near any more."""

NEAR_S = 300.0
"""A visit lasts at most so long: then somebody else may be near, or the sensor is stuck, and a new one begins."""

CORRECT_S = 12.0
"""So long after a drop the button for no means: that was wrong."""


def arrived(state: StationState, rules: Rules, now: Now, near: bool | None = None, *, greet: bool = True) -> Outcome:
    """Somebody is here: a visit begins, with a greeting; where nobody can advise, the lids open. `greet`: not where
    something that matters more is said at once.
    """
    visit = state.visit
    if visit is not None:
        near = visit.near if near is None else near
        return replace(state, visit=replace(visit, near=near, active_at=now.mono_s)), ()
    state = replace(state, visit=Visit(now.mono_s, now.mono_s, near=bool(near)))
    actions: tuple[Action, ...] = ()
    if greet and now.mono_s - state.greeted_at >= rules.station.greet_again_s:
        state = replace(state, greeted_at=now.mono_s)
        state, actions = say(state, now, "station_greeting")
    if state.blind and not rules.can_be_asked_to_open:
        state, more = open_all(state, rules, now)
        actions += more
    return state, actions


def ends_at(visit: Visit) -> float | None:
    """When the visit is over."""
    if visit.question is not None:
        return None
    return visit.since + NEAR_S if visit.near else visit.active_at + QUIET_S


def shown(state: StationState, rules: Rules, item: int, verdict: Verdict, now: Now) -> Outcome:
    """An item is held up."""
    if verdict.kind is Kind.NOTHING:
        return state, ()
    state, actions = arrived(state, rules, now, greet=False)
    assert state.visit is not None
    state = replace(state, visit=replace(state.visit, shown=(item, verdict, now.mono_s), question=None))
    state, more = _advise(state, rules, verdict, now)
    return state, actions + more


def _advise(state: StationState, rules: Rules, verdict: Verdict, now: Now) -> Outcome:
    match verdict.kind:
        case Kind.SURE:
            return send_to(state, rules, verdict.category, now)
        case Kind.MIXED:
            return _choose_yourself(*say(state, now, "sort_mixed"), rules, now)
        case Kind.UNSURE if rules.has_buttons:
            state, actions = say(state, now, "sort_ask", {"category": Term(verdict.choices[0])})
            return ask(state, Question("sort", now.mono_s + rules.station.answer_s, verdict.choices)), actions
        case Kind.UNSURE:
            return either(state, rules, verdict.choices, now)
        case _:
            return _choose_yourself(*say(state, now, "sort_unknown"), rules, now)


def _choose_yourself(state: StationState, actions: tuple[Action, ...], rules: Rules, now: Now) -> Outcome:
    """The visitor has to decide: by the buttons, and where there are none every lid opens."""
    if rules.can_be_asked_to_open:
        return state, actions
    state, more = open_all(state, rules, now)
    return state, actions + more


def ask(state: StationState, question: Question) -> StationState:
    """Wait for an answer; a newer question takes the place of an older one."""
    assert state.visit is not None
    return replace(state, visit=replace(state.visit, question=question))


def either(state: StationState, rules: Rules, choices: tuple[str, ...], now: Now) -> Outcome:
    """Nobody could answer which of two it is: name both, and open both."""
    state, actions = say(state, now, "sort_either", {"first": Term(choices[0]), "second": Term(choices[-1])})
    for category in choices:
        for name in rules.of_category(category)[:1]:
            if rules.hours.takes(category, now):
                state, more = open_lid(state, rules, name, now)
                actions += more
    return state, actions


def send_to(state: StationState, rules: Rules, category: str, now: Now) -> Outcome:
    """The right bin: said, lit and opened; or why it does not take anything, and where to go."""
    names = rules.of_category(category)
    if not names:
        return say(state, now, "sort_elsewhere", {"category": Term(category)})
    if not rules.hours.takes(category, now):
        return closed(state, rules, category, now)
    room = [name for name in names if not rules.levels[name].full(state.bins[name].level)]
    if not room:
        state, actions = full(state, rules, category, now)
        if rules.can_be_asked_to_open:
            return state, actions
        state, more = open_lid(state, rules, names[0], now)  # nobody is sent away with full hands
        return state, more + actions
    best = min(room, key=lambda name: rules.levels[name].percent(state.bins[name].level) or 0.0)
    state, actions = say(state, now, "sort_into", {"category": Term(category)})
    state, more = open_lid(guide_to(state, best, now), rules, best, now)
    return state, more + actions


def closed(state: StationState, rules: Rules, category: str, now: Now) -> Outcome:
    """Outside the hours of a category."""
    time = rules.hours.opens(category, now)
    return say(state, now, "closed_until", {"time": time}) if time else say(state, now, "closed")


def full(state: StationState, rules: Rules, category: str, now: Now) -> Outcome:
    """Where else there is room, or when there will be."""
    other = advice.nearest(category, rules.station.neighbours, state.neighbours, now.mono_s)
    if other:
        values: dict[str, Value] = {"station": Term(other), "walk_m": round(rules.station.neighbours[other].walk_m)}
        return say(state, now, "bin_full_other", values)
    time = rules.hours.collected(now)
    return say(state, now, "bin_emptied_by", {"time": time}) if time else say(state, now, "bin_full")


def pressed(state: StationState, rules: Rules, event: ButtonPressed, now: Now) -> Outcome:
    """A button. A press is a reason to greet nobody: whoever presses knows what they want."""
    if state.visit is None:
        state = replace(state, visit=Visit(now.mono_s, now.mono_s), greeted_at=now.mono_s)
    visit = state.visit
    assert visit is not None
    state = replace(state, visit=replace(visit, active_at=now.mono_s))
    match event.button:
        case Button.OPEN:
            return _open(state, rules, event.bin, now)
        case Button.LOUD:
            state = replace(state, visit=replace(visit, loud_until=now.mono_s + rules.station.loud_s))
            return state, (Speak("loud_on", loud=True),)
        case Button.YES | Button.NO if visit.question is not None:
            return _answered(state, rules, visit.question, event.button is Button.YES, now)
        case Button.NO if visit.confirmed is not None and now.mono_s - visit.confirmed[1] <= CORRECT_S:
            state = replace(state, visit=replace(visit, confirmed=None))
            state, actions = corrections.correct(state, visit.confirmed[0], "", "button")
            state, more = say(state, now, "corrected_thanks")
            return state, actions + more
        case _:
            return state, ()


def _open(state: StationState, rules: Rules, name: str, now: Now) -> Outcome:
    """Whoever asks is let in, whatever the hour, the level or the classifier say; only not into a fire."""
    if state.burning and (not name or state.smoke.burning or state.bins[name].fire.burning):
        return state, (Speak("fire_closed", urgent=True),)
    actions: tuple[Action, ...] = ()
    for one in (name,) if name else tuple(rules.bins):
        state, more = open_lid(state, rules, one, now)
        actions += more
    if name and not rules.hours.takes(rules.bins[name].category, now):
        state, more = closed(state, rules, rules.bins[name].category, now)
        return state, actions + more
    if name and rules.levels[name].full(state.bins[name].level):
        state, more = full(state, rules, rules.bins[name].category, now)
        return state, actions + more
    return state, actions


def _answered(state: StationState, rules: Rules, question: Question, yes: bool, now: Now) -> Outcome:
    visit = state.visit
    assert visit is not None
    state = replace(state, visit=replace(visit, question=None))
    if question.about == "poll":
        known, actions = polls.answer(state.polls, question.poll, yes, who(state))
        state, more = say(replace(state, polls=known), now, "poll_thanks")
        return state, actions + more
    chosen = question.choices[0] if yes else question.choices[-1]
    if visit.shown is not None:
        item, verdict, at = visit.shown
        # How sure the classifier was says nothing of an answer.
        sure = replace(verdict, kind=Kind.SURE, category=chosen, choices=(), probability=0.0)
        assert state.visit is not None
        state = replace(state, visit=replace(state.visit, shown=(item, sure, at)))
    return send_to(state, rules, chosen, now)


def who(state: StationState) -> str:
    """The one known person who is here; empty when nobody is known, or more than one."""
    visit = state.visit
    people = visit.people if visit else {}
    return next(iter(people)) if len(people) == 1 else ""
