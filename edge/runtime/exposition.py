"""The status board's snapshot in Prometheus' text format, version 0.0.4.

Written here rather than by `prometheus_client`: that library keeps a second registry of everything that the board
knows already, and takes 1.6 MB. A test has its parser read what this writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Names of figures that only ever grow; the others are gauges.
COUNTERS = frozenset(
    (
        "acknowledged",
        "connects",
        "corrections",
        "dropped",
        "dropped_frames",
        "failed",
        "frames",
        "inbox_refused",
        "interrupted",
        "looked",
        "lost",
        "merged",
        "missed",
        "published",
        "refused",
        "relay_off",
        "relay_on",
        "rendered",
        "shortened",
        "replaced",
        "spoken",
        "taken",
        "too_late",
    )
)
_STRAY = re.compile(r"[^a-zA-Z0-9_]")
_MOST_CHARACTERS = 200
_IDENTITY = frozenset({"device", "site", "version", "clock"})  # a label that changed all the time would be a new series


def exposition(snapshot: Mapping[str, Any]) -> str:
    """Numbers and booleans as `edge_{part}_{name}`, texts as labels of `edge_info` (the device's own) and
    `edge_{part}_info`. Lists and null are left out. Names begin with a letter, as those of parts and figures do.
    """
    return "".join(f"{line}\n" for line in _lines(snapshot))


def _lines(snapshot: Mapping[str, Any]) -> Iterator[str]:
    yield from _info("edge_info", "", {key: value for key, value in snapshot.items() if key in _IDENTITY})
    seen = {"edge_info"}
    for path, value in _leaves(snapshot, ()):
        name = _name(path)
        counter = path[-1] in COUNTERS
        name += "_total" if counter else ""
        if name not in seen:  # two paths may meet in one name, which the format allows only once
            seen.add(name)
            yield f"# HELP {name} {_escaped(' '.join(path))}"
            yield f"# TYPE {name} {'counter' if counter else 'gauge'}"
            yield f"{name} {float(value):.15g}"
    for part, values in snapshot.items():
        if isinstance(values, Mapping):
            labels = {key: value for key, value in values.items() if isinstance(value, str)}
            name = _name((part, "info"))
            if labels and name not in seen:
                seen.add(name)
                yield from _info(name, part, labels)


def _leaves(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in values.items():
        here = path if key == "figures" else (*path, key)  # figures belong to their part
        if isinstance(value, Mapping):
            yield from _leaves(value, here)
        elif isinstance(value, (bool, int, float)):
            yield here, value


def _info(name: str, part: str, labels: Mapping[str, str]) -> Iterator[str]:
    pairs = {_STRAY.sub("_", key): value for key, value in labels.items()}
    written = ",".join(f'{key}="{_escaped(value, quoted=True)}"' for key, value in pairs.items())
    yield f"# HELP {name} {_escaped(part or 'the device')}, in words"
    yield f"# TYPE {name} gauge"
    yield f"{name}{{{written}}} 1"


def _name(path: tuple[str, ...]) -> str:
    return _STRAY.sub("_", "_".join(("edge", *path)))


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text[:_MOST_CHARACTERS].replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quoted else text
