"""Everything of `systemd/` to its place: units, and what sysusers, tmpfiles, systemd and the journal are told.

By the first boot, and by hand after an update that brings other ones: `sudo /opt/edge/current/bin/python -m
edge.install.units`. Each file is replaced in one step; doing it twice changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.errors import EdgeError
from edge.install.firstboot.places import Systemd, put
from edge.resources import folder

DROP_INS = {
    "sysusers.d": "etc/sysusers.d",
    "tmpfiles.d": "etc/tmpfiles.d",
    "system.conf.d": "etc/systemd/system.conf.d",
    "journald.conf.d": "etc/systemd/journald.conf.d",
}
"""Folders of `systemd/` and where they go; the units themselves go to `UNITS`."""
UNITS = "etc/systemd/system"
SAFE_STATE = "edge-safe-state.service"
_AT_BOOT = b"[Install]"
"""A unit without it is started by another one."""


def install(root: Path, systemd: Systemd) -> list[str]:
    """Put the files, and have the user and the folders made. Returns the units that a boot is to start, in the order in
    which they are to be enabled. Raises HardwareError, OSError.
    """
    source = folder("systemd")
    units = sorted(file for file in source.glob("edge*") if file.is_file())
    for unit in units:
        put(root / UNITS / unit.name, unit.read_bytes())
    for name, place in DROP_INS.items():
        for file in sorted((source / name).glob("edge*.conf")):
            put(root / place / file.name, file.read_bytes())
    systemd.make_users()
    systemd.reload()
    return [unit.name for unit in units if _AT_BOOT in unit.read_bytes()]


def main() -> int:
    """Exit code 0 when everything is in its place and enabled."""
    parser = argparse.ArgumentParser(prog="edge.install.units", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="another root, for an image or a rehearsal")
    args = parser.parse_args()
    systemd = Systemd(args.root)
    try:
        for unit in install(args.root, systemd):
            systemd.enable(unit)
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
