"""Networks that are missing, truncated, or others than stated: nobody is recognised, everything else works."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import resources
from edge.app import Device
from edge.config import load_config
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.runtime.status import read_status
from tests.scenario.rig import configure, perform, until

EMBEDDER, MESH = "dlib-resnet-v1.int8.tflite", "facemesh.tflite"


def missing(models: Path) -> None:
    (models / EMBEDDER).unlink()


def truncated(models: Path) -> None:
    content = (models / EMBEDDER).read_bytes()
    (models / EMBEDDER).write_bytes(content[: len(content) // 2])


def altered(models: Path) -> None:
    content = bytearray((models / EMBEDDER).read_bytes())
    content[len(content) // 2] ^= 1
    (models / EMBEDDER).write_bytes(content)


def another(models: Path) -> None:
    """The manifest was made to match: only the shapes tell."""
    ours, other = (models / EMBEDDER).read_bytes(), (models / MESH).read_bytes()
    (models / EMBEDDER).write_bytes(other)
    manifest = (models / "manifest.toml").read_text()
    manifest = manifest.replace(hashlib.sha256(ours).hexdigest(), hashlib.sha256(other).hexdigest())
    (models / "manifest.toml").write_text(manifest.replace(f"bytes = {len(ours)}", f"bytes = {len(other)}"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (missing, ("cannot be read", "make models")),
        (truncated, ("bytes", "restore it")),
        (altered, ("SHA-256", "restore it")),
        (another, ("shape", "(")),
    ],
)
def test_a_network_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], words: tuple[str, str]
) -> None:
    shutil.copytree(resources.folder("models"), tmp_path / "models")
    spoil(tmp_path / "models")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / name)
    config = configure(
        tmp_path, door='driver = "simulated"\nexit_every_s = 0.5\nopens_after_s = 0.2\ncloses_after_s = 0.2'
    )

    def act(device: Device) -> None:
        until(lambda: "vision" in read_status(device.config.store.runtime_dir)["faults"])
        told = device.faults.present()["vision"]
        assert "networks cannot be loaded" in told
        for word in words:
            assert word in told
        assert not device.sight.vision.now.status()["working"]
        # who is inside gets out all the same, and the lock falls again behind them
        until(lambda: device.dispatcher.relay_off >= 1)

    device = Device(load_config(config))
    assert perform(device, act) == 0
    assert isinstance(device.door, SimulatedDoorPort)
    assert device.dispatcher.relay_on == device.dispatcher.relay_off
    assert not device.dispatcher.energised
