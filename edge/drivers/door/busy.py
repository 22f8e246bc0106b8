"""What the other door of an interlock is told: that ours is free to be opened, or may be. Pure but for its memory."""

from __future__ import annotations

from edge.drivers.debounce import Debounced


class Leaf:
    """Whether our leaf is known to be shut: open counts at once, shut only when it has stood for a while."""

    def __init__(self) -> None:
        self._debounced: Debounced[bool] = Debounced()
        self.shut = False

    def look(self, contact_open: bool | None, mono_s: float) -> None:
        """The contact at this moment; without one (None) the relay alone decides."""
        if contact_open is None:
            self.shut = True
        elif contact_open:
            self._debounced.stable(True, mono_s)
            self.shut = False
        elif self._debounced.stable(False, mono_s) is False:
            self.shut = True
