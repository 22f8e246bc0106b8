"""Activations of the layers that keep their weights, computed once for many augmented pictures.

On a processor most of the time of a step goes into the early layers, which ImageNet has taught well already. What
comes after them learns from their stored answers several times as fast. Shards are independent, so processes may
share the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from waste_training.draw import Pool
from waste_training.network import PX, LiteNetwork, tensor
from waste_training.pool import Photographs

SHARD = 800  # pictures
_BATCH = 32


def write_shard(net: LiteNetwork, pool: Pool, folder: Path, number: int, seed: int, rendered: bool, done: int) -> None:
    """One shard of augmented pictures; the same for the same seed and number."""
    target = folder / f"{'rendered' if rendered else 'real'}-{number:04d}.pt"
    if target.exists():
        return
    random = np.random.default_rng([seed, int(rendered), number])
    answers, labels = [], []
    for _ in range(SHARD // _BATCH):
        pictures, classes = pool.batch(random, _BATCH, rendered)
        answers.append(first_layers(net, pictures, done))
        labels.append(torch.from_numpy(classes))
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    torch.save({"x": torch.cat(answers), "y": torch.cat(labels), "done": done}, part)
    part.replace(target)


def write_plain(net: LiteNetwork, photos: Photographs, folder: Path, own: int, of: int, done: int) -> None:
    """The photographs as they are, this process's share of them: what the station's camera shows on a good day."""
    answers, labels = [], photos.labels[own::of]
    pictures = photos.pictures[own::of]
    for start in range(0, len(pictures), _BATCH):
        part = [cv2.resize(p, (PX, PX), interpolation=cv2.INTER_AREA) for p in pictures[start : start + _BATCH]]
        answers.append(first_layers(net, np.stack(part), done))
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"x": torch.cat(answers), "y": torch.tensor(labels), "done": done}, folder / f"plain-{own}.pt")


def first_layers(net: LiteNetwork, pictures: np.ndarray, done: int) -> torch.Tensor:
    """What the first `done` stages answer, (n, channels, side, side) in bfloat16."""
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        x = tensor(pictures).contiguous(memory_format=torch.channels_last)
        for stage in net.stages[:done]:
            x = stage(x)
    return x.to(torch.bfloat16).clone()


@dataclass(frozen=True)
class Stored:
    """Answers of the first `done` stages (n, channels, side, side), classes (n), and which pictures are renderings."""

    x: torch.Tensor
    y: torch.Tensor
    rendered: torch.Tensor
    done: int


def load(folder: Path) -> Stored:
    """All shards of a folder as one."""
    shards = [(torch.load(path), path.name.startswith("rendered")) for path in sorted(folder.glob("*.pt"))]
    x = torch.cat([shard["x"] for shard, _ in shards]).contiguous(memory_format=torch.channels_last)
    y = torch.cat([shard["y"] for shard, _ in shards])
    rendered = torch.cat([torch.full((len(shard["y"]),), rendered) for shard, rendered in shards])
    return Stored(x, y, rendered, shards[0][0]["done"])
