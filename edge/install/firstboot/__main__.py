"""`python -m edge.install.firstboot`: run by the unit of the first boot, as root."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from edge.errors import EdgeError
from edge.install.firstboot.places import Places
from edge.install.firstboot.steps import FirstBoot
from edge.update.systemctl import Systemctl


def main() -> int:
    """Exit code 0 when the device is set up; otherwise the unit is started again."""
    parser = argparse.ArgumentParser(prog="edge.install.firstboot", description=__doc__)
    parser.add_argument("--card", type=Path, default=Path("/boot/firmware/edge"), help="the card's folder edge")
    parser.add_argument("--root", type=Path, default=Path("/"), help="another root, for a rehearsal")
    args = parser.parse_args()
    places = Places(args.card, args.root)
    try:
        FirstBoot(places, Systemctl(args.root), int(time.time()), lambda text: print(f"edge: {text}", flush=True)).run()
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
