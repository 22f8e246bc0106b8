"""The device's page as a process, a client that speaks to it, and a real browser."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from edge.web.pairing import new_label_code
from edge.web.sessions import COOKIE

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0


class Page:
    """`edge web` on a free port of this machine; `code`: of its label."""

    def __init__(self, config: Path, state: Path) -> None:
        self.code = new_label_code(state)
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
        client = Client(self.port)
        client.pair(code or self.code)
        return client

    def end(self) -> int:
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
        running.end()


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

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers, body."""
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=LIMIT_S, context=insecure())
        sent = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        try:
            connection.request(method, path, body, sent | (headers or {}))
            answer: HTTPResponse = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

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
