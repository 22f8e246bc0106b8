"""What a network says of single pictures, where the installer has added one: one more cue, that must agree.

It was trained on photographs of people, prints and screens, and judges by how they look, which no other cue does. It
cannot open anything alone; it can only keep the door shut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.drivers.inference import Network
from edge.errors import DataError
from edge.vision.faces import Face
from edge.vision.liveness.cue import EVIDENCE_S, Seen
from edge.vision.manifest import Manifest, ModelEntry, open_network
from edge.vision.mesh import OVAL
from edge.vision.pixels import Normaliser

ROLE = "liveness"
_EVERY = 4  # frames: each look takes a few milliseconds, and neighbouring frames show much the same
_FRAMES = 2


class Critic:
    """One network. Raises DataError for one that is no judge of life."""

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        spec = entry.liveness
        if spec is None or spec.living >= int(np.prod(network.output_shapes[0])):
            raise DataError(
                f"model {entry.id} says nothing about life", hint="add it again: edge models add, see docs/liveness.md"
            )
        self._network, self._spec, self._px = network, spec, entry.input_px
        self._normalise = Normaliser(entry)

    def living(self, face: Face) -> float:
        """The network's probability that the face lives, [0, 1]."""
        square = np.asarray(cv2.resize(cropped(face, self._spec.crop), (self._px, self._px)), np.uint8)
        logits = self._network.run(self._normalise(square))[0].reshape(-1).astype(np.float64)
        odds = np.exp(logits - logits.max())
        return float(odds[self._spec.living] / odds.sum())


def cropped(face: Face, times: float) -> Picture:
    """The face's box, so many times as large, moved and, where it must, made smaller until it lies in the picture."""
    height, width = face.picture.shape[:2]
    oval = face.points[OVAL, :2].astype(np.float64)
    low, high = oval.min(axis=0), oval.max(axis=0)
    middle, extent = (low + high) / 2, np.maximum(high - low, 1.0)
    size = extent * min(times, (width - 1) / extent[0], (height - 1) / extent[1])
    corner = np.clip(middle - size / 2, 0.0, (width, height) - size)
    left, top = (int(n) for n in corner)
    right, bottom = (max(int(n), first + 2) for n, first in zip(corner + size, (left, top), strict=True))
    return np.ascontiguousarray(face.picture[top:bottom, left:right])


class Opinion:
    """The mean of the networks' probabilities, the median of some frames."""

    name = "network"
    passes = 0.5
    fails = -1.0

    def __init__(self, critics: Sequence[Critic]) -> None:
        self._critics = critics
        self._frames: deque[tuple[float, float]] = deque(maxlen=64)
        self._count = 0

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0][0] <= EVIDENCE_S:
            self._frames.popleft()
        self._count += 1
        if self._count % _EVERY == 1:
            living = sum(critic.living(seen.face) for critic in self._critics) / len(self._critics)
            self._frames.append((seen.now_s, living))

    def score(self) -> float | None:
        if len(self._frames) < _FRAMES:
            return None
        return sorted(living for _, living in self._frames)[(len(self._frames) - 1) // 2]


def open_critics(manifest: Manifest) -> tuple[Critic, ...]:
    """Those that the installer has added, none by default. Raises DataError or HardwareError: one that was added and
    does not work must not be passed over.
    """
    added = [entry for entry in manifest.models.values() if entry.role == ROLE]
    return tuple(Critic(open_network(entry), entry) for entry in added)
