"""Stored outputs of the original networks, computed by other code than the one that runs on a device.

dlib's embedding comes from dlib. The networks taken from MediaPipe are files already, so for them "other code"
means TensorFlow's reference kernels: plain C++ loops that share neither the optimised kernels nor XNNPACK with the
runtime.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import HardwareError
from edge.install.conversion import calibration, quantise
from model_build import networks, sources
from model_build.dlib_network import INPUT_PX

EMBEDDED = ("obama2.jpg", "biden.jpg", "grace-hopper.jpg")
DETECTED = "astronaut.jpg"
_STRONGEST = 48  # anchors whose boxes are stored: the others stand for background and mean nothing


def write(folder: Path, cache: Path) -> None:
    """Writes one `.npz` per network into `folder`. Raises `HardwareError` where dlib is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    portraits = calibration.aligned(INPUT_PX, networks.EMBEDDER_ALIGNMENT)
    chips = np.stack([portraits[name] for name in EMBEDDED])
    np.savez_compressed(folder / "dlib-resnet-v1.npz", chips=chips, embeddings=_dlib(chips, cache))
    face = portraits[DETECTED]
    small = cv2.resize(face, (INPUT_PX // 2, INPUT_PX // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
    for name, picture in (("blazeface-short", small), ("blazeface-full", small), ("facemesh", face)):
        _, _, member = networks.PUBLISHED[name]
        about = networks.description(name)
        pixels = _placed(picture, about["input_px"])
        normalised = (pixels - np.array(about["mean"])) / np.array(about["std"])
        first, second = _reference_kernels(sources.read(member, cache), normalised.astype(np.float32)[None])
        if name == "facemesh":
            np.savez_compressed(folder / f"{name}.npz", pixels=pixels, points=first.ravel(), presence=second.ravel())
            continue
        anchors = np.sort(np.argsort(-second.ravel())[:_STRONGEST])
        kept = {"anchors": anchors, "boxes": first[0, anchors], "logits": second.ravel()}
        np.savez_compressed(folder / f"{name}.npz", pixels=pixels, **kept)


def _dlib(chips: NDArray[np.uint8], cache: Path) -> NDArray[np.float32]:
    try:
        dlib = importlib.import_module("dlib")
    except ImportError as error:
        raise HardwareError(
            "the reference needs dlib, which is not installed", hint="pip install edge[peers]"
        ) from error
    with tempfile.NamedTemporaryFile(suffix=".dat") as weights:
        weights.write(sources.read(sources.DLIB_RESNET, cache))
        weights.flush()
        model = dlib.face_recognition_model_v1(weights.name)
    return np.array([model.compute_face_descriptor(np.ascontiguousarray(chip)) for chip in chips], dtype=np.float32)


def _placed(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The picture in the middle of a black square."""
    canvas = np.zeros((size, size, 3), dtype=np.uint8)
    start = (size - picture.shape[0]) // 2
    canvas[start : start + picture.shape[0], start : start + picture.shape[1]] = picture
    return canvas


def _reference_kernels(content: bytes, inputs: NDArray[np.float32]) -> list[Any]:
    tf = quantise.tensorflow()
    interpreter = tf.lite.Interpreter(
        model_content=content, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]).copy() for one in interpreter.get_output_details()]
