"""The event list, with filters, and its export."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from edge.contract.catalogue import CATALOGUE
from edge.store.history import StoredEvent
from edge.store.schema import EVENTS_NAME
from edge.web.answer import Answer, download
from edge.web.past import Filter, export, newest
from edge.web.request import WHOLE, RefusedError
from edge.web.times import begin_us, end_us, shown
from edge.web.visit import Visit

_MOST_DATA = 300
_FORMS = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


def show(visit: Visit) -> Answer:
    """The newest first."""
    before = visit.asked("before")
    if before and not WHOLE.fullmatch(before):
        raise RefusedError(400, "before: no position")
    file = visit.house.state_dir / EVENTS_NAME
    found, rest = newest(file, _filter(visit), *([int(before)] if before else []))
    fields = _fields(visit)
    return visit.page(
        "events.html",
        events=[_shown(event, visit.house.config.device.timezone) for event in found],
        older=urlencode(fields | {"before": rest}) if rest is not None else "",
        export=urlencode(fields),
        fields=fields,
        kinds=sorted({name.partition(".")[0] for name in CATALOGUE} | set(CATALOGUE)),
    )


def export_file(visit: Visit) -> Answer:
    """All that fit the filters, as a file."""
    form = visit.asked("form", "jsonl")
    if form not in _FORMS:
        raise RefusedError(400, "form: jsonl or csv")
    name = f"events-{visit.house.config.device.id}.{form}"
    return download(name, _FORMS[form], export(visit.house.state_dir / EVENTS_NAME, _filter(visit), form))


def _fields(visit: Visit) -> dict[str, Any]:
    return {name: visit.asked(name, most=80) for name in ("kind", "subject", "since", "until")}


def _filter(visit: Visit) -> Filter:
    """Raises RefusedError."""
    zone, fields = visit.house.config.device.timezone, _fields(visit)
    return Filter(
        fields["kind"],
        fields["subject"],
        begin_us(fields["since"], zone) if fields["since"] else 0,
        end_us(fields["until"], zone) if fields["until"] else 1 << 62,
    )


def _shown(event: StoredEvent, zone: str) -> dict[str, Any]:
    data = json.loads(event.body)["data"]
    text = ", ".join(f"{name}: {_plain(value)}" for name, value in data.items())
    return {
        "time": shown(event.happened_us, zone),
        "sure": event.clock != "unsynced" or event.corrected_us is not None,
        "type": event.type,
        "subject": event.subject,
        "data": text if len(text) <= _MOST_DATA else f"{text[:_MOST_DATA]}…",
        "delivered": event.delivered,
        "alarm": event.priority == 0,
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
