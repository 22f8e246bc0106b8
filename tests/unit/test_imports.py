"""Reading the code needs none of the libraries that belong to one piece of hardware or one optional job."""

from __future__ import annotations

import json
import subprocess
import sys

LAZY = (
    *("picamera2", "libcamera", "lgpio", "gpiozero", "pyttsx3", "pypinyin", "tensorflow", "onnx", "dlib"),
    *("zxingcpp", "serial", "pymodbus", "smbus2", "VL53L1X", "osdp"),
)

# Looks at what is asked for, not at what was loaded: most of these are not even installed where tests run.
IMPORT_ALL = """
import importlib, json, pkgutil, sys

class Witness:
    asked = set()

    def find_spec(self, name, path=None, target=None):
        self.asked.add(name.partition(".")[0])

sys.meta_path.insert(0, Witness())
import edge
modules = [module.name for module in pkgutil.walk_packages(edge.__path__, "edge.")]
for name in modules:
    importlib.import_module(name)
json.dump({"modules": modules, "asked": sorted(Witness.asked)}, sys.stdout)
"""


def test_no_module_imports_a_library_before_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"edge.app", "edge.cli.daemon", "edge.drivers.camera.pi", "edge.voice.render_child"} <= set(found["modules"])
    assert "numpy" in found["asked"]  # the witness does see imports
    assert not set(LAZY) & set(found["asked"])
