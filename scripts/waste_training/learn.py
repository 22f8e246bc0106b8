"""The training loop: every layer, AdamW, warm-up and cosine, mixup and CutMix, a moving average of the weights; at the
end the normalisation is folded in, and the network learns on with the steps of int8.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from waste_training.classes import CLASSES
from waste_training.composing import HAZARDOUS, Composer
from waste_training.network import LiteNetwork

Tensor = torch.Tensor

_TRASH = 1.6  # weight of what is left over: no look of its own, and the rarest of the categories
_FAR = 30.0  # a logit that counts as impossible
_SMOOTHED = 0.08
_MIXUP, _CUTMIX = 0.3, 0.3
_RATES = (8e-4, 3e-3)  # of the layers that ImageNet taught, of the last one
_ROUNDED_RATE = 0.12  # of the rates, once the network computes with the steps of int8
_DECAY = 0.03
_TIMED = 12  # steps to warm up before the pace is measured, and as many that are measured


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps`, or as many as fit into `seconds`; `rounded`: the share of them with the steps of int8; `silent`: the
    share of photographs that say nothing about hazardous waste, see `train`.
    """

    seed: int
    seconds: float = 0.0
    steps: int = 0
    batch: int = 256
    rounded: float = 0.2
    rate: float = 1.0
    silent: float = 0.97


def train(
    net: LiteNetwork,
    composer: Composer,
    plan: Plan,
    say: Callable[[str], None],
    keep: Callable[[LiteNetwork], None],
    teachers: Sequence[LiteNetwork] = (),
) -> LiteNetwork:
    """Trains the whole network. Returns averaged weights, folded. `keep` gets those before they are rounded.

    No photograph shows hazardous waste, so a network could learn that what looks photographed is not hazardous, and
    would be right. Most photographs are therefore silent about it: their loss leaves the hazardous classes out, and
    what sets hazardous things apart is learned among renderings.

    With `teachers`, half of the loss is what they say on average of the same pictures (Hinton et al. 2015).
    """
    torch.manual_seed(plan.seed)
    steps = plan.steps or _fitting(net, composer, plan, teachers)
    first = round(steps * (1 - plan.rounded))
    say(f"{steps} steps of {plan.batch}, the last {steps - first} rounded, {len(teachers)} teachers")
    net = _phase(net, composer, plan, say, teachers, (0, first), steps)
    keep(net.fold())
    if steps > first:
        net.round_off()
        net = _phase(net, composer, plan, say, teachers, (first, steps), steps)
        for part in net.modules():
            part.rounded = None  # type: ignore[assignment]
    return net.eval()


def _phase(
    net: LiteNetwork,
    composer: Composer,
    plan: Plan,
    say: Callable[[str], None],
    teachers: Sequence[LiteNetwork],
    span: tuple[int, int],
    steps: int,
) -> LiteNetwork:
    optimiser = _optimiser(net, plan.rate * (_ROUNDED_RATE if span[0] else 1.0))
    averaged = copy.deepcopy(net)
    net.train()
    started, losses, right = time.monotonic(), [], []
    warm, length = (10 if span[0] else max(steps // 25, 10)), max(span[1] - span[0], 1)
    base = [group["lr"] for group in optimiser.param_groups]
    for step in range(length):
        now = min((step + 1) / warm, 0.5 * (1 + np.cos(np.pi * step / length)) + 0.005)
        for group, rate in zip(optimiser.param_groups, base, strict=True):
            group["lr"] = rate * now
        loss, hits = _step(net, composer, plan, teachers, optimiser)
        _follow(averaged, net, min(0.998 if not span[0] else 0.995, (step + 1) / (step + 10)))
        losses.append(loss)
        right.append(hits)
        if (step + 1) % 100 == 0 or step + 1 == length:
            shown = f"loss {torch.stack(losses[-100:]).mean():.3f} right {torch.stack(right[-100:]).mean():.3f}"
            pace = (step + 1) * plan.batch / (time.monotonic() - started)
            say(f"step {span[0] + step + 1}/{steps} {shown} {pace:.0f} a second")
    return averaged


def _step(
    net: LiteNetwork,
    composer: Composer,
    plan: Plan,
    teachers: Sequence[LiteNetwork],
    optimiser: torch.optim.Optimizer,
) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        drawn = composer.batch(plan.batch)
        device = drawn.x.device
        silent = drawn.photograph & (torch.rand(plan.batch, device=device) < plan.silent)
        x, target, silent = mixed(drawn.x, functional.one_hot(drawn.y, len(CLASSES)).float(), silent)
        x = x.contiguous(memory_format=torch.channels_last)
        out = silent[:, None] & torch.tensor(HAZARDOUS, device=device)[None]
        target = torch.where(out, 0.0, target * (1 - _SMOOTHED) + _SMOOTHED / len(CLASSES))
        if teachers:
            with torch.autocast(device.type, dtype=torch.bfloat16):
                said = [teacher(x).float().masked_fill(out, -_FAR).softmax(1) for teacher in teachers]
            target = 0.5 * target + 0.5 * torch.stack(said).mean(0)
        weight = torch.tensor([_TRASH if name == "trash" else 1.0 for name in CLASSES], device=device)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        answer = net(x)
    answer = answer.float().masked_fill(out, -_FAR)
    loss = -(weight * target * functional.log_softmax(answer, 1)).sum(1).mean()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
    optimiser.step()
    return loss.detach(), (answer.argmax(1) == target.argmax(1)).float().mean()


def mixed(x: Tensor, target: Tensor, silent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Some pictures mixed with their neighbours (Zhang et al. 2018), some with a part of them in place of their own
    (Yun et al. 2019). A mixture is silent about hazardous waste where both are.
    """
    n, device, px = len(x), x.device, x.shape[-1]
    which = torch.rand(n, device=device)
    spread = torch.full((n,), 0.3, device=device)
    share = torch.distributions.Beta(spread, spread).sample()
    share = torch.where(which < _MIXUP, share, 1.0)[:, None, None, None]
    cut = (which >= _MIXUP) & (which < _MIXUP + _CUTMIX)
    along = torch.arange(px, device=device)[None] / px
    size = torch.rand(n, 2, device=device) * 0.55 + 0.2
    start = torch.rand(n, 2, device=device) * (1 - size)
    inside = [(along >= start[:, i : i + 1]) & (along < (start + size)[:, i : i + 1]) for i in (0, 1)]
    part = inside[0][:, :, None] & inside[1][:, None, :] & cut[:, None, None]
    x = torch.where(part[:, None], x.roll(1, 0), share * x + (1 - share) * x.roll(1, 0))
    kept = (share[:, 0, 0] * (1 - part.float().mean((1, 2)))[:, None]).clamp(0, 1)
    both = silent & silent.roll(1, 0)
    return x, kept * target + (1 - kept) * target.roll(1, 0), torch.where(kept[:, 0] < 1, both, silent)


def _optimiser(net: LiteNetwork, rate: float) -> torch.optim.AdamW:
    """Weight decay for kernels alone."""
    head = {id(p) for p in net.head.logits.parameters()}
    learned = [p for p in net.parameters() if p.requires_grad]
    kernels = [p for p in learned if p.ndim > 1 and id(p) not in head]
    others = [p for p in learned if p.ndim <= 1 and id(p) not in head]
    last = [p for p in learned if id(p) in head]
    groups = [
        {"params": kernels, "lr": _RATES[0] * rate, "weight_decay": _DECAY},
        {"params": others, "lr": _RATES[0] * rate, "weight_decay": 0.0},
        {"params": last, "lr": _RATES[1] * rate, "weight_decay": _DECAY},
    ]
    return torch.optim.AdamW(groups, fused=learned[0].device.type == "cuda")


def _fitting(net: LiteNetwork, composer: Composer, plan: Plan, teachers: Sequence[LiteNetwork]) -> int:
    """How many steps fit into the seconds, found with a copy that is thrown away. The rounded ones take longer."""
    trial, spent = copy.deepcopy(net).train(), []
    for rounded in (False, True) if plan.rounded else (False,):
        if rounded:
            trial.fold().round_off()
        optimiser = _optimiser(trial, 0.0)
        for at in range(2 * _TIMED):
            if at == _TIMED:
                _wait(trial)
                started = time.monotonic()
            _step(trial, composer, plan, teachers, optimiser)
        _wait(trial)
        spent.append((time.monotonic() - started) / _TIMED)
    mean = spent[0] * (1 - plan.rounded) + spent[-1] * plan.rounded
    return max(int(plan.seconds / mean), 2)


def _wait(net: LiteNetwork) -> None:
    if next(net.parameters()).device.type == "cuda":
        torch.cuda.synchronize()


def _follow(averaged: LiteNetwork, network: LiteNetwork, decay: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - decay)
        for mean, value in zip(averaged.buffers(), network.buffers(), strict=True):
            if value.is_floating_point():
                mean.lerp_(value, 1 - decay)
