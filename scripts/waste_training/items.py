"""Items that can be laid on any ground: cut to what is seen of them, drawn by odds, some in other colours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn import functional

from waste_training.canvas import chance, uniform
from waste_training.classes import CLASSES
from waste_training.packing import Picture

Tensor = torch.Tensor

_PX = 176
_FAVOURED = {"trash": 1.6, "carton": 1.3, "background": 0.6}


@dataclass(frozen=True, slots=True)
class Items:
    """RGBA (n, 4, side, side), bytes, class indices and how likely each is to be drawn."""

    pictures: Tensor
    labels: Tensor
    odds: Tensor

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        at = torch.multinomial(self.odds, n, replacement=True)
        return self.pictures[at].float(), self.labels[at]


def balanced(groups: list[tuple[int, str]], device: torch.device) -> Tensor:
    """The total of a class and source grows with the root of its size."""
    keys = [f"{label} {source}" for label, source in groups]
    names, at, counts = np.unique(keys, return_inverse=True, return_counts=True)
    favoured = [_FAVOURED.get(CLASSES[int(name.split()[0])], 1.0) for name in names]
    odds = np.array(favoured) / np.sqrt(counts)
    return torch.tensor(odds[at], dtype=torch.float32, device=device)


def cropped(item: Picture) -> Picture:
    """An RGBA cut-out without its empty border, in the middle of a square that its longer side fills."""
    seen = item[..., 3] > 24
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return np.zeros((_PX, _PX, 4), np.uint8)
    cut = item[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = (_PX - 2) / max(cut.shape[:2])
    wide, high = (max(round(side * scale), 1) for side in (cut.shape[1], cut.shape[0]))
    fitted = cv2.resize(cut, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    made = np.zeros((_PX, _PX, 4), np.uint8)
    top, left = (_PX - high) // 2, (_PX - wide) // 2
    made[top : top + high, left : left + wide] = fitted
    return made


def tinted(items: Tensor) -> Tensor:
    """Two in five in other colours, as another maker would print them: channels exchanged, in part."""
    n, device = len(items), items.device
    order = torch.rand(n, 3, device=device).argsort(1)
    change = functional.one_hot(order, 3).float()
    share = (chance(n, 0.4, device) * uniform(n, 0.3, 1.0, device))[:, None, None]
    change = share * change + (1 - share) * torch.eye(3, device=device)
    return torch.cat([torch.einsum("nij,njhw->nihw", change, items[:, :3]), items[:, 3:]], 1)
