"""Boxes in picture pixels. x to the right, y down, pixel centres at whole numbers and a half."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels; it may reach beyond the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 where the boxes do not touch."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0.0 or height <= 0.0:
            return 0.0
        both = width * height
        return both / (self.area + other.area - both)

    def inside_share(self, width: int, height: int) -> float:
        """The share of the box that lies on a picture of this size, [0, 1]."""
        across = min(self.right, width) - max(self.left, 0.0)
        down = min(self.bottom, height) - max(self.top, 0.0)
        if across <= 0.0 or down <= 0.0 or self.area <= 0.0:
            return 0.0
        return across * down / self.area
