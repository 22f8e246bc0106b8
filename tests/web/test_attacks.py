"""Somebody on the same network who means no good: without a session, with another site's form, with bad manners."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from edge.runtime.status import read_status
from edge.web import entrance, server
from edge.web import site as site_of
from edge.web.answer import SECURITY
from edge.web.request import MOST_FORM_BYTES
from edge.web.routes import LIST
from edge.web.sessions import COOKIE
from tests.scenario.rig import Daemon
from tests.web.fuzz import Found, Fuzzer
from tests.web.rig import LIMIT_S, Client, Page, insecure, within

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CUT_OFF = ConnectionError, ssl.SSLError, HTTPException
GUARDED = [route for route in LIST if route.access != "open"]


def relay_on(gate: Daemon) -> int:
    """How often the lock was released."""
    count = read_status(gate.config.parent / "runtime")["door"]["figures"]["relay_on"]
    assert isinstance(count, int)
    return count


def test_nothing_answers_without_a_session(site: Page) -> None:
    stranger = site.stranger()
    for number, route in enumerate(GUARDED):
        stranger.cookie = "x" * 43 if number % 2 else ""
        status, headers, content = stranger.ask("GET", route.path)
        assert (status, headers.get("location"), content) == (303, "/pair", b""), route.path
        status, _, content = stranger.ask("POST", route.path, "part=relay", FORM)
        assert (status, content) == (401, b"pair first\n"), route.path
        status, headers, content = stranger.ask("POST", route.path, "part=relay", FORM | {"Accept": "text/html"})
        assert (status, headers.get("location"), content) == (303, "/pair", b""), route.path
    assert stranger.ask("GET", "/nothing-here")[0] == 303  # and nobody learns which pages there are


def test_every_answer_carries_the_same_guards(site: Page, installer: Client) -> None:
    for path in ("/", "/pair", "/style.css", "/nothing-here", "/events/export", "/live/frame.jpg"):
        _, headers, _ = installer.ask("GET", path)
        assert {name: headers.get(name) for name, _ in SECURITY} == dict(SECURITY), path
        assert "strict-transport-security" not in headers and "server" not in headers
    _, headers, _ = site.stranger().ask("POST", "/pair", urlencode({"code": site.code}), FORM)
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; Path=/; Secure; HttpOnly; SameSite=Strict", headers["set-cookie"])


def test_the_office_moves_nothing_and_configures_nothing(site: Page, gate: Daemon, installer: Client) -> None:
    _, _, page = installer.send("/system/office")
    code = re.search(r"<code class=\"big\">([\w-]+)</code>", page)
    assert code is not None, page
    office = site.client(code[1])
    before = relay_on(gate)
    for route in LIST:
        if route.access == "installer":
            assert office.get(route.path)[0] == 403 or route.get is None, route.path
            assert office.send(route.path, part="relay")[0] == 403, route.path
    assert office.get("/events")[0] == 200
    assert office.get("/live/frame.jpg")[0] == 403  # nobody is being enrolled
    assert relay_on(gate) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example", "Origin": "https://127.0.0.1"},
    ],
)
def test_another_sites_form_is_refused(gate: Daemon, installer: Client, headers: dict[str, str]) -> None:
    before = relay_on(gate)
    body = urlencode({"form_key": installer.form_key, "part": "relay"})
    assert installer.ask("POST", "/try", body, FORM | headers)[0] == 403
    assert relay_on(gate) == before


def test_a_form_without_the_sessions_key_is_refused(site: Page, gate: Daemon, installer: Client) -> None:
    other = site.client()
    before = relay_on(gate)
    for key in ("", "x", other.form_key, installer.form_key[:-1], "\ud800"):
        body = urlencode({"form_key": key.encode("utf-8", "surrogatepass"), "part": "relay"})
        assert installer.ask("POST", "/try", body, FORM)[0] in (400, 403), key
    assert installer.ask("POST", "/try", json.dumps({"part": "relay"}), {"Content-Type": "text/plain"})[0] == 415
    assert installer.ask("GET", f"/try?{urlencode({'form_key': installer.form_key, 'part': 'relay'})}")[0] == 200
    assert relay_on(gate) == before


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/../pairing.json",
        "/style.css/../../../pairing.json",
        "//etc/passwd",
        "/..%5c..%5cetc",
        "/style.css%00.html",
        "/live/frame.jpg?camera=../../etc/passwd",
        "/people/one?id=../../pairing",
    ],
)
def test_there_is_no_way_out_of_the_list_of_pages(installer: Client, path: str) -> None:
    status, _, content = installer.ask("GET", path)
    assert status in (400, 404, 409), content
    assert b"root:" not in content and b"argon2" not in content


def test_nothing_that_is_sent_becomes_a_header(installer: Client) -> None:
    for path in ("/language?to=en&back=//evil.example", "/language?to=en&back=https://evil.example/"):
        assert installer.ask("GET", path)[1]["location"] == "/"
    for back in ("/events%0d%0aSet-Cookie:%20a=b", "/events%0aLocation:%20https://evil.example"):
        status, headers, _ = installer.ask("GET", f"/language?to=cmn%0d%0aX:1&back={back}")
        assert (status, headers.get("location")) == (303, "/") and "set-cookie" not in headers
    _, headers, _ = installer.send("/people/revoke", id="0123456789abcdef\r\nX-Evil: 1", reason="x")
    assert "x-evil" not in headers


@pytest.mark.parametrize("typed", ["--5", "-", "5-5", "9" * 19, "\uff15"])
def test_what_is_no_number_is_told_so(installer: Client, typed: str) -> None:
    assert installer.ask("GET", "/events?" + urlencode({"before": typed}))[0] == 400
    assert installer.send("/settings", table="access", lockout_failures=typed)[0] == 422


def test_scripts_in_data_stay_text(installer: Client) -> None:
    _, page = installer.get("/people?" + urlencode({"find": '"><script>alert(1)</script>'}))
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_too_much_is_not_even_read(site: Page, installer: Client) -> None:
    long = "a" * 1_000_000
    for status, method, path, body, headers in (
        (413, "POST", "/pair", b"code=" + b"A" * MOST_FORM_BYTES, FORM),
        (413, "POST", "/try", b"x", FORM | {"Content-Length": "99999999999"}),
        (400, "GET", "/" + long, None, {}),
        (400, "GET", "/", None, {"X": long}),
    ):
        with contextlib.suppress(*CUT_OFF):  # maybe before all of it was sent
            assert installer.ask(method, path, body, headers)[0] == status
        installer.close()
    assert installer.get("/")[0] == 200
    assert installer.ask("POST", "/pair", b"&".join(b"a=1" for _ in range(5000)), FORM)[0] == 400
    with (
        closing(HTTPSConnection("127.0.0.1", site.port, timeout=LIMIT_S, context=insecure())) as endless,
        contextlib.suppress(*CUT_OFF),
    ):
        endless.request("POST", "/pair", (b"x" * 8192 for _ in range(20)), FORM, encode_chunked=True)
        assert endless.getresponse().status == 413
    assert installer.get("/")[0] == 200


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a page in this process that waits for little and takes few connections."""
    monkeypatch.setattr(server, "HEADER_S", 0.5)
    monkeypatch.setattr(entrance, "MOST_EACH", 8)
    monkeypatch.setattr(site_of, "BODY_S", 0.5)
    with within(tmp_path) as (port, _):
        yield port


def opened(port: int) -> ssl.SSLSocket:
    return insecure().wrap_socket(socket.create_connection(("127.0.0.1", port), LIMIT_S))


HALVES = [
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"GET /pair HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    b"POST /pair HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nco",
    b"POST /try HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
]


@pytest.mark.parametrize("half", HALVES)
def test_who_does_not_finish_is_cut_off(impatient: int, half: bytes) -> None:
    with opened(impatient) as connection, contextlib.suppress(OSError):
        connection.sendall(half)
        while connection.recv(65536):
            continue


def test_who_drips_is_cut_off(impatient: int) -> None:
    with opened(impatient) as connection, pytest.raises(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        connection.settimeout(0.05)
        until_s = time.monotonic() + LIMIT_S
        while time.monotonic() < until_s:
            connection.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    raise ConnectionResetError


def test_one_address_takes_only_so_many_connections(impatient: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_S", LIMIT_S)
    crowd = [opened(impatient) for _ in range(8)]
    try:
        with contextlib.suppress(OSError), opened(impatient) as one_more:
            one_more.sendall(b"GET /pair HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one_more.recv(1) == b""
    finally:
        for connection in crowd:
            connection.close()


def test_random_requests_find_no_way_in_and_break_nothing(site: Page, gate: Daemon, installer: Client) -> None:
    before, found = relay_on(gate), Found()
    for number, (cookie, key) in enumerate((("", ""), (installer.cookie, ""), (installer.cookie, installer.form_key))):
        Fuzzer(site.port, number, cookie, key).run(60, found)
    assert not found.wrong, (found.answers, found.wrong[:3])
    assert found.answers[200] and found.answers[303] and found.answers[400]
    assert site.process.poll() is None and "Traceback" not in site.log
    assert relay_on(gate) == before
