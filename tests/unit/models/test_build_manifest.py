"""The manifest a build writes, and the comparison of two builds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from model_build import compare, manifest, networks

MODELS = Path(__file__).resolve().parents[3] / "models"


def test_thresholds_and_earlier_figures_outlive_a_build() -> None:
    before = manifest.read(MODELS)
    embedder = before["models"][networks.EMBEDDER]
    embedder["embedding"]["thresholds"] = {"target": 0.001}
    embedder["measured"] = {"invoke_ms": {"int8": 1.5}, "cosine_to_dlib": {"int8": 0.9}}
    files = {networks.EMBEDDER: {"int8": {"path": "new.tflite"}}}
    after = manifest.merged(before, files, {networks.EMBEDDER: {"cosine_to_dlib": {"int8": 0.999}}})
    built = after["models"][networks.EMBEDDER]
    assert built["embedding"]["thresholds"] == {"target": 0.001}
    assert built["measured"] == {"invoke_ms": {"int8": 1.5}, "cosine_to_dlib": {"int8": 0.999}}
    assert built["files"] == {"int8": {"path": "new.tflite"}}
    assert after["models"]["facemesh"] == before["models"]["facemesh"]


def test_writing_and_reading_gives_the_same_document(tmp_path: Path) -> None:
    document = manifest.read(MODELS)
    manifest.write(tmp_path, document)
    assert manifest.read(tmp_path) == document
    assert [path.name for path in tmp_path.iterdir()] == [manifest.NAME]


def test_equal_files_are_the_same_build(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.report(MODELS, MODELS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and all(line.endswith("the same bytes") for line in lines)


def test_a_missing_file_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in MODELS.glob("*.tflite"):
        shutil.copy(file, tmp_path)
    (tmp_path / "facemesh.tflite").unlink()
    assert compare.report(tmp_path, MODELS) == 1
    assert "facemesh float32: facemesh.tflite is missing: DIFFERENT" in capsys.readouterr().out


def test_a_file_with_other_outputs_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorflow", reason="comparing what two networks compute needs TensorFlow")
    for file in MODELS.glob("*.tflite"):
        shutil.copy(file, tmp_path)
    weights = bytearray((MODELS / "facemesh.tflite").read_bytes())
    weights[1_000_003] ^= 0x02  # an exponent bit of one weight
    (tmp_path / "facemesh.tflite").write_bytes(weights)
    assert compare.report(tmp_path, MODELS) == 1
    assert "facemesh float32: other bytes" in capsys.readouterr().out
