"""The device's page as a process, a client that speaks to it, and a real browser."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from edge.clock import SystemClock
from edge.config import load_config
from edge.web import certificate, server
from edge.web.entrance import entrance
from edge.web.house import make_house
from edge.web.pairing import new_label_code
from edge.web.routes import ROUTES
from edge.web.sessions import COOKIE
from edge.web.site import Site
from tests.scenario.rig import configure

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0


class Page:
    """`edge web` on a free port of this machine; `code`: of its label."""

    def __init__(self, config: Path, state: Path) -> None:
        self.code = new_label_code(state)
        self._clients: list[Client] = []
        self.errors = (config.parent / "page.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "web", "--config", str(config), "--host", "127.0.0.1", "--port", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"port (\d+)", line)
        assert found is not None, f"{line}{self.log}"
        self.port = int(found[1])
        self.address = f"https://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def client(self, code: str = "") -> Client:
        """Somebody who has paired with this code (the label's, unless given)."""
        client = self.stranger()
        client.pair(code or self.code)
        return client

    def stranger(self) -> Client:
        """Somebody who has not."""
        self._clients.append(Client(self.port))
        return self._clients[-1]

    def end(self) -> int:
        for client in self._clients:
            client.close()
        self.process.terminate()
        code = self.process.wait(LIMIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()
        return code


@contextmanager
def page(config: Path, state: Path) -> Iterator[Page]:
    """The page, which is not left behind whatever the test does."""
    running = Page(config, state)
    try:
        yield running
    finally:
        code = running.end()
    assert code == 0


@contextmanager
def within(folder: Path, version: Callable[[], object] = lambda: None) -> Iterator[tuple[int, threading.Thread]]:
    """The page in this process, of a device whose daemon is down: its port, and its thread. `version`: as `serve`'s."""
    config = load_config(configure(folder))
    own, key = certificate.ensure(folder / "web", "gate-1")
    house = make_house(folder / "gate.toml", config, own, SystemClock(), "a boot")
    with entrance("127.0.0.1", 0) as listening:
        port, ready, running = listening.getsockname()[1], threading.Event(), server.Running()
        given = (Site(house, ROUTES), own, key, listening, ready.set, running, version)
        thread = threading.Thread(target=server.serve, args=given)
        thread.start()
        assert ready.wait(LIMIT_S)
        try:
            yield port, thread
        finally:
            running.end()
            thread.join(LIMIT_S)


def insecure() -> ssl.SSLContext:
    """Trusts any certificate: the device signs its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """A browser without eyes: keeps the session's cookie and sends the forms' key."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = ""
        self.form_key = ""
        self._connection = HTTPSConnection("127.0.0.1", port, timeout=LIMIT_S, context=insecure())

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers, body. The connection is kept as long as the server keeps it."""
        sent = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        try:
            return self._once(method, path, body, sent | (headers or {}))
        except (OSError, HTTPException):  # the server has closed it meanwhile
            self.close()
            return self._once(method, path, body, sent | (headers or {}))

    def _once(
        self, method: str, path: str, body: bytes | str | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, path, body, headers)
        answer: HTTPResponse = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def stream(self, path: str) -> Iterator[str]:
        """The data of server-sent events, as they come."""
        self._connection.request("GET", path, headers={"Cookie": f"{COOKIE}={self.cookie}"})
        answer = self._connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"data: "):
                yield line[6:].decode()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> tuple[int, str]:
        status, _, content = self.ask("GET", path)
        return status, content.decode()

    def send(self, path: str, **fields: Any) -> tuple[int, dict[str, str], str]:
        """A form, with the session's key."""
        body = urlencode({"form_key": self.form_key} | fields, doseq=True)
        status, headers, content = self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        return status, headers, content.decode()

    def pair(self, code: str) -> int:
        """Try a code, and remember the session it begins."""
        status, headers, _ = self.send("/pair", code=code)
        if (found := re.search(rf"{COOKIE}=([\w-]+);", headers.get("set-cookie", ""))) is not None:
            self.cookie = found[1]
            key = re.search(r'name="form_key" value="([\w-]+)"', self.get("/")[1])
            assert key is not None
            self.form_key = key[1]
        return status
