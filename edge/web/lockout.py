"""How often wrong codes were given, and how long nobody may try again: in a file that outlives restarts.

A try is counted before it is compared, as PINs are, so that a power cut gives no further one. Each address has tries of
its own, so that a stranger cannot lock out the installer beside them; together they have some more. Who presses the
button, or makes another code, stands at the device, and begins anew. No wall clock is needed: a lock-out that another
boot began starts anew at the first look, since nobody knows how long the device was off.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.errors import DataError
from edge.web.durable import read_json, write_json

FREE = 5
"""Wrong codes in a row of one address that cost nothing but the try."""
FREE_ALL = 30
"""Of all of them together: somebody may have many addresses."""
LOCK_S = 900.0
"""After the last free one, and after each further one. A code has 58 bits; this keeps the log readable and the device
cool.
"""
_NAME = "failures.json"
_MOST_ADDRESSES = 32


@dataclass(frozen=True, slots=True)
class Trying:
    """Who tries, and when. `press`: names the press of the button that the page is open for, empty where it is open
    without one; `label`: names the code that is to be guessed; `now_s`: monotonic.
    """

    address: str
    press: str
    label: str
    now_s: float


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the file says. `each`: by address its failures, and when the last one was."""

    boot: str
    press: str
    label: str
    failures: int = 0
    since_s: float = 0.0
    each: dict[str, tuple[int, float]] = field(default_factory=dict)


class Lockout:
    """For one thread at a time. `boot`: the kernel's id of this boot."""

    def __init__(self, folder: Path, boot: str) -> None:
        self._path = folder / _NAME
        self._boot = boot

    def left_s(self, trying: Trying) -> float:
        """Seconds until the next try of this address is taken; 0: now. Raises HardwareError."""
        seen = self._read(trying)
        if seen.boot != self._boot or seen.since_s > trying.now_s:
            each = {address: (failures, trying.now_s) for address, (failures, _) in seen.each.items()}
            seen = replace(seen, boot=self._boot, since_s=trying.now_s, each=each)
            self._write(seen)
        own, own_s = seen.each.get(trying.address, (0, 0.0))
        until_s = max(own_s if own >= FREE else 0.0, seen.since_s if seen.failures >= FREE_ALL else 0.0) + LOCK_S
        locked = own >= FREE or seen.failures >= FREE_ALL
        return max(0.0, until_s - trying.now_s) if locked else 0.0

    def count(self, trying: Trying) -> int:
        """One more try is taken for a wrong one; how many are left. Raises HardwareError: then it is refused."""
        seen = self._read(trying)
        own = seen.each.get(trying.address, (0, 0.0))[0] + 1
        others = sorted(seen.each.items(), key=lambda one: one[1][1])[-_MOST_ADDRESSES:]
        each = dict(others) | {trying.address: (own, trying.now_s)}
        failures = seen.failures + 1
        self._write(replace(seen, boot=self._boot, failures=failures, since_s=trying.now_s, each=each))
        return max(0, min(FREE - own, FREE_ALL - failures))

    def clear(self, trying: Trying) -> None:
        """The code was right. Raises HardwareError."""
        self._write(_Counts(self._boot, trying.press, trying.label))

    def _read(self, trying: Trying) -> _Counts:
        """What stands there; a damaged file is taken for the worst, a missing one for the first day, and so is one of
        before the button was pressed or the code made.
        """
        none = _Counts(self._boot, trying.press, trying.label)
        try:
            body = read_json(self._path)
            seen = none if body is None else _counts(body)
        except (DataError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
            return replace(none, boot="", failures=FREE_ALL)
        pressed = trying.press not in ("", seen.press)
        return none if pressed or seen.label != trying.label else seen

    def _write(self, counts: _Counts) -> None:
        write_json(self._path, asdict(counts))


def _counts(body: dict[str, Any]) -> _Counts:
    """Raises ValueError, LookupError, TypeError, AttributeError, OverflowError."""
    each = {str(address): (int(one[0]), float(one[1])) for address, one in body["each"].items()}
    boot, press, label = (str(body[name]) for name in ("boot", "press", "label"))
    return _Counts(boot, press, label, int(body["failures"]), float(body["since_s"]), each)
