from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.cli import models
from edge.config import load_config
from edge.errors import ConfigError, DataError
from edge.install.optional_models import OPTIONAL, add, use

ROOT = Path(__file__).parents[3]
SIMULATED = (ROOT / "config" / "simulated.toml").read_text()


@pytest.mark.parametrize(
    "face",
    [
        "",
        "\n[face]\n",
        '\n[face]\nnetwork = "old"\nmin_eye_px = 30.0\n',
        "\n[face]\nmin_eye_px = 30.0\n[lock]\nunlock_s = 4.0\n",
    ],
)
def test_use_changes_one_line_and_nothing_else(tmp_path: Path, face: str) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(SIMULATED + face)
    before = load_config(file)
    use(file, "mobilefacenet")
    after = load_config(file)
    assert after.face.network == "mobilefacenet"
    assert after.face.min_eye_px == before.face.min_eye_px
    assert (after.lock, after.device, after.uplink) == (before.lock, before.device, before.uplink)
    assert file.read_text().count("network =") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["edge.toml"]


def test_use_leaves_a_file_that_would_not_hold_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "edge.toml"
    file.write_text("[device]\nid = 3\n")
    with pytest.raises(ConfigError):
        use(file, "mobilefacenet")
    assert file.read_text() == "[device]\nid = 3\n"


@pytest.mark.parametrize("name", OPTIONAL)
def test_add_refuses_another_file_than_the_one_whose_licence_was_shown(tmp_path: Path, name: str) -> None:
    network = OPTIONAL[name]
    other = tmp_path / "other.onnx"
    other.write_bytes(b"not the network")
    with pytest.raises(DataError, match="has SHA-256"):
        add(network, lambda _folder: other, tmp_path / "state")
    with pytest.raises(DataError, match="cannot be read"):
        add(network, lambda folder: folder / "absent.onnx", tmp_path / "state")
    assert not (tmp_path / "state").exists()
    shutil.rmtree(tmp_path)


def test_the_command_knows_them_all() -> None:
    assert set(models.OPTIONAL) == set(OPTIONAL)
    assert all(one.licence and one.remark and len(one.sha256) == 64 for one in OPTIONAL.values())
