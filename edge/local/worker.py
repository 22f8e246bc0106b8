"""The socket of the local desk, on a thread of its own: one connection, one request, one answer, within bounds."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from edge.errors import DataError
from edge.local import wire
from edge.runtime.faults import OnFault, OnRecovered

log = logging.getLogger(__name__)

COMPONENT = "local-desk"
ACCEPT_S = 0.25
DEADLINE_S = 2.0
"""For the request and the answer each: whoever writes or reads slowly is cut off."""
RETRY_S = 10.0
MOST_PER_S = 100
"""Requests; what comes faster waits. A page for twenty visitors asks some thirty times a second."""
_BACKLOG = 16


class Serves(Protocol):
    """What is behind the socket."""

    def serve(self, request: Mapping[str, Any], uid: int) -> tuple[dict[str, Any], bytes]: ...

    def tidy(self) -> None: ...


class LocalWorker:
    """`may`: which users are heard, besides root and the daemon's own."""

    def __init__(
        self,
        folder: Path,
        desk: Serves,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        deadline_s: float = DEADLINE_S,
        may: Callable[[int], bool] = lambda uid: uid in (0, os.geteuid()),
    ) -> None:
        self._folder = folder
        self._desk = desk
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._deadline_s = deadline_s
        self._may = may
        self._listener: socket.socket | None = None
        self._retry_at_s = float("-inf")
        self._second = (0.0, 0)  # when it began, and how many were answered in it
        self._stop = threading.Event()

    def start(self) -> None:
        self._listen()

    def step(self) -> None:
        """Answer one request, if one comes."""
        self._desk.tidy()
        if self._listener is None:
            self._stop.wait(ACCEPT_S)
            if time.monotonic() >= self._retry_at_s:
                self._listen()
            return
        if self._too_many():
            return
        try:
            peer, _address = self._listener.accept()
        except TimeoutError:
            return
        self._second = self._second[0], self._second[1] + 1
        with peer:
            try:
                self._answer(peer)
            except OSError as error:  # gone, or too slow, which is its own affair
                log.debug("somebody at the local desk was cut off: %s", error)

    def _too_many(self) -> bool:
        """Whether the next one has to wait; then a part of that time has passed."""
        now_s = time.monotonic()
        begun_s, count = self._second
        if now_s - begun_s >= 1.0:
            self._second = now_s, 0
        elif count >= MOST_PER_S:
            self._stop.wait(min(ACCEPT_S, 1.0 - (now_s - begun_s)))
            return True
        return False

    def _answer(self, peer: socket.socket) -> None:
        pid, uid = wire.peer_of(peer)
        if not self._may(uid):
            log.warning("user %d (process %d) is not heard at the local desk", uid, pid)
            return
        try:
            line, _rest = wire.read_line(peer, wire.MOST_REQUEST, time.monotonic() + self._deadline_s)
            reply, payload = self._desk.serve(wire.parse(line), uid)
        except DataError as error:
            refused = {"ok": False, "error": "bad_request", "message": error.message, "hint": error.hint}
            reply, payload = refused, b""
        if payload:
            reply = {**reply, "bytes": len(payload)}
        until_s = time.monotonic() + self._deadline_s
        for part in (json.dumps(reply, ensure_ascii=False).encode() + b"\n", payload):
            peer.settimeout(wire.left(until_s))
            peer.sendall(part)  # its timeout bounds the whole

    def _listen(self) -> None:
        """Another daemon's socket is not taken away; one that nobody answers at was left behind."""
        try:
            wire.call_at(self._folder, self._claim)
        except OSError as error:
            self._retry_at_s = time.monotonic() + RETRY_S
            what = f"{self._folder / wire.SOCKET} cannot be had"
            self._on_fault(COMPONENT, what, f"{error}; does another daemon run with this runtime directory?")
            return
        self._on_recovered(COMPONENT)

    def _claim(self, path: str) -> None:
        with socket.socket(socket.AF_UNIX) as other:
            other.settimeout(ACCEPT_S)
            try:
                other.connect(path)
            except (FileNotFoundError, ConnectionRefusedError):
                pass
            else:
                if wire.peer_of(other)[0] != os.getpid():  # a predecessor's in this process may still hang
                    raise FileExistsError("it is in use")
        Path(path).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(path)
            Path(path).chmod(0o600)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        listener.settimeout(ACCEPT_S)
        self._listener = listener

    def stop(self) -> None:
        """The file stays: a successor may have made it its own, and nobody answers there."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def wake(self) -> None:
        self._stop.set()
