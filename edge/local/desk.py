"""The device's side of the local desk: what is watched all the time, and the operations once somebody asks.

A device that nobody asks never loads the operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from edge.actions import Answer
from edge.local.lent import Lent, Order
from edge.local.seen import Seen
from edge.local.view import View

if TYPE_CHECKING:
    from edge.local.operations import Operations

ACCEPTANCE = "edge-acceptance"
"""The kind of token that signs a report."""


class LocalDesk:
    """`name`: "{site}/{device}". `views` by camera: `people`, `second`, `station`. `orders` by operation: what the
    office's part carries out (`configure`, `update`), where the device has one. It outlives the workers that serve it.
    """

    def __init__(self, name: str, state_dir: Path, runtime_dir: Path, lent: Lent) -> None:
        self.views: dict[str, View] = {}
        self.orders: dict[str, Order] = {}
        self.seen = Seen()
        self._name = name
        self._folders = state_dir, runtime_dir
        self._lent = lent
        self._operations: Operations | None = None

    def show(self, camera: str, zones: Mapping[str, Sequence[float]] = MappingProxyType({})) -> View:
        """The view of one more camera, to be given to those who see. `zones`: the openings of the bins, by name."""
        self.views[camera] = view = View(zones)
        return view

    def answered(self, answer: Answer) -> bool:
        """For the dispatcher: whether the order that is answered was the desk's."""
        return self._operations is not None and self._operations.answered(answer)

    def serve(self, request: Mapping[str, Any], uid: int) -> tuple[dict[str, Any], bytes]:
        """The answer to a request of this user, whatever it holds, and the bytes after it; on the desk's thread."""
        if self._operations is None:
            from edge.local.operations import Operations

            self._operations = Operations(self._name, self._folders, self._lent, self.views, self.seen, self.orders)
        return self._operations.serve(request, uid)

    def tidy(self) -> None:
        """Between two requests: let go of pictures that nobody asks for any more."""
        for view in self.views.values():
            view.tidy()
        if self._operations is not None:
            self._operations.tidy()
