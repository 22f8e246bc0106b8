"""Activations of the layers that keep their weights, computed once for many augmented pictures.

On a processor most of the time of a step goes into the early layers, which ImageNet has taught well already. What
comes after them learns from their stored answers several times as fast. Shards are independent, so processes may
share the work.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from waste_training.network import LiteNetwork, tensor
from waste_training.pool import Pool

FROZEN = 12  # stem and blocks 0 to 10: 112 channels of 14 × 14
SHARD = 800  # pictures
_BATCH = 32


def write_shard(net: LiteNetwork, pool: Pool, folder: Path, number: int, seed: int) -> None:
    """One shard of augmented pictures; the same for the same seed and number."""
    target = folder / f"{number:04d}.pt"
    if target.exists():
        return
    random = np.random.default_rng([seed, number])
    answers, labels = [], []
    for _ in range(SHARD // _BATCH):
        pictures, classes = pool.batch(random, _BATCH)
        answers.append(first_layers(net, pictures))
        labels.append(torch.from_numpy(classes))
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    torch.save({"x": torch.cat(answers), "y": torch.cat(labels)}, part)
    part.replace(target)


def first_layers(net: LiteNetwork, pictures: np.ndarray) -> torch.Tensor:
    """(n, 112, 14, 14) in bfloat16."""
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        x = tensor(pictures).contiguous(memory_format=torch.channels_last)
        for stage in net.stages[:FROZEN]:
            x = stage(x)
    return x.to(torch.bfloat16).clone()


def load(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """All shards, as one."""
    shards = [torch.load(path) for path in sorted(folder.glob("*.pt"))]
    return torch.cat([s["x"] for s in shards]).contiguous(memory_format=torch.channels_last), torch.cat(
        [s["y"] for s in shards]
    )
