"""How long a network's `invoke()` takes on this machine, for the manifest's measured figures."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import statistics
import time
from pathlib import Path
from typing import Any

from edge.errors import HardwareError
from model_build import manifest

_RUNS = 200


def update(folder: Path) -> None:
    """Times every file of the manifest in `folder` and writes the figures into it."""
    document = manifest.read(folder)
    for entry in document["models"].values():
        figures: dict[str, Any] = entry.setdefault("measured", {})
        figures["invoke_ms"] = {variant: invoke_ms(folder / file["path"]) for variant, file in entry["files"].items()}
        figures["invoke_how"] = conditions()
    manifest.write(folder, document)


def invoke_ms(path: Path) -> float:
    """Milliseconds of one `invoke()` by LiteRT with one thread; the input stays zero.

    The fastest tenth is taken, not the median: other work on the machine only ever makes a run slower.
    """
    try:
        litert = importlib.import_module("ai_edge_litert.interpreter")
    except ImportError as error:
        raise HardwareError("timing needs ai-edge-litert, which is not installed", hint="pip install edge") from error
    interpreter = litert.Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.quantiles(times, n=10)[0], 2)


def conditions() -> str:
    """The words that belong beside the figures."""
    version = importlib.metadata.version("ai-edge-litert")
    return f"fastest tenth of {_RUNS} runs, one thread, ai-edge-litert {version}, {platform.machine()}, zero input"
