"""Run by Blender's Python (`pip install bpy`): renders the pictures that `scripts/train-waste` learns from.

    python render_pictures.py OUT --share 0/2

writes OUT/<class>/<number>.png, 192 pixels square with alpha. A picture depends on the seed and its number alone, so
processes may share the work and an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from waste_training.rendering import scene

COUNTS = {
    "battery": 800,
    "lamp": 130,
    "medicine": 150,
    "chemical": 110,
    "plastic": 110,
    "glass": 60,
    "metal": 200,
    "paper": 50,
    "cardboard": 90,
    "carton": 45,
    "food": 40,
    "vegetation": 25,
    "textile": 30,
    "unknown": 220,
}
SEED = 20261127


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--skies", type=Path, nargs="*", default=None, help="panoramas; by default those of Blender")
    parser.add_argument("--share", default="0/1", help="this process and their number: 0/2, 1/2")
    parser.add_argument("--scale", type=float, default=1.0, help="of the usual number of pictures")
    arguments = parser.parse_args()
    own, of = map(int, arguments.share.split("/"))
    import bpy

    skies = arguments.skies or sorted(
        Path(bpy.utils.resource_path("LOCAL"), "datafiles/studiolights/world").glob("*.exr")
    )
    worlds = scene.prepare(skies)
    plan = [(kind, number) for kind, count in COUNTS.items() for number in range(round(count * arguments.scale))]
    order = np.random.default_rng(SEED).permutation(len(plan))
    for at in order[own::of]:
        kind, number = plan[at]
        target = arguments.out / kind / f"{number:05d}.png"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            random = np.random.default_rng([SEED, list(COUNTS).index(kind), number])
            scene.photograph(random, kind, worlds, target)


if __name__ == "__main__":
    main()
