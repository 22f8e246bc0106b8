"""`python -m edge.install.accesspoint run|restore`: what edge-access-point.service runs, as root."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from edge.clock import boot_id
from edge.errors import EdgeError
from edge.install.accesspoint.nmcli import NetworkManager
from edge.install.accesspoint.point import Point, Where


def main() -> int:
    """Exit codes as those of `edge`."""
    parser = argparse.ArgumentParser(prog="edge.install.accesspoint", description=__doc__)
    parser.add_argument("what", choices=["run", "restore"])
    args = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    point = Point(Where(), NetworkManager(), boot_id(), lambda text: print(f"edge: {text}", flush=True), stop.wait)
    try:
        if args.what == "run":
            point.run()
            return 0
        wrong = point.restore()
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 3
    for line in wrong:
        print(f"edge: {line}", file=sys.stderr)
    return 3 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
