"""What a check is, what it may ask, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from edge.install.doctor.bench import Bench

SKIP = "skip"
READY = "ready"
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Text:
    """The same thing in both languages of an installer."""

    en: str
    cmn: str

    def fill(self, **values: object) -> Text:
        """With the values in their places."""
        return Text(self.en.format(**values), self.cmn.format(**values))

    def as_json(self) -> dict[str, str]:
        return {"en": self.en, "cmn": self.cmn}


class Verdict(StrEnum):
    """A warning is something that works and should be better, or that nobody has confirmed; it may be accepted. A
    device with a failure may not.
    """

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was measured, judged. `remedy`: what to do about it; there always is one for a warning and a failure."""

    verdict: Verdict
    said: Text
    remedy: Text | None = None
    figures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.remedy is None and self.verdict in (Verdict.WARNING, Verdict.FAILED):
            raise ValueError("what is wrong needs a remedy")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the installer is to do or to tell. `answers`: the words that `Walk.forward` takes: `ready` and
    `skip` for something to do, `yes`, `no` and `skip` for something to tell.
    """

    check: str
    text: Text
    answers: tuple[str, ...]


Steps = Generator[tuple[Text, tuple[str, ...]], str, Judgement]
"""A check at work: yields (what it asks, the answers it takes), is sent one of them, returns its judgement."""


class Check(Protocol):
    """One thing to look at. `name` is stable and stands in reports."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> Text: ...

    def missing(self, bench: Bench) -> Text | None:
        """Why this device is not checked for it (it has no such part); None when it is."""
        ...

    def run(self, bench: Bench) -> Steps:
        """Measure, ask, judge; each stretch between two questions is bounded, and seldom takes more than a minute. May
        raise EdgeError, which is a failure with its hint as the remedy.
        """
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check. `seconds`: how long it took, questions included."""

    check: str
    title: Text
    judgement: Judgement
    seconds: float

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    def as_json(self) -> dict[str, Any]:
        judged = self.judgement
        return {
            "check": self.check,
            "title": self.title.as_json(),
            "verdict": str(judged.verdict),
            "said": judged.said.as_json(),
            "remedy": judged.remedy.as_json() if judged.remedy else None,
            "figures": dict(judged.figures),
            "seconds": round(self.seconds, 1),
        }


def passed(said: Text, **figures: Any) -> Judgement:
    return Judgement(Verdict.PASSED, said, None, figures)


def warning(said: Text, remedy: Text, **figures: Any) -> Judgement:
    return Judgement(Verdict.WARNING, said, remedy, figures)


def failed(said: Text, remedy: Text, **figures: Any) -> Judgement:
    return Judgement(Verdict.FAILED, said, remedy, figures)


def skipped(why: Text) -> Judgement:
    return Judgement(Verdict.SKIPPED, why)


def at_once(judge: Callable[[], Judgement]) -> Steps:
    """A check that asks nothing."""
    yield from ()
    return judge()
