"""A match waits a little for what the frames say about life, so that a living resident passes in one go.

Who he is, is often clear from the first frame; that he lives takes several. A match that would only be in doubt is
held back until the doubt is gone or has lasted long enough to be told; from then on it is told again now and then, so
that the gate has a fresh one when somebody has done what it asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.events import FaceMatched, FaceUnknown, Life
from edge.vision.attempt import Decision
from edge.vision.liveness.judge import Evidence

WAIT_S = 0.8
"""From the match on; nine in ten living residents who walk up are clear by then (docs/liveness.md)."""
AGAIN_S = 1.0

Face = FaceMatched | FaceUnknown


@dataclass(slots=True)
class Patience:
    """Of one track. Times are monotonic seconds, passed in."""

    held: Face | None = None
    until_s: float = 0.0
    told: Life = Life.DOUBT
    wait_s: float = WAIT_S

    def settle(self, decision: Decision | None, evidence: Evidence, now_s: float) -> Decision | None:
        """What of a frame's decision (None for most frames) is to be told now.

        While a match waits, weaker decisions about the same face are void: they come of frames that add nothing.
        Somebody unknown waits as somebody known does, so that both are asked for the same.
        """
        if isinstance(decision, FaceMatched | FaceUnknown):
            self._hold(decision, now_s)
        if self.held is None:
            return decision
        # A clock that was set back must not make anybody wait for ever.
        self.until_s = min(self.until_s, now_s + self.wait_s)
        if evidence.life is self.told and now_s < self.until_s:
            return None
        held, self.held = self.held, None
        lives = evidence.life is Life.LIVE
        self.told, self.wait_s = (Life.DOUBT, WAIT_S) if lives else (evidence.life, AGAIN_S)
        if isinstance(held, FaceUnknown):
            return replace(held, life=evidence.life)
        return replace(held, life=evidence.life, cues=evidence.cues)

    def _hold(self, face: Face, now_s: float) -> None:
        known = self.held.person if isinstance(self.held, FaceMatched) else ""
        if known and isinstance(face, FaceUnknown):
            return
        if self.held is None or known != (face.person if isinstance(face, FaceMatched) else ""):
            self.until_s = now_s + self.wait_s
        self.held = face

    def hasten(self, now_s: float) -> None:
        """Something has happened that the gate will want a fresh match after, if it was told of a doubt. Before that
        nobody was asked for anything: a blink must not end the wait of somebody who is clear half a second later.
        """
        if self.wait_s == WAIT_S:
            return
        self.until_s = now_s
        self.wait_s = 0.0
