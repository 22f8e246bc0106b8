from __future__ import annotations

import hashlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, ClassVar

import numpy as np
import pytest

from edge.drivers.inference.litert import LiteRtNetwork, Runtime, available_runtime, installed_runtimes
from edge.drivers.inference.resident import give_back
from edge.drivers.inference.variant import TensorSpec, Variant
from edge.errors import DataError, HardwareError
from edge.vision.manifest import load_manifest, open_network

MANIFEST = Path(__file__).resolve().parents[3] / "models" / "manifest.toml"


def near_detector(runtime: Runtime = "ai-edge-litert") -> Variant:
    return load_manifest(MANIFEST).default("face-detector-near").variant_for(runtime)


def variant(path: Path, content: bytes, **more: Any) -> Variant:
    path.write_bytes(content)
    stated = Variant(
        model="some-net",
        precision="int8",
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        input=TensorSpec((1, 2), "int8"),
        outputs=(TensorSpec((1, 3), "uint8"),),
    )
    return replace(stated, **more)


class FakeInterpreter:
    """Stands in for tflite-runtime's: takes two int8 numbers and answers three bytes."""

    made: ClassVar[list[bytes]] = []

    def __init__(self, model_path: str, num_threads: int) -> None:
        self.made.append(Path(model_path).read_bytes())
        self.num_threads = num_threads
        self.fed: Any = None

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "shape": np.array([1, 2]), "dtype": np.int8, "quantization": (0.5, 3)}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [{"index": 9, "shape": np.array([1, 3]), "dtype": np.uint8, "quantization": (0.25, 10)}]

    def set_tensor(self, index: int, value: Any) -> None:
        assert index == 0
        assert value.dtype == np.int8
        self.fed = value

    def invoke(self) -> None:
        assert self.fed is not None

    def get_tensor(self, index: int) -> Any:
        assert index == 9
        return np.array([[10, 14, 0]], np.uint8)


@pytest.fixture
def tflite(monkeypatch: pytest.MonkeyPatch) -> type[FakeInterpreter]:
    """Makes `tflite_runtime.interpreter` importable, and empty of earlier loads."""
    module = ModuleType("tflite_runtime.interpreter")
    module.Interpreter = FakeInterpreter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tflite_runtime", ModuleType("tflite_runtime"))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", module)
    FakeInterpreter.made.clear()
    return FakeInterpreter


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_every_network_of_the_manifest_runs_on_every_installed_runtime(runtime: Runtime) -> None:
    for entry in load_manifest(MANIFEST).models.values():
        network = open_network(entry, runtime)
        outputs = network.run(np.zeros(network.input_shape, np.uint8))
        assert network.runtime == runtime
        assert tuple(o.shape for o in outputs) == network.output_shapes
        assert all(o.dtype == np.float32 and np.isfinite(o).all() for o in outputs)


def test_bytes_and_the_same_whole_numbers_as_floats_give_the_same_answer() -> None:
    for entry in load_manifest(MANIFEST).models.values():
        network = open_network(entry)
        pixels = np.random.default_rng(0).integers(0, 256, network.input_shape, np.uint8)
        for a, b in zip(network.run(pixels), network.run(pixels.astype(np.float32)), strict=True):
            np.testing.assert_array_equal(a, b)


def test_answers_are_copies_that_the_next_run_does_not_change() -> None:
    network = LiteRtNetwork(near_detector())
    first = network.run(np.zeros(network.input_shape, np.float32))
    kept = [o.copy() for o in first]
    network.run(np.ones(network.input_shape, np.float32))
    assert all((a == b).all() for a, b in zip(first, kept, strict=True))


def test_the_file_of_a_loaded_network_takes_no_memory_and_is_read_again_where_it_must() -> None:
    stated = near_detector()
    network = LiteRtNetwork(stated)
    ones = np.ones(network.input_shape, np.float32)
    first = network.run(ones)
    with stated.path.open("rb") as file:
        assert give_back(file.fileno()) >= stated.size_bytes
        assert resident_bytes(stated.path) == 0
    assert all((a == b).all() for a, b in zip(network.run(ones), first, strict=True))


def resident_bytes(path: Path) -> int:
    """Of all mappings of the file, by proc_pid_smaps(5)."""
    found, total = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if not line.split()[0].endswith(":"):
            found = line.endswith(path.name)
        elif found and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


@pytest.mark.usefixtures("tflite")
def test_numbers_are_quantised_and_back_by_the_files_own_details(tmp_path: Path) -> None:
    network = LiteRtNetwork(variant(tmp_path / "m.tflite", b"model"), "tflite-runtime")
    (answer,) = network.run(np.array([[1.0, -2.6]], np.float32))
    np.testing.assert_array_equal(network._interpreter.fed, [[5, -2]])  # 1/0.5 + 3, round(-5.2) + 3
    np.testing.assert_allclose(answer, [[0.0, 1.0, -2.5]])  # (q - 10) · 0.25
    network.run(np.array([[1e6, -1e6]], np.float32))
    np.testing.assert_array_equal(network._interpreter.fed, [[127, -128]])
    network.run(np.array([[1, 255]], np.uint8))
    np.testing.assert_array_equal(network._interpreter.fed, [[5, 127]])


def test_the_interpreter_gets_the_file_that_was_verified_and_one_thread(
    tmp_path: Path, tflite: type[FakeInterpreter], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(stated: Variant) -> BinaryIO:
        file = opened(stated)
        stated.path.unlink()
        stated.path.write_bytes(b"another model")
        return file

    opened = Variant.open_verified
    monkeypatch.setattr(Variant, "open_verified", swapped)
    network = LiteRtNetwork(variant(tmp_path / "m.tflite", b"the model's bytes"), "tflite-runtime")
    assert tflite.made == [b"the model's bytes"]
    assert network._interpreter.num_threads == 1


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"the model's byteZ", b"the model's bytes and more", b"the model"])
def test_a_damaged_file_never_reaches_the_runtime(tmp_path: Path, tflite: type[FakeInterpreter], damage: bytes) -> None:
    stated = variant(tmp_path / "m.tflite", b"the model's bytes")
    stated.path.write_bytes(damage)
    with pytest.raises(DataError, match="some-net") as caught:
        LiteRtNetwork(stated, "tflite-runtime")
    assert caught.value.hint
    assert tflite.made == []


def test_a_missing_file_and_a_folder_in_its_place_are_said_by_name(tmp_path: Path) -> None:
    stated = variant(tmp_path / "m.tflite", b"x")
    stated.path.unlink()
    with pytest.raises(DataError, match=r"m\.tflite cannot be read"):
        stated.open_verified()
    stated.path.mkdir()
    with pytest.raises(DataError, match=r"m\.tflite cannot be read"):
        stated.open_verified()


@pytest.mark.parametrize("content", [b"this is no flatbuffer, although its hash is the manifest's own", b"\0" * 64])
def test_a_file_that_is_no_model_is_refused_by_the_real_runtime_without_a_crash(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="cannot load"):
        LiteRtNetwork(variant(tmp_path / "m.tflite", content))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"input": TensorSpec((1, 64, 64, 3), "float32")}, "has input float32[1, 128, 128, 3]"),
        ({"input": TensorSpec((1, 128, 128, 3), "int8")}, "the manifest says int8[1, 128, 128, 3]"),
        ({"outputs": (TensorSpec((1, 896, 16), "float32"),)}, "has output"),
        ({"outputs": (TensorSpec((1, 896, 1), "float32"), TensorSpec((1, 896, 16), "float32"))}, "has output"),
    ],
)
def test_tensors_that_differ_from_the_manifest_are_refused(more: dict[str, Any], named: str) -> None:
    with pytest.raises(DataError) as caught:
        LiteRtNetwork(replace(near_detector(), **more))
    assert named in str(caught.value)


def test_a_batch_of_another_shape_is_refused() -> None:
    network = LiteRtNetwork(near_detector())
    with pytest.raises(DataError, match=r"takes \[1, 128, 128, 3\] and was given \[1, 64, 64, 3\]"):
        network.run(np.zeros((1, 64, 64, 3), np.float32))


def test_a_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)  # importing it now fails
    with pytest.raises(HardwareError, match="ai-edge-litert cannot be imported") as caught:
        LiteRtNetwork(near_detector(), "ai-edge-litert")
    assert "pip install" in caught.value.hint


def test_the_preferred_runtime_is_litert_and_none_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    present = {"ai_edge_litert", "tflite_runtime"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in present else None)
    assert available_runtime() == "ai-edge-litert"
    present.remove("ai_edge_litert")
    assert available_runtime() == "tflite-runtime"
    present.clear()
    with pytest.raises(HardwareError, match="no inference runtime"):
        available_runtime()
