"""From the first sight of a face to the grant: presentations that answer, before the gate's own eyes and decisions.

The frames are rendered one by one, because what is shown next depends on what the gate has just asked for. What judges
them is the device's: `VisionWorker` (motion, faces, recognition, liveness, gestures) and `Gate` (challenge, refusal,
grant). The person shown is enrolled. The voice asks in one language after the other, and everybody understands one of
them: who does not speak the first has to wait for the second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from edge.actions import Action, Report, Speak
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.drivers.camera import Frame
from edge.errors import DataError, HardwareError
from edge.events import AccessRule, Event, FaceMatched, Gesture, GestureSeen, RosterChanged, Tick
from edge.gate.access import Policy
from edge.gate.challenge import Challenges
from edge.gate.decision import Gate, GateState
from edge.measure.requests import Spoken
from edge.measure.statistics import wilson
from edge.rig.entrants import Entrant
from edge.rig.takes import only
from edge.runtime.mailbox import LatestSlot
from edge.vision.faces import Face, FaceFinder
from edge.vision.picture_file import load_picture
from edge.vision.recognition import Recognition
from edge.vision.worker import VisionWorker

LENGTH_S, UNKNOWN_S = 40.0, 12.0
"""Who has not come in by then goes away, and who is not even recognised by then."""
PERSON = "shown"
_EMPTY_S = 1.5
_OTHERS = 300
_NOON_US = 1_800_000_000_000_000


@dataclass(slots=True)
class Entry:
    """What came of one presentation. Times are seconds after the first face. `granted_s`: when the door was opened;
    `asked`: for which gestures it was asked, `made`: which were seen, `refusals`: why it was refused. `faces`: frames
    with a face; `known`: the person was recognised, alive or not. `speaks`: the place of the person's language.
    """

    kind: str
    speaks: int = 0
    faces: int = 0
    known: bool = False
    granted_s: float | None = None
    asked: list[tuple[float, str]] = field(default_factory=list)
    made: list[tuple[float, str]] = field(default_factory=list)
    refusals: list[tuple[float, str]] = field(default_factory=list)


class Entrance:
    """One gate, at which one presentation is shown. `spoken`: how long its requests take; `tries`: it goes away after
    as many challenges in vain.
    """

    def __init__(
        self, recognition: Recognition, entrant: Entrant, kind: str, rng: Generator, *, spoken: Spoken, tries: int
    ) -> None:
        self._tries = tries
        self.entry = Entry(kind, int(rng.integers(len(spoken[Gesture.BLINK]))))
        self._entrant = entrant
        self._spoken = spoken
        self._events: list[tuple[Event, float]] = []
        self._slot: LatestSlot[Frame] = LatestSlot()
        self._worker = VisionWorker(
            self._slot, recognition, self._post, _raise, lambda _component: None, watch=self._watch
        )
        self._gate = Gate(Lock(), Policy(Access(), "UTC"))
        self._state = GateState(challenges=Challenges(secret=rng.bytes(16)))
        self._first_s: float | None = None
        self._step(RosterChanged({PERSON: AccessRule(PERSON)}), 0.0)

    def run(self, fps: float) -> Entry:
        """Show it to the end. Raises DataError or HardwareError where the networks cannot be loaded."""
        self._worker.start()
        begun_s = -_EMPTY_S + min(self._entrant.take.enters_s, 0.0)
        for number in count():
            at_s = begun_s + number / fps
            if at_s > LENGTH_S or self._is_over(at_s):
                break
            self._slot.put(Frame(only(self._entrant.take, at_s), at_s, number))
            self._worker.step()
            self._step(Tick(), at_s)
            while self._events:
                self._step(*self._events.pop(0))
        self._worker.stop()
        return self.entry

    def _is_over(self, at_s: float) -> bool:
        if not self.entry.known and self._first_s is not None and at_s > self._first_s + UNKNOWN_S:
            return True
        vain = sum(count for count, _ in self._state.challenges.tries.values())
        return self.entry.granted_s is not None or vain >= self._tries

    def _post(self, event: Event, seen_s: float) -> bool:
        self._events.append((event, seen_s))
        return True

    def _watch(self, frame: Frame, faces: list[Face], _facts: object) -> None:
        self.entry.faces += bool(faces)
        if faces and self._first_s is None:
            self._first_s = frame.mono_s

    def _since(self, at_s: float) -> float:
        return round(at_s - (at_s if self._first_s is None else self._first_s), 3)

    def _step(self, event: Event, at_s: float) -> None:
        self.entry.known |= isinstance(event, FaceMatched)
        if isinstance(event, GestureSeen):
            self.entry.made.append((self._since(at_s), f"{event.gesture}{'' if event.person else ' of nobody'}"))
        self._state, actions = self._gate.step(self._state, event, Now(at_s, _NOON_US + round(at_s * 1e6)))
        for action in actions:
            self._note(action, at_s)

    def _note(self, action: Action, at_s: float) -> None:
        entry = self.entry
        if isinstance(action, Speak) and action.phrase.startswith("do_"):
            gesture = Gesture(action.phrase.removeprefix("do_"))
            entry.asked.append((self._since(at_s), gesture.value))
            heard = self._spoken[gesture][: entry.speaks + 1]
            self._entrant.hear(gesture, at_s, at_s + sum(heard))
        elif isinstance(action, Report) and action.type == "access.granted" and entry.granted_s is None:
            entry.granted_s = self._since(at_s)
        elif isinstance(action, Report) and action.type == "access.refused":
            entry.refusals.append((self._since(at_s), _why(action)))


def enrol(recognition: Recognition, finder: FaceFinder, pictures: Sequence[Path], rng: Generator) -> None:
    """Enrol whoever the pictures show, among others who will not come. Raises DataError where none shows a face."""
    found = [face for path in pictures for face in finder.find(load_picture(path))[:1]]
    if not found:
        raise DataError(f"{pictures[0]} shows no face", hint="faces must look ahead")
    others = rng.normal(size=(_OTHERS, recognition.dimension))
    rows = np.vstack([*(finder.embed(face) for face in found), others]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    recognition.deliver(rows, [PERSON] * len(found) + [f"other-{number}" for number in range(_OTHERS)])


def figures(entries: Sequence[Entry]) -> dict[str, Any]:
    """By kind: how many came in without being asked, after gestures, and not at all, each with its 95 % interval; and
    after how many seconds. Those in which no face was found are told apart and left out.
    """
    return {kind: _of_kind([one for one in entries if one.kind == kind]) for kind in sorted({e.kind for e in entries})}


def _of_kind(entries: Sequence[Entry]) -> dict[str, Any]:
    seen = [one for one in entries if one.faces]
    passed = [one for one in seen if one.granted_s is not None]
    at_once, asked = ([one for one in passed if bool(one.asked) is told] for told in (False, True))
    return {
        "presentations": len(entries),
        "without_face": len(entries) - len(seen),
        "at_once": _share(len(at_once), len(seen)),
        "after_being_asked": _share(len(asked), len(seen)),
        "accepted": _share(len(passed), len(seen)),
        "not_accepted": _share(len(seen) - len(passed), len(seen)),
        "never_recognised": _share(sum(not one.known for one in seen), len(seen)),
        "asked": _share(sum(bool(one.asked) for one in seen), len(seen)),
        "grant_s": _seconds(passed),
        "grant_at_once_s": _seconds(at_once),
        "grant_after_being_asked_s": _seconds(asked),
        "refusals": dict(Counter(why for one in seen for _, why in one.refusals)),
    }


def _why(refusal: Report) -> str:
    return " ".join(str(refusal.data[key]) for key in ("reason", "detail") if key in refusal.data)


def _share(hits: int, of: int) -> dict[str, Any]:
    ends = [round(end, 4) for end in wilson(hits, of)] if of else None
    return {"n": hits, "of": of, "share": round(hits / of, 4) if of else None, "ci": ends}


def _seconds(entries: Sequence[Entry]) -> dict[str, float] | None:
    """Of those who came in: quantiles of the time from the first face to the grant."""
    times = [one.granted_s for one in entries if one.granted_s is not None]
    return {f"q{round(100 * q)}": round(float(np.quantile(times, q)), 2) for q in (0.5, 0.9, 1.0)} if times else None


def _raise(component: str, what: str, why: str) -> None:
    raise HardwareError(f"{component}: {what}: {why}", hint="check the models with edge models verify")
