"""The socket of the local desk and its client: who is heard, and what nobody can do to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.errors import DataError, HardwareError
from edge.local import wire
from edge.local.camera import DeskCamera
from edge.local.client import Desk, NotAllowedError, RefusedError
from edge.local.worker import COMPONENT, LocalWorker


class Behind:
    """Answers with what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[Mapping[str, Any], int]] = []
        self.reply: Callable[[Mapping[str, Any]], tuple[dict[str, Any], bytes]] = lambda request: (
            {"ok": True, "asked": dict(request)},
            b"",
        )

    def serve(self, request: Mapping[str, Any], uid: int) -> tuple[dict[str, Any], bytes]:
        self.requests.append((request, uid))
        return self.reply(request)

    def tidy(self) -> None:
        """Nothing is kept."""


class Open:
    """A worker on a thread of its own."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.behind = Behind()
        self.told: list[tuple[str, ...]] = []
        self.worker = LocalWorker(
            folder,
            self.behind,
            lambda *fault: self.told.append(fault),
            lambda name: self.told.append((name,)),
            **options,
        )
        self.worker.start()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.worker.step()

    def client(self, **options: Any) -> Desk:
        return Desk(self.folder, "test", **options)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20.0)
        wire.call_at(self.folder, connection.connect)
        return connection

    def close(self) -> None:
        self._ended.set()
        self.worker.wake()
        self._thread.join(20.0)
        self.worker.stop()


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[Open]:
    desk = Open(folder, **options)
    try:
        yield desk
    finally:
        desk.close()


def test_a_question_and_its_answer(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        answer, payload = desk.client().ask("levels", n=3)
        assert answer["asked"] == {"op": "levels", "by": "test", "n": 3}
        assert payload == b""
        assert desk.behind.requests[0][1] == os.geteuid()
        assert (tmp_path / wire.SOCKET).stat().st_mode & 0o777 == 0o600
        assert desk.told == [(COMPONENT,)]


def test_bytes_after_the_answer_come_whole(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    with opened(tmp_path) as desk:
        desk.behind.reply = lambda _request: ({"ok": True, "size_px": [1000, 1000]}, data)
        assert desk.client().frame().data == data


def test_a_folder_deeper_than_a_sockets_name_may_be_long(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with opened(deep) as desk:
        assert desk.client().ask("state")[0]["ok"]


def test_what_is_refused_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        refused = {"ok": False, "error": "lockdown", "message": "no", "hint": "ask the office"}
        desk.behind.reply = lambda _request: (refused, b"")
        with pytest.raises(RefusedError, match=r"no \(ask the office\)") as caught:
            desk.client().drive("relay", seconds=1)
        assert caught.value.reason == "lockdown"


def test_no_daemon_is_a_clear_error(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "test")
    assert not desk.answers()
    with pytest.raises(HardwareError, match=r"no daemon is running here .*local\.sock.*edge run"):
        desk.state()
    with pytest.raises(HardwareError, match="no daemon"):
        Desk(tmp_path / "missing", "test").state()


def test_a_daemon_of_another_user_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a second one would be started beside it."""

    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("edge.local.client.wire.call_at", refuse)
    with pytest.raises(NotAllowedError, match="as root"):
        Desk(tmp_path, "test").answers()


def test_whoever_asks_too_often_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.local.worker.MOST_PER_S", 5)
    with opened(tmp_path) as desk:
        began_s = time.monotonic()
        for _ in range(11):
            desk.client(answer_s=20.0).ask("state")
        assert time.monotonic() - began_s > 1.5
        assert len(desk.behind.requests) == 11


def test_other_users_are_not_heard(tmp_path: Path) -> None:
    with opened(tmp_path, may=lambda _uid: False) as desk:
        with pytest.raises((DataError, HardwareError)):
            desk.client().state()
        assert desk.behind.requests == []


@pytest.mark.parametrize(
    "sent", [b"no json\n", b"[1]\n", b"\xff\xfe\n", b"[" * 4000 + b"\n", b"x" * 5000 + b"\n", b"half"]
)
def test_what_makes_no_sense_is_told_so(tmp_path: Path, sent: bytes) -> None:
    with opened(tmp_path) as desk:
        with desk.connect() as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            line, _ = wire.read_line(connection, wire.MOST_ANSWER, time.monotonic() + 20.0)
        assert wire.parse(line)["error"] == "bad_request"
        assert desk.behind.requests == []
        assert desk.client().ask("state")[0]["ok"], "and the next one is heard"


def test_who_says_nothing_is_cut_off_and_holds_up_nobody_for_long(tmp_path: Path) -> None:
    with opened(tmp_path, deadline_s=0.1) as desk, desk.connect() as silent:
        assert desk.client(answer_s=20.0).ask("state")[0]["ok"]
        assert silent.recv(1) == b""


def test_who_does_not_read_is_cut_off(tmp_path: Path) -> None:
    with opened(tmp_path, deadline_s=0.2) as desk, desk.connect() as deaf:
        desk.behind.reply = lambda _request: ({"ok": True}, bytes(20_000_000))
        deaf.sendall(b'{"op": "frame"}\n')
        desk.behind.reply = lambda request: ({"ok": True}, bytes(20_000_000 if "op" not in request else 0))
        assert desk.client(answer_s=20.0).ask("state")[0]["ok"]


def test_an_answer_that_is_cut_short_is_no_picture(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.behind.reply = lambda _request: ({"ok": True, "size_px": [640, 480], "mono_s": 1.0, "number": 1}, b"abc")
        with pytest.raises(HardwareError, match="half a picture"):
            DeskCamera(desk.client()).read(1.0)
        desk.behind.reply = lambda _request: ({"ok": True, "bytes": -1}, b"")
        with pytest.raises(DataError, match="makes no sense"):
            desk.client().frame()


def test_a_camera_that_gives_nothing_is_waited_for_and_one_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        camera = DeskCamera(desk.client())
        camera.open()
        desk.behind.reply = lambda _request: ({"ok": False, "error": "no_frame", "message": "none"}, b"")
        assert camera.read(0.1) is None
        desk.behind.reply = lambda _request: ({"ok": False, "error": "bad_request", "message": "no such camera"}, b"")
        with pytest.raises(HardwareError, match="no such camera"):
            camera.read(0.1)
        data = bytes(range(256)) * (64 * 64 * 3 // 256)
        told = {"ok": True, "size_px": [64, 64], "mono_s": 4.5, "number": 7}
        desk.behind.reply = lambda _request: (told, data)
        frame = camera.read(1.0)
        assert frame is not None
        assert (frame.mono_s, frame.number, frame.picture.shape) == (4.5, 7, (64, 64, 3))
        assert frame.picture.tobytes() == data


LISTENER = """
import socket, sys
from pathlib import Path
from edge.local import wire
listener = socket.socket(socket.AF_UNIX)
wire.call_at(Path(sys.argv[1]), listener.bind)
listener.listen(8)
print("there", flush=True)
sys.stdin.read()
"""


def test_a_socket_left_behind_is_taken_over_and_another_daemons_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", LISTENER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "there\n"
        desk = Open(tmp_path)
        try:
            assert [fault[0] for fault in desk.told] == [COMPONENT]
            assert "in use" in desk.told[0][2]
            other.communicate()
            monkeypatch.setattr(desk.worker, "_retry_at_s", 0.0)
            done = threading.Event()
            while len(desk.told) < 2:
                done.wait(0.01)
            assert desk.told[1:] == [(COMPONENT,)]
            assert desk.client().ask("state")[0]["ok"]
            with opened(tmp_path) as successor:  # in the same process the newer one wins
                assert successor.client().ask("state")[0]["ok"]
                assert successor.behind.requests
        finally:
            desk.close()
