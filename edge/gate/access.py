"""Access: may this person pass now, and if not, why not. Pure.

A refusal's reason is a phrase that can be spoken and a field of the event. Nothing here says whether a face
that was refused belongs to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from edge.clock import Now
from edge.config.schema import Access
from edge.events import AccessRule, Way
from edge.gate.ways import WayRules, Ways
from edge.schedules import Interval, any_covers

K = TypeVar("K")

COUNTED = ("unknown", "challenge", "spoof")
"""Why a face is refused that counts towards the lock-out."""


class Policy:
    """The site's access rules, parsed once. `fitted`: what can be shown at this gate. Immutable."""

    def __init__(self, access: Access, timezone: str, fitted: frozenset[Way] = frozenset()) -> None:
        self.settings = access
        self._fitted = fitted
        self._zone = ZoneInfo(timezone)
        self._schedules: Mapping[str, tuple[Interval, ...]] = access.intervals()
        self._ways = WayRules(access)

    def local(self, now: Now) -> datetime:
        """What a clock on the site's wall shows."""
        return now.wall.astimezone(self._zone)

    def ways_of(self, rule: AccessRule, now: Now) -> Ways:
        """What is enough for this person now."""
        return self._ways.of(rule, self.local(now) if now.trusted else None)

    def ways_now(self, now: Now) -> Ways:
        """What the site asks of everybody now."""
        return self._ways.of_the_hour(self.local(now) if now.trusted else None)

    def ways_here(self, now: Now) -> Ways:
        """What is enough now for everybody or for some group, and can be shown at this gate."""
        ways = self._ways.of_some(self.local(now) if now.trusted else None)
        return tuple(way for way in ways if way <= self._fitted)

    def refusal(self, rule: AccessRule, now: Now, *, hours: bool = True) -> str:
        """Why this person may not pass now, or an empty string when they may. `hours`: whether their schedules count.

        One of: revoked, clock (dates or hours apply and the wall clock cannot be trusted), expired,
        not_yet_valid, schedule. A schedule or group that the configuration does not know opens nothing.
        """
        if rule.revoked:
            return "revoked"
        groups = self.settings.groups
        # A group that the configuration does not know names itself, a schedule that never comes.
        names = {*rule.schedules, *(name for group in rule.groups for name in groups.get(group, (group,)))}
        names = names if hours else set()
        limited = bool(names) or rule.valid_from is not None or rule.valid_until is not None
        if limited and not now.trusted:
            return "clock"
        local = self.local(now)
        if rule.valid_until is not None and local.date() > rule.valid_until:
            return "expired"
        if rule.valid_from is not None and local.date() < rule.valid_from:
            return "not_yet_valid"
        if names and not any(any_covers(self._schedules.get(name, ()), local) for name in names):
            return "schedule"
        return ""


@dataclass(frozen=True, slots=True)
class Attempts:
    """What has happened at the camera lately. Times are monotonic seconds."""

    failures: tuple[tuple[int, float], ...] = ()
    locked_until: float = float("-inf")
    granted: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    greeted: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    refused: Mapping[tuple[int | str, str], float] = field(default_factory=lambda: MappingProxyType({}))
    spoken: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def locked(self, now_s: float) -> bool:
        return now_s < self.locked_until


@dataclass(frozen=True, slots=True)
class Past:
    """An event of an earlier run. `age_s`: for how long the device has been on since, as far as its events tell."""

    type: str
    data: Mapping[str, Any]
    age_s: float


def restored(past: Iterable[Past], settings: Access, now_s: float) -> Attempts:
    """What the events of earlier runs tell of refused faces, the newest first: a restart takes neither a failure back
    nor a lock-out, and no grant ends one.
    """
    failures: list[float] = []
    counting = True
    for event in past:
        if event.age_s >= max(settings.lockout_s, settings.lockout_window_s):
            break
        if event.type == "access.granted":
            counting = False
        if event.type != "access.refused" or "score" not in event.data:
            continue
        if "lockout_s" in event.data:
            if (ends_s := now_s - event.age_s + settings.lockout_s) > now_s:
                return Attempts(locked_until=ends_s)
            break
        if counting and event.data.get("reason") in COUNTED and event.age_s < settings.lockout_window_s:
            failures.append(now_s - event.age_s)
    kept = failures[: settings.lockout_failures - 1]
    return Attempts(failures=tuple((-track, at_s) for track, at_s in enumerate(reversed(kept), 1)))  # no track's number


def record_failure(attempts: Attempts, settings: Access, track: int, now_s: float) -> tuple[Attempts, bool]:
    """Count an unknown face. Returns the new state, and whether this failure began a lock-out.

    A face that stays and is looked at again is one attempt: a visitor who waits at the door is no attack. Another
    face held in its place is another track.
    """
    recent = tuple(one for one in attempts.failures if now_s - one[1] < settings.lockout_window_s)
    if any(one[0] == track for one in recent):
        return replace(attempts, failures=recent), False
    failures = (*recent, (track, now_s))
    if len(failures) < settings.lockout_failures or attempts.locked(now_s):
        return replace(attempts, failures=failures[-settings.lockout_failures :]), False
    return replace(attempts, failures=(), locked_until=now_s + settings.lockout_s), True


def recall(times: Mapping[str, float], key: str, within_s: float, now_s: float) -> bool:
    """Whether `key` was noted less than `within_s` ago."""
    return now_s - times.get(key, float("-inf")) < within_s


def note(times: Mapping[K, float], key: K, keep_s: float, now_s: float) -> Mapping[K, float]:
    """Note `key` now; what is older than `keep_s` is forgotten, so that the map stays small."""
    kept = {name: at for name, at in times.items() if now_s - at < keep_s}
    return MappingProxyType({**kept, key: now_s})
