"""Where the pictures for learning come from, and how a batch is drawn from them.

Every source gives its own share of a batch, so that the largest does not decide what a class looks like.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from waste_training import augment, panoramas, surfaces
from waste_training.classes import CLASSES

Random = np.random.Generator
Picture = NDArray[np.uint8]

_STORED_PX = 256
_SOLID = 225  # of an item's alpha; below lies its shadow
_SURFACES = 800  # made once: one takes longer than everything else about a picture
_EVERYDAY = ("plastic", "glass", "metal", "paper", "cardboard", "carton", "food", "vegetation", "textile")
_HAZARDOUS = ("battery", "lamp", "medicine", "chemical")
_HAZARDOUS_SHARE = (0.58, 0.14, 0.16, 0.12)
# of a batch: photographs, rendered hazardous things, rendered everyday things, what is no waste
SHARES = (0.60, 0.18, 0.09, 0.13)


@dataclass
class Photographs:
    """One split of `labels.csv`: pictures squashed to 256 pixels square, with class index and source."""

    pictures: list[Picture] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def photographs(folder: Path, split: str, px: int = _STORED_PX) -> Photographs:
    """The pictures of one split whose licence is stated; `measure` is refused by having another split's name."""
    found = Photographs()
    with (folder / "labels.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["split"] != split or row["licence"] not in ("MIT", "CC BY 4.0"):
                continue
            found.pictures.append(read(folder / row["path"], px))
            found.labels.append(CLASSES.index(row["fine"]))
            found.sources.append(row["source"])
            found.paths.append(row["path"])
    return found


def read(path: Path, px: int) -> Picture:
    """A picture file as RGB, squashed to a square."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA))


def renderings(folder: Path, held_out: bool = False) -> dict[str, list[Picture]]:
    """The rendered cut-outs by class, RGBA: those for learning, or every eighth, which learning does not see."""
    found: dict[str, list[Picture]] = {}
    for path in sorted(folder.glob("*/*.png")):
        if (int(path.stem) % 8 == 7) != held_out:
            continue
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is not None and picture.ndim == 3:
            found.setdefault(path.parent.name, []).append(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)))
    return found


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
        self._photos, self._rendered, self._portraits, self._cut_outs, self._px = (
            photos,
            rendered,
            portraits,
            cut_outs,
            px,
        )
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

    def draw(self, random: Random) -> tuple[Picture, int]:
        """One augmented picture (px, px, 3) and its class."""
        kind = int(random.choice(len(SHARES), p=SHARES))
        picture, label = (self._photograph, self._hazardous, self._everyday, self._no_waste)[kind](random)
        return augment.photographed(random, picture, 0.8), label

    def draw_rendered(self, random: Random) -> tuple[Picture, int]:
        """One composed rendering: as often hazardous as not, so that within the renderings only the thing decides."""
        kinds = _HAZARDOUS if random.random() < 0.5 else _EVERYDAY
        kind = str(random.choice(kinds, p=_HAZARDOUS_SHARE if kinds is _HAZARDOUS else None))
        if random.random() < 0.7:
            return augment.photographed(random, self._advertised(random, kind), 0.35), CLASSES.index(kind)
        return augment.photographed(random, self._composed(random, kind), 0.8), CLASSES.index(kind)

    def _advertised(self, random: Random, kind: str) -> Picture:
        """As a shop shows it: large, on white, usually without its shadow."""
        items = self._rendered[kind]
        item = items[int(random.integers(len(items)))]
        if random.random() < 0.75:
            item = item.copy()
            item[item[..., 3] < _SOLID] = 0
        ground = np.full((self._px, self._px, 3), random.integers(238, 256), np.uint8)
        return augment.pasted(random, item, ground, random.uniform(0.75, 1.35), random.random() < 0.15)

    def batch(self, random: Random, size: int, rendered_only: bool = False) -> tuple[Picture, NDArray[np.int64]]:
        draw = self.draw_rendered if rendered_only else self.draw
        pairs = [draw(random) for _ in range(size)]
        return np.stack([p for p, _ in pairs]), np.array([label for _, label in pairs], np.int64)

    def _photograph(self, random: Random) -> tuple[Picture, int]:
        if self._cut_outs and random.random() < 0.15:
            cut, label = self._cut_outs[int(random.integers(len(self._cut_outs)))]
            return augment.pasted(
                random, cut, self.ground(random), random.uniform(0.5, 1.0), random.random() < 0.1
            ), label
        at = int(random.choice(len(self._odds), p=self._odds))
        return augment.framed(random, self._photos.pictures[at], self._px), self._photos.labels[at]

    def _hazardous(self, random: Random) -> tuple[Picture, int]:
        kind = str(random.choice(_HAZARDOUS, p=_HAZARDOUS_SHARE))
        return self._composed(random, kind), CLASSES.index(kind)

    def _everyday(self, random: Random) -> tuple[Picture, int]:
        kind = str(random.choice(_EVERYDAY))
        return self._composed(random, kind), CLASSES.index(kind)

    def _no_waste(self, random: Random) -> tuple[Picture, int]:
        unknown, which = CLASSES.index("unknown"), random.random()
        if which < 0.35:
            return self._composed(random, "unknown"), unknown
        if which < 0.60:
            return panoramas.crop(self._places[int(random.integers(len(self._places)))], random, self._px), unknown
        if which < 0.72:
            face = self._portraits[int(random.integers(len(self._portraits)))]
            return augment.framed(random, face, self._px, 1.4), unknown
        if which < 0.77:
            return np.clip(surfaces.wood(random, self._px), 0, 255).astype(np.uint8), unknown
        ground = self._surface(random) if random.random() < 0.8 else surfaces.white(random, self._px)
        return ground, CLASSES.index("background")

    def _composed(self, random: Random, kind: str) -> Picture:
        items = self._rendered[kind]
        item, ground = items[int(random.integers(len(items)))], self.ground(random)
        size = (
            random.uniform(0.25, 0.6) if random.random() < 0.2 else random.uniform(0.6, 1.25)
        )  # its shadow is part of it
        held = random.random() < 0.15 and kind != "unknown"
        hand = self._hand(random) if held else None
        if hand is not None and random.random() < 0.5:
            ground = augment.pasted(random, hand, ground, random.uniform(0.8, 1.4), True)
        made = augment.pasted(random, item, ground, size, random.random() < 0.15)
        if hand is not None and random.random() < 0.4:
            made = augment.pasted(random, hand, made, random.uniform(0.4, 0.7), True)
        return made

    def _hand(self, random: Random) -> Picture:
        """A rendering of the class `unknown`, a third of which are hands, before or behind the item."""
        items = self._rendered["unknown"]
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
