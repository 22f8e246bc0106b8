"""EfficientNet-Lite with its batch normalisation folded in, in PyTorch for learning; `export.py` has the same in
TensorFlow.

Tan and Le 2019; "Lite" is Google's variant without squeeze-and-excitation and with ReLU6, which quantises well. The
folded form learns quickly on a processor: normalisation statistics stay as they are, and so do the depthwise filters,
whose gradient costs more in bfloat16 than everything else together. The input is raw pixels, 0 to 255: the
normalisation (x - 127) / 128 is part of the first convolution.
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

PX = 224
FEATURES = 1280
_EPSILON = 1e-3  # of the batch normalisation, as published
# (times, kernel, stride, expansion, channels): the stages of EfficientNet-B0, of which Lite0 has the same.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class Convolution(nn.Module):
    """A convolution with bias, padded as TensorFlow's SAME does it, and ReLU6 unless it is linear."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, depthwise: bool = False, linear: bool = False
    ) -> None:
        super().__init__()
        self.stride, self.groups, self.linear = stride, outputs if depthwise else 1, linear
        shape = (outputs, 1 if depthwise else inputs, kernel, kernel)
        self.weight = nn.Parameter(torch.zeros(shape), requires_grad=not depthwise)
        self.bias = nn.Parameter(torch.zeros(outputs), requires_grad=not depthwise)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, size = self.weight.shape[-1], x.shape[-1]
        if kernel == 1:
            x = functional.linear(x.permute(0, 2, 3, 1), self.weight[:, :, 0, 0], self.bias).permute(0, 3, 1, 2)
            return x if self.linear else functional.relu6(x, inplace=True)
        missing = max((math.ceil(size / self.stride) - 1) * self.stride + kernel - size, 0)
        if missing % 2:  # more below and to the right than above and to the left
            x = functional.pad(x, (missing // 2, missing - missing // 2, missing // 2, missing - missing // 2))
            missing = 0
        if self.groups > 1 and torch.is_grad_enabled():
            x = _Depthwise.apply(x, self.weight.to(x.dtype), self.bias.to(x.dtype), self.stride, missing // 2)
        else:
            x = functional.conv2d(x, self.weight, self.bias, self.stride, missing // 2, 1, self.groups)
        return x if self.linear else functional.relu6(x, inplace=True)


class _Depthwise(torch.autograd.Function):
    """A fixed depthwise convolution. Its gradient is that of the picture alone: the convolution with the filters
    turned by 180 degrees, after a stride's gaps are filled with zeros. PyTorch's own backward pass takes ten times as
    long.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int, padding: int
    ) -> torch.Tensor:  # type: ignore[override]
        ctx.save_for_backward(weight)
        ctx.stride, ctx.padding, ctx.shape = stride, padding, x.shape
        return functional.conv2d(x, weight, bias, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None, None]:  # type: ignore[override]
        (weight,) = ctx.saved_tensors
        around = weight.shape[-1] - 1 - ctx.padding
        if ctx.stride > 1:
            height = ctx.shape[2] - 2 * around + weight.shape[-1] - 1
            spread = gradient.new_zeros((*gradient.shape[:2], height, height)).contiguous(
                memory_format=torch.channels_last
            )
            spread[:, :, :: ctx.stride, :: ctx.stride] = gradient
            gradient = spread
        return functional.conv2d(gradient, weight.flip(2, 3), None, 1, around, 1, len(weight)), None, None, None, None


class Block(nn.Module):
    """Expansion, depthwise convolution, projection; the input is added where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        parts = [] if expansion == 1 else [Convolution(inputs, wide, 1, 1)]
        parts += [
            Convolution(wide, wide, kernel, stride, depthwise=True),
            Convolution(wide, outputs, 1, 1, linear=True),
        ]
        self.parts = nn.Sequential(*parts)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.parts(x)
        return x + y if self.shortcut else y


class Head(nn.Module):
    """1×1 convolution to 1280, mean over the picture, and one logit per class."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.wide = Convolution(inputs, FEATURES, 1, 1)
        self.logits = nn.Linear(FEATURES, len(CLASSES))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.wide(x).float().mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(functional.dropout(self.features(x), 0.2, self.training))


class LiteNetwork(nn.Module):
    """Stem, 16 blocks, head. `forward` takes (n, 3, 224, 224), 0 to 255, and gives logits (n, classes)."""

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = [Convolution(3, 32, 3, 2)]
        channels = 32
        for times, kernel, stride, expansion, outputs in _STAGES:
            for at in range(times):
                stages.append(Block(channels, outputs, kernel, stride if at == 0 else 1, expansion))
                channels = outputs
        self.stages = nn.ModuleList(stages)
        self.head = Head(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.rest(x, 0)

    def rest(self, x: torch.Tensor, done: int) -> torch.Tensor:
        """The logits from the answers of the first `done` stages."""
        for stage in self.stages[done:]:
            x = stage(x)
        return self.head(x)  # type: ignore[no-any-return]

    def convolutions(self) -> list[Convolution]:
        """All of them in the order in which they are passed."""
        return [part for part in self.modules() if isinstance(part, Convolution)]


def pretrained(state: dict[str, torch.Tensor]) -> LiteNetwork:
    """The network with the published ImageNet weights of EfficientNet-Lite0; the last layer starts at random."""
    network = LiteNetwork()
    names = [key.removesuffix(".running_mean") for key in state if key.endswith(".running_mean")]
    kernels = [key for key, value in state.items() if value.ndim == 4]
    for part, norm, kernel in zip(network.convolutions(), names, kernels, strict=True):
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + _EPSILON).sqrt()
        part.weight.data = state[kernel] * scale[:, None, None, None]
        part.bias.data = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    stem = network.convolutions()[0]
    stem.weight.data = stem.weight.data / 128
    stem.bias.data = stem.bias.data - 127 * stem.weight.data.sum((1, 2, 3))
    nn.init.normal_(network.head.logits.weight, std=0.01)
    nn.init.zeros_(network.head.logits.bias)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def resumed(network: LiteNetwork, stored: dict[str, NDArray[Any]], untouched: int) -> LiteNetwork:
    """The network with the learned layers of a shipped file (`shipped.py`) after the first `untouched` stages.

    Depthwise filters and those stages stay as published, which is more exact than their quantised copies.
    """
    free = [part for stage in network.stages[untouched:] for part in stage.modules() if isinstance(part, Convolution)]
    learned = {id(part) for part in (*free, network.head.wide) if part.groups == 1}
    for at, part in enumerate(network.convolutions()):
        if id(part) in learned:
            part.weight.data = torch.from_numpy(stored[f"{at}.weight"]).contiguous(memory_format=torch.channels_last)
            part.bias.data = torch.from_numpy(stored[f"{at}.bias"])
    last = len(network.convolutions())
    network.head.logits.weight.data = torch.from_numpy(stored[f"{last}.weight"][:, :, 0, 0])
    network.head.logits.bias.data = torch.from_numpy(stored[f"{last}.bias"])
    return network


def arrays(network: LiteNetwork) -> dict[str, NDArray[Any]]:
    """The weights as numpy arrays: what `export.py` builds from."""
    return {name: value.detach().float().contiguous().numpy() for name, value in network.state_dict().items()}


def logits(network: LiteNetwork, pictures: NDArray[np.uint8], batch: int = 64) -> NDArray[np.float32]:
    """The logits of (n, 224, 224, 3) RGB pictures, in inference mode."""
    network.eval()
    rows = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(pictures), batch):
            part = tensor(pictures[start : start + batch])
            rows.append(network(part).float().numpy())
    return np.concatenate(rows) if rows else np.zeros((0, len(CLASSES)), np.float32)


def tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    """(n, height, width, 3) bytes as the network takes them."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
