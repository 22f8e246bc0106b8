"""Tells how often strangers are likely to be let in, every day, and at once when that is more than was asked for.

The estimate is the vision's (`edge.vision.impostors`); this keeps it over restarts and turns it into events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Clock, Now
from edge.errors import DataError
from edge.runtime.faults import OnFault, OnRecovered
from edge.store.memory import MemoryWorker, read_memory
from edge.vision.impostors import FalseAccepts, ImpostorWatch
from edge.vision.tail import Rate

COMPONENT = "false-accepts"
MEMORY_COMPONENT = "false-accepts-memory"
FILE = "false-accepts.json"
FIRST_S = 60.0
EVERY_S = 3600.0
WARN_AT = 1.2
"""The gallery that many times as large still keeps the target, or it is said now: people move in faster than
networks are exchanged."""
RELIEF = 0.8  # what is over must be well over, or the two would take turns
_WAIT_S = 0.25
_DAY_US = 86_400_000_000


class FalseAcceptsWorker:
    """Looks a minute after the start and every hour then. `submit` takes the daily event, and one more whenever the
    verdict changes; a verdict beyond the target is a fault as long as it lasts. `last`: whose place this takes.
    """

    def __init__(
        self,
        watch: ImpostorWatch,
        target_fpir: float,
        state_dir: Path,
        submit: Callable[[Report, Now], object],
        clock: Clock,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        last: FalseAcceptsWorker | None = None,
    ) -> None:
        self._watch = watch
        self._target = target_fpir
        self._path = state_dir / FILE
        self._submit = submit
        self._clock = clock
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._file = MemoryWorker(self._path, self._memory)
        self._succeeds = last is not None
        self._day: int | None = last._day if last else None
        self._beyond: bool = last._beyond if last else False
        self._latest: Mapping[str, Any] = last._latest if last else {}
        self._forgotten = watch.forgotten
        self._next_s = clock().mono_s + FIRST_S
        self._stop = threading.Event()

    def start(self) -> None:
        if self._succeeds:  # the watch knows more than the file
            return
        found = read_memory(self._path)
        try:
            if found is None and self._path.exists():
                raise DataError("not JSON", hint="it begins anew")
            if found is not None and self._watch.remember(found):
                day = found.get("day")
                self._day, self._beyond = day if type(day) is int else None, found.get("beyond") is True
        except DataError as error:
            self._on_fault(MEMORY_COMPONENT, "damaged: what was learnt of strangers begins anew", str(error))

    def step(self) -> None:
        now = self._clock()
        if self._watch.forgotten != self._forgotten:  # nobody's id stays for an hour after they were erased
            self._forgotten = self._watch.forgotten
            self._file.write()
        if now.mono_s >= self._next_s:
            self._next_s = now.mono_s + EVERY_S
            self.look(now)
            return
        self._stop.wait(min(_WAIT_S, self._next_s - now.mono_s))

    def look(self, now: Now) -> None:
        """Estimate, tell what is to be told, and keep what was learnt."""
        today = now.wall_us // _DAY_US
        new_day = self._day is not None and today != self._day
        figures = self._watch.figures()
        changed = self._judge(figures)
        self._latest = self._shown(figures)
        if changed or new_day:
            priority = Priority.ACCESS if changed else Priority.TELEMETRY
            self._submit(Report("access.quality", self._data(figures), priority=priority), now)
        if new_day:
            self._watch.new_day()
        self._day = today
        self._file.write()
        self._on_recovered(MEMORY_COMPONENT)  # there is a sound one again

    def _judge(self, figures: FalseAccepts) -> bool:
        """Whether the verdict has changed."""
        rates = [rate for people, rate in figures.rates.items() if people <= figures.people * WARN_AT + 1.0]
        if not rates:
            return False
        highest = max(rate.high for rate in rates)
        beyond = highest > self._target * (RELIEF if self._beyond else 1.0)
        if beyond:
            self._on_fault(
                COMPONENT,
                "more strangers may be let in than the target allows",
                f"target_fpir is {self._target:g}; fewer people at this gate, a better network, or a second factor",
            )
        else:
            self._on_recovered(COMPONENT)
        changed, self._beyond = beyond != self._beyond, beyond
        return changed

    def _data(self, figures: FalseAccepts) -> dict[str, Any]:
        verdict = "beyond" if self._beyond else "within" if figures.rates else "learning"
        return {
            "verdict": verdict,
            "target": self._target,
            "comparisons": round(figures.comparisons, 1),
            "days": figures.days,
            "unknown": round(figures.unknown, 1),
            "people": figures.people,
            "rates": [{"people": people, **_rounded(rate)} for people, rate in figures.rates.items()],
            "look_alikes": [{"a": a, "b": b, "share": round(share, 3)} for a, b, share in figures.look_alikes],
        }

    def _shown(self, figures: FalseAccepts) -> dict[str, Any]:
        rate = figures.rates.get(figures.people)
        known = _rounded(rate) if rate else {"estimate": None, "low": None, "high": None}
        counted = {"comparisons": round(figures.comparisons), "days": figures.days}
        return {
            **known,
            "target": self._target,
            "beyond": self._beyond,
            "look_alikes": len(figures.look_alikes),
            "figures": counted,
        }

    def status(self) -> Mapping[str, Any]:
        """For the status board; empty for the first minute."""
        return self._latest

    def _memory(self) -> dict[str, Any]:
        return {**self._watch.memory(), "day": self._day, "beyond": self._beyond}

    def stop(self) -> None:
        self._file.write()

    def wake(self) -> None:
        self._stop.set()


def _rounded(rate: Rate) -> dict[str, float]:
    return {name: float(f"{getattr(rate, name):.2g}") for name in ("estimate", "low", "high")}
