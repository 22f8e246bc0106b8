"""The ASGI application: who may see what is judged here, once, for every route; pages only make pages.

Pages run on a few threads of their own, since they read files; what a browser sends, and how fast, is bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, TypeAlias

from edge.errors import EdgeError
from edge.web.answer import SECURITY, Answer, plain, see_other
from edge.web.house import House
from edge.web.request import MOST_FORM_BYTES, Fields, RefusedError, Request, read_cookies, read_fields
from edge.web.sessions import COOKIE, Session
from edge.web.visit import Handler, Route, Visit
from edge.web.words import Language, chosen

log = logging.getLogger(__name__)

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

THREADS = 6
BODY_S = 15.0
"""How long a browser may take to send a form."""
SEND_S = 20.0
"""How long it may take to take one piece of an answer."""
_FORM = "application/x-www-form-urlencoded"


class Site:
    """The application. `routes` by path."""

    def __init__(self, house: House, routes: Mapping[str, Route]) -> None:
        self._house = house
        self._routes = routes
        self._menu = tuple(route for route in routes.values() if route.title)
        self._threads = ThreadPoolExecutor(THREADS, "page")

    def close(self) -> None:
        """No page is made any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        heard = _Heard(receive)
        try:
            answer = await self._answer(scope, heard)
        except RefusedError as error:
            answer = plain(error.status, str(error))
        if not heard.whole and _has_body(scope):  # what is left of it is nobody's next request
            answer = answer.having(("connection", "close"))
        try:
            await self._send(answer, receive, send, head=scope["method"] == "HEAD")
        except TimeoutError:
            log.debug("%s took too long to take an answer", scope.get("client"))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        request = _request(scope)
        language = chosen(request.cookies.get("edge-language", ""), request.headers.get("accept-language", ""))
        loop = asyncio.get_running_loop()
        opening = await loop.run_in_executor(self._threads, self._house.window.opening)
        if opening is None:
            self._house.sessions.end_all()
            route = self._routes.get(request.path)
            if route is None or route.access != "open" or route.post is not None:
                return await self._made(self._visit(request, language), _shut)
        route = self._routes.get(request.path)
        now_s = self._house.clock().mono_s
        touch = route is not None and route.touch
        session: Session | None = None
        if opening is not None:
            session = self._house.sessions.find(request.cookies.get(COOKIE, ""), now_s, opening, touch=touch)
        if route is None or route.access != "open":
            if session is None:  # the same whether there is such a page or not
                return _unpaired(request)
            if route is None:
                return await self._made(self._visit(request, language, session), _missing)
            if route.access == "installer" and session.role != "installer":
                return await self._made(self._visit(request, language, session), _forbidden)
        handler, form = await self._judged(route, request, session, receive)
        return await self._made(self._visit(request, language, session, form), handler)

    def _visit(
        self, request: Request, language: Language, session: Session | None = None, form: Fields = MappingProxyType({})
    ) -> Visit:
        return Visit(self._house, request, language, session, form, self._menu)

    async def _judged(
        self, route: Route, request: Request, session: Session | None, receive: Receive
    ) -> tuple[Handler, Fields]:
        """What answers this method, and the form that came with it. Raises RefusedError."""
        if request.method in ("GET", "HEAD") and route.get is not None:
            return route.get, MappingProxyType({})
        if request.method != "POST" or route.post is None:
            raise RefusedError(405, "not this method")
        if not request.same_site():
            raise RefusedError(403, "this did not come from a page of this device")
        if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
            raise RefusedError(415, f"only {_FORM}")
        form = read_fields(await _body(request, receive))
        if session is not None and not session.owns(form.get("form_key", ("",))[-1]):
            raise RefusedError(403, "this form is too old", hint="go back, reload the page, send it again")
        return route.post, form

    async def _made(self, visit: Visit, handler: Handler) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _guarded, visit, handler)

    async def _send(self, answer: Answer, receive: Receive, send: Send, *, head: bool) -> None:
        """Raises TimeoutError where the other side does not take it; the server then closes the connection."""
        headers = [(b"content-type", answer.kind.encode())]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in (*SECURITY, *answer.headers)]
        if answer.stream is None:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await _in_time(send({"type": "http.response.start", "status": answer.status, "headers": headers}))
        if answer.stream is not None and not head:
            gone = asyncio.ensure_future(_until_gone(receive))
            try:
                async with aclosing(self._pieces(answer.stream)) as pieces:
                    async for piece in pieces:
                        if gone.done():  # the server says nothing of it when more is sent
                            break
                        await _in_time(send({"type": "http.response.body", "body": piece, "more_body": True}))
            finally:
                gone.cancel()
        await _in_time(send({"type": "http.response.body", "body": b"" if head else answer.body}))

    async def _pieces(self, stream: Iterator[bytes] | AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        if isinstance(stream, AsyncGenerator):
            async with aclosing(stream):
                async for piece in stream:
                    yield piece
            return
        iterator: Iterator[bytes] = stream
        loop = asyncio.get_running_loop()
        while piece := await loop.run_in_executor(self._threads, lambda: next(iterator, b"")):
            yield piece


class _Heard:
    """Remembers whether the request was read to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.whole = message["type"] == "http.request" and not message.get("more_body", False)
        return message


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in scope["headers"])


def _guarded(visit: Visit, handler: Handler) -> Answer:
    """On a thread of the pages: whatever goes wrong there becomes an answer."""
    try:
        return handler(visit)
    except RefusedError:
        raise
    except EdgeError as error:
        return visit.page("trouble.html", 409, message=error.message, hint=error.hint)
    except Exception:
        log.exception("%s %s", visit.request.method, visit.request.path)
        return plain(500, "the page failed; its log says why")


def _unpaired(request: Request) -> Answer:
    """A person is led to the form; a picture or a stream of changes would not know what to do with it."""
    accept = request.headers.get("accept", "")
    if request.method in ("GET", "HEAD"):
        person = not accept.startswith(("image/", "text/event-stream"))
    else:
        person = "text/html" in accept
    return see_other("/pair") if person else plain(401, "pair first")


def _shut(visit: Visit) -> Answer:
    return visit.page("shut.html", 403)


def _missing(visit: Visit) -> Answer:
    return visit.page("trouble.html", 404, message=visit.say("There is no such page"), hint="")


def _forbidden(visit: Visit) -> Answer:
    return visit.page("trouble.html", 403, message=visit.say("Only an installer may do this"), hint="")


def _request(scope: Scope) -> Request:
    """Raises RefusedError."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=read_fields(scope["query_string"]),
        headers=MappingProxyType(headers),
        client=str((scope.get("client") or ("",))[0]),
        cookies=read_cookies(headers.get("cookie", "")),
    )


async def _body(request: Request, receive: Receive) -> bytes:
    """Raises RefusedError."""
    told = request.headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > MOST_FORM_BYTES:
        raise RefusedError(413, f"more than {MOST_FORM_BYTES >> 10} KiB")
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedError(400, "it broke off")
                body += bytes(message.get("body", b""))
                if len(body) > MOST_FORM_BYTES:
                    raise RefusedError(413, f"more than {MOST_FORM_BYTES >> 10} KiB")
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        raise RefusedError(408, "it came too slowly") from None


async def _in_time(sending: Awaitable[None]) -> None:
    async with asyncio.timeout(SEND_S):
        await sending


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
