"""Examples for a training: pictures under the category that somebody corrected them to."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from edge.errors import HardwareError
from edge.store.history import StoredEvent
from edge.store.item_export import LABELS, examples, export
from edge.store.items import FOLDER, ItemStore
from edge.store.keys import DeviceKey

NOW_US = 1_790_000_000_000_000
TIME = "2026-09-21T14:13:20.000000Z"


def event(kind: str, **data: Any) -> StoredEvent:
    body = json.dumps({"type": kind, "time": TIME, "data": data}).encode()
    return StoredEvent(1, "e", 1, "id", kind, NOW_US, 0, "boot", "synced", 2, "", body, True)


EVENTS = [
    event("waste.dropped", drop="d-1", bin="paper", category="recyclable", fine="paper"),
    event("waste.missorted", drop="d-2", bin="paper", category="kitchen", fine="food"),
    event("waste.dropped", drop="d-3", bin="other"),
    event("waste.corrected", drop="d-1", category="other"),
    event("waste.corrected", drop="d-1", category="hazardous"),
    event("waste.corrected", drop="unheard-of", category="other"),
    event("waste.dropped", drop="d-4", bin="other", category="other"),
    event("waste.corrected", drop="d-4", by="button"),
    event("bin.level", bin="paper", percent=3),
]


def test_the_last_correction_counts() -> None:
    found = examples(EVENTS)
    assert [(one.drop, one.category, one.judged, one.corrected) for one in found.values()] == [
        ("d-1", "hazardous", "recyclable", True),
        ("d-2", "kitchen", "kitchen", False),
        ("d-3", "", "", False),
        ("d-4", "", "other", True),
    ]


def test_pictures_and_labels_lie_together(tmp_path: Path) -> None:
    store = ItemStore(tmp_path, DeviceKey(b"k" * 32), 30)
    store.keep("d-1", (b"one", b"two"), NOW_US)
    store.keep("d-3", (b"three",), NOW_US)
    (tmp_path / FOLDER / "d-3.item").write_bytes(b"rotten")
    out = tmp_path / "out"
    counts = export(store, [one for one in examples(EVENTS).values() if one.drop != "d-4"], out)
    assert counts == {"drops": 2, "pictures": 2, "without_pictures": 1, "damaged": 1}
    assert (out / "hazardous" / "d-1-1.jpg").read_bytes() == b"two"
    with (out / LABELS).open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["path"], row["category"], row["judged"], row["corrected"]) for row in rows] == [
        ("hazardous/d-1-0.jpg", "hazardous", "recyclable", "True"),
        ("hazardous/d-1-1.jpg", "hazardous", "recyclable", "True"),
    ]
    with pytest.raises(HardwareError, match="there already"):
        export(store, (), out)


def test_a_category_is_no_path(tmp_path: Path) -> None:
    store = ItemStore(tmp_path, DeviceKey(b"k" * 32), 30)
    store.keep("d-1", (b"one",), NOW_US)
    evil = examples([*EVENTS[:1], event("waste.corrected", drop="d-1", category="../../etc")])
    assert export(store, evil.values(), tmp_path / "out")["damaged"] == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LABELS]
