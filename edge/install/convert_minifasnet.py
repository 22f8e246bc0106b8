"""Converts the two networks of Silent-Face-Anti-Spoofing from PyTorch to the files a device runs, and checks them.

They look at one picture, at how skin and its surroundings look, and say nothing about motion: one more opinion. They
are not shipped, because nobody says of whom and how the pictures were taken that they were trained on; the installer
fetches them on request. The form of the network follows from the names and sizes of its tensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import DataError
from edge.install.conversion import from_torch, quantise
from edge.install.conversion.from_torch import Floats

_UPSTREAM = (
    "https://raw.githubusercontent.com/minivision-ai/Silent-Face-Anti-Spoofing/master/resources/anti_spoof_models"
)
LICENCE = "Apache-2.0"
REMARK = (
    "trained on pictures that were not published, of people and consent nothing is said; it adds a second opinion, "
    "and refuses some living people that the other cues would have let pass"
)
INPUT_PX = 80
_CLASSES, _LIVING = 3, 1
_EPSILON = 1e-5  # of PyTorch's batch normalisation
_LEAST_COSINE = 0.9999
_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Source:
    """One of the networks. `crop`: how much of the picture it sees, in parts of the face's box."""

    model: str
    file: str
    sha256: str
    crop: float

    @property
    def url(self) -> str:
        return f"{_UPSTREAM}/{self.file}"


NEAR = Source(
    "minifasnet-near",
    "2.7_80x80_MiniFASNetV2.pth",
    "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
    2.7,
)
WIDE = Source(
    "minifasnet-wide",
    "4_0_0_80x80_MiniFASNetV1SE.pth",
    "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
    4.0,
)


def convert(checkpoint: Path, out_dir: Path, source: Source) -> dict[str, Any]:
    """Writes `<model>.float16.tflite` into `out_dir` and returns the manifest's entry for it.

    Raises HardwareError without TensorFlow, DataError when `checkpoint` is no such network or the file differs from
    what numpy computes by the same tensors.
    """
    quantise.tensorflow()
    weights = {name.removeprefix("module."): value for name, value in from_torch.tensors(checkpoint).items()}
    if "prob.weight" not in weights or len(weights["prob.weight"]) != _CLASSES:
        raise DataError(f"{checkpoint} is not the network that is expected", hint="fetch it again")
    content = quantise.float16(lambda pixels: _network(_InTensorFlow(), weights, pixels), INPUT_PX)
    pictures = np.random.default_rng(0).integers(0, 256, (_SAMPLES, INPUT_PX, INPUT_PX, 3)).astype(np.float32)
    expected = np.concatenate([_network(_InNumpy(), weights, picture[None]) for picture in pictures])
    cosine = float(quantise.cosine(expected, quantise.run(content, pictures)).min())
    if cosine < _LEAST_COSINE:
        raise DataError(
            f"the converted network differs from the original: cosine {cosine:.5f}, expected {_LEAST_COSINE}",
            hint="use the versions of TensorFlow that edge[models] pins",
        )
    name = f"{source.model}.float16.tflite"
    quantise.write(out_dir, name, content)
    return {
        "role": "liveness",
        "licence": LICENCE,
        "remark": REMARK,
        "source": f"{source.url} (sha256 {source.sha256})",
        "input_px": INPUT_PX,
        "channel_order": "BGR",
        "mean": [0.0, 0.0, 0.0],
        "std": [1.0, 1.0, 1.0],
        "files": {"float16": quantise.file_entry(content, name, hashlib.sha256(content).hexdigest())},
        "liveness": {"crop": source.crop, "living": _LIVING},
        "measured": {"least_cosine_to_numpy": {"float16": round(cosine, 6)}},
    }


class _InTensorFlow:
    """The handful of operators, for the converter."""

    def __init__(self) -> None:
        self._tf = quantise.tensorflow()

    def convolve(self, x: Any, filters: Floats, stride: int, pad: int) -> Any:
        if pad:
            x = self._tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
        if filters.shape[1] == 1 and filters.shape[0] > 1:
            depthwise = self._tf.constant(filters.transpose(2, 3, 0, 1))
            return self._tf.nn.depthwise_conv2d(x, depthwise, [1, stride, stride, 1], "VALID")
        return self._tf.nn.conv2d(x, self._tf.constant(filters.transpose(2, 3, 1, 0)), stride, "VALID")

    def relu(self, x: Any) -> Any:
        return self._tf.nn.relu(x)

    def sigmoid(self, x: Any) -> Any:
        return self._tf.sigmoid(x)

    def mean(self, x: Any) -> Any:
        return self._tf.reduce_mean(x, [1, 2], keepdims=True)

    def flat(self, x: Any) -> Any:
        return self._tf.reshape(x, [1, -1])

    def product(self, x: Any, matrix: Floats) -> Any:
        return self._tf.matmul(x, self._tf.constant(matrix))


class _InNumpy:
    """The same, written otherwise, to check the converter by."""

    def convolve(self, x: Floats, filters: Floats, stride: int, pad: int) -> Floats:
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2:], (1, 2))[:, ::stride, ::stride]
        if filters.shape[1] == 1 and filters.shape[0] > 1:
            return np.asarray(np.einsum("nyxchw,chw->nyxc", windows, filters[:, 0]), np.float32)
        return np.asarray(np.einsum("nyxchw,ochw->nyxo", windows, filters, optimize=True), np.float32)

    def relu(self, x: Floats) -> Floats:
        return np.maximum(x, np.float32(0.0))

    def sigmoid(self, x: Floats) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(-x)), np.float32)

    def mean(self, x: Floats) -> Floats:
        return np.asarray(x.mean(axis=(1, 2), keepdims=True), np.float32)

    def flat(self, x: Floats) -> Floats:
        return x.reshape(1, -1)

    def product(self, x: Floats, matrix: Floats) -> Floats:
        return np.asarray(x @ matrix, np.float32)


def _network(by: Any, weights: dict[str, Floats], pixels: Any) -> Any:
    """Logits (1, classes) of pixels (1, 80, 80, 3), blue first, 0 to 255."""

    def normalised(x: Any, name: str) -> Any:
        scale = weights[f"{name}.weight"] / np.sqrt(weights[f"{name}.running_var"] + np.float32(_EPSILON))
        return x * scale + (weights[f"{name}.bias"] - weights[f"{name}.running_mean"] * scale)

    def unit(x: Any, name: str, stride: int = 1) -> Any:
        """Convolution, normalisation and, where it has one, the leaky end (PReLU)."""
        filters = weights[f"{name}.conv.weight"]
        pad = 1 if filters.shape[2] == 3 else 0
        x = normalised(by.convolve(x, filters, stride, pad), f"{name}.bn")
        leak = weights.get(f"{name}.prelu.weight")
        return x if leak is None else by.relu(x) - leak * by.relu(-x)

    def weighed(x: Any, name: str) -> Any:
        """Squeeze and excitation: each channel by a factor that its mean gives."""
        if f"{name}.fc1.weight" not in weights:
            return x
        y = by.relu(normalised(by.convolve(by.mean(x), weights[f"{name}.fc1.weight"], 1, 0), f"{name}.bn1"))
        return x * by.sigmoid(normalised(by.convolve(y, weights[f"{name}.fc2.weight"], 1, 0), f"{name}.bn2"))

    def block(x: Any, name: str, stride: int) -> Any:
        return unit(unit(unit(x, f"{name}.conv"), f"{name}.conv_dw", stride), f"{name}.project")

    def stage(x: Any, name: str) -> Any:
        number = 0
        while f"{name}.model.{number}.conv.conv.weight" in weights:
            one = f"{name}.model.{number}"
            x = x + weighed(block(x, one, 1), f"{one}.se_module")
            number += 1
        return x

    steps: tuple[Callable[[Any], Any], ...] = (
        lambda x: unit(x, "conv1", 2),
        lambda x: unit(x, "conv2_dw"),
        lambda x: stage(block(x, "conv_23", 2), "conv_3"),
        lambda x: stage(block(x, "conv_34", 2), "conv_4"),
        lambda x: stage(block(x, "conv_45", 2), "conv_5"),
        lambda x: unit(unit(x, "conv_6_sep"), "conv_6_dw"),
        lambda x: normalised(by.product(by.flat(x), weights["linear.weight"].T), "bn"),
        lambda x: by.product(x, weights["prob.weight"].T),
    )
    for step in steps:
        pixels = step(pixels)
    return pixels
