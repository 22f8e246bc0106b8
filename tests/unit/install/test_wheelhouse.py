"""scripts/wheelhouse: a folder that lacks something on the device, and not on this computer, is found out here."""

from __future__ import annotations

import zipfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/wheelhouse"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = spec_from_loader("wheelhouse", SourceFileLoader("wheelhouse", str(SCRIPT)))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, name: str, version: str, *requires: str) -> None:
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(["Metadata-Version: 2.1", *lines, ""]))


def test_what_is_whole_lacks_nothing(tmp_path: Path, script: Any) -> None:
    wheel(tmp_path, "edge", "0.1.0", "Some.Thing>=2", 'other; extra == "dev"', 'pc; platform_machine == "x86_64"')
    wheel(tmp_path, "some_thing", "2.1")
    assert script.lacking(tmp_path, script.environment("3.13", "aarch64")) == []


def test_markers_are_judged_for_the_device(tmp_path: Path, script: Any) -> None:
    wheel(tmp_path, "edge", "0.1.0", 'arm; platform_machine == "aarch64"', 'old; python_version < "3.13"', "num<2")
    wheel(tmp_path, "num", "2.2.4")
    assert script.lacking(tmp_path, script.environment("3.13", "aarch64")) == [
        'arm; platform_machine == "aarch64"',
        "num<2",
    ]
    assert 'old; python_version < "3.13"' in script.lacking(tmp_path, script.environment("3.11", "x86_64"))
