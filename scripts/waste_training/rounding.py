"""The steps of int8 while learning (Jacob et al. 2018): weights per output channel, answers per layer.

The gradient passes as if nothing had been rounded. The range of an answer follows what the layer gives, as the
converter's does.
"""

from __future__ import annotations

import torch
from torch import nn

_FOLLOWED = 0.05  # of a batch's range, in the range that is kept


class Rounded(nn.Module):
    """Rounds answers to 255 steps between the least and the largest seen."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("ends", torch.zeros(2), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            with torch.no_grad():
                least, most = torch.aminmax(x.detach().float())
                seen = torch.stack([least.clamp(max=0), most.clamp(min=1e-3)])
                self.ends.copy_(torch.where(self.ends[1] > 0, self.ends.lerp(seen, _FOLLOWED), seen))
        scale = (self.ends[1] - self.ends[0]) / 255
        zero = torch.round(-self.ends[0] / scale).clamp(0, 255).to(torch.int32)
        return torch.fake_quantize_per_tensor_affine(x.float(), scale, zero, 0, 255).to(x.dtype)


def rounded_weight(weight: torch.Tensor) -> torch.Tensor:
    """127 steps on either side of zero, for each output channel its own."""
    scale = weight.detach().abs().flatten(1).amax(1).clamp(min=1e-6) / 127
    zero = torch.zeros(len(weight), dtype=torch.int32, device=weight.device)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -127, 127)
