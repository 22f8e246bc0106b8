"""Converting the optional judges of life; the whole conversion runs where TensorFlow and the files are."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError, HardwareError
from edge.install import convert_minifasnet
from edge.install.convert_minifasnet import NEAR, WIDE, Source, convert

FILES = Path(__file__).resolve().parents[4] / "shared" / "data" / "antispoof"
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
needs_tools = pytest.mark.skipif(not HAS_TENSORFLOW, reason="needs pip install edge[models]")
needs_files = pytest.mark.skipif(not FILES.exists(), reason=f"{FILES} is not there")


@pytest.mark.skipif(HAS_TENSORFLOW, reason="TensorFlow is installed")
def test_without_tensorflow_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(HardwareError) as raised:
        convert(tmp_path / "any.pth", tmp_path, NEAR)
    assert raised.value.hint == "pip install edge[models]"


@needs_files
@pytest.mark.parametrize("source", [NEAR, WIDE], ids=["near", "wide"])
def test_the_network_follows_from_the_tensors(source: Source) -> None:
    """In numpy alone: three logits, that a picture of another size or colour changes."""
    path = FILES / source.file
    assert hashlib.sha256(path.read_bytes()).hexdigest() == source.sha256
    found = convert_minifasnet.from_torch.tensors(path)
    weights = {name.removeprefix("module."): value for name, value in found.items()}
    grey = np.full((1, 80, 80, 3), 128.0, np.float32)
    noise = np.random.default_rng(1).integers(0, 256, grey.shape).astype(np.float32)
    logits = [convert_minifasnet._network(convert_minifasnet._InNumpy(), weights, x) for x in (grey, noise)]
    assert all(one.shape == (1, 3) and np.isfinite(one).all() for one in logits)
    assert np.abs(logits[0] - logits[1]).max() > 0.1


@needs_tools
def test_another_file_is_refused_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "bad.pth").write_bytes(b"not a network")
    with pytest.raises(DataError, match="not a PyTorch checkpoint"):
        convert(tmp_path / "bad.pth", tmp_path / "out", NEAR)
    assert not (tmp_path / "out").exists()


@needs_tools
@needs_files
def test_the_entry_describes_the_file(tmp_path: Path) -> None:
    entry = convert(FILES / WIDE.file, tmp_path, WIDE)
    file = entry["files"]["float16"]
    content = (tmp_path / file["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert (entry["role"], entry["liveness"]["crop"], entry["channel_order"]) == ("liveness", 4.0, "BGR")
    assert file["outputs"] == [{"shape": [1, 3], "dtype": "float32"}]
