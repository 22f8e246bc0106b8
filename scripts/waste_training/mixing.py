"""Mixes the stored answers of a batch, so that no single look of a picture decides.

Styles (Zhou et al. 2021, MixStyle) so that "rendered" or "photographed" is no sign of a class; whole pictures (Zhang et
al. 2018, mixup) or parts of them (Yun et al. 2019, CutMix); mirror; another framing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

_STYLES = 0.5
_MIXUP, _CUTMIX = 0.35, 0.25
_FRAMED = 0.35


@dataclass(frozen=True)
class Mixed:
    """`x` (n, channels, side, side), `target` (n, classes), and which say nothing about hazardous waste."""

    x: torch.Tensor
    target: torch.Tensor
    silent: torch.Tensor


def mixed(random: np.random.Generator, batch: Mixed) -> Mixed:
    x, side = batch.x.float(), batch.x.shape[-1]
    if random.random() < _STYLES:
        x = _styled(random, x)
    if random.random() < 0.5:
        x = x.flip(3)
    made, which = replace(batch, x=x), random.random()
    other = torch.randperm(len(x))
    if which < _MIXUP:
        share = float(random.beta(0.4, 0.4))
        made = _blended(made, other, share * x + (1 - share) * x[other], share)
    elif which < _MIXUP + _CUTMIX:
        high, wide = random.integers(side // 5, side * 3 // 4, 2)
        top, left = random.integers(0, side - high + 1), random.integers(0, side - wide + 1)
        x = x.clone()
        x[:, :, top : top + high, left : left + wide] = made.x[other][:, :, top : top + high, left : left + wide]
        made = _blended(made, other, x, 1 - high * wide / side**2)
    if random.random() < _FRAMED:
        kept = side * 6 // 7
        top, left = random.integers(0, side - kept + 1, 2)
        made = replace(made, x=made.x[:, :, top : top + kept, left : left + kept])
    return made


def _blended(batch: Mixed, other: torch.Tensor, x: torch.Tensor, share: float) -> Mixed:
    target = share * batch.target + (1 - share) * batch.target[other]
    return Mixed(x, target, batch.silent & batch.silent[other])


def _styled(random: np.random.Generator, x: torch.Tensor) -> torch.Tensor:
    """Mean and spread of every channel drawn between those of two pictures."""
    mean, spread = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True) + 1e-3
    other = torch.randperm(len(x))
    share = torch.from_numpy(random.beta(0.3, 0.3, (len(x), 1, 1, 1)).astype(np.float32))
    return (
        (x - mean) / spread * (share * spread + (1 - share) * spread[other]) + share * mean + (1 - share) * mean[other]
    )
