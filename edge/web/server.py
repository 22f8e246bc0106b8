"""The server below the application: TLS, and bounds for whoever connects and then says nothing, or says it slowly."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.web.entrance import BACKLOG, passed
from edge.web.quiet import Sparing
from edge.web.site import Site

HEADER_S = 10.0
"""From the handshake, or the last answer, to the end of the next request's header."""
_HANDSHAKE_S = 10.0
_KEEP_S = 10
_HEADER_BYTES = 16384
_UNUSED_S = 900.0
_TICKS_A_LOOK = 10  # a second


class Guarded(H11Protocol):
    """HTTP/1.1 for one connection, which is cut when its header does not come."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """A deadline for a header that has begun, and for what is left of a request that was answered already; not for
        a request at work, on which the application has its own.
        """
        answered = self.cycle is None or self.cycle.response_complete
        if not answered:
            self._drop_deadline()
        elif self._deadline is None:
            self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        super().connection_lost(exc)

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEADER_S, self.transport.abort)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Loop(asyncio.SelectorEventLoop):
    """Gives a client ten seconds for the handshake, where asyncio would wait for a minute."""

    async def create_server(self, *args: Any, **options: Any) -> asyncio.Server:
        return await super().create_server(*args, **options, ssl_handshake_timeout=_HANDSHAKE_S)


class Running:
    """A server from outside: `end` may be called from any thread once it is ready."""

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None

    def end(self) -> None:
        """As a signal would."""
        if self.server is not None:
            self.server.should_exit = True


def serve(
    site: Site,
    certificate: Path,
    key: Path,
    own: socket.socket,
    ready: Callable[[], object],
    running: Running | None = None,
    version: Callable[[], object] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT, or `running` is ended, or `version` names another one than at the start: then systemd
    starts that one for the next who comes. `ready` is called once connections are taken.
    """
    config = uvicorn.Config(
        site,
        http=Guarded,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_S,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of every request that is none
    libraries, sparing = [logging.getLogger(name) for name in ("asyncio", "uvicorn.error")], Sparing()
    for library in libraries:
        library.addFilter(sparing)
    server = _Server(config, ready, version, passed=passed())
    if running is not None:
        running.server = server
    try:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(server.serve(sockets=[own]))
    except KeyboardInterrupt:  # uvicorn raises the signal again after an orderly end
        pass
    finally:
        site.close()
        for library in libraries:
            library.removeFilter(sparing)


class _Server(uvicorn.Server):
    """`ready` is called once. Where systemd starts it at the first connection, it ends when none has come for long."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], object], version: Callable[[], object], *, passed: bool
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._version = version
        self._begun_as = version()
        self._passed = passed
        self._used_s = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        if self.server_state.connections:
            self._used_s = time.monotonic()
        unused = self._passed and time.monotonic() - self._used_s > _UNUSED_S
        replaced = counter % _TICKS_A_LOOK == 0 and self._version() != self._begun_as
        return await super().on_tick(counter) or unused or replaced

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
