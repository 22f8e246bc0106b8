"""The programs of scripts/, as modules: their names have no ending, and a dash in them."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


def load_script(name: str) -> ModuleType:
    """Run it as a module, and leave no byte code beside it."""
    plain = name.replace("-", "_")
    loader = SourceFileLoader(plain, str(SCRIPTS / name))
    spec = spec_from_loader(plain, loader)
    assert spec is not None
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setitem(sys.modules, plain, module)  # its dataclasses look themselves up
        loader.exec_module(module)
    return module
