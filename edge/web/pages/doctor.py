"""The self-test as a guided walk, to the report that the device signs."""

from __future__ import annotations

from pathlib import Path

from edge.install.doctor.report import FOLDER
from edge.web.answer import Answer, download, see_other
from edge.web.request import RefusedError
from edge.web.visit import Visit

KINDS = {"html": "text/html; charset=utf-8", "json": "application/json", "jws": "application/jose"}


def show(visit: Visit) -> Answer:
    """How far it is."""
    return visit.page("doctor.html", walk=visit.house.guide.standing, reports=_reports(visit))


def begin(visit: Visit) -> Answer:
    """Start."""
    by = f"page {visit.paired.role}"
    visit.house.guide.begin(visit.house.config_path, by, rehearse=visit.given("rehearse") == "yes")
    return see_other("/doctor")


def answer(visit: Visit) -> Answer:
    """Answer a question, or end a wait."""
    if visit.given("cancel") == "yes":
        visit.house.guide.cancel()
    else:
        visit.house.guide.answer(visit.given("check"), visit.given("answer"))
    return see_other("/doctor")


def keep(visit: Visit) -> Answer:
    """Sign and keep the report; accepting it commissions the device."""
    installer, accept = visit.given("installer", most=80).strip(), visit.given("accept") == "yes"
    if accept and not installer:
        visit.paired.tell("bad", visit.say("Who accepts it? Give a name."))
    else:
        visit.house.guide.keep(installer, visit.given("note", most=500).strip(), accept=accept)
    return see_other("/doctor")


def end(visit: Visit) -> Answer:
    """Throw the walk away."""
    visit.house.guide.end()
    return see_other("/doctor")


def report(visit: Visit) -> Answer:
    """A report's file."""
    name, kind = visit.asked("name"), visit.asked("kind", "html")
    if name not in _reports(visit) or kind not in KINDS:
        raise RefusedError(404, "there is no such report")
    try:
        content = (_folder(visit) / f"{name}.{kind}").read_bytes()
    except OSError as error:
        raise RefusedError(404, "there is no such report") from error
    return download(f"{name}.{kind}", KINDS[kind], content)


def _reports(visit: Visit) -> list[str]:
    """The newest first."""
    return sorted((path.stem for path in _folder(visit).glob("*.json")), reverse=True)[:20]


def _folder(visit: Visit) -> Path:
    return visit.house.state_dir / FOLDER
