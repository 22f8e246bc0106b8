"""An office's authority, made once for the tests of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from registering_samples import make_ca

from edge.install.registering.authority import Authority


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    make_ca(folder, "authority")
    return folder


@pytest.fixture(scope="module")
def authority(pki: Path) -> Authority:
    return Authority(pki / "ca.pem", pki / "ca.key", 730)
