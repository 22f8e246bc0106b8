"""Every route of the page, and who may ask for it. What is not in this list does not exist."""

from __future__ import annotations

from edge.web.pages import (
    aim,
    changes,
    doctor,
    enrol,
    events,
    home,
    levels,
    live,
    outbox,
    pair,
    people,
    settings,
    static,
    system,
    trial,
)
from edge.web.visit import Route, by_path

LIST: tuple[Route, ...] = (
    Route("/style.css", "open", get=static.style),
    Route("/page.js", "open", get=static.script),
    Route("/favicon.ico", "open", get=static.icon),
    Route("/language", "open", get=pair.language),
    Route("/pair", "open", get=pair.show, post=pair.attempt),
    Route("/leave", "paired", post=pair.leave),
    Route("/", "paired", get=home.show, title="Overview"),
    Route("/changes", "paired", get=changes.stream, touch=False),
    Route("/live", "installer", get=live.show, title="Camera", needs="camera"),
    Route("/live/frame.jpg", "paired", get=live.frame, touch=False),
    Route("/live/found", "paired", get=live.found, touch=False),
    Route("/try", "installer", get=trial.show, post=trial.drive, title="Tests"),
    Route("/prompts", "installer", get=trial.prompts, title="Prompts and volume"),
    Route("/doctor", "installer", get=doctor.show, post=doctor.answer, title="Self-test"),
    Route("/doctor/begin", "installer", post=doctor.begin),
    Route("/doctor/keep", "installer", post=doctor.keep),
    Route("/doctor/end", "installer", post=doctor.end),
    Route("/doctor/report", "installer", get=doctor.report),
    Route("/enrol", "paired", get=enrol.show, post=enrol.begin, title="Enrol somebody", needs="people"),
    Route("/enrol/end", "paired", post=enrol.end),
    Route("/events", "paired", get=events.show, title="Events"),
    Route("/events/export", "paired", get=events.export_file),
    Route("/levels", "paired", get=levels.show, title="Levels", needs="bins"),
    Route("/aim", "installer", get=aim.show, post=aim.change),
    Route("/settings", "installer", get=settings.show, post=settings.change, title="Settings"),
    Route("/outbox", "paired", get=outbox.show, title="Outbox and broker"),
    Route("/people", "paired", get=people.show, title="People"),
    Route("/people/one", "paired", get=people.one),
    Route("/people/revoke", "paired", post=people.revoke),
    Route("/people/erase", "paired", post=people.erase),
    Route("/system", "installer", get=system.show, title="Device"),
    Route("/system/office", "installer", post=system.office),
    Route("/system/reboot", "installer", post=system.reboot),
)
ROUTES = by_path(LIST)
