"""Faces: known, unknown, poorly seen, and whether somebody living stands there. Pure.

An unknown face is asked for the same gestures as a known one: what is asked must not tell who is enrolled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Speak
from edge.clock import Now
from edge.events import FaceMatched, FacePoor, FaceUnknown, GestureBegun, GestureSeen, Life, Way
from edge.gate import challenge
from edge.gate.access import record_failure
from edge.gate.admit import admit
from edge.gate.grant import just_passed
from edge.gate.refusal import refuse, shut_out
from edge.gate.state import GateState, Outcome, Rules
from edge.gate.ways import Factor, more_than

Face = FaceMatched | FaceUnknown


def seen(state: GateState, event: Face | FacePoor, rules: Rules, now: Now) -> Outcome:
    """A face was decided about."""
    person = event.person if isinstance(event, FaceMatched) else ""
    if state.lockdown:
        return shut_out(state, event.track, now, person)
    if isinstance(event, FacePoor) and _is_asked(state, event.track):
        return state, ()  # whoever turns their head as they were asked to is not to be seen well meanwhile
    if isinstance(event, FacePoor):
        details = {"detail": event.reason.value}
        return refuse(state, event.track, f"poor_{event.reason}", "poor_picture", details, now)
    if person and just_passed(state, person, rules, now.mono_s):
        return state, ()
    match event.life:
        case Life.SPOOF:
            return _failed(_let_go(state, event.track), event, "refused_unknown", "spoof", rules, now)
        case Life.DOUBT:
            return _doubted(state, event, rules, now)
        case Life.LIVE if _is_asked(state, event.track):
            return _cleared(state, event, rules, now)
        case Life.LIVE if state.challenges.tried(event.track, now.mono_s):  # what it owes it still owes
            return _doubted(state, event, rules, now)
        case Life.LIVE:
            return _living(state, event, rules, now)


def begun(state: GateState, event: GestureBegun, now: Now) -> Outcome:
    """A face is making a gesture: the voice may go on."""
    if not _is_asked(state, event.track):
        return state, ()
    return _going_on(state, challenge.begun(state.challenges, event.gesture, now.mono_s))


def gesture(state: GateState, event: GestureSeen, rules: Rules, now: Now) -> Outcome:
    """A face made a gesture; one that nobody asked for means nothing."""
    asked = state.challenges.asked
    if asked is None or asked.face.track != event.track:
        return state, ()
    face = asked.face
    if isinstance(face, FaceMatched) and event.person != face.person:
        # Whose it is cannot be seen just then: it may be made again. Somebody else's: the face was exchanged.
        if event.person:
            return _in_vain(state, rules, now)
        return _going_on(state, challenge.again(state.challenges, event.gesture, now.mono_s))
    challenges, done = challenge.gesture(state.challenges, event.gesture, now.mono_s)
    state, asks = _going_on(state, challenges)
    if done is False:
        return _in_vain(state, rules, now)
    if done and isinstance(face, FaceUnknown):
        return _living(_let_go(state, face.track), face, rules, now)
    if done and asked.clear is not None:
        return _met(state, asked.clear, rules, now)
    return state, asks  # after the last one, the next match says what the pictures show


def expire(state: GateState, rules: Rules, now: Now) -> Outcome:
    """Nothing was done in time."""
    asked = state.challenges.asked
    if asked is None or now.mono_s < asked.until_s:
        return state, ()
    return _in_vain(state, rules, now)


def _doubted(state: GateState, event: Face, rules: Rules, now: Now) -> Outcome:
    asked = state.challenges.asked
    if asked is not None and asked.face.track == event.track:
        if _who(asked.face) == _who(event):
            return state, ()  # it is being asked already
        return _otherwise(state, event, rules, now)
    if asked is not None:  # one at a time: two people would not know who is meant
        return state, ()
    if state.challenges.tried(event.track, now.mono_s) >= challenge.MOST_TRIES:
        return refuse(state, event.track, "refused_challenge", "challenge", _scores(event), now)
    return _going_on(state, challenge.begin(state.challenges, event, now.mono_s))


def _cleared(state: GateState, event: Face, rules: Rules, now: Now) -> Outcome:
    """The pictures of a face that is being asked are clear now: that counts once it has done what it was asked for."""
    asked = state.challenges.asked
    assert asked is not None
    if _who(asked.face) != _who(event):
        return _otherwise(state, event, rules, now)
    if isinstance(event, FaceUnknown):
        return state, ()
    if not asked.met:
        return replace(state, challenges=challenge.cleared(state.challenges, event)), ()
    return _met(state, event, rules, now)


def _otherwise(state: GateState, event: Face, rules: Rules, now: Now) -> Outcome:
    """The asked face is said to be another one's than when it was asked."""
    asked = state.challenges.asked
    assert asked is not None
    if isinstance(event, FaceUnknown):  # whose it is cannot be seen just then: what counts is told with its person
        return state, ()
    if isinstance(asked.face, FaceMatched):  # somebody else's: the face was exchanged
        return _in_vain(state, rules, now)
    return _going_on(state, challenge.recognised(state.challenges, event, now.mono_s))


def _going_on(state: GateState, challenges: challenge.Challenges) -> Outcome:
    """The challenge as it is now, and its request where that is a new one."""
    asked, new = challenges.asked, challenges.request != state.challenges.request
    said = (Speak(f"do_{asked.wanted}"),) if asked is not None and new else ()
    return replace(state, challenges=challenges), said


def _met(state: GateState, event: FaceMatched, rules: Rules, now: Now) -> Outcome:
    """Everything that was asked for was done, and the pictures of it are clear."""
    asked = state.challenges.asked
    assert asked is not None
    assert isinstance(asked.face, FaceMatched)
    event = replace(event, waited_s=asked.face.waited_s + now.mono_s - asked.since_s)
    return _living(_let_go(state, event.track), event, rules, now, challenged=True)


def _living(state: GateState, event: Face, rules: Rules, now: Now, *, challenged: bool = False) -> Outcome:
    scores = _scores(event) | ({"challenged": True} if challenged else {})
    strong = isinstance(event, FaceMatched) and event.strong and event.person in state.people
    # Looked at last: were a strong match alone asked for gestures in a lock-out, a picture would show who is enrolled.
    # A strong match passes even then: somebody who keeps holding strangers' faces before the camera must not
    # be able to lock the residents out.
    if state.attempts.locked(now.mono_s) and not strong:
        return refuse(state, event.track, "refused_locked_out", "locked_out", scores, now)
    if isinstance(event, FaceMatched) and event.person in state.people:
        factor = Factor(now.mono_s, event.waited_s, scores)
        return admit(state, event.person, Way.FACE, factor, event.track, rules, now)
    if isinstance(event, FaceMatched):  # erased or revoked between the match and now
        return refuse(state, event.track, "refused_unknown", "unknown", scores, now)
    if more := more_than(rules.policy.ways_now(now), Way.FACE):
        # A resident's face would be asked for more now. So is this one, and what comes then is compared with nothing,
        # unless it is waited for from somebody before whom this one only stands about.
        if not state.shown.latest(now.mono_s):
            state = replace(state, shown=replace(state.shown, ghost_s=now.mono_s, ghost="face"))
        return _failed(state, event, f"need_{more}", "unknown", rules, now, asked=True)
    return _failed(state, event, "refused_unknown", "unknown", rules, now)


def _in_vain(state: GateState, rules: Rules, now: Now) -> Outcome:
    asked = state.challenges.asked
    assert asked is not None
    state = replace(state, challenges=challenge.failed(state.challenges, now.mono_s))
    return _failed(state, asked.face, "refused_challenge", "challenge", rules, now)


def _failed(
    state: GateState, event: Face, phrase: str, reason: str, rules: Rules, now: Now, *, asked: bool = False
) -> Outcome:
    """Refused, and counted towards the lock-out. `asked`: at the door it looks as if there were more to come."""
    settings = rules.policy.settings
    attempts, locked = record_failure(state.attempts, settings, event.track, now.mono_s)
    state, details = replace(state, attempts=attempts), _scores(event)
    if locked:
        phrase, reason = "refused_locked_out", "locked_out"
        details["lockout_s"] = settings.lockout_s
    return refuse(state, event.track, phrase, reason, details, now, lamp=locked or not asked)


def _let_go(state: GateState, track: int) -> GateState:
    """What this face was asked for is settled."""
    return replace(state, challenges=challenge.ended(state.challenges)) if _is_asked(state, track) else state


def _is_asked(state: GateState, track: int) -> bool:
    asked = state.challenges.asked
    return asked is not None and asked.face.track == track


def _who(face: Face) -> str:
    return face.person if isinstance(face, FaceMatched) else ""


def _scores(event: Face) -> dict[str, Any]:
    scores: dict[str, Any] = {
        "score": round(event.score, 3),
        "threshold": round(event.threshold, 3),
        "frames": event.frames,
    }
    if isinstance(event, FaceMatched) and event.cues:
        scores["cues"] = {cue: round(score, 3) for cue, score in event.cues.items()}
    return scores
