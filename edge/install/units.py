"""Everything of `systemd/` to its place: units, and what sysusers, tmpfiles, systemd and the journal are told.

By the first boot, and by hand on a device that was installed without one; from then on updates bring their units along.
Each file is replaced in one step; doing it twice changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.errors import EdgeError
from edge.resources import folder
from edge.update.placing import AT_BOOT, place
from edge.update.shipped import is_unit, read_files
from edge.update.systemctl import Systemctl

SAFE_STATE = "edge-safe-state.service"


def install(root: Path, systemctl: Systemctl) -> list[str]:
    """Put the files, and have the user and the folders made. Returns the units that a boot is to start, in the order in
    which they are to be enabled. Raises DataError, HardwareError.
    """
    files = read_files(folder("systemd"))
    place(root, files, files, systemctl)
    systemctl.make_users()
    names = {name.rpartition("/")[2]: data for name, data in sorted(files.items()) if is_unit(name)}
    return [name for name, data in names.items() if AT_BOOT in data]


def main() -> int:
    """Exit code 0 when everything is in its place and enabled."""
    parser = argparse.ArgumentParser(prog="edge.install.units", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="another root, for an image or a rehearsal")
    args = parser.parse_args()
    systemctl = Systemctl(args.root)
    try:
        for unit in install(args.root, systemctl):
            systemctl.enable(unit)
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
