"""The steps of the training that need PyTorch: what is loaded, what is written down."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge.errors import HardwareError
from edge.measure.statistics import auc
from waste_training import draw, learn, network, packing, panoramas
from waste_training.classes import CLASSES
from waste_training.composing import Composer
from waste_training.groups import GROUPS, grouped, softmax, truth

SEED = 20261128
_HAZARDOUS = GROUPS.index("hazardous")


def render(work: Path) -> int:
    """Runs Blender's Python on the renderer."""
    script = Path(__file__).with_name("render_pictures.py")
    python = work / "bpy" / "bin" / "python"
    if not python.exists():
        raise HardwareError(
            f"{python} is missing",
            hint=f"python3.11 -m venv {work}/bpy; its pip install bpy==5.0.1 opencv-python-headless Pillow numpy",
        )
    return subprocess.run([str(python), str(script), str(work / "renderings")], check=False).returncode


def run(arguments: argparse.Namespace) -> None:
    """Learns from --work/pack.npz, and writes weights and log. `--without` leaves a source out, and says how well the
    network sorts it.
    """
    say, device = _log(arguments), _device()
    pack = packing.read(arguments.work / "pack.npz")
    say(f"{len(pack.train.pictures)} photographs, {sum(p.shape[2] == 4 for p in pack.train.pictures)} of them freed")
    counts = np.bincount([label for _, label, seen in pack.renderings if seen], minlength=len(CLASSES)).tolist()
    say(f"renderings {dict(zip(CLASSES, counts, strict=True))}")
    composer = Composer(pack, network.PX, device, SEED, arguments.without)
    say("ready")
    net = network.pretrained(pack.backbone).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    teachers = [_kept(arguments.work / f"{name}.npz", device) for name in arguments.teachers.split(",") if name]
    given = {name: getattr(arguments, name) for name in ("seconds", "steps", "batch", "rounded", "rate", "silent")}
    plan = learn.Plan(SEED + arguments.run, **given)
    say(str(plan))

    def keep(averaged: network.LiteNetwork, name: str = f"{arguments.name}-unrounded") -> None:
        np.savez(arguments.work / f"{name}.npz", **network.arrays(averaged))

    net = learn.train(net, composer, plan, say, keep, teachers)
    if arguments.without:
        _left_out(net, pack, arguments, say)
    else:
        keep(net, arguments.name)
        _report(net, pack, say)


def _kept(path: Path, device: torch.device) -> network.LiteNetwork:
    with np.load(path) as stored:
        net = network.folded(dict(stored)).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()  # type: ignore[no-any-return]


def _device() -> torch.device:
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _log(arguments: argparse.Namespace) -> Callable[[str], None]:
    log = (arguments.work / f"{arguments.name}.log").open("a")

    def say(text: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    say(f"seed {SEED} + {arguments.run}, torch {torch.__version__} on {where}, numpy {np.__version__}")
    return say


def _report(net: network.LiteNetwork, pack: packing.Pack, say: Callable[[str], None]) -> None:
    """What the network does with `val`, and with renderings that it did not see."""
    labels = np.array(pack.val.labels)
    found = network.logits(net, _stacked(pack.val.pictures))
    told, true = grouped(softmax(found, 1.0)), truth(labels)
    waste = true < 4
    say(f"{(found.argmax(1) == labels).mean():.4f} of val right, category {(told.argmax(1) == true).mean():.4f}")
    other = told[:, GROUPS.index("other")]
    apart = auc(other[true == 3], other[waste & (true != 3)])
    say(f"other waste told from the other categories: area under the curve {apart:.4f}")
    rendered: dict[str, list[packing.Picture]] = {}
    for picture, label, seen in pack.renderings:
        if not seen:
            rendered.setdefault(CLASSES[label], []).append(picture)
    places = [picture for name, picture in sorted(pack.places.items()) if panoramas.held_out(name)]
    made = draw.compositions(rendered, places, np.random.default_rng(77), network.PX)
    scores = grouped(softmax(network.logits(net, _stacked([p for p, _ in made])), 1.0))
    kinds = truth(np.array([label for _, label in made]))
    bad, hazardous = scores[kinds == _HAZARDOUS, _HAZARDOUS], scores[:, _HAZARDOUS]
    say(
        f"held-out renderings: hazardous told from others {auc(bad, hazardous[kinds != _HAZARDOUS]):.4f}, "
        f"from photographs {auc(bad, told[:, _HAZARDOUS]):.4f}"
    )
    least = np.quantile(told[:, _HAZARDOUS], 0.992)
    say(f"where 0.8 % of val are called hazardous, {(bad > least).mean():.3f} of the held-out hazardous ones are")


def _left_out(
    net: network.LiteNetwork, pack: packing.Pack, arguments: argparse.Namespace, say: Callable[[str], None]
) -> None:
    """Adds to --work/elsewhere.json how the source that was left out is sorted: its pictures in train and val."""
    pictures, labels, known = [], [], set()
    for split in (pack.train, pack.val):
        for picture, label, source in zip(split.pictures, split.labels, split.sources, strict=True):
            if source == arguments.without:
                pictures.append(picture[..., :3])
                labels.append(label)
            elif split is pack.train:
                known.add(label)
    figures = _sorted(network.logits(net, _stacked(pictures)), np.array(labels), known)
    path = arguments.work / "elsewhere.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**found, arguments.without: figures}, indent=1))
    say(f"{arguments.without} left out: {figures}")


def _sorted(found: NDArray[np.float64], labels: NDArray[np.int64], learned: set[int]) -> dict[str, int]:
    true, told = truth(labels), grouped(softmax(found, 1.0)).argmax(1)
    known = np.array([label in learned for label in labels])
    other = true == GROUPS.index("other")
    return {
        "n": len(labels),
        "right": int((told == true).sum()),
        "known": int(known.sum()),
        "known_right": int((told == true)[known].sum()),
        "other": int(other.sum()),
        "other_right": int((told == true)[other].sum()),
    }


def _stacked(pictures: list[packing.Picture]) -> torch.Tensor:
    px = pictures[0].shape[0] if pictures else network.PX
    fitted = [p if p.shape[0] == px else cv2.resize(p, (px, px)) for p in pictures]
    return torch.from_numpy(np.stack(fitted)).permute(0, 3, 1, 2)
