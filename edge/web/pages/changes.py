"""What changes while a page is open, as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from edge.errors import EdgeError
from edge.web.answer import Answer
from edge.web.facts import facts, troubles
from edge.web.request import RefusedError
from edge.web.sessions import COOKIE
from edge.web.visit import Visit
from edge.web.waits import waits

MOST = 32
"""Open streams; each costs a socket and a question a second."""
EVERY_S = 1.0
_ALIVE = 10
"""After so many silent questions a comment tells proxies, and us, that both ends are there."""
_LONGEST_S = 1800.0


def stream(visit: Visit) -> Answer:
    """The stream. Raises RefusedError where there are too many."""
    if visit.house.streams >= MOST:
        raise RefusedError(429, "too many pages are open")
    return Answer(kind="text/event-stream", stream=_events(visit))


async def _events(visit: Visit) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    visit.house.streams += 1
    said, silent = "", 0
    try:
        begun_s = loop.time()
        yield b"retry: 3000\n\n"
        while loop.time() - begun_s < _LONGEST_S and await loop.run_in_executor(None, _may_go_on, visit):
            now = json.dumps(await loop.run_in_executor(None, _now, visit), ensure_ascii=False, sort_keys=True)
            silent = 0 if now != said else silent + 1
            if now != said:
                yield f"data: {now}\n\n".encode()
                said = now
            elif silent % _ALIVE == 0:
                yield b":\n\n"
            await asyncio.sleep(EVERY_S)
    finally:
        visit.house.streams -= 1


def _may_go_on(visit: Visit) -> bool:
    """A stream ends with the session, and when the page closes."""
    secret = visit.request.cookies.get(COOKIE, "")
    opening = visit.house.window.opening()
    if opening is None:
        return False
    return visit.house.sessions.find(secret, visit.house.clock().mono_s, opening, touch=False) is not None


def _now(visit: Visit) -> dict[str, Any]:
    """Texts by the name of their place on the page."""
    enrolment = visit.house.enrolment
    told: dict[str, Any] = {"enrolment": enrolment.told(visit.say)}
    told["steps"] = str(visit.house.guide.standing.steps)
    told["ended"] = "" if enrolment.progress.state == "running" else "yes"
    try:
        status = visit.house.looking.status()
    except EdgeError as error:
        return told | {"trouble": str(error)}
    shown = (*facts(status, visit.say), *waits(status, visit.say))
    return told | {name: text for name, _, text in shown} | {"trouble": "; ".join(troubles(status))}
