"""A whole gate as a process: its folder, its configuration, what it says, and how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge import resources
from edge.app import Device
from edge.daemon import Process

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0
# The contract is two seconds. This machine may be busy with other things; every message names the true figure.
STOP_LIMIT_S = 5.0

TABLES = {
    "device": 'id = "gate-1"\nsite = "riverside"',
    "camera": 'driver = "folder"\npath = "pictures"\nrate_fps = 10.0\nshow_s = 2.0',
    "door": 'driver = "simulated"',
    "speaker": 'driver = "silent"',
    "store": 'state_dir = "state"\nruntime_dir = "runtime"',
    # Nobody listens at the discard port.
    "uplink": 'host = "127.0.0.1"\nport = 9\ntls = false',
}


def configure(folder: Path, *pictures: str, **tables: str) -> Path:
    """Writes `gate.toml` with the tables above, some of them replaced, and the demo pictures before the camera."""
    shown = folder / "pictures"
    shown.mkdir(exist_ok=True)
    for name in pictures or ("astronaut.jpg",):
        shutil.copyfile(resources.demo_pictures() / name, shown / name)
    config = folder / "gate.toml"
    config.write_text("\n".join(f"[{name}]\n{text}" for name, text in (TABLES | tables).items()) + "\n")
    return config


def visitors(folder: Path, *pictures: str, every_s: float = 7.0, stays_s: float = 5.5, rounds: int = 20) -> str:
    """The table of a camera before which these people walk up alive, one after the other, again and again."""
    shown = folder / "visitors"
    shown.mkdir(exist_ok=True)
    for name in pictures:
        shutil.copyfile(resources.demo_pictures() / name, shown / name)
    visits = [
        f'[[visitor]]\npicture = "{name}"\nbegins_s = {number * every_s}\nstays_s = {stays_s}\n'
        for number, name in enumerate(pictures * rounds)
    ]
    (shown / "visitors.toml").write_text("\n".join(visits))
    return 'driver = "visitors"\npath = "visitors/visitors.toml"'


def edge(*words: str | Path, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """One command of `edge`, run to its end."""
    command = [sys.executable, "-m", "edge", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)


class Daemon:
    """`edge run`, and every line it has written to standard error."""

    def __init__(self, config: Path, module: str = "edge", **environment: str) -> None:
        self.config = config
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._over = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "run", "--config", str(config)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr:
            for line in self.process.stderr:
                with self._changed:
                    self.lines.append(line.rstrip())
                    self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def said(self, pattern: str, times: int = 1) -> bool:
        return sum(re.search(pattern, line) is not None for line in self.lines) >= times

    def wait(self, pattern: str, times: int = 1) -> None:
        """Until `times` lines match."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self.said(pattern, times), LIMIT_S)
            assert self.said(pattern, times), f"it never said {pattern!r}:\n{self.log}"

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def status(self, done: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """What `edge status --json` answers, once `done` is content with it: the daemon writes it every second."""
        until = time.monotonic() + LIMIT_S
        while True:
            answer = edge("status", "--config", self.config, "--json")
            if answer.returncode in (0, 1):  # 1: it runs, and has a fault
                status: dict[str, Any] = json.loads(answer.stdout)
                if done(status):
                    return status
            assert self.process.poll() is None and time.monotonic() < until, f"{answer}\n{self.log}"

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Signal it and wait for its end: exit code, and the seconds it took."""
        begun_s = time.monotonic()
        self.process.send_signal(how)
        return self.wait_end(begun_s)

    def wait_end(self, since_s: float) -> tuple[int, float]:
        code = self.process.wait(LIMIT_S)
        took_s = time.monotonic() - since_s
        self._listener.join(LIMIT_S)
        return code, took_s

    def assert_ends_well(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Exit code 0, in time, the relay off as the last word."""
        code, took_s = self.end(how)
        assert code == 0, f"exit code {code}:\n{self.log}"
        assert took_s < STOP_LIMIT_S, f"it took {took_s:.2f} s to end, of 2 allowed:\n{self.log}"
        assert self.said("ended with everything safe"), self.log
        assert not self.said("Traceback|CRITICAL"), self.log

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait_end(time.monotonic())


@contextmanager
def running(config: Path, module: str = "edge", **environment: str) -> Iterator[Daemon]:
    """The daemon, which is not left behind whatever the test does. `module`: what is run in the place of `edge`."""
    daemon = Daemon(config, module, **environment)
    try:
        yield daemon
    finally:
        daemon.kill()


@contextmanager
def mute_listener() -> Iterator[int]:
    """The port of somebody who accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []
        closing = threading.Event()

        def accept() -> None:
            listener.settimeout(0.1)
            while not closing.is_set():
                try:
                    accepted.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            thread.join()
            for connection in accepted:
                connection.close()


def perform(device: Device, act: Callable[[Device], None]) -> int:
    """Runs the device in this process, on this thread, while `act` plays with it on another; then stops it.

    For what cannot be brought about from outside. Returns the exit code; what `act` raises is raised.
    """
    process = Process(device)
    trouble: list[BaseException] = []

    def direct() -> None:
        try:
            until(lambda: process.ready_s is not None)
            act(device)
        except BaseException as error:  # noqa: BLE001 - it belongs to the test, on the other thread
            trouble.append(error)
        finally:
            process.stop("the scene is over")

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    director = threading.Thread(target=direct)
    director.start()
    try:
        code = process.run()
    finally:
        director.join(LIMIT_S)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if trouble:
        raise trouble[0]
    return code


def until(done: Callable[[], bool]) -> None:
    """Wait until it holds."""
    pause, limit_s = threading.Event(), time.monotonic() + LIMIT_S
    while not done():
        if time.monotonic() > limit_s:
            raise TimeoutError("it never happened")
        pause.wait(0.01)
