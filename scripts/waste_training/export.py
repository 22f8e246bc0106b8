"""From the learned weights to the int8 file that is shipped, with its entry in the manifest.

The operating point comes from `val` and from held-out unknown things, measured with the int8 file itself: what is
shipped is what was calibrated.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.install.conversion import quantise
from waste_training.classes import CLASSES
from waste_training.shape import DARK, PX, SPREAD, STAGES

MODEL = "waste-lite2"
FILE = f"{MODEL}.int8.tflite"
_MOST_BYTES = 6_000_000


def run(arguments: argparse.Namespace) -> None:
    """Reads `weights.npz` and `calibration.npz` of the work folder, writes the network into --out.

    Raises DataError when the file is too large or another network than the weights describe.
    """
    with np.load(arguments.work / f"{arguments.name}.npz") as stored:
        weights = {name: stored[name] for name in stored.files}
    with np.load(arguments.work / "calibration.npz") as stored:
        chips = stored["pictures"]
    content = quantise.int8(network(weights), PX, chips)
    if len(content) > _MOST_BYTES:
        raise DataError(f"the network has {len(content)} bytes", hint=f"at most {_MOST_BYTES} may be shipped")
    quantise.write(arguments.out, FILE, content)
    entry = quantise.file_entry(content, FILE, hashlib.sha256(content).hexdigest())
    (arguments.work / "entry.json").write_text(json.dumps(entry))


def network(weights: dict[str, NDArray[Any]]) -> Callable[[Any], Any]:
    """A function from pixels (1, 224, 224, 3), RGB 0 to 255, to logits (1, classes)."""
    import tensorflow as tf

    stem = weights["stages.0.weight"] / SPREAD
    dark = weights["stages.0.bias"] - DARK * stem.sum((1, 2, 3))
    weights = {**weights, "stages.0.weight": stem, "stages.0.bias": dark}

    def convolved(x: Any, name: str, stride: int, *, depthwise: bool = False, linear: bool = False) -> Any:
        kernel, bias = weights[f"{name}.weight"].transpose(2, 3, 1, 0), weights[f"{name}.bias"]
        if depthwise:
            x = tf.nn.depthwise_conv2d(x, tf.constant(kernel.transpose(0, 1, 3, 2)), [1, stride, stride, 1], "SAME")
        else:
            x = tf.nn.conv2d(x, tf.constant(kernel), stride, "SAME")
        x = tf.nn.bias_add(x, tf.constant(bias))
        return x if linear else tf.nn.relu6(x)

    def classify(pixels: Any) -> Any:
        x = convolved(pixels, "stages.0", 2)
        number = 0
        for times, _, stride, expansion, _ in STAGES:
            for at in range(times):
                number += 1
                before, part = x, 0
                if expansion > 1:
                    x = convolved(x, f"stages.{number}.parts.0", 1)
                    part = 1
                x = convolved(x, f"stages.{number}.parts.{part}", stride if at == 0 else 1, depthwise=True)
                x = convolved(x, f"stages.{number}.parts.{part + 1}", 1, linear=True)
                if before.shape == x.shape and (at > 0 or stride == 1):
                    x = before + x
        x = convolved(x, "head.wide", 1)
        x = tf.reduce_mean(x, [1, 2], keepdims=True)
        # A 1×1 convolution rather than a matrix product: its weights are quantised per output.
        kernel = weights["head.logits.weight"].T[None, None]
        x = tf.nn.bias_add(tf.nn.conv2d(x, tf.constant(kernel), 1, "VALID"), tf.constant(weights["head.logits.bias"]))
        return tf.reshape(x, [1, len(CLASSES)])

    return classify
