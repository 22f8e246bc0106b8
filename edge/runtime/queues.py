"""What waits to be sent, on the status board: coarse in the retained state, exact among the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from edge.runtime.steady import Crowd


class QueuePart:
    """`waiting` gives how many events wait, by the name of their priority."""

    def __init__(self, waiting: Callable[[], Mapping[str, int]]) -> None:
        self._waiting = waiting
        self._crowds: defaultdict[str, Crowd] = defaultdict(Crowd)

    def __call__(self) -> dict[str, Any]:
        """`none`, `some` or `many` for each priority, and the counts with their sum `total`."""
        counts = dict(self._waiting())
        shown = {name: self._crowds[name](count) for name, count in counts.items()}
        return {**shown, "figures": {**counts, "total": sum(counts.values())}}
