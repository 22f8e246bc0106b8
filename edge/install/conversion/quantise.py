"""Writes a network as TensorFlow Lite files of one kind each, and runs them for the checks that follow.

TensorFlow is imported inside the functions: it is needed while converting and never on a device's normal path.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError, HardwareError
from edge.install.conversion.calibration import Chips
from edge.install.conversion.quiet import quiet

Tensor = Any
Network = Callable[[Tensor], Tensor]


def tensorflow() -> Any:
    """The TensorFlow module. Raises `HardwareError` saying what to install where it is missing."""
    try:
        with quiet():
            return importlib.import_module("tensorflow")
    except ImportError as error:
        raise HardwareError(
            "converting a network needs TensorFlow, which is not installed", hint="pip install edge[models]"
        ) from error


def float16(network: Network, size: int) -> bytes:
    """The file with weights as float16: float32 pixels in, float32 out. Half the size, and exact to about 4e-4."""
    tf = tensorflow()
    converter = _converter(tf, network, size)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    with quiet():
        return bytes(converter.convert())


def int8(network: Network, size: int, chips: Chips) -> bytes:
    """The file that computes in int8, weights per output channel: raw uint8 pixels in, float32 out.

    Raises `DataError` when the input would not take pixels as they are (scale 1, zero point 0).
    """
    tf = tensorflow()

    def samples() -> Iterator[list[NDArray[np.float32]]]:
        for chip in chips:
            yield [chip[None].astype(np.float32)]

    converter = _converter(tf, network, size)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.float32
    with quiet():
        content = bytes(converter.convert())
    scale, zero_point = _interpreter(content).get_input_details()[0]["quantization"]
    if abs(scale - 1) > 1e-6 or zero_point != 0:
        raise DataError(f"the int8 input has scale {scale} and zero point {zero_point} instead of 1 and 0")
    return content


def run(content: bytes, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """The first output for each of `inputs`, as (n, values), by TensorFlow's own interpreter."""
    interpreter = _interpreter(content)
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    rows = []
    for one in inputs:
        interpreter.set_tensor(entry["index"], one[None].astype(entry["dtype"]))
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"]).astype(np.float32).ravel())
    return np.stack(rows)


def file_entry(content: bytes, path: str, sha256: str) -> dict[str, Any]:
    """The manifest's description of a file: path, digest, size, and its tensors in the interpreter's order."""
    interpreter = _interpreter(content)
    return {
        "path": path,
        "sha256": sha256,
        "bytes": len(content),
        "input": _described(interpreter.get_input_details()[0]),
        "outputs": [_described(one) for one in interpreter.get_output_details()],
    }


def write(folder: Path, name: str, content: bytes) -> None:
    """Writes the whole file or nothing: a crash never leaves half a network under its final name."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.part"
    part.write_bytes(content)
    part.replace(folder / name)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine similarity of the rows of `a` with the same rows of `b`."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    return np.asarray((x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1))


def _converter(tf: Any, network: Network, size: int) -> Any:
    pixels = tf.TensorSpec([1, size, size, 3], tf.float32, name="pixels")
    holder = tf.Module()
    holder.network = tf.function(network, autograph=False)
    with quiet():
        traced = holder.network.get_concrete_function(pixels)
        return tf.lite.TFLiteConverter.from_concrete_functions([traced], holder)


def _interpreter(content: bytes) -> Any:
    tf = tensorflow()
    with quiet():
        interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def _described(details: dict[str, Any]) -> dict[str, Any]:
    return {"shape": [int(side) for side in details["shape"]], "dtype": np.dtype(details["dtype"]).name}
