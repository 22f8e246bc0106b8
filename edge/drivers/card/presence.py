"""One presentation is one event: a card that stays before the reader is told by it again and again. Pure."""

from __future__ import annotations

# Readers repeat a card that stays up to once a second; whoever shows it anew takes longer than this to do so.
GONE_S = 1.5
# People do not show two cards in this time; noise does.
APART_S = 0.25


class Presence:
    """Tells which readings are presentations. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._card = ""
        self._seen_s = self._told_s = float("-inf")
        self.too_fast = 0

    def new(self, card: str, now_s: float) -> bool:
        """Whether this reading begins a presentation. One that comes too soon after another is none, and is counted."""
        if card == self._card and now_s - self._seen_s < GONE_S:
            self._seen_s = now_s
            return False
        if now_s - self._told_s < APART_S:
            self.too_fast += 1
            return False
        self._card, self._seen_s, self._told_s = card, now_s, now_s
        return True
