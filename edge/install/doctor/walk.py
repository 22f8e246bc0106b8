"""The walk through the checks: a state machine that a terminal and a page can both drive, one step after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edge.errors import EdgeError, UsageError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import (
    SKIP,
    Check,
    Judgement,
    Question,
    Result,
    Steps,
    Text,
    Verdict,
    failed,
    skipped,
    warning,
)
from edge.install.doctor.report import Report, make_report

UNCONFIRMED = Text("nobody has confirmed it", "没有人确认")
AGAIN = Text("run the doctor again with somebody at the device", "请在设备旁重新运行自检")
BROKE_OFF = Text("it could not be looked at: {message}", "无法检查：{message}")
SEE = Text("{hint}", "{hint}")
NO_HINT = "see journalctl -u edge"


class Walk:
    """`forward` gives a Question, a Result, or None at the end. After a question it takes one of its answers."""

    def __init__(self, bench: Bench, checks: Sequence[Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._bench = bench
        self._checks = tuple(checks)
        self._clock = clock
        self._next = 0
        self._steps: Steps | None = None
        self._asked: Question | None = None
        self._begun_s = 0.0
        self.results: list[Result] = []

    def outline(self) -> list[tuple[str, Text]]:
        """Names and titles of all checks, in their order."""
        return [(check.name, check.title) for check in self._checks]

    def forward(self, answer: str = "") -> Question | Result | None:
        """One step. Raises UsageError for an answer that was not among those of the question."""
        self._bench.cancelled.clear()
        if self._asked is not None:
            return self._answered(self._asked, answer)
        if answer:
            raise UsageError("nothing was asked", hint="go on without an answer")
        if self._next >= len(self._checks):
            return None
        check = self._checks[self._next]
        self._begun_s = self._clock()
        why_not = check.missing(self._bench)
        if why_not is not None:
            return self._done(skipped(why_not))
        self._steps = check.run(self._bench)
        return self._go_on(None)

    def cancel(self) -> None:
        """From any thread: end what `forward` waits for, as `skip` would."""
        self._bench.cancelled.set()

    def report(self, installer: str, note: str = "") -> Report:
        """What came of it, for a person to accept. Raises UsageError before the end of the walk."""
        if self._next < len(self._checks):
            raise UsageError("the walk is not at its end", hint="go forward until there is no step left")
        return make_report(self._bench, self.results, installer, note)

    def _answered(self, asked: Question, answer: str) -> Question | Result:
        if answer not in asked.answers:
            raise UsageError(f"{answer!r} is no answer to this", hint=", ".join(asked.answers))
        self._asked = None
        if answer == SKIP:
            assert self._steps is not None
            self._steps.close()
            return self._done(warning(UNCONFIRMED, AGAIN))
        return self._go_on(answer)

    def _go_on(self, answer: str | None) -> Question | Result:
        steps, check = self._steps, self._checks[self._next]
        assert steps is not None
        try:
            text, answers = next(steps) if answer is None else steps.send(answer)
        except StopIteration as end:
            judged: Judgement = end.value
            if self._bench.cancelled.is_set() and judged.verdict is not Verdict.PASSED:
                judged = warning(UNCONFIRMED, AGAIN, **judged.figures)
            return self._done(judged)
        except EdgeError as error:
            hint = error.hint or NO_HINT
            return self._done(failed(BROKE_OFF.fill(message=error.message), SEE.fill(hint=hint)))
        self._asked = Question(check.name, text, (*answers, SKIP))
        return self._asked

    def _done(self, judged: Judgement) -> Result:
        check = self._checks[self._next]
        result = Result(check.name, check.title, judged, self._clock() - self._begun_s)
        self.results.append(result)
        self._steps = None
        self._next += 1
        return result
