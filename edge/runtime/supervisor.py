"""Watches the workers: notices one that died or hangs, says so, replaces it, and knows when to give up.

A thread cannot be killed. A hung run is abandoned (its worker may wake up later, find itself told to stop, and
end) and a new one takes its place. More than `RESTARTS` replacements of one worker within `WINDOW_S` mean that
replacing does not help: the supervisor reports it as fatal and the process ends, for systemd to start afresh.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.events import ComponentFailed, ComponentRecovered
from edge.runtime.worker import Worker, WorkerThread

log = logging.getLogger(__name__)

RESTARTS = 5
WINDOW_S = 300.0
# The first replacement comes at once; each further one within the window waits twice as long.
BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 4.0)
JOIN_S = 0.05
HEARD_S = 10.0
LAST_S = 0.5  # of the time to stop that is kept for the one that stops last
WATCHED_S = 5.0


@dataclass(frozen=True, slots=True)
class Spec:
    """How to make a worker, and how long one step of it may take before it counts as hung."""

    name: str
    make: Callable[[], Worker]
    hang_after_s: float = 5.0


@dataclass(slots=True)
class _Post:
    """One worker's place, through all its runs."""

    spec: Spec
    run: WorkerThread
    failures: deque[float] = field(default_factory=deque)
    worked_s: float = 0.0
    down_since: float | None = None
    replace_at: float | None = None
    proven_at: float = 0.0


class Supervisor:
    """Starts, watches and stops the workers. All methods are for one thread."""

    def __init__(
        self,
        specs: list[Spec],
        on_failed: Callable[[ComponentFailed], object],
        on_recovered: Callable[[ComponentRecovered], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._specs = specs
        self._on_failed = on_failed
        self._on_recovered = on_recovered
        self._clock = clock
        self._posts: list[_Post] = []
        self._watched_s = clock()
        self.fatal: str = ""
        self.replaced = 0

    def start(self) -> None:
        """Launch every worker, in order."""
        for spec in self._specs:
            post = _Post(spec, WorkerThread(spec.name, spec.make()), worked_s=self._clock())
            self._posts.append(post)
            post.run.launch()

    def watch(self) -> None:
        """One look at everybody. Call it several times a second."""
        self._watched_s = self._clock()
        for post in self._posts:
            if self.fatal:
                return
            if post.run.steps > 0:  # of this run: that a successor was launched is no work
                post.worked_s = max(post.worked_s, self._clock() - post.run.since_beat_s)
            if post.replace_at is not None:
                if self._clock() >= post.replace_at:
                    self._replace(post)
            elif not post.run.alive:
                self._failed(post, "died", str(post.run.failure or "its thread ended"))
            elif post.run.since_beat_s > post.spec.hang_after_s:
                self._failed(post, "hung", f"no step completed in {post.spec.hang_after_s:g} s")
            elif post.down_since is not None and post.run.steps > 0 and self._clock() >= post.proven_at:
                down_s, post.down_since = self._clock() - post.down_since, None
                log.warning("worker %s works again after %.1f s", post.spec.name, down_s)
                self._on_recovered(ComponentRecovered(post.spec.name, down_s))

    def _failed(self, post: _Post, what: str, detail: str) -> None:
        now = self._clock()
        post.run.signal()
        if post.down_since is None:
            post.down_since = now
        while post.failures and now - post.failures[0] > WINDOW_S:
            post.failures.popleft()
        post.failures.append(now)
        fatal = len(post.failures) > RESTARTS
        if fatal:
            self.fatal = f"{post.spec.name} {what} {len(post.failures)} times in {WINDOW_S:g} s: {detail}"
        else:
            post.replace_at = now + BACK_OFF_S[len(post.failures) - 1]
            # Who hung works again only when the successor has not hung for as long either.
            post.proven_at = post.replace_at + (post.spec.hang_after_s if what == "hung" else 0.0)
        # First what makes the door safe, then the log: whoever reads it may have stopped reading.
        self._on_failed(ComponentFailed(post.spec.name, what, detail, fatal))
        log.error("worker %s %s%s: %s", post.spec.name, what, ", giving up" if fatal else "", detail)

    def _replace(self, post: _Post) -> None:
        post.replace_at = None
        post.run = WorkerThread(post.spec.name, post.spec.make())
        post.run.launch()
        self.replaced += 1

    def healthy(self) -> bool:
        """Whether every worker is up, and somebody watches them."""
        return self._is_watched() and all(post.down_since is None for post in self._posts)

    def alive(self) -> bool:
        """Whether somebody watches, and each worker has completed a step lately: what systemd's watchdog is fed from.

        A worker that hung once and was replaced is given the time to show that it works: starting everything afresh
        would cost more than waiting for it, such as the events that the one before had not stored yet.
        """
        return self._is_watched() and all(
            self._clock() - post.worked_s < 2 * post.spec.hang_after_s + HEARD_S for post in self._posts
        )

    def beats(self) -> dict[str, float]:
        """Seconds since the last completed step, by worker."""
        return {post.spec.name: round(self._clock() - post.worked_s, 1) for post in self._posts}

    def _is_watched(self) -> bool:
        return self._clock() - self._watched_s < WATCHED_S and not self.fatal

    def working(self) -> bool:
        """Whether every worker has completed a step."""
        return all(post.run.steps > 0 for post in self._posts)

    def stop(self, within_s: float, hurry: Callable[[], bool] = lambda: False) -> list[str]:
        """Signal everybody in the reverse order of their start, then wait for all with one deadline. The one that was
        started first, which stores what the others hand over while they end, is signalled when they have ended or
        only `LAST_S` is left.

        Waiting ends early when `hurry` says so. Returns the names of those who did not end in time; their
        threads die with the process.
        """
        deadline = time.monotonic() + within_s
        last, others = self._posts[:1], self._posts[:0:-1]
        late = []
        for group, until in ((others, max(deadline - LAST_S, time.monotonic())), (last, deadline)):
            for post in group:
                post.run.signal()
            for post in group:
                while post.run.alive and time.monotonic() < until and not hurry():
                    post.run.join(JOIN_S)
                if post.run.alive:
                    late.append(post.spec.name)
        if late:
            log.warning("left behind at shutdown: %s", ", ".join(late))
        return late
