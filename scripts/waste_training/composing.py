"""How a batch to learn from is drawn: photographs as another camera would have taken them, photographed items freed
and laid elsewhere, renderings on some ground, and scenes without waste. All pictures stay where the network computes.

Every source gives its own share, so that the largest does not decide what a class looks like.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn import functional

from waste_training import canvas, packing
from waste_training.canvas import chance, normal, uniform
from waste_training.classes import CATEGORY, CLASSES
from waste_training.items import Items, balanced, cropped, tinted
from waste_training.panoramas import held_out

Tensor = torch.Tensor
Picture = packing.Picture

_SOLID = 225  # of an item's alpha; below lies its shadow
SHARES = {"photograph": 0.49, "freed": 0.1, "hazardous": 0.19, "everyday": 0.16, "nothing": 0.06}
_HAZARDOUS = {"battery": 0.64, "lamp": 0.11, "medicine": 0.14, "chemical": 0.11}
_EVERYDAY = {
    "plastic": 0.14,
    "glass": 0.07,
    "metal": 0.22,
    "paper": 0.07,
    "cardboard": 0.12,
    "carton": 0.06,
    "food": 0.07,
    "vegetation": 0.04,
    "textile": 0.05,
    "unknown": 0.16,
}
_RESTYLED = 0.25
_GROUND = {0: 0.34, 1: 0.24, 2: 0.2, 3: 0.22}  # kinds of `packing.grounds`
_UNKNOWN, _BACKGROUND = CLASSES.index("unknown"), CLASSES.index("background")


@dataclass(frozen=True, slots=True)
class Drawn:
    """`x` (n, 3, side, side), 0 to 255; class indices; which are photographs of waste."""

    x: Tensor
    y: Tensor
    photograph: Tensor


class Composer:
    """Draws batches. `without`: a source that is left out, with everything that was freed from it."""

    def __init__(self, pack: packing.Pack, px: int, device: torch.device, seed: int, without: str = "") -> None:
        self._px, self._device = px, device
        learned = [
            (p, label, source)
            for p, label, source in zip(pack.train.pictures, pack.train.labels, pack.train.sources, strict=True)
            if source != without
        ]
        self._photos = self._stack(p[..., :3] for p, _, _ in learned)
        self._labels = torch.tensor([label for _, label, _ in learned], device=device)
        self._odds = balanced([(label, source) for _, label, source in learned], device)
        freed = [(p, label, source) for p, label, source in learned if p.shape[2] == 4]
        self._freed = self._items([(p, label) for p, label, _ in freed], [(lb, s) for _, lb, s in freed])
        seen = [(picture, label) for picture, label, seen in pack.renderings if seen]
        self._hazardous, self._everyday = (
            self._rendered([(p, lb) for p, lb in seen if CLASSES[lb] in shares], shares)
            for shares in (_HAZARDOUS, _EVERYDAY)
        )
        self._hands = self._items([(p, lb) for p, lb in seen if lb == _UNKNOWN], [(0, "")] * len(seen))
        places = [picture for name, picture in pack.places.items() if not held_out(name)]
        bare = [p[..., :3] for p, label, _ in learned if label == _BACKGROUND]
        pictures, kinds = packing.grounds(places, bare, packing.PX, seed)
        self._grounds = self._stack(pictures)
        kind = torch.tensor(kinds, device=device)
        self._ground_odds = sum(
            (kind == k).float() * share / max(int((kind == k).sum()), 1) for k, share in _GROUND.items()
        )
        self._portraits = self._stack(pack.portraits)
        # Scenes without waste: places and wood are unknown, surfaces are empty.
        share = {0: 0.2, 1: 0.06, 2: 0.56, 3: 0.08, 4: 0.1}
        self._scene_odds = sum((kind == k).float() * s / max(int((kind == k).sum()), 1) for k, s in share.items())
        self._scene_labels = torch.where((kind == 2) | (kind == 4), _UNKNOWN, _BACKGROUND)

    def batch(self, n: int) -> Drawn:
        counts = {kind: round(n * share) for kind, share in SHARES.items()}
        counts["photograph"] += n - sum(counts.values())
        drawn = [getattr(self, f"_draw_{kind}")(count) for kind, count in counts.items()]
        x, y = torch.cat([x for x, _ in drawn]), torch.cat([y for _, y in drawn])
        photograph = torch.zeros(n, dtype=torch.bool, device=self._device)
        photograph[: counts["photograph"] + counts["freed"]] = True
        order = torch.randperm(n, device=self._device)
        x = canvas.restyled(canvas.photographed(x[order], 0.9), _RESTYLED)
        return Drawn(x, y[order], photograph[order] & (y[order] != _BACKGROUND))

    def _draw_photograph(self, n: int) -> tuple[Tensor, Tensor]:
        at = torch.multinomial(self._odds, n, replacement=True)
        return canvas.framed(self._photos[at].float(), self._px), self._labels[at]

    def _draw_freed(self, n: int) -> tuple[Tensor, Tensor]:
        items, labels = self._freed.draw(n)
        return self._pasted(items, self._ground(n), uniform(n, 0.5, 1.05, self._device), 0.1), labels

    def _draw_hazardous(self, n: int) -> tuple[Tensor, Tensor]:
        items, labels = self._hazardous.draw(n)
        return self._composed(items), labels

    def _draw_everyday(self, n: int) -> tuple[Tensor, Tensor]:
        items, labels = self._everyday.draw(n)
        return self._composed(items), labels

    def _draw_nothing(self, n: int) -> tuple[Tensor, Tensor]:
        faces = n // 6
        at = torch.multinomial(self._scene_odds, n - faces, replacement=True)
        who = torch.randint(len(self._portraits), (faces,), device=self._device)
        x = torch.cat([self._grounds[at], self._portraits[who]]).float()
        y = torch.cat([self._scene_labels[at], torch.full((faces,), _UNKNOWN, device=self._device)])
        return canvas.framed(x, self._px, 1.4), y

    def _composed(self, items: Tensor) -> Tensor:
        """Somewhere or as a shop shows it, of any size; now and then more than one, or in or before a hand."""
        n, device = len(items), self._device
        items = tinted(items)
        shop = chance(n, 0.4, device)
        bare = shop & chance(n, 0.5, device)  # without its shadow
        alpha = torch.where(bare[:, None, None], items[:, 3] * (items[:, 3] >= _SOLID), items[:, 3])
        items = torch.cat([items[:, :3], alpha[:, None]], 1)
        white = uniform(n, 232, 255, device, 1, 1, 1).expand(n, 3, self._px, self._px)
        ground = torch.where(shop[:, None, None, None], white, self._ground(n))
        size = torch.where(chance(n, 0.2, device), uniform(n, 0.3, 0.6, device), uniform(n, 0.6, 1.2, device))
        size = torch.where(chance(n, 0.12, device), uniform(n, 1.2, 1.8, device), size)
        hands, _ = self._hands.draw(n)
        with_hand = chance(n, 0.15, device)
        behind, before = with_hand & chance(n, 0.6, device), with_hand & chance(n, 0.4, device)
        more = chance(n, 0.2, device)
        ground = _where(behind, self._pasted(hands, ground, uniform(n, 0.8, 1.4, device), 1.0), ground)
        ground = _where(more, self._pasted(items, ground, size * 0.9, 1.0), ground)
        made = self._pasted(items, ground, size, 0.15)
        return _where(before, self._pasted(hands, made, uniform(n, 0.4, 0.7, device), 1.0), made)

    def _ground(self, n: int) -> Tensor:
        at = torch.multinomial(self._ground_odds, n, replacement=True)
        return canvas.framed(self._grounds[at].float(), self._px, 1.8)

    def _pasted(self, items: Tensor, ground: Tensor, size: Tensor, partly_out: float) -> Tensor:
        """`size`: the item's longer side, of the picture's; its soft edge takes the background's light."""
        n, device = len(items), self._device
        turn = torch.where(chance(n, 0.5, device), uniform(n, -math.pi, math.pi, device), normal(n, 0.2, device))
        room = torch.where(chance(n, partly_out, device), 0.9, (1 - size).clamp(min=0.0))
        shift = uniform(n, -1, 1, device, 2) * room[:, None]
        mirror = torch.where(chance(n, 0.5, device), -1.0, 1.0)
        tilt = normal(n, 0.08, device, 2).clamp(-0.2, 0.2)
        matrices = canvas.placement(size, normal(n, 0.06, device).exp(), turn, shift, mirror, tilt)
        alpha = items[:, 3:] / 255
        placed = canvas.warped(torch.cat([items[:, :3] * alpha, alpha], 1), matrices, self._px, "zeros")
        mean = ground.mean((2, 3))
        cast = (mean / mean.mean(1, keepdim=True).clamp(min=1)).clamp(0.3, 3) ** uniform(n, 0, 0.7, device)[:, None]
        dark = chance(n, 0.6, device) * uniform(n, 0.1, 0.7, device)
        light = 1 - _shadow(placed[:, 3:]) * dark[:, None, None, None]
        made = placed[:, :3] * cast[:, :, None, None] + ground * light * (1 - placed[:, 3:])
        return made.clamp(0, 255)

    def _stack(self, pictures: Iterable[Picture]) -> Tensor:
        px = packing.PX
        fitted = [p if p.shape[:2] == (px, px) else cv2.resize(p, (px, px)) for p in pictures]
        return torch.from_numpy(np.stack(fitted)).permute(0, 3, 1, 2).contiguous().to(self._device)

    def _items(self, pairs: list[tuple[Picture, int]], groups: list[tuple[int, str]]) -> Items:
        stacked = torch.from_numpy(np.stack([cropped(picture) for picture, _ in pairs])).permute(0, 3, 1, 2)
        labels = torch.tensor([label for _, label in pairs], device=self._device)
        return Items(stacked.contiguous().to(self._device), labels, balanced(groups[: len(pairs)], self._device))

    def _rendered(self, pairs: list[tuple[Picture, int]], shares: dict[str, float]) -> Items:
        items = self._items(pairs, [(0, "")] * len(pairs))
        counts = torch.bincount(items.labels, minlength=len(CLASSES))
        odds = torch.tensor([shares.get(name, 0.0) for name in CLASSES], device=self._device) / counts.clamp(min=1)
        return Items(items.pictures, items.labels, odds[items.labels])


HAZARDOUS = [CATEGORY.get(name) == "hazardous" for name in CLASSES]


def _shadow(alpha: Tensor) -> Tensor:
    """The outline, a little below and blurred."""
    px = alpha.shape[-1]
    small = functional.avg_pool2d(alpha, 4)
    small = functional.avg_pool2d(functional.pad(small, (2, 2, 3, 1), mode="replicate"), 5, 1)
    return functional.interpolate(small, (px, px), mode="bilinear")


def _where(which: Tensor, one: Tensor, other: Tensor) -> Tensor:
    return torch.where(which[:, None, None, None], one, other)
