"""What systemd itself has against units that are not in their place yet."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from edge.errors import HardwareError
from edge.update.layout import CURRENT, DEFAULT_ROOT, TRUSTED, last_line
from edge.update.shipped import Files, is_unit

_LIMIT_S = 120.0


def complaints(files: Files, version: Path) -> str:
    """What systemd-analyze has against the units, verified together; nothing where it is not here. `version`: whose
    programs they start.
    """
    if shutil.which("systemd-analyze") is None:
        return ""
    with tempfile.TemporaryDirectory(prefix="edge-units-") as folder:
        names = []
        for place, data in files.items():
            if is_unit(place):
                text = data.decode(errors="replace")
                for link in (CURRENT, TRUSTED):
                    text = text.replace(f"{DEFAULT_ROOT / link}/", f"{version}/")
                lines = [line for line in text.splitlines() if not line.startswith("Documentation=")]
                names.append(Path(folder) / place.rpartition("/")[2])
                names[-1].write_text("\n".join(lines) + "\n")
        command = ["systemd-analyze", "verify", "--man=no", *map(str, names)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HardwareError(f"systemd-analyze: {error}", hint="is the machine very busy?") from error
    return last_line(done.stderr) if done.returncode else ""
