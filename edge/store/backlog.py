"""What the uplink reads: the outbox, and where it ended when a connection began."""

from __future__ import annotations

from edge.store.reader import EventReader


class Backlog(EventReader):
    """An EventReader that also tells backlog and live events apart, by their position in the file."""

    def newest_position(self) -> int:
        """The position of the newest event, 0 if there is none; what is stored later stands beyond it.

        Raises NoStoreError.
        """
        ((newest,),) = self._rows("SELECT coalesce(max(position), 0) FROM events")
        return int(newest)
