"""The figures over HTTP, for a Prometheus on this machine or behind a tunnel: GET /metrics and nothing else.

One request at a time, on the worker's own thread, with a deadline as a whole: whoever sends or reads slowly is cut
off and holds up nobody but other scrapers. The request is little enough to be read here: `http.server` would cost
0.7 MB, and has a time limit for each read but none for the request.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from edge.runtime.exposition import CONTENT_TYPE, exposition
from edge.runtime.faults import OnFault, OnRecovered

log = logging.getLogger(__name__)

COMPONENT = "metrics"
LOOPBACK = "127.0.0.1"
RETRY_S = 10.0
ACCEPT_S = 0.25
DEADLINE_S = 1.0
MOST_BYTES = 4096
_BACKLOG = 4


class MetricsWorker:
    """`latest` gives the status board's snapshot. A port that cannot be had is a fault that is tried again; with 0
    the kernel chooses one. `port` is then the real one.
    """

    def __init__(
        self,
        port: int,
        latest: Callable[[], Mapping[str, Any]],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.port = port
        self._latest = latest
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._deadline_s = deadline_s
        self._listener: socket.socket | None = None
        self._retry_at_s = float("-inf")
        self._stop = threading.Event()

    def start(self) -> None:
        self._listen()

    def step(self) -> None:
        """Answer one request, if one comes."""
        if self._listener is None:
            self._stop.wait(ACCEPT_S)
            if time.monotonic() >= self._retry_at_s:
                self._listen()
            return
        try:
            peer, _address = self._listener.accept()
        except TimeoutError:
            return
        with peer:
            try:
                self._answer(peer, time.monotonic() + self._deadline_s)
            except OSError as error:  # gone, or too slow, which is its own affair
                log.debug("a scraper was cut off: %s", error)

    def _listen(self) -> None:
        try:
            listener = socket.create_server((LOOPBACK, self.port), backlog=_BACKLOG)
        except OSError as error:
            self._retry_at_s = time.monotonic() + RETRY_S
            detail = f"{error.strerror}; is it in use? set another one"
            self._on_fault(COMPONENT, f"port {self.port} cannot be had", detail)
            return
        listener.settimeout(ACCEPT_S)
        self._listener, self.port = listener, listener.getsockname()[1]
        self._on_recovered(COMPONENT)

    def _answer(self, peer: socket.socket, until_s: float) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            peer.settimeout(_left(until_s))
            received = peer.recv(MOST_BYTES)
            request += received
            if not received or len(request) > MOST_BYTES:
                return
        peer.settimeout(_left(until_s))
        peer.sendall(self._response(request.partition(b"\r\n")[0]))  # its timeout bounds the whole

    def _response(self, line: bytes) -> bytes:
        method, _, rest = line.partition(b" ")
        target = rest.partition(b" ")[0].partition(b"?")[0]
        if method == b"GET" and target == b"/metrics":
            return _http("200 OK", CONTENT_TYPE, exposition(self._latest()).encode())
        return _http("404 Not Found", "text/plain", b"GET /metrics is all there is\n")

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def wake(self) -> None:
        self._stop.set()


def _left(until_s: float) -> float:
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("the deadline has passed")
    return left_s


def _http(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    )
    return head.encode() + body
