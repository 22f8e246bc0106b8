"""Files of somebody else's in the place of a unit of ours: remembered, or the next change would take them for its own,
since by then the version before brings a unit of that name, too.
"""

from __future__ import annotations

import logging
from pathlib import Path

from edge.errors import DataError
from edge.update.journal import read_whole, write_whole
from edge.update.layout import Layout
from edge.update.placing import content
from edge.update.shipped import Files

log = logging.getLogger(__name__)

OTHERS = "units-of-others.json"


def read_others(layout: Layout) -> frozenset[str]:
    """Their places, as in `Files`. Where the note is damaged none is known."""
    try:
        body = read_whole(layout.work / OTHERS) or {"places": []}
        return frozenset(str(place) for place in body["places"])
    except (DataError, KeyError, TypeError) as error:
        log.error("%s; files of somebody else's are not told from edge's", error)
        return frozenset()


def note_others(layout: Layout, root: Path, former: Files, latter: Files) -> None:
    """Before `latter` takes the place of `former`. Whoever removes their file has edge's with the next change. Raises
    HardwareError.
    """
    known = read_others(layout)
    found = {
        place
        for place, data in latter.items()
        if (place in known or place not in former) and content(root / place) not in (None, data)
    }
    if found != known:
        write_whole(layout.work / OTHERS, {"places": sorted(found)})
