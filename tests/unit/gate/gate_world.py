"""The world around the pure gate, for the state machine: what was shown, what the relay does, what a disk keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from edge.actions import Action, Answer, CheckPin, DriveRelay, KeepFailures, Priority, Report, Speak
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.core.roles import Roles, RolesState
from edge.events import AccessRule, Event, RosterChanged, Tick, Way
from edge.gate import access
from edge.gate.access import Past, Policy
from edge.gate.challenge import Challenges
from edge.gate.decision import Gate
from edge.gate.pins import restored
from edge.gate.state import GateState
from edge.gate.ways import FRESH_S

LOCK = Lock(unlock_s=5.0, wide_unlock_s=20.0, held_warning_s=30.0, held_alarm_s=60.0)
ACCESS = Access(groups=MappingProxyType({"staff": ()}), group_ways=MappingProxyType({"staff": ("card+pin",)}))
POLICY = Policy(ACCESS, "Asia/Shanghai")
PEOPLE: Mapping[str, AccessRule] = MappingProxyType(
    {
        "p1": AccessRule("p1", number="101"),
        "p2": AccessRule("p2", revoked=True, number="102"),
        "p3": AccessRule("p3", groups=("staff",), number="103"),
        "p4": AccessRule("p4", look_alike=True, number="104"),
        "p5": AccessRule("p5", slow=True, ways=("face+pass", "pin")),
    }
)
ENOUGH = {
    "p1": ({Way.FACE}, {Way.CARD}, {Way.PIN}, {Way.PASS}),
    "p3": ({Way.CARD, Way.PIN},),
    "p4": ({Way.CARD}, {Way.PIN}, {Way.PASS}),
    "p5": ({Way.FACE, Way.PASS}, {Way.PIN}),
}
"""What is enough, written down by hand."""
ALARMS = ("alarm.duress", "fire.alarm", "fire.over", "tamper.opened", "tamper.closed", "door.forced")


class World:
    """One gate, driven as the brain does. Everything that must not happen fails in here."""

    def __init__(self) -> None:
        self.device = Roles(Gate(LOCK, POLICY))
        self.now = Now(mono_s=1000.0, wall_us=1_790_000_000_000_000)
        self.kept: Mapping[str, int] = {}
        self.told: list[tuple[Report, float]] = []
        self.lockdown = False
        self.burning = False
        self.shown: dict[str, dict[Way, float]] = {}
        self.relay = False
        self.may_end_s = float("-inf")
        self.actions: tuple[Action, ...] = ()
        self.checks: list[CheckPin] = []
        self.wrong: dict[str, tuple[int, float]] = {}
        self.state = RolesState()
        self.boot()

    def boot(self) -> None:
        """A restart, or a power cut: the relay falls, and what is not on the disk is gone."""
        pins = restored(self.kept, ACCESS, self.now.mono_s)
        past = [Past(report.type, report.data, self.now.mono_s - at_s) for report, at_s in reversed(self.told)]
        attempts = access.restored(past, ACCESS, self.now.mono_s)
        secret = Challenges(secret=b"seed")
        gate = GateState(lockdown=self.lockdown, pins=pins, attempts=attempts, challenges=secret)
        self.state = RolesState(gate)
        self.relay, self.burning, self.checks = False, False, []
        self.shown.clear()
        self.send(RosterChanged(PEOPLE))

    def send(self, event: Event, cause: float | None = None) -> None:
        """One event. `cause`: for how many seconds it may energise the relay; None: it may not."""
        before = self.state
        self.state, self.actions = self.device.step(before, event, self.now)
        # pure: the same again gives the same
        assert self.device.step(before, event, self.now) == (self.state, self.actions)
        for action in self.actions:
            self._look_at(action, cause)
        self._relay_first()
        assert self.relay == self.state.gate.door.relay_on

    def _look_at(self, action: Action, cause: float | None) -> None:
        if isinstance(action, Report):
            self.told.append((action, self.now.mono_s))
        match action:
            case DriveRelay(on=True):
                assert cause is not None or self.burning or self.state.gate.freed
                self.may_end_s = max(self.may_end_s, self.now.mono_s + (cause or 0.0))
                self.relay = True
            case DriveRelay():
                assert not self.burning
                self.relay = False
            case CheckPin():
                self.kept = action.failures
                self.checks.append(action)
            case KeepFailures():
                self.kept = action.failures
            case Report(type="access.granted"):
                self._granted(action)
            case Report() if action.type in ALARMS:
                assert action.priority is Priority.ALARM
            case _:
                pass

    def _granted(self, report: Report) -> None:
        """Every factor that this person needs was shown by them, and lately."""
        assert not self.state.gate.stopping
        if report.data["by"] == "command":
            assert report.subject == ""
            return
        assert not self.lockdown
        rule = PEOPLE[report.subject]
        assert not rule.revoked
        if report.data.get("visitor"):
            return
        used = set(map(Way, report.data["by"].split("+")))
        fresh = {way for way, at_s in self.shown[report.subject].items() if self.now.mono_s - at_s < FRESH_S}
        assert used <= fresh
        assert any(way <= used for way in ENOUGH[report.subject])
        self.shown[report.subject] = {}

    def _relay_first(self) -> None:
        drives = [at for at, action in enumerate(self.actions) if isinstance(action, DriveRelay)]
        later = [
            at for at, action in enumerate(self.actions) if isinstance(action, Report) and "granted" in action.type
        ]
        assert all(drives[0] < at for at in later if drives)

    def handed_out(self, key: str) -> None:
        """A PIN is about to be compared: that must not be while so many were wrong, so lately. It counts as wrong until
        it was right. Summed up by hand, not by the rules themselves; nothing but a right one sets it back.
        """
        count, last_s = self.wrong.get(key, (0, 0.0))
        full = count > 0 and count % ACCESS.lockout_failures == 0
        # compared as the rules do: the difference may round to just below the time
        assert not (full and self.now.mono_s < last_s + ACCESS.lockout_s)
        self.wrong[key] = (count + 1, self.now.mono_s)

    def show(self, person: str, way: Way) -> None:
        """Somebody truly shows something."""
        self.shown.setdefault(person, {})[way] = self.now.mono_s

    def pass_time(self, seconds: float) -> None:
        """Deadlines are met by ticks on the way."""
        end = self.now.mono_s + seconds
        while True:
            deadline = self.device.next_deadline(self.state)
            at = end if deadline is None else min(end, max(deadline, self.now.mono_s))
            self.now = replace(self.now, mono_s=at, wall_us=self.now.wall_us + round((at - self.now.mono_s) * 1e6))
            self.send(Tick())
            upcoming = self.device.next_deadline(self.state)
            assert upcoming is None or upcoming > at  # or the brain would spin
            if at >= end:
                return

    def reported(self, kind: str) -> list[Report]:
        return [action for action in self.actions if isinstance(action, Report) and action.type == kind]

    def refusals(self) -> list[str]:
        return [str(report.data["reason"]) for report in self.reported("access.refused")]

    def spoken(self) -> list[str]:
        return [action.phrase for action in self.actions if isinstance(action, Speak)]

    def answers(self) -> list[Answer]:
        return [action for action in self.actions if isinstance(action, Answer)]
