"""The settings: each table of the configuration as a form, judged by the schema, and laid over the device's file by the
daemon in the way of a configuration from the office: on trial until the broker was reached with it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from edge.config.desired import merged
from edge.config.effective import Effective
from edge.config.standing import FOLDER_NAME, judged
from edge.web.answer import Answer, see_other
from edge.web.forms import changed, keys, tables
from edge.web.pages.trial import desk
from edge.web.request import RefusedError
from edge.web.visit import Visit

FIRST = "lock"
JUDGED_S = 2.0
"""For so long it is waited for; what takes longer shows when the page is loaded again."""
APPLIED = (
    "It is being applied. It stays once the broker was reached with it for half a minute; otherwise it is taken back "
    "after three minutes."
)


def show(visit: Visit) -> Answer:
    """One table."""
    return _page(visit, visit.asked("table", FIRST, 40), 200, ())


def change(visit: Visit) -> Answer:
    """Judge what was typed, and have it applied."""
    table, found = visit.given("table", most=40), visit.house.effective()
    if table not in tables(found.config):
        raise RefusedError(404, "there is no such table")
    differing = changed(found.config, table, visit.form)
    if not differing:
        visit.paired.tell("good", visit.say("Nothing was changed."))
    elif problems := propose(visit, found, {table: differing}):
        return _page(visit, table, 422, problems)
    return see_other(f"/settings?table={table}")


def propose(visit: Visit, found: Effective, changes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Hand changes to the daemon; what is wrong with them, in which case it was not asked. Raises EdgeError."""
    in_force = found.standing.in_force
    config, problems = found.base.under(merged(in_force.tables if in_force else {}, changes))
    if config is None:
        return problems
    desk(visit).ask("configure", changes=changes)
    # The daemon judges on a thread of its own; the page that is shown next should show what was set.
    folder, until_s = visit.house.state_dir / FOLDER_NAME, time.monotonic() + JUDGED_S
    while judged(folder) == found.standing.seen and time.monotonic() < until_s:
        time.sleep(0.05)
    visit.paired.tell("good", visit.say(APPLIED))
    return ()


def _page(visit: Visit, table: str, status: int, problems: tuple[str, ...]) -> Answer:
    found = visit.house.effective()
    known = tables(found.config)
    if table not in known:
        raise RefusedError(404, "there is no such table")
    typed = {name: values[-1] for name, values in visit.form.items()}
    fields = [(key, typed.get(key.name, key.shown) if problems else key.shown) for key in keys(found.config, table)]
    standing = found.standing
    return visit.page(
        "settings.html", status, tables=known, table=table, fields=fields, problems=problems, standing=standing
    )
