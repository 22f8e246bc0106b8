"""EfficientNet-Lite2 in PyTorch for learning; `export.py` has the same in TensorFlow.

"Lite" is Google's variant without squeeze-and-excitation and with ReLU6, which quantises well. It takes raw pixels,
0 to 255, and pads with black before they are normalised, so that this can be folded into the first convolution. Batch
normalisation learns at first; `fold` then makes it a part of the convolutions, which is how the network is quantised.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from waste_training.classes import CLASSES
from waste_training.rounding import Rounded, rounded_weight
from waste_training.shape import DARK, FEATURES, PX, SPREAD, STAGES, STEM

_EPSILON = 1e-3  # of the batch normalisation, as published
_DROPPED_BLOCKS = 0.12  # of the last block's answers while learning, less before (Huang et al. 2016)
_DROPPED_FEATURES = 0.25


class Convolution(nn.Module):
    """A convolution with batch normalisation, or after `fold` with bias; padded as TensorFlow's SAME does it; ReLU6
    unless it is linear.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, depthwise: bool = False, linear: bool = False
    ) -> None:
        super().__init__()
        self.stride, self.groups, self.linear = stride, outputs if depthwise else 1, linear
        self.weight = nn.Parameter(torch.zeros(outputs, 1 if depthwise else inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs), requires_grad=False)
        self.norm: nn.BatchNorm2d | None = nn.BatchNorm2d(outputs, _EPSILON, momentum=0.02)
        self.rounded: Rounded | None = None

    def fold(self) -> None:
        """Makes the normalisation, as it is on average, a part of weight and bias."""
        if self.norm is None:
            return
        scale = self.norm.weight / (self.norm.running_var + _EPSILON).sqrt()  # type: ignore[operator]
        self.weight = nn.Parameter((self.weight * scale[:, None, None, None]).detach())
        self.bias = nn.Parameter((self.norm.bias - self.norm.running_mean * scale).detach())  # type: ignore[operator]
        self.norm = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, padding = self.padded(x)
        return self.answer(x, padding)

    def padded(self, x: torch.Tensor) -> tuple[torch.Tensor, int]:
        """With the border that is not the same on both sides, and the one that is."""
        kernel, size = self.weight.shape[-1], x.shape[-1]
        missing = max((math.ceil(size / self.stride) - 1) * self.stride + kernel - size, 0)
        if missing % 2:  # more below and to the right than above and to the left
            before, after = missing // 2, missing - missing // 2
            return functional.pad(x, (before, after, before, after)), 0
        return x, missing // 2

    def answer(self, x: torch.Tensor, padding: int) -> torch.Tensor:
        weight = self.weight if self.rounded is None else rounded_weight(self.weight)
        bias = self.bias if self.norm is None else None
        x = functional.conv2d(x, weight, bias, self.stride, padding, 1, self.groups)
        x = x if self.norm is None else self.norm(x)
        x = x if self.linear else functional.relu6(x, inplace=True)
        return x if self.rounded is None else self.rounded(x)


class Block(nn.Module):
    """Expansion, depthwise convolution, projection; the input is added where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, dropped: float) -> None:
        super().__init__()
        wide = inputs * expansion
        parts = [] if expansion == 1 else [Convolution(inputs, wide, 1, 1)]
        parts += [
            Convolution(wide, wide, kernel, stride, depthwise=True),
            Convolution(wide, outputs, 1, 1, linear=True),
        ]
        self.parts = nn.Sequential(*parts)
        self.shortcut, self.dropped = stride == 1 and inputs == outputs, dropped
        self.rounded: Rounded | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.parts(x)
        if not self.shortcut:
            return y  # type: ignore[no-any-return]
        if self.training and self.dropped:
            kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.dropped
            y = y * (kept / (1 - self.dropped)).to(y.dtype)
        y = x + y
        return y if self.rounded is None else self.rounded(y)


class Head(nn.Module):
    """1×1 convolution to 1280, mean over the picture, and one logit per class."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.wide = Convolution(inputs, FEATURES, 1, 1)
        self.logits = nn.Linear(FEATURES, len(CLASSES))
        self.rounded: Rounded | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.wide(x).float().mean((2, 3))
        weight = self.logits.weight
        if self.rounded is not None:
            x, weight = self.rounded(x), rounded_weight(weight)
        return functional.linear(functional.dropout(x, _DROPPED_FEATURES, self.training), weight, self.logits.bias)


class LiteNetwork(nn.Module):
    """Stem, 21 blocks, head. `forward` takes (n, 3, 224, 224), 0 to 255, and gives logits (n, classes)."""

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = [Convolution(3, STEM, 3, 2)]
        channels, number, all_blocks = STEM, 0, sum(stage[0] for stage in STAGES)
        for times, kernel, stride, expansion, outputs in STAGES:
            for at in range(times):
                dropped = _DROPPED_BLOCKS * number / all_blocks
                stages.append(Block(channels, outputs, kernel, stride if at == 0 else 1, expansion, dropped))
                channels, number = outputs, number + 1
        self.stages = nn.ModuleList(stages)
        self.head = Head(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        stem = self.convolutions()[0]
        x, padding = stem.padded(x)
        x = stem.answer((x - DARK) / SPREAD, padding)
        for stage in self.stages[1:]:
            x = stage(x)
        return self.head(x)  # type: ignore[no-any-return]

    def convolutions(self) -> list[Convolution]:
        """All of them in the order in which they are passed."""
        return [part for part in self.modules() if isinstance(part, Convolution)]

    def fold(self) -> LiteNetwork:
        for part in self.convolutions():
            part.fold()
        return self

    def round_off(self) -> None:
        """From now on computes with the steps of int8, so that what is learned still holds there."""
        for part in self.modules():
            if isinstance(part, Convolution | Block | Head):
                part.rounded = Rounded().to(self.head.logits.weight.device)


def pretrained(state: dict[str, NDArray[Any]]) -> LiteNetwork:
    """The network with the published ImageNet weights; the last layer starts at random."""
    network = LiteNetwork()
    norms = [key.removesuffix(".running_mean") for key in state if key.endswith(".running_mean")]
    kernels = [value for value in state.values() if value.ndim == 4]
    for part, name, kernel in zip(network.convolutions(), norms, kernels, strict=True):
        assert part.norm is not None
        part.weight.data = torch.from_numpy(kernel).float()
        for what in ("weight", "bias", "running_mean", "running_var"):
            getattr(part.norm, what).data = torch.from_numpy(state[f"{name}.{what}"]).float()
    nn.init.normal_(network.head.logits.weight, std=0.01)
    nn.init.zeros_(network.head.logits.bias)
    return network


def folded(weights: dict[str, NDArray[Any]]) -> LiteNetwork:
    """The network with the weights of a run; see `arrays`."""
    network = LiteNetwork().fold()
    network.load_state_dict({name: torch.from_numpy(value).float() for name, value in weights.items()})
    return network


def arrays(network: LiteNetwork) -> dict[str, NDArray[np.float32]]:
    """The folded weights as numpy arrays, without the normalisation of the pixels."""
    known = [name for name, _ in LiteNetwork().fold().named_parameters()]
    state = network.state_dict()
    return {name: state[name].detach().float().cpu().contiguous().numpy() for name in known}


def logits(network: LiteNetwork, pictures: torch.Tensor, batch: int = 128) -> NDArray[np.float64]:
    """The logits of (n, 3, height, width) pictures, 0 to 255, in inference mode."""
    network.eval()
    rows, device = [], next(network.parameters()).device
    with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
        for start in range(0, len(pictures), batch):
            part = pictures[start : start + batch].to(device).float()
            if part.shape[-1] != PX:
                part = functional.interpolate(part, (PX, PX), mode="bilinear", align_corners=False, antialias=True)
            rows.append(network(part.contiguous(memory_format=torch.channels_last)).float().cpu().numpy())
    return np.concatenate(rows).astype(float) if rows else np.zeros((0, len(CLASSES)))
