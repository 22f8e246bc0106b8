"""Whatever happens at a station in whatever order, the invariants of docs/safety.md hold.

The core is driven as the brain drives it: time passes, deadlines are met by ticks, events come in. Around it stand
lids that take time to move and meet hands, and senses that tell of a drop each in their own time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.actions import Action, Announce, Answer, BinLamp, MoveLid, Report, Speak
from edge.bin_events import (
    Button,
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
    Reading,
    SceneJudged,
    SceneState,
    SmokeSensed,
    TemperatureRead,
    ViewCovered,
)
from edge.config.station import Hours
from edge.events import (
    ComponentFailed,
    ComponentRecovered,
    Event,
    OrderGiven,
    Stopping,
    Tick,
)
from edge.voice.catalogue import STATION as PHRASES
from edge.waste.decision import Station as Core
from edge.waste.speech import SAY_AGAIN_S
from tests.contract_check import wrong
from tests.unit.waste.station_samples import BINS, STATION, at, look, rules, with_hours

TRAVEL_S = 1.0
TICK_S = 0.25  # a tick that comes late by this much is still in time
NAMES = list(BINS)
DROPS = ("waste.dropped", "waste.missorted", "waste.offhours")
bins = st.sampled_from(NAMES)
verdicts = st.sampled_from(
    [
        (look(recyclable=0.95, kitchen=0.05), 1),
        (look(kitchen=0.9, other=0.1), 1),
        (look(hazardous=0.5, other=0.4), 1),
        (look(other=0.9, kitchen=0.1), 2),
        ((), 1),
    ]
)


@dataclass
class PhysicalLid:
    """A lid as it moves: it closes for a second, and goes back up by itself when a hand is in the way."""

    open: bool = False
    closing_since: float | None = None
    hand: bool = False


class StationMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        hours = with_hours(kitchen=Hours(("mon-sun 13:00-14:00",)))
        self.rules = rules(replace(hours, greet_again_s=20.0))
        self.core = Core(self.rules)
        self.state = self.core.first()
        self.now_s = 1000.0
        self.lids = {name: PhysicalLid() for name in NAMES}
        self.asked_at: dict[str, float] = {}
        self.thrown = self.told = 0
        self.spoken: dict[str, float] = {}
        self.visit_began = -1.0
        self.item = 0
        self.smoke: set[str] = set()
        self.fires: set[str] = set()
        self.burnt = False
        self.stopped = False
        self.actions: tuple[Action, ...] = ()

    # --- the world

    def send(self, event: Event) -> None:
        now = at(self.now_s)
        before = self.state
        self.state, self.actions = self.core.step(before, event, now)
        assert self.core.step(before, event, now) == (self.state, self.actions)  # pure
        for action in self.actions:
            self._look_at(action)
        spoken = sum(isinstance(one, Speak | Announce) and not getattr(one, "urgent", False) for one in self.actions)
        drops = sum(isinstance(one, Report) and one.type in DROPS for one in self.actions)
        assert spoken <= 1 + max(1, drops), "a sentence for each drop, and one besides"

    def _look_at(self, action: Action) -> None:
        match action:
            case MoveLid():
                self._move(action)
            case Report():
                assert wrong(action) == [], wrong(action)
                self.told += action.type in DROPS
                if action.type == "bin.fire":
                    self.burnt = True
                    assert action.subject not in self.fires
                    self.fires.add(action.subject)
                if action.type == "bin.fireover":
                    self.fires.remove(action.subject)
            case Speak():
                assert set(action.values) == set(PHRASES[action.phrase])
                self._said(action)

    def _move(self, action: MoveLid) -> None:
        lid = self.lids[action.bin]
        if action.open:
            lid.open, lid.closing_since = True, None
            return
        assert not lid.hand, "told to close on a hand"
        burning = self.state.smoke.burning or self.state.bins[action.bin].fire.burning
        assert burning or not self.stopped, "closed by a device that stops"
        asked = self.now_s - self.asked_at.get(action.bin, float("-inf"))
        assert burning or asked >= STATION.lid_open_s - 1e-6, "shut on somebody who asked"
        lid.closing_since = self.now_s if lid.open else None

    def _said(self, speak: Speak) -> None:
        if speak.urgent or speak.phrase == "loud_on":
            return
        key = f"{speak.phrase} {sorted(speak.values.items(), key=str)}"
        visit = self.state.visit
        began = visit.since if visit else -1.0
        if began == self.visit_began and key in self.spoken:
            assert self.now_s - self.spoken[key] >= SAY_AGAIN_S - 1e-6, key
        if began != self.visit_began:
            self.spoken, self.visit_began = {}, began
        self.spoken[key] = self.now_s

    def _lids_move(self) -> None:
        for name, lid in self.lids.items():
            # compared as in pass_time: the difference may round to just below the time, for ever
            if lid.closing_since is not None and self.now_s >= lid.closing_since + TRAVEL_S:
                lid.open, lid.closing_since = False, None
                self.send(LidMoved(name, LidPosition.CLOSED))

    def pass_time(self, seconds: float) -> None:
        end = self.now_s + seconds
        for _ in range(10_000):
            deadline = self.core.next_deadline(self.state)
            closing = [lid.closing_since + TRAVEL_S for lid in self.lids.values() if lid.closing_since is not None]
            upcoming = [when for when in (deadline, *closing) if when is not None]
            self.now_s = min(end, max(min(upcoming, default=end), self.now_s))
            self._lids_move()
            self.send(Tick())
            following = self.core.next_deadline(self.state)
            assert following is None or following > self.now_s, "the brain would spin"
            if self.now_s >= end:
                return
        raise AssertionError("time stands still")

    # --- what happens

    @rule(seconds=st.floats(0.05, 100.0))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(near=st.booleans())
    def somebody(self, near: bool) -> None:
        self.send(PresenceChanged(near))

    @rule(seen=verdicts)
    def held_up(self, seen: Any) -> None:
        self.item += 1
        self.send(ItemShown(self.item, *seen))

    @rule()
    def taken_away(self) -> None:
        self.send(ItemGone(self.item))

    # A bin is built with the senses that it has: the quick ones have light barriers alone.
    @rule(
        name=st.sampled_from(NAMES[:3]),
        seen=verdicts,
        senses=st.permutations(["camera", "beam", "scale"]),
        gap_s=st.floats(0.0, 0.5),
    )
    def thrown_in(self, name: str, seen: Any, senses: list[str], gap_s: float) -> None:
        self.thrown += 1
        self.item += 1
        for sense in senses:
            if sense == "camera":
                self.send(ItemPassed(self.item, name, *seen))
            else:
                self.send(DropSensed(name, 10.0 if sense == "scale" else None))
            self.pass_time(gap_s)

    @rule(name=st.sampled_from(NAMES[3:]), count=st.integers(2, 4))
    def thrown_in_quickly(self, name: str, count: int) -> None:
        for _ in range(count):
            self.thrown += 1
            self.send(DropSensed(name))
            self.pass_time(0.3)

    @rule(name=bins | st.just(""))
    def asks_to_open(self, name: str) -> None:
        self.send(ButtonPressed(Button.OPEN, name))
        if self.stopped:
            return
        for one in (name,) if name else NAMES:
            burning = bool(self.fires & {"", one}) or (not name and bool(self.fires))
            if burning:
                assert any(isinstance(said, Speak) and said.phrase == "fire_closed" for said in self.actions)
            else:
                assert self.lids[one].open
                assert self.lids[one].closing_since is None
                self.asked_at[one] = self.now_s

    @rule(button=st.sampled_from([Button.YES, Button.NO, Button.LOUD]))
    def button(self, button: Button) -> None:
        self.send(ButtonPressed(button))

    @rule(name=bins, present=st.booleans())
    def hand(self, name: str, present: bool) -> None:
        lid = self.lids[name]
        lid.hand = present
        if present and lid.closing_since is not None:  # the driver acts before anybody decides
            lid.open, lid.closing_since = True, None
            self.send(LidMoved(name, LidPosition.BLOCKED))
        self.send(HandSensed(name, present))

    @rule(name=bins)
    def jammed(self, name: str) -> None:
        lid = self.lids[name]
        if lid.closing_since is not None:
            lid.open, lid.closing_since = True, None
            self.send(LidMoved(name, LidPosition.BLOCKED))

    @rule(name=bins, percent=st.none() | st.floats(0.0, 100.0))
    def level(self, name: str, percent: float | None) -> None:
        self.send(LevelRead(name, "main", None if percent is None else Reading(distance_mm=percent)))

    @rule(name=bins | st.just(""), smoke=st.booleans())
    def smoke_input(self, name: str, smoke: bool) -> None:
        self.send(SmokeSensed(name, smoke))

    @rule(name=bins, celsius=st.floats(-150.0, 150.0) | st.sampled_from([20.0, 85.0, float("nan")]))
    def temperature(self, name: str, celsius: float) -> None:
        self.send(TemperatureRead(name, celsius))

    @rule(state=st.sampled_from(list(SceneState)), zone=bins | st.just("floor"), covered=st.booleans())
    def scene(self, state: SceneState, zone: str, covered: bool) -> None:
        self.send(SceneJudged(zone, state))
        self.send(ViewCovered(covered))

    @rule(percent=st.floats(0.0, 100.0))
    def neighbour(self, percent: float) -> None:
        self.send(NeighbourTold("near", {"recyclable": percent}))

    @rule(component=st.sampled_from(["item-vision", "station-camera", "voice"]), failed=st.booleans())
    def component(self, component: str, failed: bool) -> None:
        self.send(ComponentFailed(component, "hung") if failed else ComponentRecovered(component, 1.0))

    @rule(name=st.sampled_from(["a", "b"]))
    def poll(self, name: str) -> None:
        self.send(OrderGiven("poll", "c", {"poll": name, "texts": {"en": "Is it?"}}))
        assert sum(isinstance(one, Answer) for one in self.actions) == 1

    @rule(
        name=st.sampled_from([*BINS, "none"]), lamp=st.none() | st.sampled_from(BinLamp), seconds=st.floats(1.0, 10.0)
    )
    def tried_out(self, name: str, lamp: BinLamp | None, seconds: float) -> None:
        """Somebody at the device tries a lid or a lamp; whatever holds for lids holds for these."""
        args = {"bin": name, "by": "doctor", "uid": 0}
        more = {"seconds": seconds} if lamp is None else {"lamp": str(lamp)}
        self.send(OrderGiven("test.lid" if lamp is None else "test.binlamp", "local-1", args | more))
        (answer,) = [one for one in self.actions if isinstance(one, Answer)]
        assert answer.applied is (name in BINS and not self.fires & {"", name})

    @rule(number=st.integers(0, 5))
    def corrected(self, number: int) -> None:
        self.send(OrderGiven("correct", "c", {"drop": f"boot-{number}", "category": "other"}))
        assert sum(isinstance(one, Answer) for one in self.actions) == 1

    @rule()
    def the_brain_fails(self) -> None:
        self.state, self.actions = self.core.made_safe(self.state, at(self.now_s))
        for action in self.actions:
            if isinstance(action, MoveLid):
                assert action.open is not bool(self.fires & {"", action.bin})
            self._look_at(action)

    @rule(likely=st.integers(0, 9))
    def stops(self, likely: int) -> None:
        if likely == 0:
            self.send(Stopping("SIGTERM"))
            self.stopped = True

    # --- what always holds

    @invariant()
    def lids_are_what_the_core_believes(self) -> None:
        for name, lid in self.lids.items():
            assert self.state.bins[name].lid.hand == lid.hand
            if self.state.bins[name].lid.told_open:
                assert lid.open
                assert lid.closing_since is None

    @invariant()
    def after_the_end_all_is_open_but_fire(self) -> None:
        if self.stopped and not self.burnt:
            assert all(lid.open for lid in self.lids.values())

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.state.recent) <= 500
        assert len(self.state.polls.open) <= 4

    def teardown(self) -> None:
        for name, lid in self.lids.items():
            lid.hand = False
            self.send(HandSensed(name, False))
        self.pass_time(5.0)
        assert self.told == self.thrown or self.stopped, "every drop is exactly one event"


TestStationMachine: Any = StationMachine.TestCase
EXAMPLES = int(os.environ.get("EDGE_EXAMPLES", "120"))
TestStationMachine.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
