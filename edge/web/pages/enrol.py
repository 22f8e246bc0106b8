"""Enrolling somebody at the camera: consent first, then the guided capture with its liveness, then what came of it."""

from __future__ import annotations

from edge.config.schema import Access
from edge.web.answer import Answer, see_other
from edge.web.enrolment import PICTURES, worded
from edge.web.request import RefusedError
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The form; or, while somebody is enrolled, how far it is; or what came of it."""
    progress = visit.house.enrolment.progress
    if progress.state == "idle":
        return visit.page("enrol.html", groups=sorted(_access(visit).groups))
    word = worded(progress.word, visit.say)
    return visit.page("enrolling.html", progress=progress, word=word)


def begin(visit: Visit) -> Answer:
    """Start, where consent is recorded."""
    name, statement = visit.given("name").strip(), visit.given("consent").strip()
    if not name or not statement or visit.given("agreed") != "yes":
        visit.paired.tell("bad", visit.say("A name, and how the person agreed, are needed."))
        return see_other("/enrol")
    known = _access(visit).groups
    groups = visit.form.get("groups", ())
    if any(group not in known for group in groups):
        raise RefusedError(400, "there is no such group")
    words = ["people", "enroll", "--json", "--config", str(visit.house.config_path), "--camera", str(PICTURES)]
    words += [f"--name={name}", f"--consent={statement}", f"--by=page {visit.paired.role}"]
    words += [f"--groups={','.join(groups)}"] if groups else []
    for option in ("valid-until", "note"):
        words += [f"--{option}={value}"] if (value := visit.given(option).strip()) else []
    visit.house.enrolment.begin(name, words)
    return see_other("/enrol")


def end(visit: Visit) -> Answer:
    """Break off, or put away what came of it."""
    visit.house.enrolment.end()
    return see_other("/enrol")


def _access(visit: Visit) -> Access:
    return visit.house.effective().config.access
