"""Has every utterance ready as a file: renders what is missing in the background, and at once what is asked for.

What is asked for and was not planned (an announcement) is rendered too, and the files of the last few are kept.
One child at a time. Nothing here waits: `step` looks at the child that renders and starts the next one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from edge.errors import DataError, EdgeError, HardwareError
from edge.voice.cache import VoiceCache
from edge.voice.renderer import Renderer, RenderJob
from edge.voice.trouble import Trouble
from edge.voice.utterance import Utterance

log = logging.getLogger(__name__)

BACKGROUND_LIMIT_S = 30.0  # Mandarin takes 0.4 s on a PC, some 3 s on a loaded Pi at lowest priority
WANTED_LIMIT_S = 6.0  # whoever stands at the door has gone on by then
UNPLANNED_LIMIT_S = 15.0  # it may be as long as several prompts

UNPLANNED_KEPT = 16
"""One that is repeated need not be rendered again. A prompt with a time in it takes 0.2 MB, an announcement 1.3 MB."""

_CHECKED_AT_ONCE = 8
"""Files whose checksum is verified between two looks at the queue: some 2 MB, 10 ms from a slow card."""


class Studio:
    """`utterances`: all that will be needed, the one needed soonest first."""

    def __init__(
        self, cache: VoiceCache, renderer: Renderer, utterances: Sequence[Utterance], trouble: Trouble
    ) -> None:
        self._cache = cache
        self._renderer = renderer
        self._all = tuple(utterances)
        self._planned = frozenset(utterances)
        self._trouble = trouble
        self._unchecked: deque[Utterance] = deque()
        self._backlog: deque[Utterance] = deque()
        self._job: RenderJob | None = None
        self._failed: dict[Utterance, EdgeError] = {}
        self._unplanned: deque[Utterance] = deque(maxlen=UNPLANNED_KEPT)
        self._unspeakable: tuple[Utterance, EdgeError] | None = None
        self._made_by: str | None = None
        self.rendered = 0
        self.failures = 0

    @property
    def busy(self) -> bool:
        """Whether a child is at work, or the cache is being looked through."""
        return self._job is not None or bool(self._unchecked)

    @property
    def missing(self) -> int:
        """How many renderings are still to be made, as far as the cache has been looked through."""
        return len(self._backlog) + (self._job is not None) + len(self._unchecked)

    def start(self) -> None:
        """Plan the work. The first utterance is always rendered: that proves the engine and tells its version."""
        self._backlog = deque(self._all[:1])
        self._unchecked = deque(self._all[1:])

    def ready(self, said: Utterance) -> Path | None:
        """The file, if it has been rendered."""
        return (self._made_by and self._cache.find(said, self._made_by)) or self._cache.find(said)

    def get(self, said: Utterance, now_s: float) -> Path | None:
        """The file, or None while it is being rendered: call again after `step`.

        Work in the background is put off for it. Raises EdgeError when it cannot be rendered now.
        """
        planned = said in self._planned
        if not planned and said not in self._unplanned:
            self._unplanned.append(said)
        file = self._cache.find(said)
        if file is not None:
            return file
        if self._job is not None and self._job.said == said:
            return None
        if self._unspeakable is not None and self._unspeakable[0] == said:
            error, self._unspeakable = self._unspeakable[1], None
            raise error
        if not self._trouble.may_try(now_s):
            raise self._failed.get(said) or self._trouble.error or HardwareError("the voice is out of order")
        self._put_off()
        if said in self._backlog:
            self._backlog.remove(said)
        try:
            self._begin(said, now_s, WANTED_LIMIT_S if planned else UNPLANNED_LIMIT_S, background=False)
        except EdgeError as error:
            self._note_failure(said, now_s, error)
            raise
        return None

    def step(self, now_s: float) -> None:
        """See to the child that renders, and start the next one."""
        if self._job is not None:
            self._look_at(self._job, now_s)
        for _ in range(min(_CHECKED_AT_ONCE, len(self._unchecked))):
            self._check(self._unchecked.popleft())
        if self._job is None and self._backlog and self._trouble.may_try(now_s):
            said = self._backlog.popleft()
            try:
                self._begin(said, now_s, BACKGROUND_LIMIT_S, background=True)
            except EdgeError as error:
                self._note_failure(said, now_s, error)

    def stop(self) -> None:
        """End the child."""
        self._put_off()

    def _check(self, said: Utterance) -> None:
        """Plan what is not there, or was made by another engine than the one that is installed."""
        at_work = self._job is not None and self._job.said == said
        if not at_work and said not in self._backlog and not self._cache.find(said, self._made_by):
            self._backlog.append(said)

    def _begin(self, said: Utterance, now_s: float, limit_s: float, *, background: bool) -> None:
        out = self._cache.scratch(said)
        self._job = self._renderer.begin(said, out, now_s, limit_s, background=background)

    def _put_off(self) -> None:
        if self._job is not None:
            self._job.kill()
            if self._job.said in self._planned:  # nobody waits for an announcement that was put off
                self._backlog.appendleft(self._job.said)
            self._job = None

    def _look_at(self, job: RenderJob, now_s: float) -> None:
        try:
            made_by = job.poll(now_s)
            if made_by is None:
                return
            self._cache.store(job.said, job.out, made_by)
        except EdgeError as error:
            self._job = None
            job.discard()
            self._note_failure(job.said, now_s, error)
            return
        self._job = None
        self.rendered += 1
        self._failed.pop(job.said, None)
        self._trouble.worked(over=not self._failed)
        if made_by != self._made_by:
            self._made_by = made_by
            self._unchecked = deque(self._all)
            log.info("%s renders the voice", made_by)
        if not self._backlog and not self._unchecked:
            self._cache.prune((*self._all, *self._unplanned), made_by)

    def _note_failure(self, said: Utterance, now_s: float, error: EdgeError) -> None:
        """It is tried again after all the others, and no sooner than the fault's wait allows. An announcement is not;
        if its text is to blame it is no fault of the device, and if not, a planned one tells when the fault is over.
        """
        self.failures += 1
        if said in self._planned:
            self._failed[said] = error
            self._backlog.append(said)
        elif isinstance(error, DataError):
            log.warning("a text cannot be spoken: %s", error)
            self._unspeakable = (said, error)
            return
        elif self._all[0] not in self._backlog:
            self._backlog.append(self._all[0])
        self._trouble.failed(now_s, error)
