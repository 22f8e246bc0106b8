"""`scripts/flash`: writes a card, or an image file, for one device that `edge provision` has made.

scripts/flash --image raspios.img.xz --device cards/riverside/gate-north --card /dev/sdb --wheels wheelhouse/cp313
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from edge.errors import EdgeError, UsageError
from edge.install.flash.target import card, image_file
from edge.install.flash.work import DEBS, LABEL_PDF, LABEL_PNG, RECEIPT, WHEELS, Order, check, flash
from edge.install.provision.card import read_folder
from edge.store.keys import write_new

_EVERY_S = 0.5


class Bar:
    """One line on a terminal, at most twice a second; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shown, self._next_s, self._what = sys.stderr.isatty(), 0.0, ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if not self._shown or (what == self._what and done < total and time.monotonic() < self._next_s):
            return
        if what != self._what and self._what:
            sys.stderr.write("\n")
        self._what, self._next_s = what, time.monotonic() + _EVERY_S
        share = f" {done / 1e6:.0f} of {total / 1e6:.0f} MB, {100 * done // total} %" if total else ""
        sys.stderr.write(f"\r{what}{share}\x1b[K")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._what:
            sys.stderr.write("\n")


def main() -> int:
    """Exit codes as those of `edge`: 2 a refusal, 3 the card, 4 the image."""
    about, _, example = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="scripts/flash", description=about, epilog=example, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image", type=Path, required=True, metavar="FILE", help="Raspberry Pi OS, .img or .img.xz")
    parser.add_argument("--sha256", metavar="HEX", help="of that file; else FILE.sha256 beside it")
    parser.add_argument("--device", type=Path, required=True, metavar="DIR", help="made by `edge provision`")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--card", type=Path, metavar="DISK", help="the whole card, like /dev/sdb; needs root")
    where.add_argument("--file", type=Path, metavar="FILE", help="an image file instead")
    parser.add_argument("--overwrite", action="store_true", help="with --file: it may exist")
    parser.add_argument("--wheels", type=Path, required=True, metavar="DIR", help="made by scripts/wheelhouse")
    parser.add_argument("--debs", type=Path, metavar="DIR", help="Debian packages that the image lacks")
    parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    args = parser.parse_args()
    bar = Bar()
    try:
        told = _run(args, bar)
    except (EdgeError, KeyboardInterrupt) as error:
        bar.end()
        return _failed(error, json_wanted=args.json)
    bar.end()
    print(json.dumps(told, ensure_ascii=False) if args.json else _words(told))
    return 0


def _run(args: argparse.Namespace, bar: Bar) -> dict[str, Any]:
    if args.overwrite and args.file is None:
        raise UsageError("--overwrite goes with --file", hint="a card is overwritten anyway")
    target = card(args.card) if args.card is not None else image_file(args.file, overwrite=args.overwrite)
    folders = {WHEELS: args.wheels} | ({DEBS: args.debs} if args.debs is not None else {})
    order = Order(args.image, args.sha256, args.device, read_folder(args.device), target, folders)
    size = check(order, bar)
    if args.dry_run:
        names = sorted(order.made.files)
        return {"dry_run": True, "device": order.made.about.name, "target": target.told, "bytes": size, "files": names}
    receipt = flash(order, size, bar)
    write_new(args.device / RECEIPT, (json.dumps(receipt, indent=2, ensure_ascii=False) + "\n").encode())
    return {
        **receipt,
        "receipt": str(args.device / RECEIPT),
        "labels": [str(args.device / name) for name in (LABEL_PNG, LABEL_PDF)],
    }


def _failed(error: EdgeError | KeyboardInterrupt, *, json_wanted: bool) -> int:
    if isinstance(error, KeyboardInterrupt):
        print("flash: interrupted; write the card again", file=sys.stderr)
        return 130
    if json_wanted:
        print(json.dumps({"error": error.message, "hint": error.hint}, ensure_ascii=False))
    print(f"flash: {error.message}\n       {error.hint}", file=sys.stderr)
    return error.exit_code


def _words(told: dict[str, Any]) -> str:
    size = f"{told['bytes'] / 1e9:.2f} GB"
    if "dry_run" in told:
        return f"would write {size} and {len(told['files'])} files for {told['device']} to {told['target']}"
    return "\n".join(
        [
            f"{told['device']}: {size} and {len(told['files'])} files on {told['target']}",
            f"read back and compared, {told['seconds']} s",
            f"receipt: {told['receipt']}",
            f"label:   {', '.join(told['labels'])}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
