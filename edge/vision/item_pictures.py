"""Small JPEGs of the last few items, for whoever keeps examples of what was dropped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.vision.crops import Crop
from edge.vision.geometry import Box

ITEMS = 8
LONGER_PX = 320  # the classifier looks at fewer; a few kilobytes
_QUALITY = 85
Region = tuple[int, int, int, int]


class ItemPictures:
    """A ring of `ITEMS` items, some 30 kB each. `put` and `get` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: OrderedDict[int, tuple[bytes, ...]] = OrderedDict()

    def put(self, item: int, crops: Sequence[Crop]) -> None:
        jpegs = tuple(_jpeg(crop) for crop in crops)
        with self._lock:
            self._items[item] = jpegs
            self._items.move_to_end(item)
            while len(self._items) > ITEMS:
                self._items.popitem(last=False)

    def get(self, item: int) -> tuple[bytes, ...]:
        """The best first; empty when there are none (any more)."""
        with self._lock:
            return self._items.get(item, ())


def square(box: Box, picture: Picture) -> Region:
    """The box as x, y, width, height, made square so that nothing is stretched, as far as it lies in the picture."""
    height, width = picture.shape[:2]
    side = max(box.width, box.height)
    x, y = box.centre
    left, top = max(0, round(x - side / 2)), max(0, round(y - side / 2))
    return left, top, min(width, round(x + side / 2)) - left, min(height, round(y + side / 2)) - top


def _jpeg(crop: Crop) -> bytes:
    """Everything that belongs to the item in this frame, its parts together."""
    boxes = crop.boxes
    whole = Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
    x, y, width, height = square(whole, crop.picture)
    part = np.ascontiguousarray(crop.picture[y : y + height, x : x + width])
    scale = LONGER_PX / max(width, height)
    if scale < 1.0:
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(part, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return coded.tobytes()
