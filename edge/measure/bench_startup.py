"""The daemon as a process of its own: how soon it is ready, how much memory it holds, what an idle scene costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from edge.config.cameras import PiCamera
from edge.errors import HardwareError
from edge.measure.runs import summary
from edge.store.identity import pem

READY_LIMIT_S = 1.5
RSS_LIMIT_MB = 140.0
IDLE_LIMIT_PERCENT = 6.0
IDLE_S = 10.0
# Nobody listens at the discard port: the uplink goes on trying, which is what "broker connecting" means.
_CONFIG = """
[device]
id = "bench"
site = "bench"
[camera]
driver = "folder"
path = "pictures"
rate_fps = 10.0
show_s = 3600.0
width_px = {width}
height_px = {height}
[door]
driver = "simulated"
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
port = 9
tls = false
[office]
keys = {{ office = "{key}" }}
"""


def measure(runs: int) -> dict[str, Any]:
    """Starts the daemon `runs` times before an empty scene as large as a Pi camera's; memory and load are those of
    the last one.
    """
    camera = PiCamera("picamera2")
    width, height = camera.width_px, camera.height_px
    times_ms = []
    rss_mb = percent = 0.0
    for number in range(runs):
        with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
            root = Path(folder)
            (root / "pictures").mkdir()
            Image.fromarray(np.full((height, width, 3), 110, np.uint8)).save(root / "pictures" / "empty.png")
            key = root / "office.pub.pem"
            key.write_bytes(pem(Ed25519PrivateKey.generate().public_key()))
            (root / "edge.toml").write_text(_CONFIG.format(key=key, width=width, height=height))
            _one(root / "edge.toml", 0.0)  # the very first start also makes the databases
            took_s, rss_mb, percent = _one(root / "edge.toml", IDLE_S if number == runs - 1 else 0.0)
            times_ms.append(1e3 * took_s)
    result = summary("startup", times_ms, 1e3 * READY_LIMIT_S)
    result |= {
        "rss_mb": round(rss_mb, 1),
        "rss_limit_mb": RSS_LIMIT_MB,
        "idle_percent_of_a_core": round(percent, 2),
        "idle_limit_percent": IDLE_LIMIT_PERCENT,
    }
    result["holds"] = result["holds"] and rss_mb <= RSS_LIMIT_MB and percent <= IDLE_LIMIT_PERCENT
    return result


def _one(config: Path, idle_s: float) -> tuple[float, float, float]:
    """(seconds from exec to ready, resident MiB, percent of a core while idle)."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stderr is not None
        said = []
        for line in daemon.stderr:
            said.append(line)
            if re.search(r"ready after", line):
                break
        else:
            raise HardwareError(f"the daemon did not get ready: {''.join(said[-3:])}", hint="try: edge run")
        took_s = time.perf_counter() - begun
        percent = 0.0
        if idle_s:
            time.sleep(8.0)  # the first frames open the motion gate, and its reference follows in a few seconds
            before = _cpu_s(daemon.pid)
            time.sleep(idle_s)
            percent = 100 * (_cpu_s(daemon.pid) - before) / idle_s
        rss_mb = _rss_mb(daemon.pid)
        daemon.terminate()
        daemon.stderr.read()
    return took_s, rss_mb, percent


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
