"""Converts MobileFaceNet (foamliu/MobileFaceNet) from ONNX to the files a device runs, and checks the result.

It is not shipped, because it was trained on MS-Celeb-1M, a data set that was withdrawn; the installer fetches it on
request. The converted network takes raw RGB pixels: its normalisation is inside, as in the shipped embedding network.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import DataError
from edge.install.conversion import calibration, from_onnx, quantise

MODEL_ID = "mobilefacenet"
ONNX_SHA256 = "b7120c095d60094f28a4a54ba6a8bf51b297a6273fb40ef6350dfec1f63d9507"
ONNX_URL = "https://raw.githubusercontent.com/foamliu/MobileFaceNet/master/weights/MobileFaceNet.onnx"
LICENCE = "Apache-2.0"
REMARK = "trained on MS-Celeb-1M, which its publisher withdrew in 2019; people in it did not give their consent"
INPUT_PX = 112
# The eyes (mean of their corners), the tip of the nose and the corners of the mouth, as this network was trained.
ALIGNMENT: calibration.Alignment = (
    ((33, 133), (38.29, 51.70)),
    ((263, 362), (73.53, 51.50)),
    ((1,), (56.03, 71.74)),
    ((61,), (41.55, 92.37)),
    ((291,), (70.73, 92.20)),
)
# By scripts/derive-thresholds with the int8 file, as models/README.md says for the shipped network.
THRESHOLDS: dict[str, Any] = {
    "target_fpir": 0.001,
    "gallery": [10, 100, 1000, 10000],
    "one_frame": [0.3683, 0.4039, 0.4554, 0.5117],
    "fused": [0.4321, 0.484, 0.5266, 0.5806],
    "second_floor": 0.0103,
    "tail": 0.0362,
}
# ImageNet's statistics, which the network was trained with, times 255.
_MEAN = 255 * np.array([0.485, 0.456, 0.406])
_STD = 255 * np.array([0.229, 0.224, 0.225])
_LEAST_COSINE = {"float16": 0.9999, "int8": 0.99}


def convert(onnx: Path, out_dir: Path) -> dict[str, Any]:
    """Writes `mobilefacenet.<variant>.tflite` into `out_dir` and returns the manifest's entry for them.

    The entry stands for the table `[models.mobilefacenet]`; its key `measured` says how near each file comes to
    ONNX's reference evaluator. Nothing is written when a file differs from it.

    Raises `HardwareError` without TensorFlow or onnx, `DataError` when `onnx` is no such network or a file differs.
    """
    quantise.tensorflow()
    model = from_onnx.load(onnx)
    network = from_onnx.network(model, _MEAN, _STD)
    contents = {
        "float16": quantise.float16(network, INPUT_PX),
        "int8": quantise.int8(network, INPUT_PX, calibration.chips(INPUT_PX, ALIGNMENT)),
    }
    chips = np.stack(list(calibration.aligned(INPUT_PX, ALIGNMENT).values()))
    normalised = ((chips - _MEAN) / _STD).astype(np.float32).transpose(0, 3, 1, 2)
    expected = from_onnx.reference(model, normalised)
    cosines = {}
    for variant, content in contents.items():
        least = float(quantise.cosine(expected, quantise.run(content, chips)).min())
        wanted = _LEAST_COSINE[variant]
        if least < wanted:
            raise DataError(
                f"the {variant} network differs from the original: cosine {least:.4f}, expected {wanted}",
                hint="use the versions of TensorFlow that edge[models] pins",
            )
        cosines[variant] = round(least, 5)
    files = {}
    for variant, content in contents.items():
        name = f"{MODEL_ID}.{variant}.tflite"
        quantise.write(out_dir, name, content)
        files[variant] = quantise.file_entry(content, name, hashlib.sha256(content).hexdigest())
    return _entry(files, cosines)


def _entry(files: dict[str, dict[str, Any]], cosines: dict[str, float]) -> dict[str, Any]:
    return {
        "role": "face-embedder",
        "licence": LICENCE,
        "remark": REMARK,
        "source": f"{ONNX_URL} (sha256 {ONNX_SHA256})",
        "input_px": INPUT_PX,
        "channel_order": "RGB",
        "mean": [0.0, 0.0, 0.0],
        "std": [1.0, 1.0, 1.0],
        "files": files,
        "embedding": {
            "dimension": 128,
            "metric": "cosine",
            "mirror": True,
            "points": [{"mesh": list(mesh), "at": list(at)} for mesh, at in ALIGNMENT],
            "thresholds": THRESHOLDS,
        },
        "measured": {"least_cosine_to_onnx": cosines},
    }
