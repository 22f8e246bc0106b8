"""How a picture to learn from is drawn: a photograph as another camera would have taken it, a rendering on some ground.

Every source gives its own share, so that the largest does not decide what a class looks like.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waste_training import augment, panoramas, surfaces
from waste_training.classes import CLASSES
from waste_training.pool import Photographs, Picture

Random = np.random.Generator

_SOLID = 225  # of an item's alpha; below lies its shadow
_SURFACES = 300  # made once: one takes longer than everything else about a picture
_EVERYDAY = ("plastic", "glass", "metal", "paper", "cardboard", "carton", "food", "vegetation", "textile", "unknown")
_EVERYDAY_SHARE = (0.14, 0.07, 0.22, 0.07, 0.12, 0.06, 0.07, 0.04, 0.05, 0.16)
_HAZARDOUS = ("battery", "lamp", "medicine", "chemical")
_HAZARDOUS_SHARE = (0.64, 0.11, 0.14, 0.11)
_NO_WASTE = 0.14  # share of the pictures without renderings that show none: places, faces, wood, bare surfaces


def compositions(
    rendered: dict[str, list[Picture]], places: list[Picture], random: Random, px: int
) -> list[tuple[Picture, int]]:
    """Every cut-out once, large enough to be told, on white, on a surface or in a place, as a photograph would be."""
    made = []
    for kind, items in sorted(rendered.items()):
        for item in items:
            which = int(random.integers(3))
            ground = (
                surfaces.white(random, px)
                if which == 0
                else surfaces.surface(random, px)
                if which == 1
                else panoramas.crop(places[int(random.integers(len(places)))], random, px)
            )
            picture = augment.pasted(random, item, ground, random.uniform(0.7, 1.1), False)
            made.append((augment.photographed(random, picture, 0.5), CLASSES.index(kind)))
    return made


class Pool:
    """Draws training pictures. `cut_outs`: real items freed from their background, (RGBA, class)."""

    def __init__(
        self,
        photos: Photographs,
        rendered: dict[str, list[Picture]],
        places: dict[str, Picture],
        portraits: list[Picture],
        cut_outs: list[tuple[Picture, int]],
        px: int,
    ) -> None:
        self._photos, self._rendered, self._px = photos, rendered, px
        self._portraits, self._cut_outs = portraits, cut_outs
        self._places = [picture for _, picture in sorted(places.items())]
        self._bare = [
            p for p, label in zip(photos.pictures, photos.labels, strict=True) if CLASSES[label] == "background"
        ]
        own = np.random.default_rng(3)
        self._surfaces = [surfaces.surface(own, px) for _ in range(_SURFACES)]
        groups = [f"{label} {source}" for label, source in zip(photos.labels, photos.sources, strict=True)]
        names, at, counts = np.unique(groups, return_inverse=True, return_counts=True)
        odds = np.sqrt(counts.astype(float))  # the total of a group grows with the root of its size
        odds *= [1.6 if CLASSES[int(n.split()[0])] in ("trash", "carton") else 1.0 for n in names]
        odds *= [0.6 if CLASSES[int(n.split()[0])] == "background" else 1.0 for n in names]
        self._odds = (odds / counts)[at]
        self._odds /= self._odds.sum()

    def batch(self, random: Random, size: int, rendered: bool) -> tuple[Picture, NDArray[np.int64]]:
        """`size` pictures (size, px, px, 3) and their classes, all with or all without renderings."""
        draw = self._rendering if rendered else self._real
        pairs = [draw(random) for _ in range(size)]
        return np.stack([p for p, _ in pairs]), np.array([label for _, label in pairs], np.int64)

    def _real(self, random: Random) -> tuple[Picture, int]:
        picture, label = (self._no_waste if random.random() < _NO_WASTE else self._photograph)(random)
        return augment.photographed(random, picture, 0.8), label

    def _rendering(self, random: Random) -> tuple[Picture, int]:
        """As often hazardous as not, so that among the renderings only the thing decides."""
        if random.random() < 0.5:
            kind = str(random.choice(_HAZARDOUS, p=_HAZARDOUS_SHARE))
        else:
            kind = str(random.choice(_EVERYDAY, p=_EVERYDAY_SHARE))
        if random.random() < 0.5:
            return augment.photographed(random, self._advertised(random, kind), 0.4), CLASSES.index(kind)
        return augment.photographed(random, self._composed(random, kind), 0.8), CLASSES.index(kind)

    def _advertised(self, random: Random, kind: str) -> Picture:
        """As a shop shows it: large, on white, with or without its shadow, now and then cut by the frame."""
        item = self._item(random, kind)
        if random.random() < 0.5:
            item = item.copy()
            item[item[..., 3] < _SOLID] = 0
        ground = np.full((self._px, self._px, 3), random.integers(232, 256), np.uint8)
        if random.random() < 0.4:
            ground = surfaces.white(random, self._px)
        return augment.pasted(random, item, ground, random.uniform(0.6, 1.4), random.random() < 0.2)

    def _photograph(self, random: Random) -> tuple[Picture, int]:
        if self._cut_outs and random.random() < 0.2:
            cut, label = self._cut_outs[int(random.integers(len(self._cut_outs)))]
            return augment.pasted(
                random, cut, self.ground(random), random.uniform(0.5, 1.0), random.random() < 0.1
            ), label
        at = int(random.choice(len(self._odds), p=self._odds))
        return augment.framed(random, self._photos.pictures[at], self._px), self._photos.labels[at]

    def _no_waste(self, random: Random) -> tuple[Picture, int]:
        unknown, which = CLASSES.index("unknown"), random.random()
        if which < 0.42:
            return panoramas.crop(self._places[int(random.integers(len(self._places)))], random, self._px), unknown
        if which < 0.6:
            face = self._portraits[int(random.integers(len(self._portraits)))]
            return augment.framed(random, face, self._px, 1.4), unknown
        if which < 0.7:
            return np.clip(surfaces.wood(random, self._px), 0, 255).astype(np.uint8), unknown
        ground = self._surface(random) if random.random() < 0.8 else surfaces.white(random, self._px)
        return ground, CLASSES.index("background")

    def _composed(self, random: Random, kind: str) -> Picture:
        """Somewhere, of any size, now and then in or before a hand."""
        ground, which = self.ground(random), random.random()
        size = random.uniform(0.3, 0.6) if which < 0.2 else random.uniform(0.6, 1.2)
        if which > 0.9:
            size = random.uniform(1.2, 1.8)  # looked at closely
        hand = self._item(random, "unknown") if random.random() < 0.15 and kind != "unknown" else None
        if hand is not None and random.random() < 0.5:
            ground = augment.pasted(random, hand, ground, random.uniform(0.8, 1.4), True)
        made = augment.pasted(random, self._item(random, kind), ground, size, random.random() < 0.15)
        if hand is not None and random.random() < 0.4:
            made = augment.pasted(random, hand, made, random.uniform(0.4, 0.7), True)
        return made

    def _item(self, random: Random, kind: str) -> Picture:
        items = self._rendered[kind]
        return items[int(random.integers(len(items)))]

    def ground(self, random: Random) -> Picture:
        """A background: product white, a real surface, a place, or a surface of our own."""
        which = random.random()
        if which < 0.22:
            return surfaces.white(random, self._px)
        if which < 0.44:
            return augment.framed(random, self._bare[int(random.integers(len(self._bare)))], self._px, 1.5)
        if which < 0.62:
            return panoramas.crop(self._places[int(random.integers(len(self._places)))], random, self._px)
        return self._surface(random)

    def _surface(self, random: Random) -> Picture:
        return augment.framed(random, self._surfaces[int(random.integers(_SURFACES))], self._px, 2.0)
