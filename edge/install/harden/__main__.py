"""`python -m edge.install.harden`, which is also `scripts/harden`: as root, on the device or on its mounted card."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import EdgeError, HardwareError
from edge.install.harden.hardening import DATA, System, harden, undo
from edge.update.systemctl import run

_UNITS = "edge.service", "edge-update.path", "edge-backup.timer", "edge-health.timer", "edge-retention.timer"


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when it is done, or nothing was left to do."""
    parser = argparse.ArgumentParser(prog="harden", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="another root, such as a mounted card (/)")
    parser.add_argument("--source", default="LABEL=edge-data", help="the data partition, for fstab (LABEL=edge-data)")
    parser.add_argument("--data", type=Path, default=Path(DATA), help="where that is mounted now (/data)")
    parser.add_argument("--undo", action="store_true", help="bring everything back to the root")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    args = parser.parse_args(argv)
    told: list[str] = []
    say = told.append if args.json else lambda text: print(f"harden: {text}", flush=True)
    act = undo if args.undo else harden
    try:
        with _root(args.root, dry=args.dry_run) as root:
            done = act(System(root, args.source, args.data), say, dry=args.dry_run)
    except EdgeError as error:
        print(f"harden: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"harden: {error}", file=sys.stderr)
        return 3
    again = bool(done) and not args.dry_run and args.root == Path("/")
    if args.json:
        print(json.dumps({"done": done, "dry_run": args.dry_run, "restart": again}))
    else:
        print("harden: " + ("nothing is left to do" if not done else "restart the machine" if again else "done"))
    return 0


@contextmanager
def _root(root: Path, *, dry: bool) -> Iterator[Path]:
    """The root file system, writable and without what is mounted over its folders; nobody writes there meanwhile."""
    if root != Path("/") or dry:
        yield root
        return
    for unit in _UNITS:
        subprocess.run(["systemctl", "stop", unit], capture_output=True, check=False, timeout=120)
    run(["mount", "-o", "remount,rw", "/"])
    with tempfile.TemporaryDirectory(dir="/run", prefix="edge-harden-") as place:
        run(["mount", "--bind", "/", place])
        try:
            yield Path(place)
        finally:
            try:
                run(["umount", place])
            except HardwareError as error:
                print(f"harden: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
