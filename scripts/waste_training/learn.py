"""The training loop: AdamW, warm-up and cosine, mixup, a moving average of the weights."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from waste_training import activations
from waste_training.classes import CATEGORY, CLASSES
from waste_training.network import LiteNetwork

_TRASH = 1.8  # weight of what is left over: no look of its own, and the rarest of the categories
_FAR = 30.0  # a logit that counts as impossible
_SILENT = 0.95  # share of photographs that say nothing about hazardous waste; see `train_rest`


def train_rest(
    net: LiteNetwork,
    x: torch.Tensor,
    y: torch.Tensor,
    rendered: torch.Tensor,
    epochs: float,
    seed: int,
    say: Callable[[str], None],
    batch: int = 64,
) -> LiteNetwork:
    """Trains what follows the stored activations `x` (n, 112, 14, 14); mixup mixes those. Returns averaged weights.

    No photograph shows hazardous waste, so a network could learn that what looks photographed is not hazardous, and
    would be right. Most photographs are therefore silent about it: their loss leaves the hazardous classes out, and
    what sets hazardous things apart is learned among renderings.
    """
    hazardous = torch.tensor([CATEGORY.get(name) == "hazardous" for name in CLASSES])
    no_waste = torch.tensor([name not in CATEGORY for name in CLASSES])
    weight = torch.tensor([_TRASH if name == "trash" else 1.0 for name in CLASSES])
    photograph = ~rendered & ~hazardous[y] & ~no_waste[y]
    rest = [p for s in net.stages[activations.FROZEN :] for p in s.parameters() if p.requires_grad]
    head = list(net.head.parameters())
    optimiser = torch.optim.AdamW([{"params": rest, "lr": 6e-4}, {"params": head, "lr": 3e-3}], weight_decay=0.02)
    steps = round(epochs * (len(x) // batch))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda at: min((at + 1) / 40, 0.5 * (1 + np.cos(np.pi * min(at / steps, 1.0))) + 0.01)
    )
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    averaged = copy.deepcopy(net)
    net.train()
    started, losses, right = time.monotonic(), [], []
    for step in range(steps):
        if step % (len(x) // batch) == 0:
            order = torch.randperm(len(x))
        at = step % (len(x) // batch)
        chosen = order[at * batch : (at + 1) * batch]
        part, target = x[chosen], functional.one_hot(y[chosen], len(CLASSES)).float()
        silent = photograph[chosen] & (torch.rand(batch) < _SILENT)
        if random.random() < 0.5:
            share, other = float(random.beta(0.4, 0.4)), torch.randperm(batch)
            part, target = share * part + (1 - share) * part[other], share * target + (1 - share) * target[other]
            silent = silent & silent[other]
        if random.random() < 0.5:
            part = part.flip(3)
        if random.random() < 0.5:  # cut out a part: another framing
            top, left = random.integers(0, 3, 2)
            part = part[:, :, top : top + 12, left : left + 12]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = net.rest(part.contiguous(memory_format=torch.channels_last), activations.FROZEN)
        answer = answer.float().masked_fill(silent[:, None] & hazardous[None], -_FAR)
        target = torch.where(silent[:, None] & hazardous[None], 0.0, target * 0.95 + 0.05 / len(CLASSES))
        loss = -(weight * target * functional.log_softmax(answer, 1)).sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(rest + head, 2.0)
        optimiser.step()
        schedule.step()
        _follow(averaged, net, min(0.99, (step + 1) / (step + 10)))
        losses.append(float(loss.detach()))
        right.append(float((answer.argmax(1) == target.argmax(1)).float().mean()))
        if (step + 1) % 50 == 0:
            pace = (step + 1) * batch / (time.monotonic() - started)
            shown = f"loss {np.mean(losses[-50:]):.3f} right {np.mean(right[-50:]):.3f}"
            say(f"step {step + 1}/{steps} {shown} {pace:.0f} a second")
    return averaged.eval()


def _follow(averaged: LiteNetwork, network: LiteNetwork, decay: float) -> None:
    with torch.no_grad():
        for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
