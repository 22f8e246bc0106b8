"""What keys mean together: `PIN #`, or `number * PIN #`. Pure.

A second * takes everything back, and so does waiting. More digits than a PIN can have are one entry all the same, and a
wrong one: whoever mistypes hears so, and nobody learns how long a PIN is.
"""

from __future__ import annotations

from edge.events import PinTyped

KEY_S = 8.0
"""Between two keys; then what was begun is forgotten, so that the next person does not go on with it."""
_MOST_DIGITS = 9  # one more than the longest PIN, so that what is longer stays wrong


class Entry:
    """Gathers keys. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._number: str | None = None
        self._digits = ""
        self._last_s = float("-inf")

    def press(self, key: str, now_s: float) -> PinTyped | None:
        """One of 0123456789*#; what was typed, where this key ends it."""
        if now_s - self._last_s > KEY_S:
            self.clear()
        self._last_s = now_s
        if key == "#":
            number, pin = self._number or "", self._digits
            self.clear()
            return PinTyped(number, pin) if pin else None
        if key == "*":
            if self._number is None and self._digits:
                self._number, self._digits = self._digits, ""
            else:
                self.clear()
        elif len(self._digits) < _MOST_DIGITS:
            self._digits += key
        return None

    def lapse(self, now_s: float) -> None:
        """Forget what was begun too long ago."""
        if now_s - self._last_s > KEY_S:
            self.clear()

    def clear(self) -> None:
        """Forget what was begun."""
        self._number, self._digits = None, ""

    def __repr__(self) -> str:
        return "Entry()"  # of what is typed nothing belongs into a log
