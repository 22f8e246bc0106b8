"""PINs: how often somebody may be wrong, and for how long nobody may try then. Pure.

The counts are kept on the disk before anything is compared and handed back at the next start, where what is full begins
its time anew: neither a restart, nor a clock, nor a flood of entries gives a further try. A count goes back to nought
with the right PIN or after a day without a wrong one, and that of the keypad as a whole only with time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from edge.actions import KEYPAD
from edge.config.schema import Access

KEYPAD_FAILURES = 20
"""Wrong PINs of whomever, after which the keypad itself rests: against somebody who tries one PIN on many numbers."""
KEYPAD_FORGETS_S = 900.0
"""The keypad forgets one of them in this time: residents mistype, and theirs must not add up over a year."""
LONGEST_S = 3600.0
ASIDE_S = 2.0
"""Of what is typed while it is locked out no more is compared: a comparison takes a core for a tenth of a second."""
FORGET_S = 24 * 3600.0
ANSWER_S = 10.0  # a comparison takes a tenth of a second; after this the entry is lost
_MOST = 64  # numbers of nobody whose counts are kept; those of people are as many as there are people


@dataclass(frozen=True, slots=True)
class Tried:
    """Wrong entries so far, when the last was, and until when no other is looked at. Monotonic seconds. Of the keypad
    `last_s` is when it last forgot one.
    """

    failures: int = 0
    last_s: float = float("-inf")
    until_s: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that is being compared. `key`: whose count it is; `typed_s`: when it was typed."""

    ticket: int
    person: str
    key: str
    typed_s: float


@dataclass(frozen=True, slots=True)
class Pins:
    """`tried`: by person, by "#" and what is nobody's (a number, a ghost's name), and for the keypad. `aside_s`:
    when an entry was last compared that was locked out.
    """

    tried: Mapping[str, Tried] = field(default_factory=lambda: MappingProxyType({}))
    entry: Entry | None = None
    tickets: int = 0
    aside_s: float = float("-inf")

    def locked(self, key: str, now_s: float) -> bool:
        """Whether an entry for this key is not even looked at."""
        return any(now_s < self.tried[name].until_s for name in (key, KEYPAD) if name in self.tried)

    def counts(self) -> Mapping[str, int]:
        """What is kept on the disk."""
        return MappingProxyType({key: tried.failures for key, tried in self.tried.items() if tried.failures})


def restored(failures: Mapping[str, int], access: Access, now_s: float) -> Pins:
    """The counts of the last run. Time did not pass for them while the device was off."""
    return Pins(
        MappingProxyType({key: _counted(key, count, access, now_s) for key, count in failures.items() if count > 0})
    )


def begin(pins: Pins, person: str, key: str, access: Access, now_s: float) -> Pins:
    """An entry is handed out to be compared, and counts as wrong until the answer comes."""
    entry = Entry(pins.tickets + 1, person, key, now_s)
    tried = {name: one for name, one in pins.tried.items() if now_s - one.last_s < FORGET_S}
    pad = tried.get(KEYPAD, Tried())
    forgotten = min(int((now_s - pad.last_s) // KEYPAD_FORGETS_S), pad.failures) if pad.failures else 0
    counted = _counted(KEYPAD, pad.failures - forgotten + 1, access, now_s)
    # The quarter of an hour runs on: begun anew with each entry it would never end at a keypad that is used a lot.
    since_s = pad.last_s + forgotten * KEYPAD_FORGETS_S if pad.failures > forgotten else now_s
    tried[KEYPAD] = replace(counted, last_s=since_s)
    one = _counted(key, tried.pop(key, Tried()).failures + 1, access, now_s)
    tried[key] = one  # at the end: the first number of nobody is the one typed longest ago
    nobodys = [name for name in tried if name.startswith("#")]
    for name in nobodys[: max(0, len(nobodys) - _MOST)]:
        del tried[name]
    return replace(pins, tried=MappingProxyType(tried), entry=entry, tickets=entry.ticket)


def aside(pins: Pins, now_s: float) -> tuple[Pins, bool]:
    """An entry that is locked out: whether it is compared for duress, under a ticket whose answer opens nothing."""
    if now_s - pins.aside_s < ASIDE_S:
        return pins, False
    return replace(pins, tickets=pins.tickets + 1, aside_s=now_s), True


def right(pins: Pins) -> Pins:
    """It was right: the person's own count is nought again, and the keypad's as before."""
    entry = pins.entry
    assert entry is not None
    tried = {key: one for key, one in pins.tried.items() if key != entry.key}
    if (pad := tried.get(KEYPAD)) is not None:
        tried[KEYPAD] = replace(pad, failures=pad.failures - 1, until_s=float("-inf"))
    return replace(pins, tried=MappingProxyType(tried), entry=None)


def over(pins: Pins) -> Pins:
    """It was wrong, or nobody answered: it stays counted."""
    return replace(pins, entry=None)


def lockout_s(key: str, failures: int, access: Access) -> float:
    """For how long nobody may try after this many failures: 0 between the limits, then twice as long each time."""
    limit = KEYPAD_FAILURES if key == KEYPAD else access.lockout_failures
    if failures % limit:
        return 0.0
    return min(access.lockout_s * 2.0 ** min(failures // limit - 1, 16), LONGEST_S)


def _counted(key: str, failures: int, access: Access, now_s: float) -> Tried:
    rest_s = lockout_s(key, failures, access) if failures else 0.0
    return Tried(failures, now_s, now_s + rest_s if rest_s else float("-inf"))
