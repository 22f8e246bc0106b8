"""How well a network of this kind sorts pictures of a source that it never learned from: each source left out in turn.

A cheap variant stands for the whole training: a last layer alone, learned on what ImageNet's network says of the
pictures as they are. The shipped network learned from all sources, so nothing can be said of it in this way.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from waste_training import network, pool
from waste_training.classes import CLASSES
from waste_training.point import GROUPS, group, grouped, softmax

_DECAY = 1e-2
_ROUNDS = 40  # of L-BFGS


def run(arguments: argparse.Namespace, net: network.LiteNetwork) -> None:
    """Writes `elsewhere.json` into --work: source left out → pictures, share in the right category, recall of other."""
    splits = [pool.photographs(arguments.data, split, network.PX) for split in ("train", "val")]
    features = torch.cat([_features(net, split.pictures) for split in splits])
    labels = np.array([label for split in splits for label in split.labels])
    sources = np.array([source for split in splits for source in split.sources])
    learned = np.arange(len(labels)) < len(splits[0].labels)
    found = {}
    for source in sorted(set(sources)):
        away = sources == source
        if source != "background":
            logits = _answers(features[learned & ~away], labels[learned & ~away], features[away])
            found[source] = _figures(logits, labels[away], set(labels[learned & ~away]))
    (arguments.work / "elsewhere.json").write_text(json.dumps(found, indent=1))


def _features(net: network.LiteNetwork, pictures: list[NDArray[np.uint8]]) -> torch.Tensor:
    rows = []
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(pictures), 32):
            x = network.tensor(np.stack(pictures[start : start + 32])).contiguous(memory_format=torch.channels_last)
            for stage in net.stages:
                x = stage(x)
            rows.append(net.head.features(x))
    return torch.cat(rows)


def _answers(x: torch.Tensor, labels: NDArray[np.int64], asked: torch.Tensor) -> NDArray[np.float64]:
    """The logits of a multinomial regression for the pictures `asked`."""
    mean, spread = x.mean(0), x.std(0) + 1e-4
    x, y = (x - mean) / spread, torch.from_numpy(labels)
    weight = torch.zeros(x.shape[1], len(CLASSES), requires_grad=True)
    bias = torch.zeros(len(CLASSES), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=_ROUNDS)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = functional.cross_entropy(x @ weight + bias, y) + _DECAY * (weight**2).sum() / 2
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return np.asarray(((asked - mean) / spread @ weight + bias).detach().double().numpy())


def _figures(logits: NDArray[np.float64], labels: NDArray[np.int64], learned: set[Any]) -> dict[str, Any]:
    truth = np.array([GROUPS.index(group(CLASSES[label])) for label in labels])
    told = grouped(softmax(logits, 1.0)).argmax(1)
    known = np.array([label in learned for label in labels])
    other = truth == GROUPS.index("other")
    return {
        "n": len(labels),
        "right": int((told == truth).sum()),
        "known": int(known.sum()),
        "known_right": int((told == truth)[known].sum()),
        "never_seen": sorted({CLASSES[label] for label in labels[~known]}),
        "other": int(other.sum()),
        "other_right": int((told == truth)[other].sum()),
    }
