"""The station's decisions, composed: `Station.step(state, event, now)` gives the new state and what to do. Pure.

No I/O and no clock in here. The order of the actions is the order in which they are carried out: lids first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from edge.actions import Action, Answer, BinLamp, LightBin, MoveLid
from edge.bin_events import (
    ButtonPressed,
    DropSensed,
    HandSensed,
    ItemGone,
    ItemPassed,
    ItemShown,
    LevelRead,
    LidMoved,
    LidPosition,
    NeighbourTold,
    PresenceChanged,
    SceneJudged,
    SmokeSensed,
    TemperatureRead,
    ViewCovered,
)
from edge.clock import Now
from edge.events import (
    ComponentFailed,
    ComponentRecovered,
    Event,
    FaceMatched,
    OrderGiven,
    RosterChanged,
    Started,
    Stopping,
)
from edge.waste import alarm, corrections, lamps, lids, polls, rehearsal, scene, told, visits
from edge.waste.advice import Heard
from edge.waste.drops import NOT_SEEN, Sense
from edge.waste.guide import GONE_S, QUIET_S, arrived, pressed, shown
from edge.waste.rules import Rules
from edge.waste.speech import burns, may_close, open_all, say
from edge.waste.state import BinState, Outcome, StationState
from edge.waste.verdict import Kind, Verdict

ORDERS = frozenset({"poll", "correct"}) | rehearsal.ORDERS
EYES = frozenset({"station-camera", "item-vision"})
WIRES = "station"


class Station:
    """The rules of one waste station."""

    orders = ORDERS

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def first(self, remembered: polls.Polls = polls.NONE) -> StationState:
        """What a station begins with: nothing is known of the bins, and nobody is there."""
        bins = {name: BinState(levels.first()) for name, levels in self._rules.levels.items()}
        blind = frozenset() if self._rules.station.camera else frozenset({"none"})
        return StationState(MappingProxyType(bins), blind=blind, polls=remembered)

    def next_deadline(self, state: StationState) -> float | None:
        """When a Tick is needed next, in monotonic seconds."""
        times = [drop.due_at for drop in state.drops]
        others: tuple[float | None, ...] = (
            alarm.next_deadline(state),
            lamps.next_deadline(state),
            visits.next_deadline(state, self._rules),
            state.accuracy_at,
        )
        for name, one in state.bins.items():
            closes_at = one.lid.deadline() if may_close(state, name) else None
            others += (closes_at, self._rules.levels[name].next_deadline(one.level))
        return min((*times, *(at for at in others if at is not None)), default=None)

    def made_safe(self, state: StationState, now: Now) -> Outcome:
        """Every lid open, but for a fire: a station whose software fails traps nobody's rubbish in their hands."""
        actions: tuple[Action, ...] = ()
        for name, one in state.bins.items():
            if self._rules.driven(name) and burns(state, name):
                # Whoever made the wires safe may have opened it: it is shut again as soon as no hand is in the way.
                lid, shut = lids.shut(one.lid, name, now.mono_s)
                state, actions = state.with_bin(name, lid=lid), actions + shut
            elif self._rules.driven(name):
                close_at = lids.NEVER if state.stopping else now.mono_s + self._rules.station.lid_open_s
                lid = replace(one.lid, told_open=True, close_at=close_at)
                state, actions = state.with_bin(name, lid=lid), (*actions, MoveLid(name, open=True))
            state = state.with_bin(name, lamp=BinLamp.OFF)
            actions += (LightBin(name, BinLamp.OFF),)
        return state, actions

    def step(self, state: StationState, event: Event, now: Now) -> Outcome:
        """One event. Deadlines that have passed are carried out before it; only a hand comes before everything."""
        hand = isinstance(event, HandSensed)
        state, first = self._react(state, event, now) if hand else (state, ())
        state, actions = self._advance(state, now)
        state, more = (state, ()) if hand else self._react(state, event, now)
        state, lit = lamps.show(state, self._rules, now)
        return state, first + actions + more + lit

    def _react(self, state: StationState, event: Event, now: Now) -> Outcome:
        rules = self._rules
        match event:
            case LevelRead():
                one = state.bins[event.bin]
                level, actions = rules.levels[event.bin].read(one.level, event, now, lid_open=one.lid.up)
                return state.with_bin(event.bin, level=level), actions
            case HandSensed() if not rules.driven(event.bin):
                return state, ()
            case HandSensed():
                lid, actions = lids.hand_moved(state.bins[event.bin].lid, event.bin, event.present, now.mono_s)
                return state.with_bin(event.bin, lid=lid), actions
            case LidMoved():
                return self._lid_moved(state, event, now)
            case SmokeSensed():
                return alarm.sensed(state, rules, event.bin, now, smoke=event.smoke)
            case TemperatureRead():
                return alarm.felt(state, rules, event.bin, event.celsius, now)
            case SceneJudged():
                return scene.judged(state, event)
            case ViewCovered():
                state, actions = scene.covered(state, event.covered, now)
                return self._blinded(state, actions, now) if actions and event.covered else (state, actions)
            case NeighbourTold():
                heard = {**state.neighbours, event.station: Heard(event.fill_percent, now.mono_s)}
                return replace(state, neighbours=MappingProxyType(heard)), ()
            case RosterChanged():
                known = frozenset(person for person, rule in event.people.items() if not rule.revoked)
                return replace(state, people=known), ()
            case ComponentFailed() | ComponentRecovered() | Started() | Stopping():
                return self._life(state, event, now)
            case OrderGiven():
                return self._order(state, event, now)
            case _ if state.stopping:  # nobody is guided by a device that is being shut down
                return state, ()
            case _:
                return self._visitor(state, event, now)

    def _visitor(self, state: StationState, event: Event, now: Now) -> Outcome:
        rules = self._rules
        match event:
            case PresenceChanged() if event.near:
                return arrived(state, rules, now, near=True)
            case PresenceChanged():
                if state.visit is None:
                    return state, ()
                # Sooner than without a sensor: the rest of the quiet time has passed already.
                left = replace(state.visit, near=False, active_at=now.mono_s - (QUIET_S - GONE_S))
                return replace(state, visit=left), ()
            case ButtonPressed():
                return pressed(state, rules, event, now)
            case ItemShown():
                return shown(state, rules, event.item, rules.judge(event.looks, event.parts), now)
            case ItemPassed():
                verdict = self._of_passing(state, event)
                if event.looks and verdict.kind is Kind.NOTHING:  # a shadow; what is none, another sense will tell of
                    return state, ()
                return told.notice(state, rules, event.bin, "camera", now, verdict, event.item)
            case ItemGone():
                return self._gone(state, event.item), ()
            case DropSensed():
                sense: Sense = "beam" if event.load_g is None else "scale"
                return told.notice(state, rules, event.bin, sense, now, load_g=event.load_g)
            case FaceMatched() if rules.identifies and event.person in state.people:
                state, actions = arrived(state, rules, now)
                assert state.visit is not None
                people = MappingProxyType({**state.visit.people, event.person: now.mono_s})
                return replace(state, visit=replace(state.visit, people=people)), actions
            case _:  # no matter of the station's
                return state, ()

    def _of_passing(self, state: StationState, event: ItemPassed) -> Verdict:
        """An item that was asked about keeps the visitor's answer; else what the camera saw on the way decides."""
        visit = state.visit
        if visit is not None and visit.shown is not None and visit.shown[0] == event.item:
            return visit.shown[1]
        return self._rules.judge(event.looks, event.parts) if event.looks else NOT_SEEN

    @staticmethod
    def _gone(state: StationState, item: int) -> StationState:
        visit = state.visit
        if visit is None or visit.shown is None or visit.shown[0] != item:
            return state
        # It may still be dropped where the camera does not see: only the question is over.
        question = visit.question if visit.question and visit.question.about == "poll" else None
        return replace(state, visit=replace(visit, question=question))

    def _lid_moved(self, state: StationState, event: LidMoved, now: Now) -> Outcome:
        lid, actions = lids.moved(state.bins[event.bin].lid, event.bin, event.position, now.mono_s)
        state = state.with_bin(event.bin, lid=lid)
        if event.position is LidPosition.BLOCKED and not burns(state, event.bin):
            state, more = say(state, now, "lid_blocked")
            return state, actions + more
        return state, actions

    def _life(
        self, state: StationState, event: ComponentFailed | ComponentRecovered | Started | Stopping, now: Now
    ) -> Outcome:
        """Eyes that fail leave the visitor without advice, and with open lids; the end of the process likewise."""
        match event:
            case Started():
                return replace(state, accuracy_at=corrections.first_report(state, now.mono_s)), ()
            case ComponentRecovered():
                if event.component == WIRES:
                    until = now.mono_s + self._rules.station.lid_open_s
                    for name in filter(self._rules.driven, state.bins):
                        state = state.with_bin(name, lid=lids.seen_again(state.bins[name].lid, until))
                return replace(state, blind=state.blind - {event.component}), ()
            case ComponentFailed() if not event.fatal:
                if event.component not in EYES or event.component in state.blind:
                    return state, ()
                state = replace(state, blind=state.blind | {event.component})
                return self._blinded(scene.forgotten(state), (), now)
            case _:
                return self.made_safe(replace(state, stopping=True), now)

    def _blinded(self, state: StationState, actions: tuple[Action, ...], now: Now) -> Outcome:
        """Whoever is here can be advised no longer: where there are no buttons the lids open."""
        if state.visit is None or self._rules.can_be_asked_to_open:
            return state, actions
        state, more = open_all(state, self._rules, now)
        return state, actions + more

    def _order(self, state: StationState, order: OrderGiven, now: Now) -> Outcome:
        if order.name in rehearsal.ORDERS:
            return rehearsal.carry_out(state, order, self._rules, now)
        if order.name == "correct":
            return corrections.by_order(state, order)
        if not self._rules.has_buttons:
            return state, (Answer(order.command, False, "unsupported", "this station has no buttons to answer with"),)
        known, actions = polls.add(state.polls, order.args)
        return replace(state, polls=known), (*actions, Answer(order.command, True))

    def _advance(self, state: StationState, now: Now) -> Outcome:
        """Whatever the passing of time alone brings."""
        steps: tuple[Callable[[StationState, Now], Outcome], ...] = (
            lambda state, now: alarm.advance(state, self._rules, now),
            self._advance_bins,
            lambda state, now: told.conclude(state, self._rules, now),
            lambda state, now: visits.advance(state, self._rules, now),
        )
        actions: tuple[Action, ...] = ()
        for one in steps:
            state, more = one(state, now)
            actions += more
        if state.accuracy_at is not None and now.mono_s >= state.accuracy_at:
            state, more = corrections.report(state, now.mono_s)
            actions += more
        known, more = polls.end(state.polls, now.wall_us if now.trusted else 0)
        return replace(state, polls=known), actions + more

    def _advance_bins(self, state: StationState, now: Now) -> Outcome:
        state = visits.wait_for(state, self._rules, now)
        actions: tuple[Action, ...] = ()
        for name, one in state.bins.items():
            lid, moves = lids.advance(one.lid, name, now.mono_s) if may_close(state, name) else (one.lid, ())
            level, reports = self._rules.levels[name].tick(one.level, now)
            if lid is not one.lid or level is not one.level:
                state = state.with_bin(name, lid=lid, level=level)
            actions += moves + reports
        return state, actions
