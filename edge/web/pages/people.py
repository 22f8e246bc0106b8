"""The people: searching, revoking, taking back, erasing with its proof."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from edge.errors import DataError
from edge.store.roster_schema import ROSTER_NAME
from edge.web.answer import Answer, see_other
from edge.web.times import shown
from edge.web.visit import Visit

log = logging.getLogger(__name__)

MOST = 100


def show(visit: Visit) -> Answer:
    """Everybody whose name, id, group, number or note holds what is looked for."""
    wanted = visit.asked("find", most=80).strip().casefold()
    people, faults = _read(visit)
    found = [person for person in people if wanted in person["text"]]
    return visit.page("people.html", people=found[:MOST], more=max(0, len(found) - MOST), faults=faults, find=wanted)


def one(visit: Visit) -> Answer:
    """One person, and what can be done about them."""
    from edge.store.roster import Roster

    with visit.house.roster, Roster.open(visit.house.state_dir, read_only=True) as roster:
        person = roster.get(visit.asked("id", most=40))
    zone, consent = visit.house.config.device.timezone, person.profile.consent
    return visit.page(
        "person.html",
        person=person,
        profile=person.profile,
        consent=consent,
        consented=shown(consent.recorded_us, zone),
        enrolled=shown(person.enrolled_us, zone),
    )


def revoke(visit: Visit) -> Answer:
    """Refuse somebody from now on, or admit them again."""
    from edge.store.roster import Roster

    person, undo = visit.given("id", most=40), visit.given("undo") == "yes"
    reason = "" if undo else visit.given("reason", most=400).strip()
    if not undo and not reason:
        visit.paired.tell("bad", visit.say("Say why; the office will want to know."))
        return see_other(f"/people/one?id={_known(visit, person)}")
    with visit.house.roster, Roster.open(visit.house.state_dir) as roster:
        changed = roster.change(person, lambda old: replace(old, revoked_reason=reason), visit.house.clock().wall_us)
    log.info("%s %s by the page's %s", changed.person, "admitted" if undo else "revoked", visit.paired.role)
    visit.paired.tell("good", visit.say("Admitted again.") if undo else visit.say("Revoked."))
    return see_other(f"/people/one?id={changed.person}")


def erase(visit: Visit) -> Answer:
    """Destroy everything about somebody; the answer shows the proof."""
    from edge.people.erase import erase as erase_person
    from edge.store.roster import Roster

    person = visit.given("id", most=40)
    if visit.given("sure") != "yes":
        visit.paired.tell("bad", visit.say("Nothing was erased: tick the box first."))
        return see_other(f"/people/one?id={_known(visit, person)}")
    with visit.house.roster, Roster.open(visit.house.state_dir) as roster:
        proof = erase_person(roster, person, visit.house.clock())
    log.info("%s erased by the page's %s", proof.person, visit.paired.role)
    return visit.page("erased.html", proof=proof)


def _known(visit: Visit, person: str) -> str:
    """The id, where somebody has it: nothing else becomes part of an address. Raises EdgeError."""
    from edge.store.roster import Roster

    with visit.house.roster, Roster.open(visit.house.state_dir, read_only=True) as roster:
        return roster.get(person).person


def _read(visit: Visit) -> tuple[list[dict[str, Any]], list[str]]:
    """By name; and what is wrong with those who cannot be read. Nobody, where there is no roster yet."""
    if not (visit.house.state_dir / ROSTER_NAME).exists():
        return [], []
    from edge.store.roster import Roster

    try:
        with visit.house.roster, Roster.open(visit.house.state_dir, read_only=True) as roster:
            people, faults = roster.people()
    except DataError as error:
        return [], [str(error)]
    listed: list[dict[str, Any]] = []
    for person in people:
        profile = person.profile
        texts = (profile.name, person.person, *profile.groups, profile.number, profile.note)
        listed.append({"person": person, "profile": profile, "text": " ".join(texts).casefold()})
    listed.sort(key=lambda one: one["profile"].name.casefold())
    return listed, [f"{fault.person}: {fault.what}" for fault in faults]
