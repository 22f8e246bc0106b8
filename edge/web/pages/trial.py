"""Trying the parts out: relay, lamps, lids, prompts; and what the inputs last saw."""

from __future__ import annotations

from typing import Any

from edge.actions import BinLamp, Lamp
from edge.errors import EdgeError
from edge.local.client import Desk
from edge.voice.catalogue import PHRASES
from edge.web.answer import Answer, see_other
from edge.web.request import RefusedError
from edge.web.visit import Visit

PLAIN = tuple(name for name, variables in PHRASES.items() if not variables)
"""Prompts that can be spoken without filling anything in."""


def show(visit: Visit) -> Answer:
    """What can be tried on this device."""
    config = visit.house.config
    lids = [name for name, one in config.bins.items() if one.lid.driver != "none"]
    return visit.page(
        "trial.html",
        door=config.door is not None,
        lamps=[str(one) for one in Lamp],
        bins=list(config.bins),
        lids=lids,
        bin_lamps=[str(one) for one in BinLamp],
        seen=_seen(visit),
    )


def drive(visit: Visit) -> Answer:
    """Try one. The brain decides, so lockdown, fire and an opened housing win."""
    part = visit.given("part")
    what: dict[str, Any] = {}
    if part in ("relay", "lid"):
        what["seconds"] = 3.0
    if part in ("lamp", "lid") and visit.given("bin"):
        what["bin"] = visit.given("bin")
    if part == "lamp":
        what["lamp"] = visit.given("lamp")
    if part == "say":
        what["phrase"] = visit.given("phrase")
    if part not in ("relay", "lamp", "lid", "say"):
        raise RefusedError(400, "part: relay, lamp, lid or say")
    try:
        desk(visit).drive(part, **what)  # type: ignore[arg-type]  # it is one of them
    except EdgeError as error:
        visit.paired.tell("bad", f"{visit.say('Not done:')} {error}")
    else:
        visit.paired.tell("good", f"{visit.say('Done:')} {visit.say(part)} {what.get('bin', what.get('phrase', ''))}")
    return see_other("/prompts" if part == "say" else "/try")


def prompts(visit: Visit) -> Answer:
    """Every prompt that can be heard, and how loud."""
    return visit.page("prompts.html", phrases=PLAIN, speaker=visit.house.effective().config.speaker)


def desk(visit: Visit) -> Desk:
    """The daemon, asked on behalf of this role."""
    return Desk(visit.house.runtime_dir, f"page {visit.paired.role}")


def _seen(visit: Visit) -> dict[str, str]:
    """By input, in words."""
    try:
        seen = desk(visit).seen()
    except EdgeError as error:
        return {visit.say("trouble"): str(error)}
    return {name: _worded(visit, told) for name, told in seen.items()}


def _worded(visit: Visit, told: dict[str, Any]) -> str:
    rest = [f"{visit.say(name)}: {_value(visit, one)}" for name, one in told.items() if name not in ("ago_s", "count")]
    return ", ".join([*rest, f"{told['ago_s']:.0f} s {visit.say('ago')}", f"{told['count']} {visit.say('times')}"])


def _value(visit: Visit, value: object) -> str:
    return visit.say("yes" if value else "no") if isinstance(value, bool) else str(value)
