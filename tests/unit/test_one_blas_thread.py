"""Every command keeps its process small, before numpy is imported."""

from __future__ import annotations

import os
import subprocess
import sys

_SHOW = """
import os, sys
from edge.__main__ import main
assert "numpy" not in sys.modules
main(["eval", "liveness", "--images", "/nowhere/at/all"])
print(os.environ["OPENBLAS_NUM_THREADS"])
"""


def test_a_command_computes_with_one_thread() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", _SHOW], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "1", done.stderr
