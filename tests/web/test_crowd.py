"""More connections than there is room for, of people who say nothing; and a page that gives way to a newer one."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path

import pytest

from edge.web import entrance, server
from tests.scenario.rig import configure
from tests.web.rig import LIMIT_S, Client, page, within


def silent(port: int) -> socket.socket:
    """Somebody who connects and says nothing."""
    return socket.create_connection(("127.0.0.1", port), LIMIT_S)


@pytest.mark.parametrize("limit", ["MOST", "MOST_EACH"])
def test_who_never_greets_is_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(entrance, limit, 8)
    monkeypatch.setattr(server, "_HANDSHAKE_S", 4 * LIMIT_S)
    with within(tmp_path) as (port, _), contextlib.ExitStack() as crowd:
        inside = [crowd.enter_context(silent(port)) for _ in range(8)]
        with silent(port) as one_more, contextlib.suppress(ConnectionError):
            assert one_more.recv(1) == b""  # a TimeoutError would be an OSError, but no ConnectionError
        for connection in inside[:4]:
            connection.close()
        with contextlib.closing(Client(port)) as client:
            assert client.get("/pair")[0] == 200  # there is room again


def test_a_crowd_neither_fills_the_log_nor_keeps_anybody_out_afterwards(tmp_path: Path) -> None:
    config = configure(tmp_path)
    with page(config, tmp_path / "state") as running:
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (160, 160))  # less than there are, as on a device
        with contextlib.ExitStack() as crowd:
            for _ in range(400):  # not waiting for any of them: those for whom there is no room may take for ever
                connection = crowd.enter_context(socket.socket())
                connection.setblocking(False)
                connection.connect_ex(("127.0.0.1", running.port))
            assert running.process.poll() is None
        assert running.client().get("/")[0] == 200
        assert "Traceback" not in running.log and len(running.log) < 2000, running.log[:2000]


def test_the_page_ends_once_another_version_is_current(tmp_path: Path) -> None:
    current = ["0.1.0"]
    with within(tmp_path, lambda: current[0]) as (port, thread):
        with contextlib.closing(Client(port)) as client:
            assert client.get("/pair")[0] == 200
        assert thread.is_alive()
        current[0] = "0.2.0"
        thread.join(LIMIT_S)
        assert not thread.is_alive()
