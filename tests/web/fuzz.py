"""Random requests against the page's own list of routes: right paths with senseless fields, wrong ones, broken HTTP."""

from __future__ import annotations

import random
import socket
import ssl
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from edge.web.routes import LIST
from edge.web.sessions import COOKIE
from tests.web.rig import LIMIT_S, insecure

METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW")
STREAMS = ("/changes",)
"""They do not end, so nobody waits for their end here."""
MOVING = ("/try", "/leave", "/enrol", "/doctor", "/settings", "/aim", "/system")
"""Not sent with a right key of a form: they do what they are asked for."""
HALF_S = 0.5
NAMES = (
    *("id", "code", "kind", "subject", "since", "until", "before", "form", "find", "camera", "table", "to", "back"),
    *(
        "part",
        "phrase",
        "bin",
        "lamp",
        "seconds",
        "reason",
        "sure",
        "undo",
        "name",
        "consent",
        "groups",
        "n",
        "area",
        "none",
    ),
)
VALUES = (
    *(
        "",
        "0",
        "-1",
        "--5",
        "1e309",
        "nan",
        "9" * 40,
        "a" * 5000,
        "2026-11-22",
        "9999-99-99",
        "0001-01-01",
        "yes",
        "../../etc",
    ),
    *(
        "../../../../etc/passwd",
        "%2e%2e%2f",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "${jndi:x}",
        "\x00",
    ),
    *(
        "a\r\nSet-Cookie: x=1",
        "💥",
        "\ud800",
        "access",
        "door",
        "people",
        "station",
        "bins.paper.opening",
        "station.floor_zone",
        "face",
        "speaker",
        "csv",
        "en",
        "cmn",
    ),
)
HEADERS = (
    *("Host: evil.example", "Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"),
    *("Content-Type: text/plain", "Content-Type: multipart/form-data; boundary=x", "Transfer-Encoding: chunked"),
    *("Expect: 100-continue", "Range: bytes=0-1", "Upgrade: websocket", "Accept-Language: zh;q=9,,;;", "Cookie: a"),
    *(
        "X-Forwarded-For: 127.0.0.1",
        "Content-Length: -1",
        "Content-Length: 99999999999",
        "Accept-Language: " + "z" * 900,
    ),
)


@dataclass
class Found:
    """What came back: answers by status, and the requests after which something was wrong."""

    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[bytes] = field(default_factory=list)


class Fuzzer:
    """`cookie`, `form_key`: of a session, if it should have one."""

    def __init__(self, port: int, seed: int, cookie: str = "", form_key: str = "") -> None:
        self._port = port
        self._random = random.Random(seed)
        self._cookie = cookie
        self._form_key = form_key
        self._context = insecure()
        self._connection: ssl.SSLSocket | None = None
        self._whole = True

    def run(self, count: int, found: Found) -> None:
        for _ in range(count):
            request = self._request()
            status = self._send(request, self._whole)
            found.answers[status] += 1
            if status >= 500 or status == 0:
                found.wrong.append(request)
        self._hang_up()

    def _request(self) -> bytes:
        pick = self._random.choice
        method, path = pick(METHODS), self._path()
        body = self._fields().encode() if method in ("POST", "PUT") else b""
        if method == "POST" and self._form_key and not path.startswith(MOVING) and self._random.random() < 0.7:
            body = urlencode({"form_key": self._form_key}).encode() + b"&" + body
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        if self._cookie and self._random.random() < 0.9:
            lines.append(f"Cookie: {COOKIE}={self._cookie}")
        if self._random.random() < 0.3:
            lines.append(pick(HEADERS))
        if body or method in ("POST", "PUT"):
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self._whole = not any(one in lines for one in HEADERS)
        request = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
        if self._random.random() < 0.08:
            at = self._random.randrange(len(request))
            self._whole = False
            request = request[:at] + self._random.randbytes(self._random.randrange(1, 5)) + request[at + 1 :]
        return request

    def _path(self) -> str:
        known = [route.path for route in LIST if route.path not in STREAMS]
        roll = self._random.random()
        if roll < 0.75:
            path = self._random.choice(known)
        elif roll < 0.9:
            path = self._random.choice(known) + self._random.choice(
                ("/", "/..", "/%2e%2e/", "//", ";x", "%00", ".bak", "/x")
            )
        else:
            path = "/" + quote(self._random.choice(VALUES)[:200].encode("utf-8", "surrogatepass"), safe="/.%")
        return f"{path}?{self._fields()}" if self._random.random() < 0.7 else path

    def _fields(self) -> str:
        names = self._random.choices(NAMES, k=self._random.randrange(0, 6))
        pairs = [(name, self._random.choice(VALUES).encode("utf-8", "surrogatepass")) for name in names]
        return (
            urlencode(pairs) if self._random.random() < 0.9 else "&&=%zz&a=%ff" + "&b=1" * self._random.randrange(400)
        )

    def _send(self, request: bytes, whole: bool) -> int:
        """The status; 400 where the connection was closed without one; 0 where nothing came at all in time. Of what may
        be half a request the end is not waited for: 408.
        """
        for _ in range(2):  # a connection that was kept may have been closed meanwhile
            fresh = self._connection is None
            connection = self._connection or self._connect()
            connection.settimeout(LIMIT_S if whole else HALF_S)
            try:
                connection.sendall(request)
                status = self._read(connection, head=request.startswith(b"HEAD "))
            except TimeoutError:
                self._hang_up()
                return 0 if whole else 408
            except OSError:
                status = 0
            if not (status and whole):
                self._hang_up()
            if status:
                return status
            if fresh:
                return 400
        return 400

    def _connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self._port), LIMIT_S)
        self._connection = self._context.wrap_socket(plain)
        return self._connection

    def _read(self, connection: ssl.SSLSocket, *, head: bool) -> int:
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return 0
            received += part
        header, _, rest = received.partition(b"\r\n\r\n")
        status = int(header.split(b" ", 2)[1])
        lower = header.lower()
        if status == 100:
            self._hang_up()
            return 200
        length = lower.partition(b"content-length:")[2].split(b"\r\n")[0].strip()
        if not head and length.isdigit():
            left = int(length) - len(rest)
            while left > 0 and (part := connection.recv(65536)):
                left -= len(part)
        if head or not length.isdigit() or b"connection: close" in lower:
            self._hang_up()
        return status

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
