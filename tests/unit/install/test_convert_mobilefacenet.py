"""Converting the optional embedding network; the whole conversion runs where TensorFlow, onnx and the file are."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError, HardwareError
from edge.install import convert_mobilefacenet
from edge.install.convert_mobilefacenet import MODEL_ID, ONNX_SHA256, convert

ONNX = Path(__file__).resolve().parents[4] / "shared" / "data" / "face-models" / "MobileFaceNet.onnx"
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
needs_tools = pytest.mark.skipif(
    not (HAS_TENSORFLOW and importlib.util.find_spec("onnx")), reason="needs pip install edge[models]"
)
needs_file = pytest.mark.skipif(not ONNX.exists(), reason=f"{ONNX} is not there")


@pytest.mark.skipif(HAS_TENSORFLOW, reason="TensorFlow is installed")
def test_without_tensorflow_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(HardwareError) as raised:
        convert(tmp_path / "any.onnx", tmp_path)
    assert raised.value.hint == "pip install edge[models]"


@needs_tools
def test_another_file_is_refused_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(DataError, match="not an ONNX network"):
        convert(tmp_path / "bad.onnx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@needs_tools
@needs_file
def test_a_network_that_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert_mobilefacenet, "_LEAST_COSINE", {"float16": 1.1, "int8": 0.99})
    with pytest.raises(DataError, match="float16 network differs"):
        convert(ONNX, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@needs_tools
@needs_file
def test_the_entry_describes_the_files(tmp_path: Path) -> None:
    assert hashlib.sha256(ONNX.read_bytes()).hexdigest() == ONNX_SHA256
    entry = convert(ONNX, tmp_path)
    assert entry["embedding"]["dimension"] == 128
    for variant, dtype in (("float16", "float32"), ("int8", "uint8")):
        file = entry["files"][variant]
        content = (tmp_path / file["path"]).read_bytes()
        assert file["path"] == f"{MODEL_ID}.{variant}.tflite" and len(content) == file["bytes"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert file["input"] == {"shape": [1, 112, 112, 3], "dtype": dtype}
        assert file["outputs"] == [{"shape": [1, 128], "dtype": "float32"}]
    assert np.greater_equal(list(entry["measured"]["least_cosine_to_onnx"].values()), [0.9999, 0.99]).all()
