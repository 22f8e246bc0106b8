"""What a bin has learnt as JSON-ready values, for the store to keep over a restart, and back with every value checked.

Pure. Levels are not kept: after a restart the sensors say within a minute how full the bin is.
"""

from __future__ import annotations

import math
from typing import Any

from edge.errors import DataError
from edge.waste.forecast import MOST_BLOCKS, Forecast
from edge.waste.pattern import CELLS, Cells

VERSION = 1
MOST = 1e9


def to_json(known: Forecast) -> dict[str, Any]:
    """JSON-ready, about 5 kB. The stretch under way is not kept, since nobody knows how long the restart takes."""
    return {
        "version": VERSION,
        "gain": [round(one, 4) for one in known.gain],
        "hours": [round(one, 4) for one in known.hours],
        "seen_h": round(known.seen_h, 2),
        "recent": [round(one, 4) for one in known.recent],
        "blocks": [[round(came, 3), round(expected, 3)] for came, expected in known.blocks],
    }


def from_json(value: object) -> Forecast:
    """What `to_json` gave. Raises DataError for anything else."""
    if not isinstance(value, dict) or value.get("version") != VERSION:
        raise _damaged("its version")
    blocks = value.get("blocks")
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS:
        raise _damaged("blocks")
    pairs = [_numbers(block, 2, "blocks") for block in blocks]
    hours = _numbers(value.get("hours"), CELLS, "hours", least=0.0)
    recent = _numbers(value.get("recent"), 2, "recent")
    if any(expected <= 0.0 for _, expected in pairs) or recent[1] < 0.0:
        raise _damaged("blocks or recent")
    return Forecast(
        gain=_numbers(value.get("gain"), CELLS, "gain"),
        hours=hours,
        seen_h=_numbers([value.get("seen_h")], 1, "seen_h", least=0.0)[0],
        recent=(recent[0], recent[1]),
        blocks=tuple((came, expected) for came, expected in pairs),
    )


def _numbers(value: object, count: int, name: str, least: float = -MOST) -> Cells:
    if not isinstance(value, list) or len(value) != count:
        raise _damaged(name)
    for one in value:
        if isinstance(one, bool) or not isinstance(one, int | float):
            raise _damaged(name)
        if not (math.isfinite(one) and least <= one <= MOST):
            raise _damaged(name)
    return tuple(float(one) for one in value)


def _damaged(what: str) -> DataError:
    return DataError(f"what a bin has learnt is damaged: {what}", hint="it is forgotten, and learnt anew in two weeks")
