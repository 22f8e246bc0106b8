"""Activations of the layers that keep their weights, computed once for many augmented pictures.

On a processor most of the time of a step goes into the early layers, which ImageNet has taught well already. What
comes after them learns from their stored answers several times as fast. Shards are independent, so processes may
share the work.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from waste_training.network import PX, LiteNetwork, tensor
from waste_training.pool import Photographs, Pool

FROZEN = 12  # stem and blocks 0 to 10: 112 channels of 14 × 14
SHARD = 800  # pictures
_BATCH = 32


def write_shard(
    net: LiteNetwork, pool: Pool, folder: Path, number: int, seed: int, rendered_only: bool = False
) -> None:
    """One shard of augmented pictures; the same for the same seed and number."""
    target = folder / f"{'rendered' if rendered_only else 'mixed'}-{number:04d}.pt"
    if target.exists():
        return
    random = np.random.default_rng([seed, number])
    answers, labels = [], []
    for _ in range(SHARD // _BATCH):
        pictures, classes = pool.batch(random, _BATCH, rendered_only)
        answers.append(first_layers(net, pictures))
        labels.append(torch.from_numpy(classes))
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    torch.save({"x": torch.cat(answers), "y": torch.cat(labels)}, part)
    part.replace(target)


def write_plain(net: LiteNetwork, photos: Photographs, folder: Path, own: int, of: int) -> None:
    """The photographs as they are, this process's share of them: what the station's camera shows on a good day."""
    answers, labels = [], photos.labels[own::of]
    pictures = photos.pictures[own::of]
    for start in range(0, len(pictures), _BATCH):
        part = [cv2.resize(p, (PX, PX), interpolation=cv2.INTER_AREA) for p in pictures[start : start + _BATCH]]
        answers.append(first_layers(net, np.stack(part)))
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"x": torch.cat(answers), "y": torch.tensor(labels)}, folder / f"plain-{own}.pt")


def first_layers(net: LiteNetwork, pictures: np.ndarray) -> torch.Tensor:
    """(n, 112, 14, 14) in bfloat16."""
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        x = tensor(pictures).contiguous(memory_format=torch.channels_last)
        for stage in net.stages[:FROZEN]:
            x = stage(x)
    return x.to(torch.bfloat16).clone()


def load(folder: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """All shards as one: activations, classes, and whether the picture is of a shard of renderings alone."""
    shards = [(torch.load(path), path.name.startswith("rendered")) for path in sorted(folder.glob("*.pt"))]
    x = torch.cat([s["x"] for s, _ in shards]).contiguous(memory_format=torch.channels_last)
    y = torch.cat([s["y"] for s, _ in shards])
    return x, y, torch.cat([torch.full((len(s["y"]),), rendered) for s, rendered in shards])
