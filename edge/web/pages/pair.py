"""Coming in with a code, going out, and the language."""

from __future__ import annotations

import logging
import math

from edge.web.answer import Answer, language_cookie, see_other, session_cookie
from edge.web.sessions import COOKIE
from edge.web.visit import Visit
from edge.web.words import LANGUAGES

log = logging.getLogger(__name__)


def show(visit: Visit) -> Answer:
    """The form."""
    if visit.session is not None:
        return see_other("/")
    return _form(visit, 200, "", visit.house.pairing.locked_s(visit.request.client, visit.house.window.press()))


def attempt(visit: Visit) -> Answer:
    """Compare the code; a right one begins a session."""
    house, client = visit.house, visit.request.client
    tried = house.pairing.attempt(visit.given("code", most=64), client, house.window.press())
    if tried.role is None:
        if tried.counted:  # further ones come as fast as somebody can send them
            log.warning("a wrong pairing code from %s, %d tries left", client, tried.left)
        if tried.locked_s:
            return _form(visit, 429, "", tried.locked_s)
        told = visit.say("That is not the code. Tries left:")
        return _form(visit, 403, f"{told} {tried.left}", 0.0)
    opening = house.window.opening()
    if opening is None:  # it shut while the code was compared
        return see_other("/pair")
    log.info("paired as %s from %s", tried.role, client)
    secret = house.sessions.begin(tried.role, house.clock().mono_s, opening)
    return see_other("/").having(session_cookie(secret))


def leave(visit: Visit) -> Answer:
    """End the session."""
    visit.house.sessions.end(visit.request.cookies.get(COOKIE, ""))
    return see_other("/pair").having(session_cookie(""))


def language(visit: Visit) -> Answer:
    """Choose it, and go back to where the visitor was."""
    from edge.web.routes import ROUTES

    back = visit.asked("back", "/")
    answer = see_other(back if back in ROUTES and ROUTES[back].get is not None else "/")
    wanted = visit.asked("to")
    return answer.having(language_cookie(wanted)) if wanted in LANGUAGES else answer


def _form(visit: Visit, status: int, told: str, locked_s: float) -> Answer:
    return visit.page("pair.html", status, told=told, minutes=math.ceil(locked_s / 60.0))
