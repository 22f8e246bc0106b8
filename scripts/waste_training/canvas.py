"""What `augment.py` does to one picture, done to many at once on whatever computes: as if another camera had taken
them, from elsewhere, in another light. Pictures are (n, 3, side, side), 0 to 255.
"""

from __future__ import annotations

import functools
import math

import torch
from torch.nn import functional

Tensor = torch.Tensor

# Luminance and chrominance tables of JPEG (ITU-T T.81, annex K), for quality 50.
_LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_CHROMA = "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99" + " 99" * 32
_KERNEL = 11


def normal(n: int, spread: float, device: torch.device, *more: int) -> Tensor:
    return torch.randn(n, *more, device=device) * spread


def uniform(n: int, low: float, high: float, device: torch.device, *more: int) -> Tensor:
    return torch.rand(n, *more, device=device) * (high - low) + low


def chance(n: int, share: float, device: torch.device) -> Tensor:
    """Which of n, about `share` of them."""
    return torch.rand(n, device=device) < share


def placement(zoom: Tensor, stretch: Tensor, turn: Tensor, shift: Tensor, mirror: Tensor, tilt: Tensor) -> Tensor:
    """(n, 3, 3) from a point of the result to one of the source, both between -1 and 1. `zoom`: how much larger the
    source appears; `shift` (n, 2): where its middle comes to lie; `tilt` (n, 2): perspective.
    """
    cos, sin = turn.cos(), turn.sin()
    x, y = mirror / (zoom * stretch), stretch / zoom
    made = torch.zeros(len(zoom), 3, 3, device=zoom.device)
    made[:, 0, 0], made[:, 0, 1] = cos * x, sin * x
    made[:, 1, 0], made[:, 1, 1] = -sin * y, cos * y
    made[:, :2, 2] = -(made[:, :2, :2] @ shift[:, :, None])[:, :, 0]
    made[:, 2, :2], made[:, 2, 2] = tilt, 1
    return made


def warped(pictures: Tensor, matrices: Tensor, px: int, beyond: str) -> Tensor:
    """`beyond`: what lies outside the source: reflection, border or zeros."""
    along = (torch.arange(px, device=pictures.device) + 0.5) * (2 / px) - 1
    y, x = torch.meshgrid(along, along, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).reshape(1, -1, 3) @ matrices.transpose(1, 2)
    grid = (points[..., :2] / points[..., 2:].clamp(min=0.2)).reshape(-1, px, px, 2)
    return functional.grid_sample(pictures, grid, mode="bilinear", padding_mode=beyond, align_corners=False)


def framed(pictures: Tensor, px: int, strength: float = 1.0) -> Tensor:
    """Cropped or zoomed out, turned, stretched, tilted, mirrored."""
    n, device = len(pictures), pictures.device
    out = chance(n, 0.2, device)
    zoom = torch.where(out, uniform(n, 0.5, 0.85, device), (0.1 + normal(n, 0.2 * strength, device)).exp())
    around = chance(n, 0.25, device)
    turn = torch.where(around, uniform(n, -math.pi, math.pi, device), normal(n, 0.25 * strength, device))
    mirror = torch.where(chance(n, 0.5, device), -1.0, 1.0)
    stretch = normal(n, 0.12 * strength, device).exp()
    shift, tilt = normal(n, 0.12 * strength, device, 2), normal(n, 0.07 * strength, device, 2).clamp(-0.2, 0.2)
    matrices = placement(zoom, stretch, turn, shift, mirror, tilt)
    return warped(pictures, matrices, px, "reflection")


def photographed(x: Tensor, strength: float = 1.0) -> Tensor:
    """Exposure, colour cast, contrast, shade, low light, blur, small copies, noise, JPEG, something in front."""
    n, device = len(x), x.device
    x = _lit(x / 255, uniform(n, 0.1, 1.2 * strength, device))
    x = _covered(x)
    x = _on_some(x, 0.15, _small)
    x = _on_some(x, 0.4, _blurred)
    grain = (chance(n, 0.45, device) * uniform(n, 0.004, 0.055, device))[:, None, None, None]
    noise = torch.randn_like(x)
    grey = chance(n, 0.4, device)[:, None, None, None]
    x = (x + grain * torch.where(grey, noise[:, :1], noise)).clamp(0, 1)
    x = _on_some(x, 0.45, _compressed)
    return (x * 255).round().clamp(0, 255)


def restyled(x: Tensor, share: float) -> Tensor:
    """Some pictures with a part of another's amplitudes at every frequency (Xu et al. 2021): their shapes lie in the
    phases, so that the look of a rendering, or of one source, is no sign of a class.
    """
    n, device = len(x), x.device
    which = torch.randperm(n, device=device)[: round(share * n)]
    other = torch.randperm(n, device=device)[: len(which)]
    waves, others = torch.fft.rfft2(x[which]), torch.fft.rfft2(x[other])
    part = uniform(len(which), 0, 0.9, device, 1, 1, 1)
    amplitude = (1 - part) * waves.abs() + part * others.abs()
    made = torch.fft.irfft2(torch.polar(amplitude, waves.angle()), s=x.shape[2:])
    return x.index_copy(0, which, made.clamp(0, 255))


def _lit(x: Tensor, strength: Tensor) -> Tensor:
    n, device = len(x), x.device
    x = x.clamp(1e-4, 1) ** (normal(n, 0.25, device) * strength).exp()[:, None, None, None]
    gain = (normal(n, 0.2, device) * strength).exp()[:, None] * (1 + normal(n, 0.08, device, 3) * strength[:, None])
    dark = chance(n, 0.06, device)
    gain = gain * torch.where(dark, uniform(n, 0.25, 0.6, device), 1.0)[:, None]
    x = x * gain[:, :, None, None]
    contrast = torch.where(chance(n, 0.3, device), uniform(n, 0.6, 1.4, device), 1.0)[:, None, None, None]
    x = (x - 0.5) * contrast + 0.5
    colourful = torch.where(chance(n, 0.35, device), uniform(n, 0.1, 1.6, device), 1.0)[:, None, None, None]
    grey = (x * torch.tensor([0.299, 0.587, 0.114], device=device)[None, :, None, None]).sum(1, keepdim=True)
    x = grey + (x - grey) * colourful
    corners = (normal(n, 0.3, device, 1, 2, 2) * chance(n, 0.3, device)[:, None, None, None]).exp()
    shade = functional.interpolate(corners, x.shape[2:], mode="bilinear", align_corners=True)
    return (x * shade).clamp(0, 1)


def _on_some(x: Tensor, share: float, change: object) -> Tensor:
    """Changes a fixed share, drawn at random."""
    assert callable(change)
    which = torch.randperm(len(x), device=x.device)[: round(share * len(x))]
    return x if not len(which) else x.index_copy(0, which, change(x[which]))


def _small(x: Tensor) -> Tensor:
    """As a camera further away would have it."""
    px, parts = x.shape[-1], []
    for part, factor in zip(x.chunk(3), (0.3, 0.45, 0.65), strict=False):
        small = functional.interpolate(part, scale_factor=factor, mode="bilinear", antialias=True)
        parts.append(functional.interpolate(small, (px, px), mode="bilinear"))
    return torch.cat(parts)


def _blurred(x: Tensor) -> Tensor:
    """Out of focus, moved by the hand, or sharpened by the camera."""
    n, device, half = len(x), x.device, _KERNEL // 2
    along = torch.arange(-half, half + 1, device=device).float()
    y, x0 = torch.meshgrid(along, along, indexing="ij")
    sigma = uniform(n, 0.4, 2.2, device)[:, None, None]
    soft = torch.exp(-(x0**2 + y**2)[None] / (2 * sigma**2))
    turn, length = uniform(n, 0, math.pi, device)[:, None, None], uniform(n, 1, half, device)[:, None, None]
    beside, far = x0 * turn.sin() - y * turn.cos(), (x0 * turn.cos() + y * turn.sin()).abs()
    moved = torch.exp(-(beside**2) / 0.5) * (far <= length)
    kernels = torch.where(chance(n, 0.5, device)[:, None, None], moved, soft)
    kernels = kernels / kernels.sum((1, 2), keepdim=True)
    point = torch.zeros_like(kernels)
    point[:, half, half] = 1
    kernels = torch.where(chance(n, 0.25, device)[:, None, None], 2 * point - kernels, kernels)
    flat = functional.pad(x, (half,) * 4, mode="reflect").reshape(1, 3 * n, x.shape[2] + 2 * half, -1)
    made = functional.conv2d(flat, kernels.repeat_interleave(3, 0)[:, None], groups=3 * n)
    return made.reshape(x.shape).clamp(0, 1)


def _covered(x: Tensor) -> Tensor:
    """A finger, a glove, a sticker: an ellipse of one colour covers a part of every fifth."""
    n, device, px = len(x), x.device, x.shape[-1]
    along = torch.arange(px, device=device) / px
    centre, size = uniform(n, -0.1, 1.1, device, 2), uniform(n, 0.04, 0.17, device, 2)
    across = ((along[None] - centre[:, :1]) / size[:, :1]) ** 2
    down = ((along[None] - centre[:, 1:]) / size[:, 1:]) ** 2
    inside = (across[:, None, :] + down[:, :, None] < 1) & chance(n, 0.2, device)[:, None, None]
    return torch.where(inside[:, None], uniform(n, 0, 1, device, 3, 1, 1), x)


@functools.cache
def _tables(device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    k = torch.arange(8, device=device).float()
    cosines = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) * 0.5
    cosines[0] /= math.sqrt(2)
    to_luma = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], device=device
    )
    steps = [torch.tensor([float(v) for v in text.split()], device=device).reshape(8, 8) for text in (_LUMA, _CHROMA)]
    return cosines, to_luma, torch.linalg.inv(to_luma), torch.stack([steps[0], steps[1], steps[1]])


def _compressed(x: Tensor) -> Tensor:
    """JPEG of quality 25 to 92, without thinning out the colours. The side must divide by 8."""
    n, device, px = len(x), x.device, x.shape[-1]
    cosines, to_luma, back, steps = _tables(device)
    quality = uniform(n, 25, 92, device)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, None, None, None]
    steps = (steps[None] * scale).round().clamp(min=1)[:, :, None, None]
    luma = torch.einsum("ij,njhw->nihw", to_luma, x * 255)
    blocks = luma.reshape(n, 3, px // 8, 8, px // 8, 8).permute(0, 1, 2, 4, 3, 5)
    waves = cosines @ (blocks - 128 * (torch.arange(3, device=device) == 0)[None, :, None, None, None, None])
    waves = ((waves @ cosines.T) / steps).round() * steps
    blocks = cosines.T @ waves @ cosines
    blocks = blocks + 128 * (torch.arange(3, device=device) == 0)[None, :, None, None, None, None]
    luma = blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, 3, px, px)
    return (torch.einsum("ij,njhw->nihw", back, luma) / 255).clamp(0, 1)
