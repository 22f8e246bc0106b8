"""Devices are installed from the wheel: it carries models, phrases and examples, and works outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def edge(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; from edge.__main__ import main; sys.exit(main())", *words],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_carries_everything(installed: Path) -> None:
    for name in ("models/manifest.toml", "models/LICENSES.md", "config/gate.toml", "config/simulated.toml"):
        assert (installed / "edge" / "_data" / name).is_file()
    assert (installed / "edge" / "_data" / "systemd" / "edge.service").is_file()
    assert (installed / "edge" / "install" / "provision" / "card" / "start.sh").is_file()
    assert (installed / "edge" / "voice" / "phrases" / "cmn.toml").is_file()
    assert (installed / "edge" / "demo" / "pictures" / "CREDITS.md").is_file()


def test_it_works_outside_the_checkout(installed: Path) -> None:
    where = "import edge; print(edge.__file__)"
    shown = subprocess.run(
        [sys.executable, "-c", where],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(str(installed))
    models = edge(installed, "models", "verify", "--json")
    assert models.returncode == 0, models.stderr
    assert all(file["right"] for file in json.loads(models.stdout)["files"])
    example = installed / "edge" / "_data" / "config" / "gate.toml"
    check = edge(installed, "check", "--config", str(example), "--json")
    assert check.returncode == 0, check.stderr
