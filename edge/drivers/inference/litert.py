"""One loaded network on LiteRT, or on tflite-runtime where that is what is installed: they share one interface."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.inference.resident import give_back
from edge.drivers.inference.variant import TensorSpec, Variant
from edge.errors import DataError, HardwareError

Runtime = Literal["ai-edge-litert", "tflite-runtime"]

_MODULES: dict[Runtime, str] = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
_BYTE = np.arange(256, dtype=np.float32)


def installed_runtimes() -> tuple[Runtime, ...]:
    """The runtimes that this Python has, the preferred one first."""
    return tuple(r for r in get_args(Runtime) if importlib.util.find_spec(_MODULES[r].partition(".")[0]))


def available_runtime() -> Runtime:
    """The runtime that is used when none is asked for. Raises HardwareError when none is installed."""
    found = installed_runtimes()
    if not found:
        raise HardwareError(
            "no inference runtime is installed",
            hint="pip install ai-edge-litert, or tflite-runtime on Python 3.11 with numpy below 2",
        )
    return found[0]


class LiteRtNetwork:
    """A verified model file, ready to run on one thread (more threads spin, and slow a busy small machine down).

    `run` and the shapes are those of the `Network` protocol. Not to be called by two threads at once. Raises
    DataError when the file is not what the manifest says, HardwareError when the runtime is not installed.
    """

    def __init__(self, variant: Variant, runtime: Runtime | None = None, num_threads: int = 1) -> None:
        self.runtime = runtime or available_runtime()
        try:
            module = importlib.import_module(_MODULES[self.runtime])
        except ImportError as failure:
            raise HardwareError(
                f"the inference runtime {self.runtime} cannot be imported: {failure}",
                hint=f"pip install {self.runtime}",
            ) from failure
        with variant.open_verified() as file:
            try:
                self._interpreter: Any = module.Interpreter(
                    model_path=f"/proc/self/fd/{file.fileno()}", num_threads=num_threads
                )
                self._interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as failure:
                raise DataError(
                    f"model {variant.model}: {self.runtime} cannot load {variant.path}: {failure}",
                    hint="the file has the manifest's hash, so build it again for this runtime with `make models`",
                ) from failure
            give_back(file.fileno())
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        _require(variant, "input", [variant.input], inputs)
        _require(variant, "output", variant.outputs, outputs)
        self._input: int = inputs[0]["index"]
        self._quantise = _Quantiser(inputs[0])
        self._outputs = [(o["index"], *o["quantization"]) for o in outputs]
        self.input_shape = variant.input.shape
        self.output_shapes = tuple(o.shape for o in variant.outputs)

    def run(self, batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """One inference of a batch in real units, uint8 or float. Raises DataError when it has another shape."""
        if batch.shape != self.input_shape:
            raise DataError(
                f"the network takes {list(self.input_shape)} and was given {list(batch.shape)}",
                hint="resize the picture to the model's input_px first",
            )
        self._interpreter.set_tensor(self._input, self._quantise(batch))
        self._interpreter.invoke()
        return [self._real(index, scale, zero) for index, scale, zero in self._outputs]

    def invoke(self) -> None:
        """The runtime's own part of `run` alone, on the input that is in place: what benchmarks compare against."""
        self._interpreter.invoke()

    def _real(self, index: int, scale: float, zero: int) -> NDArray[Any]:
        raw: NDArray[Any] = self._interpreter.get_tensor(index)
        if raw.dtype == np.float32:
            return raw
        return ((raw.astype(np.float32) - zero) * np.float32(scale)).astype(np.float32)


class _Quantiser:
    """Real units to the input tensor's own, q = round(x / scale) + zero point, as the file's details say."""

    def __init__(self, details: dict[str, Any]) -> None:
        self._dtype = np.dtype(details["dtype"])
        scale, zero = details["quantization"]
        self._float = self._dtype == np.float32
        self._scale, self._zero = np.float32(scale or 1.0), float(zero)
        # Whole pixel values have only 256 answers; looking them up is ten times quicker than arithmetic.
        self._table = _BYTE.astype(self._dtype) if self._float else self._exactly(_BYTE)
        self._as_is = self._dtype == np.uint8 and bool((self._table == _BYTE).all())

    def __call__(self, batch: NDArray[Any]) -> NDArray[Any]:
        if batch.dtype == np.uint8:
            if self._as_is:
                return np.ascontiguousarray(batch)
            flat = np.ascontiguousarray(batch).reshape(1, -1)
            return np.asarray(cv2.LUT(flat, self._table)).reshape(batch.shape)
        if self._float:
            return np.ascontiguousarray(batch, np.float32)
        return self._exactly(batch)

    def _exactly(self, batch: NDArray[Any]) -> NDArray[Any]:
        limits = np.iinfo(self._dtype)
        scaled = np.rint(batch / self._scale) + self._zero
        return np.clip(scaled, limits.min, limits.max).astype(self._dtype)


def _require(variant: Variant, what: str, stated: Sequence[TensorSpec], found: Sequence[dict[str, Any]]) -> None:
    held = [TensorSpec(tuple(int(n) for n in f["shape"]), np.dtype(f["dtype"]).name) for f in found]
    if held != list(stated):
        raise DataError(
            f"model {variant.model}: {variant.path} has {what} {', '.join(map(str, held)) or 'none'}, "
            f"the manifest says {', '.join(map(str, stated))}",
            hint="the manifest's entry belongs to another file; correct shape and dtype, or restore the model",
        )
