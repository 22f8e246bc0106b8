"""The worker that speaks: takes prompts from the brain's side, one voice at a time, in one language after the other.

Nothing that happens here reaches the door: a missing card or engine is told to `on_fault` once, tried again
with growing waits, and told to `on_recovered`; prompts that cannot be spoken meanwhile are counted and gone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from edge.actions import Announce, Speak
from edge.drivers.speaker import Speaker
from edge.errors import EdgeError
from edge.runtime.faults import OnFault, OnRecovered
from edge.voice.announcement import ANNOUNCEMENT, announced
from edge.voice.book import PhraseBook
from edge.voice.cache import VoiceCache
from edge.voice.counters import VoiceCounters
from edge.voice.loudness import Loudness
from edge.voice.pending import Pending, Prompt, Waiting
from edge.voice.player import Player
from edge.voice.renderer import COMMAND, Renderer
from edge.voice.studio import Studio
from edge.voice.takes import Takes
from edge.voice.telling import Telling
from edge.voice.trouble import Trouble

log = logging.getLogger(__name__)

RATE_WPM = 160
"""Words a minute: slower than the engine's 175, since it is heard once, beside a road."""

LEAD_IN_S = 0.1
"""Silence before the first sound: an amplifier wakes in it. Longer would eat up the 300 ms from the decision to
the voice; docs/voice.md says what to do about HDMI, which takes 200 ms."""

CAPACITY = 8
REPEAT_S = 1.5
"""The same prompt asked for again this soon after it began to be heard is the same occasion told twice."""

_WATCH_S = 0.02  # between looks at a child or a player at work
_REST_S = 0.25


class VoiceWorker:
    """Speaks `book` through `speaker`; renders into `cache_dir` ahead of time.

    A newer prompt interrupts an older one, so that nobody's greeting waits for what somebody else was told. An urgent
    one is said whole: what comes meanwhile waits, and two alarms are both heard; a fire is told first, and the alarm
    that it cut off after it. `monotonic` gives seconds. `on_fault` and `on_recovered` are called on the worker's thread
    with component "speaker" or "voice" and must not block. `command` renders (see `edge.voice.renderer`).
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
        loudness: Loudness | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._book = book
        self._now = monotonic
        self._loudness = loudness or Loudness()
        self._pending = Pending(CAPACITY)
        self._player = Player(speaker, Trouble("speaker", on_fault, on_recovered))
        self._studio = Studio(
            VoiceCache(cache_dir, rate_wpm, lead_in_s),
            Renderer(rate_wpm, lead_in_s, command),
            book.everything(),
            Trouble("voice", on_fault, on_recovered),
        )
        self._takes = Takes(self._studio)
        self._telling: Telling | None = None
        self._begun: tuple[Prompt, float] | None = None
        self._spoken = self._interrupted = self._failed = self._merged = self._shortened = 0
        self._last_ms: float | None = None
        self._worst_ms: float | None = None

    def say(self, speak: Speak) -> bool:
        """Accept a prompt from any thread, without waiting; False when it will not be spoken."""
        local = self._loudness.local()
        try:
            lines = self._book.lines(speak, None if local is None else local.weekday())
        except EdgeError as error:
            log.error("asked to say what cannot be said: %s", error)
            return False
        return not lines or self._pending.put(Prompt(speak.phrase, lines, speak.urgent, speak.loud), self._now())

    def announce(self, announce: Announce) -> bool:
        """As `say`, for a text of the office's: rendered when its turn comes, and not planned for."""
        try:
            lines = announced(announce.texts, self._book.languages)
        except EdgeError as error:
            log.error("an announcement is not spoken: %s", error)
            return False
        return self._pending.put(Prompt(ANNOUNCEMENT, lines, announce.urgent), self._now())

    def counters(self) -> VoiceCounters:
        """The figures of this moment; from any thread."""
        return VoiceCounters(
            spoken=self._spoken,
            dropped=self._pending.dropped,
            merged=self._pending.merged + self._merged,
            interrupted=self._interrupted,
            failed=self._failed,
            shortened=self._shortened,
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
        at_work = self._telling is not None or self._studio.busy
        self._pending.wait(_WATCH_S if at_work else _REST_S)

    def stop(self) -> None:
        """Fall silent, end the renderer."""
        self._telling = None
        self._player.close()
        self._studio.stop()

    def wake(self) -> None:
        self._pending.wake()

    def _advance(self, now_s: float) -> None:
        telling = self._telling
        if telling is not None and self._outranked(telling.prompt):
            self._interrupted += 1
            self._player.cut()
            if telling.prompt.urgent:
                self._pending.put_back(telling.waiting)
            telling = None
        if telling is not None and telling.playing:
            heard = self._player.ended(now_s)
            if heard is None:
                telling.foresee(self._takes, now_s)
                return
            telling.ended(now_s, heard=heard)
            if not heard:
                self._begun = None
        while not (telling and self._go_on(telling, now_s)):
            if telling is not None:
                self._spoken += telling.heard
                self._failed += not telling.heard
            telling = self._next(now_s)
            if telling is None:
                break
        self._telling = telling

    def _next(self, now_s: float) -> Telling | None:
        while (waiting := self._pending.take(now_s)) is not None:
            if not self._just_begun(waiting):
                return Telling(waiting, now_s)
            self._merged += 1
        return None

    def _just_begun(self, waiting: Waiting) -> bool:
        if self._begun is None:
            return False
        prompt, begun_s = self._begun
        again = prompt.same(waiting.prompt) and prompt.urgent >= waiting.prompt.urgent
        return again and waiting.since_s - begun_s < REPEAT_S

    def _outranked(self, now: Prompt) -> bool:
        """Whether what waits is about something newer, and so about whoever stands there now, or worse."""
        first = self._pending.first
        if first is None or first.same(now):
            return False
        return first.rank < now.rank if now.urgent else True

    def _go_on(self, telling: Telling, now_s: float) -> bool:
        """Play, or have rendered, what is next of the prompt; False when nothing of it is left to be said."""
        prompt = telling.prompt
        while telling.rest and self._player.open:
            try:
                take = self._takes.choose(prompt.phrase, telling.rest[0], now_s - telling.turn_s, now_s)
            except EdgeError as error:
                log.info("%s is not said in %s: %s", prompt.phrase, telling.rest[0].wordings[0].language, error)
                telling.skip(now_s)
                continue
            if take is None and telling.too_late(now_s):
                telling.skip(now_s)
                continue
            if take is None:
                return True  # it is being rendered
            telling.take(take, now_s)
            volume = self._loudness.percent(full=prompt.urgent or prompt.loud)
            if self._player.play(take.file, prompt.phrase, volume, now_s):
                self._shortened += take.shortened
                telling.playing = True
                self._note_latency(telling)
                return True
        return False

    def _note_latency(self, telling: Telling) -> None:
        if telling.begun:
            return
        telling.begun = True
        begun_s = self._now()
        self._begun = (telling.prompt, begun_s)
        self._last_ms = (begun_s - telling.waiting.since_s) * 1000.0
        self._worst_ms = max(self._worst_ms or 0.0, self._last_ms)
