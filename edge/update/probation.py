"""Whether a new version has proved itself: healthy without a break for a while, no worse than the one before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edge.update.journal import Baseline

STEADY_S = 180.0
"""How long it must be healthy without a break."""
LIMIT_S = 900.0
"""After which a version that has not been kept is taken back."""
ABSENT_S = 90.0
"""How long the daemon may be away; a slow board takes 30 s to start."""
MOST_LIVES = 3
"""How many processes of it may run; one more, and it is ending by itself."""
MOST_BOOTS = 3
"""How often the machine may start anew: a version that brings it down would do so for ever."""

Verdict = Literal["open", "proven", "failed"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the status of the running daemon says. `delivered`: the broker has taken an event of this process."""

    version: str
    pid: int
    uptime_s: float
    connected: bool
    delivered: bool
    faults: tuple[str, ...]


def read_seen(status: Mapping[str, Any]) -> Seen:
    """The part of a status (docs/state.md) that counts; versions to come keep these keys.

    Raises KeyError, TypeError, ValueError.
    """
    uplink = status["uplink"]
    taken = sum(int(uplink["figures"].get(name, 0)) for name in ("acknowledged", "unconfirmed"))
    faults = tuple(sorted(map(str, status["faults"])))
    return Seen(
        str(status["version"]),
        int(status["pid"]),
        float(status["uptime_s"]),
        bool(uplink["connected"]),
        taken > 0,
        faults,
    )


def baseline_of(seen: Seen | None) -> Baseline:
    """How the device is now, before it is changed."""
    return Baseline() if seen is None else Baseline(True, seen.connected, seen.faults)


class Probation:
    """Judges one version. Times are seconds since the probation began; ask every few seconds."""

    def __init__(self, version: str, baseline: Baseline, now_s: float) -> None:
        self._version = version
        self._baseline = baseline
        self._alive_s = now_s  # when it was last there
        self._steady_s: float | None = None  # since when it has been healthy
        self._life: tuple[int, float] | None = None  # the process, and how long it had run
        self._lives = 0
        self.why = f"{version} did not start"

    def verdict(self, seen: Seen | None, now_s: float) -> Verdict:
        """`why` tells what is wanting, when it is not proven."""
        if seen is None or seen.version != self._version:
            self._steady_s = None
            if seen is not None:
                self.why = f"{seen.version} runs in the place of {self._version}"
            elif self._lives:
                self.why = "the daemon is gone"
            return "failed" if now_s - self._alive_s >= ABSENT_S or now_s >= LIMIT_S else "open"
        self._alive_s = now_s
        if self._life is None or seen.pid != self._life[0] or seen.uptime_s < self._life[1]:
            self._lives += 1
            self._steady_s = None
        self._life = seen.pid, seen.uptime_s
        if self._lives > MOST_LIVES:
            self.why = f"the daemon ended {MOST_LIVES} times"
            return "failed"
        if wanting := self._wanting(seen):
            self.why, self._steady_s = wanting, None
        elif self._steady_s is None:
            self._steady_s = now_s
        if self._steady_s is not None and now_s - self._steady_s >= STEADY_S:
            return "proven"
        return "failed" if now_s >= LIMIT_S else "open"

    def _wanting(self, seen: Seen) -> str:
        if new := sorted(set(seen.faults) - set(self._baseline.faults)):
            return f"new faults: {', '.join(new)}"
        if self._baseline.connected and not seen.connected:
            return "the broker, which was reached before, is not reached"
        if self._baseline.connected and not seen.delivered:
            return "no event has been delivered"
        return ""
