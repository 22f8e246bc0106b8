"""The door: when the relay is on, and what an opening leaf means. Pure.

The relay is on only between a cause (a grant, the exit button) and its deadline, or until the leaf has opened
and fallen shut, whichever comes first; or while the door is free, for a fire or by order. Deadlines are monotonic
seconds; the wall clock plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.actions import Action, DriveRelay, Lamp, Priority, Report, ShowLamp, Speak
from edge.config.schema import Lock

# A leaf pushed in the instant of relocking is sensed a little later: contact debounce (30 ms) and the travel of
# the leaf to the contact's switching point. Within this time after the relay's fall it was not forced.
OPENING_GRACE_S = 0.7


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of the door. Times are monotonic seconds; None where nothing is pending. `free`: it stays unlocked
    until it is told otherwise. `extra_s`: how much longer than usual it may stand open this time. `moved_at`: when the
    leaf last opened or fell shut.
    """

    relay_on: bool = False
    free: bool = False
    extra_s: float = 0.0
    relock_at: float | None = None
    caused_at: float = float("-inf")
    released_at: float = float("-inf")
    leaf_open: bool | None = None
    opened_at: float = 0.0
    moved_at: float = 0.0
    forced: bool = False
    held_warned: bool = False
    held_alarmed: bool = False
    lamp_off_at: float | None = None


Outcome = tuple[Door, tuple[Action, ...]]


def unlock(door: Door, lock: Lock, now_s: float, *, wide: bool = False) -> Outcome:
    """Energise the relay for `lock.unlock_s` from now, `wide` for `lock.wide_unlock_s`; a second cause meanwhile starts
    the time anew, and takes nothing from somebody who was given longer.
    """
    if door.free:
        return replace(door, caused_at=now_s), ()
    until_s = now_s + (lock.wide_unlock_s if wide else lock.unlock_s)
    extra_s = door.extra_s if door.relay_on or door.leaf_open else 0.0
    if extra_s and door.relock_at is not None:
        until_s = max(until_s, door.relock_at)
    if wide:
        extra_s = max(extra_s, lock.wide_unlock_s - lock.unlock_s)
    door = replace(door, relay_on=True, relock_at=until_s, caused_at=now_s, lamp_off_at=None, extra_s=extra_s)
    return door, (DriveRelay(on=True), ShowLamp(Lamp.GRANTED))


def free(door: Door, now_s: float) -> Outcome:
    """Unlock the door and leave it so. Stated anew each time: whoever asks wants it driven."""
    door = replace(door, relay_on=True, free=True, relock_at=None, caused_at=now_s, lamp_off_at=None)
    return door, (DriveRelay(on=True), ShowLamp(Lamp.GRANTED))


def unfree(door: Door, now_s: float) -> Outcome:
    """The door is not free any more. A leaf that stands open now may do so for the usual time from now on."""
    opened_at = now_s if door.leaf_open else door.opened_at
    return relock(replace(door, opened_at=opened_at), now_s)


def refuse(door: Door, now_s: float) -> Outcome:
    """Show the refusal for two seconds, unless somebody else is just passing."""
    if door.relay_on:
        return door, ()
    return replace(door, lamp_off_at=now_s + 2.0), (ShowLamp(Lamp.REFUSED),)


def relock(door: Door, now_s: float) -> Outcome:
    """Release the relay. Stated even when it is off already: the last word on every path is off."""
    released_at = now_s if door.relay_on else door.released_at
    door = replace(door, relay_on=False, free=False, relock_at=None, released_at=released_at, lamp_off_at=None)
    return door, (DriveRelay(on=False), ShowLamp(Lamp.OFF))


def advance(door: Door, lock: Lock, now_s: float) -> Outcome:
    """Whatever the passing of time alone brings: relocking, the held-open warning and alarm, the lamp."""
    actions: tuple[Action, ...] = ()
    if door.relock_at is not None and now_s >= door.relock_at:
        door, actions = relock(door, now_s)
    if door.lamp_off_at is not None and now_s >= door.lamp_off_at:
        door = replace(door, lamp_off_at=None)
        actions += (ShowLamp(Lamp.OFF),)
    if (times := _held_times(door, lock)) is None:
        return door, actions
    warning_at, alarm_at = times
    open_s = round(now_s - door.opened_at, 1)
    # compared as in next_deadline: the difference may round to just below the limit, for ever
    if now_s >= warning_at and not door.held_warned:
        door = replace(door, held_warned=True)
        held = {"stage": "warning", "open_s": open_s}
        actions += (Speak("door_held_warning"), Report("door.held", held, priority=Priority.ACCESS))
    if now_s >= alarm_at and not door.held_alarmed:
        door = replace(door, held_alarmed=True)
        held = {"stage": "alarm", "open_s": open_s}
        actions += (Speak("door_held_alarm", urgent=True), Report("door.held", held, priority=Priority.ALARM))
    return door, actions


def _held_times(door: Door, lock: Lock) -> tuple[float, float] | None:
    """When an open leaf is warned of and alarmed about; None for one that is shut, or may stand open."""
    if not door.leaf_open or door.free:
        return None
    since = door.opened_at + door.extra_s
    return since + lock.held_warning_s, since + lock.held_alarm_s


def leaf_moved(door: Door, is_open: bool, now_s: float) -> Outcome:
    """The contact's stable level changed, or is known for the first time."""
    if is_open == door.leaf_open:
        return door, ()
    return _opened(door, now_s) if is_open else _closed(door, now_s)


def _opened(door: Door, now_s: float) -> Outcome:
    first_look = door.leaf_open is None
    expected = door.relay_on or now_s - door.released_at <= OPENING_GRACE_S
    forced = not expected and not first_look
    door = replace(door, leaf_open=True, opened_at=now_s, moved_at=now_s, forced=forced)
    door = replace(door, held_warned=False, held_alarmed=False)
    if forced:
        return door, (
            Speak("door_forced", urgent=True),
            Report("door.forced", priority=Priority.ALARM),
        )
    found = {"found_open": True} if first_look and not expected else {}
    return door, (Report("door.opened", found, priority=Priority.ACCESS),)


def _closed(door: Door, now_s: float) -> Outcome:
    actions: tuple[Action, ...] = ()
    # Somebody has passed: no second person slips in on the same grant. Who was granted while the leaf stood open
    # keeps their own time.
    if door.relay_on and not door.free and door.leaf_open and door.caused_at <= door.opened_at:
        door, actions = relock(door, now_s)
    if door.leaf_open:
        open_s = round(now_s - door.opened_at, 1)
        actions += (Report("door.closed", {"open_s": open_s}, priority=Priority.ACCESS),)
        if door.forced or door.held_alarmed or door.held_warned:
            after = "forced" if door.forced else "held"
            actions += (Report("door.restored", {"after": after}, priority=Priority.ALARM),)
    moved_at = now_s if door.leaf_open else door.moved_at
    door = replace(door, leaf_open=False, moved_at=moved_at, forced=False, held_warned=False, held_alarmed=False)
    return (door if door.relay_on else replace(door, extra_s=0.0)), actions


def contact_lost(door: Door) -> Door:
    """The contact cannot be read any more: the leaf's place is unknown until it is read again."""
    return replace(door, leaf_open=None, forced=False, held_warned=False, held_alarmed=False)


def next_deadline(door: Door, lock: Lock) -> float | None:
    """The monotonic time at which `advance` has something to do next."""
    times = [time for time in (door.relock_at, door.lamp_off_at) if time is not None]
    if (held := _held_times(door, lock)) is not None:
        told = (door.held_warned, door.held_alarmed)
        times += [time for time, already in zip(held, told, strict=True) if not already]
    return min(times, default=None)
