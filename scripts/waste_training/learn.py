"""The training loop: AdamW, warm-up and cosine, a moving average of the weights."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from waste_training.activations import Stored
from waste_training.classes import CATEGORY, CLASSES
from waste_training.mixing import Mixed, mixed
from waste_training.network import LiteNetwork

_TRASH = 1.8  # weight of what is left over: no look of its own, and the rarest of the categories
_FAR = 30.0  # a logit that counts as impossible
_SILENT = 0.95  # share of photographs that say nothing about hazardous waste; see `train_rest`
_LATE = 12  # stages from here on learn faster than those before
_RATES = (2.5e-4, 5e-4, 1e-3)  # of the stages before _LATE, of those after, of the head


def train_rest(
    net: LiteNetwork,
    stored: Stored,
    epochs: float,
    seed: int,
    say: Callable[[str], None],
    keep: Callable[[LiteNetwork], None],
    batch: int = 64,
) -> LiteNetwork:
    """Trains what follows the stored answers. Returns averaged weights.

    `keep` gets them now and then, so that a run that is broken off is not lost.

    No photograph shows hazardous waste, so a network could learn that what looks photographed is not hazardous, and
    would be right. Most photographs are therefore silent about it: their loss leaves the hazardous classes out, and
    what sets hazardous things apart is learned among renderings.
    """
    hazardous = torch.tensor([CATEGORY.get(name) == "hazardous" for name in CLASSES])
    no_waste = torch.tensor([name not in CATEGORY for name in CLASSES])
    weight = torch.tensor([_TRASH if name == "trash" else 1.0 for name in CLASSES])
    x, y = stored.x, stored.y
    photograph = ~stored.rendered & ~hazardous[y] & ~no_waste[y]
    parts = [
        [p for s in net.stages[stored.done : _LATE] for p in s.parameters() if p.requires_grad],
        [p for s in net.stages[max(stored.done, _LATE) :] for p in s.parameters() if p.requires_grad],
        [p for p in net.head.parameters() if p.requires_grad],
    ]
    groups = [{"params": part, "lr": rate} for part, rate in zip(parts, _RATES, strict=True)]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
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
        silent = photograph[chosen] & (torch.rand(batch) < _SILENT)
        made = mixed(random, Mixed(x[chosen], functional.one_hot(y[chosen], len(CLASSES)).float(), silent))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = net.rest(made.x.contiguous(memory_format=torch.channels_last), stored.done)
        out = made.silent[:, None] & hazardous[None]
        answer = answer.float().masked_fill(out, -_FAR)
        target = torch.where(out, 0.0, made.target * 0.95 + 0.05 / len(CLASSES))
        loss = -(weight * target * functional.log_softmax(answer, 1)).sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for part in parts for p in part], 2.0)
        optimiser.step()
        schedule.step()
        _follow(averaged, net, min(0.985, (step + 1) / (step + 10)))
        losses.append(float(loss.detach()))
        right.append(float((answer.argmax(1) == target.argmax(1)).float().mean()))
        if (step + 1) % 25 == 0:
            pace = (step + 1) * batch / (time.monotonic() - started)
            shown = f"loss {np.mean(losses[-25:]):.3f} right {np.mean(right[-25:]):.3f}"
            say(f"step {step + 1}/{steps} {shown} {pace:.0f} a second")
            keep(averaged)
    return averaged.eval()


def _follow(averaged: LiteNetwork, network: LiteNetwork, decay: float) -> None:
    with torch.no_grad():
        for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
