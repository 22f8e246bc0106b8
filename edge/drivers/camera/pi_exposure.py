"""How a Raspberry Pi's camera shares light between the length of its exposure and its gain.

libcamera's short mode does it differently for each sensor: a Camera Module 2 (imx219) exposes for 10 ms at most until
the gain is 4, a Camera Module 3 (imx708) only until the gain is 2, and for 20 ms before it is 4. Whoever walks past at
1.3 m/s is smeared over 13 mm in 10 ms, and shows neither who he is nor that he lives; noise costs less. So the short
mode of the sensor's tuning file is replaced: see `SHORT`. Both arrays are read stage by stage, first the exposure up to
its value, then the gain (divideUpExposure in libcamera's src/ipa/rpi/controller/rpi/agc_channel.cpp).

libcamera reads the file when its manager starts, once for all cameras, and picamera2 keeps that manager; one that has
refused a file knows no camera any more. So nothing here starts a manager: the sensors are named by the kernel, and
whether the file is taken is tried out in a process of its own.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SHORT = {"shutter": [100, 5_000, 10_000, 66_666], "gain": [1.0, 4.0, 8.0, 16.0]}
"""Microseconds, and gains: 5 ms until the gain is 4, 10 ms until it is 8, then up to a whole frame. By the reference in
its tuning file (810 lx for 20.7 ms and a gain of 1.12) a Camera Module 3 stays at 10 ms down to some 180 lx."""
SENSORS = Path("/sys/class/video4linux")
_PROBE_S = 30.0
_PROBE = "import sys; from picamera2 import Picamera2; Picamera2(int(sys.argv[1]), tuning=sys.argv[2]).close()"


def tuning_of(picamera2: Any, sensors: Path) -> dict[str, Any] | None:
    """The tuning file of the sensor that is attached, with `SHORT` as its short mode. `picamera2`: the class Picamera2.

    None where there is none that has one, and where different sensors are attached, since all would be tuned alike.
    """
    found = [tuning for name in _names(sensors) if (tuning := _tuning(picamera2, name)) is not None]
    return found[0] if len(found) == 1 else None


def _names(sensors: Path) -> set[str]:
    """What the kernel calls the parts of its cameras, as "imx708_wide" or "rp1-cfe-csi2", without the bus."""
    names = set()
    for file in sensors.glob("v4l-subdev*/name"):
        try:
            names.add(file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue
    return names


def _tuning(picamera2: Any, name: str) -> dict[str, Any] | None:
    platform = getattr(getattr(picamera2, "platform", None), "name", "VC4")
    try:
        tuning: dict[str, Any] = picamera2.load_tuning_file(f"{name}.json")
        if (tuning.get("target") == "pisp") is not (platform == "PISP"):
            return None  # an older picamera2 finds those of a Pi 4 alone
        control = picamera2.find_tuning_algo(tuning, "rpi.agc")
        for channel in control.get("channels", [control]):  # without channels before libcamera 0.1
            channel["exposure_modes"]["short"] = SHORT
    except (RuntimeError, OSError, ValueError, LookupError, StopIteration, TypeError, AttributeError):
        return None  # no sensor's name; where one is written differently, libcamera's own short mode remains
    return tuning


def tuned(picamera2: Any, number: int) -> str | None:
    """A file with which camera `number` exposes for short, and has shown to start; None where there is none."""
    tuning = tuning_of(picamera2, SENSORS)
    path = None if tuning is None else _tried(number, json.dumps(tuning))
    mode = "5 ms until a gain of 4, 10 ms until 8" if path else "as libcamera's short mode has it"
    log.info("camera %d: exposed for %s", number, mode)
    return path


@cache
def _tried(number: int, content: str) -> str | None:
    """Once in a process: another open camera may keep a second trial from succeeding. The file stays as long."""
    try:
        handle, path = tempfile.mkstemp(prefix="edge-camera-", suffix=".json")
        atexit.register(Path(path).unlink, missing_ok=True)
        with os.fdopen(handle, "w") as file:
            file.write(content)
        command = [sys.executable, "-c", _PROBE, str(number), path]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("camera %d: shorter exposures were not tried: %s", number, error)
        return None
    if done.returncode != 0:
        log.warning("camera %d does not start with shorter exposures: %s", number, done.stderr.strip()[-500:])
        return None
    return path
