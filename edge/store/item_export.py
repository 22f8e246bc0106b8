"""Pictures of drops joined with what the events say of them: examples for a training, and the field accuracy.

For tools; the daemon does not import it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import DataError, HardwareError
from edge.store.history import StoredEvent
from edge.store.items import ItemStore

DROPS = ("waste.dropped", "waste.missorted", "waste.offhours")
CORRECTED = "waste.corrected"
LABELS = "labels.csv"
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COLUMNS = ("path", "category", "judged", "fine", "bin", "drop", "time", "corrected")


@dataclass(frozen=True, slots=True)
class Example:
    """One drop. `category`: the corrected one, or else the judged one; `judged` and `fine` are empty where the station
    was not sure.
    """

    drop: str
    category: str
    judged: str
    fine: str
    bin: str
    time: str
    corrected: bool


def examples(events: Iterable[StoredEvent]) -> dict[str, Example]:
    """The drops that the events tell of, by their number; a later correction replaces an earlier one."""
    found: dict[str, Example] = {}
    for event in events:
        envelope: dict[str, Any] = json.loads(event.body)
        data = envelope["data"]
        drop = str(data.get("drop", ""))
        if event.type in DROPS and drop:
            judged = str(data.get("category", ""))
            found[drop] = Example(
                drop, judged, judged, str(data.get("fine", "")), str(data.get("bin", "")), envelope["time"], False
            )
        elif event.type == CORRECTED and drop in found:
            old = found[drop]
            # Without a category somebody only said that it was wrong: no example of anything.
            category = str(data.get("category", ""))
            found[drop] = Example(drop, category, old.judged, old.fine, old.bin, old.time, True)
    return found


def export(store: ItemStore, drops: Iterable[Example], out: Path) -> dict[str, int]:
    """Write `out`/<category>/<drop>-<n>.jpg and `out`/labels.csv, which must not be there yet; returns the counts
    `drops`, `pictures`, `without_pictures`, `damaged`. Raises HardwareError.
    """
    counts = {"drops": 0, "pictures": 0, "without_pictures": 0, "damaged": 0}
    rows = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / LABELS).open("x", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            for one in drops:
                try:
                    jpegs = store.pictures(one.drop)
                except DataError:
                    counts["damaged"] += 1
                    continue
                if not _CATEGORY.fullmatch(one.category):  # it becomes a folder's name
                    counts["damaged"] += 1
                    continue
                counts["drops"] += 1
                counts["without_pictures"] += not jpegs
                for number, jpeg in enumerate(jpegs):
                    path = Path(one.category, f"{one.drop}-{number}.jpg")
                    (out / path.parent).mkdir(exist_ok=True)
                    (out / path).write_bytes(jpeg)
                    rows.append((path, one.category, one.judged, one.fine, one.bin, one.drop, one.time, one.corrected))
            counts["pictures"] = len(rows)
            writer.writerows(rows)
    except FileExistsError as error:
        raise HardwareError(f"{out / LABELS} is there already", hint="name a new folder") from error
    except OSError as error:
        raise HardwareError(f"{out} cannot be written: {error.strerror}", hint="is the disk full?") from error
    return counts
