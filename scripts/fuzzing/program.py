"""What the fuzz programs share: their arguments, what they print, and how a payload is damaged."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Mapping
from typing import Any

Tell = Callable[[int], None]
"""Told now and then how many are done."""


def arguments(doc: str | None, count: int, what: str) -> argparse.ArgumentParser:
    """`doc`: the program's own. `what` is counted, and there are `count` of them unless more are asked for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=count, metavar="N", help=f"{what} ({count})")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="(1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def progress(name: str = "") -> Tell:
    """On a terminal, a count that is written over itself; elsewhere nothing."""
    if not sys.stderr.isatty():
        return lambda _done: None
    return lambda done: print(f"\r{name} {done}", end="", file=sys.stderr, flush=True)


def ended(found: Mapping[str, Any], *, as_json: bool) -> int:
    """Print the figures. The exit code: 0 if what they say under `holds` is so."""
    print(json.dumps(found) if as_json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if found["holds"] else 1


def mutated(draw: random.Random, payload: bytes) -> bytes:
    """Up to five times, or not at all: a bit turned, bytes put in or taken out, a repetition, a cut."""
    work = bytearray(payload)
    for _ in range(draw.choice((0, 0, 1, 1, 2, 5))):
        at = draw.randrange(len(work) + 1)
        how = draw.randrange(5)
        if how == 0 and work:
            work[at % len(work)] ^= 1 << draw.randrange(8)
        elif how == 1:
            work[at:at] = draw.randbytes(draw.randrange(1, 9))
        elif how == 2:
            del work[at : at + draw.randrange(1, 40)]
        elif how == 3:
            work += work[:at]
        else:
            work = work[:at]
    return bytes(work)
