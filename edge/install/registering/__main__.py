"""`python -m edge.install.registering`: run by edge-register.service, as root, until the device is registered."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.config import load_config
from edge.errors import EdgeError
from edge.install.registering.device import DONE, register

NOT_YET = 1


def main() -> int:
    """Exit code 0 when there is nothing more to do; otherwise the unit is started again in a minute."""
    parser = argparse.ArgumentParser(prog="edge.install.registering", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/edge/edge.toml"), metavar="FILE")
    parser.add_argument("--own", type=Path, default=Path("/var/lib/edge-firstboot"), metavar="DIR")
    args = parser.parse_args()
    try:
        config = load_config(args.config)
        said = register(config.uplink, f"{config.device.site}/{config.device.id}", args.own)
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 3
    print(f"edge: {said}", flush=True)
    return 0 if (args.own / DONE).exists() or not config.uplink.registration_port else NOT_YET


if __name__ == "__main__":
    sys.exit(main())
