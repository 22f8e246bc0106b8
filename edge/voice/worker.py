"""The worker that speaks: takes prompts from the brain's side, one voice at a time, in one language after the other.

Nothing that happens here reaches the door: a missing card or engine is told to `on_fault` once, tried again
with growing waits, and told to `on_recovered`; prompts that cannot be spoken meanwhile are counted and gone.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.actions import Announce, Speak
from edge.drivers.speaker import Speaker
from edge.errors import ConfigError, DataError, EdgeError
from edge.runtime.faults import OnFault, OnRecovered
from edge.voice.announcement import ANNOUNCEMENT, utterances
from edge.voice.cache import VoiceCache
from edge.voice.pending import Pending, Prompt, Waiting
from edge.voice.phrases import PhraseBook, Utterance
from edge.voice.player import Player
from edge.voice.renderer import COMMAND, Renderer
from edge.voice.studio import Studio
from edge.voice.trouble import Trouble

log = logging.getLogger(__name__)

RATE_WPM = 160
"""Words a minute: slower than the engine's 175, since it is heard once, beside a road."""

LEAD_IN_S = 0.1
"""Silence before the first sound: an amplifier wakes in it. Longer would eat up the 300 ms from the decision to
the voice; docs/voice.md says what to do about HDMI, which takes 200 ms."""

CAPACITY = 8
_WATCH_S = 0.02  # between looks at a child or a player at work
_REST_S = 0.25


@dataclass(frozen=True, slots=True)
class VoiceCounters:
    """Since the start. `last_latency_ms`: from `say` to the player's start, of the newest prompt; None before.

    `dropped`: forgotten in a full queue, or too old. `interrupted`: cut off by an urgent one. `failed`: not
    spoken for want of a speaker or a rendering. `merged`: repetitions of one that waited anyway.
    """

    spoken: int
    dropped: int
    merged: int
    interrupted: int
    failed: int
    waiting: int
    rendered: int
    unrendered: int
    last_latency_ms: float | None
    worst_latency_ms: float | None


@dataclass(slots=True)
class _Job:
    """The prompt being spoken: what of it is still to be said."""

    waiting: Waiting
    rest: deque[Utterance]
    playing: bool = False
    begun: bool = False
    heard: bool = False


class VoiceWorker:
    """Speaks `book` through `speaker`; renders into `cache_dir` ahead of time.

    A newer prompt interrupts an older one, so that nobody's greeting waits for what somebody else was told. An urgent
    one is said whole: what comes meanwhile waits, and two alarms are both heard. `monotonic` gives seconds.
    `on_fault` and `on_recovered` are called on the worker's thread with component "speaker" or "voice" and must not
    block. `command` renders (see `edge.voice.renderer`).
    """

    def __init__(
        self,
        speaker: Speaker,
        book: PhraseBook,
        cache_dir: Path,
        *,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        rate_wpm: int = RATE_WPM,
        lead_in_s: float = LEAD_IN_S,
        monotonic: Callable[[], float] = time.monotonic,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._book = book
        self._now = monotonic
        self._pending = Pending(CAPACITY)
        self._player = Player(speaker, Trouble("speaker", on_fault, on_recovered))
        self._studio = Studio(
            VoiceCache(cache_dir, rate_wpm, lead_in_s),
            Renderer(rate_wpm, lead_in_s, command),
            book.everything(),
            Trouble("voice", on_fault, on_recovered),
        )
        self._job: _Job | None = None
        self._spoken = self._interrupted = self._failed = 0
        self._last_ms: float | None = None
        self._worst_ms: float | None = None

    def say(self, speak: Speak) -> bool:
        """Accept a prompt from any thread, without waiting; False when it will not be spoken."""
        try:
            said = self._book.utterances(speak.phrase)
        except ConfigError as error:
            log.error("asked to say what is no phrase: %s", error)
            return False
        return not said or self._pending.put(Prompt(speak.phrase, said, speak.urgent), self._now())

    def announce(self, announce: Announce) -> bool:
        """As `say`, for a text of the office's: rendered when its turn comes, and not planned for."""
        try:
            said = utterances(announce.texts, self._book.languages)
        except DataError as error:
            log.error("an announcement is not spoken: %s", error)
            return False
        return self._pending.put(Prompt(ANNOUNCEMENT, said, announce.urgent), self._now())

    def counters(self) -> VoiceCounters:
        """The figures of this moment; from any thread."""
        return VoiceCounters(
            spoken=self._spoken,
            dropped=self._pending.dropped,
            merged=self._pending.merged,
            interrupted=self._interrupted,
            failed=self._failed,
            waiting=len(self._pending),
            rendered=self._studio.rendered,
            unrendered=self._studio.missing,
            last_latency_ms=self._last_ms,
            worst_latency_ms=self._worst_ms,
        )

    def start(self) -> None:
        """Open the speaker and plan the rendering; the want of either is a fault, not an exception."""
        self._studio.start()
        self._player.mind(self._now())

    def step(self) -> None:
        """See to the player, the renderer and the queue once."""
        now_s = self._now()
        self._studio.step(now_s)
        self._player.mind(now_s)
        self._advance(now_s)
        at_work = self._job is not None or self._studio.busy
        self._pending.wait(_WATCH_S if at_work else _REST_S)

    def stop(self) -> None:
        """Fall silent, end the renderer."""
        self._job = None
        self._player.close()
        self._studio.stop()

    def wake(self) -> None:
        self._pending.wake()

    def _advance(self, now_s: float) -> None:
        job = self._job
        if job is not None and self._outranked(job):
            self._interrupted += 1
            self._player.cut()
            job = None
        if job is not None and job.playing:
            heard = self._player.ended(now_s)
            if heard is None:
                return
            job.playing = False
            job.heard |= heard
        while not (job and self._begin_next(job, now_s)):
            if job is not None:
                self._spoken += job.heard
                self._failed += not job.heard
            waiting = self._pending.take(now_s)
            if waiting is None:
                self._job = None
                return
            job = _Job(waiting, deque(waiting.prompt.said))
        self._job = job

    def _outranked(self, job: _Job) -> bool:
        """Whether what waits is about something newer, and so about whoever stands there now."""
        first, now = self._pending.first, job.waiting.prompt
        return first is not None and not first.same(now) and not now.urgent

    def _begin_next(self, job: _Job, now_s: float) -> bool:
        """Play, or have rendered, what is next of the prompt; False when nothing of it is left to be said."""
        phrase = job.waiting.prompt.phrase
        while job.rest and self._player.open:
            try:
                file = self._studio.get(job.rest[0], now_s)
            except EdgeError as error:
                log.info("%s is not said in %s: %s", phrase, job.rest[0].language, error)
                job.rest.popleft()
                continue
            if file is None:
                return True  # it is being rendered
            job.rest.popleft()
            if self._player.play(file, phrase, now_s):
                self._note_latency(job)
                job.playing = True
                return True
        return False

    def _note_latency(self, job: _Job) -> None:
        if job.begun:
            return
        job.begun = True
        self._last_ms = (self._now() - job.waiting.since_s) * 1000.0
        self._worst_ms = max(self._worst_ms or 0.0, self._last_ms)
