"""`edge sink run` as a process of its own, which may be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.sink.gaps import report
from edge.sink.storage import Storage, open_storage

ROOT = Path(__file__).resolve().parents[2]


def write_key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    path.touch(0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


class SinkProcess:
    """Started and subscribed. `log` is what it has said."""

    def __init__(self, port: int, database: str, *options: str, tls: bool = False) -> None:
        command = [sys.executable, "-m", "edge", "sink", "run", "--broker", f"127.0.0.1:{port}"]
        if not tls:
            command.append("--no-tls")
        self.log: list[str] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [*command, "--database", database, "--json", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_for(self, text: str, times: int = 1, timeout_s: float = 20.0) -> SinkProcess:
        with self._changed:
            done = self._changed.wait_for(lambda: sum(text in line for line in self.log) >= times, timeout_s)
        assert done, f"the sink does not say {text!r}: {self.log}"
        return self

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> dict[str, Any]:
        """Returns its counters."""
        counters: dict[str, Any] = json.loads(self._end(signal.SIGTERM))
        assert self._process.returncode == 0
        return counters

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _end(self, how: signal.Signals) -> str:
        self._process.send_signal(how)
        assert self._process.stdout is not None
        with self._process.stdout:
            said = self._process.stdout.read()
        self._process.wait(20)
        self._listener.join(5)
        return said

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr:
            for line in self._process.stderr:
                with self._changed:
                    self.log.append(line.rstrip())
                    self._changed.notify_all()


@contextmanager
def sink(port: int, database: str, *options: str) -> Iterator[SinkProcess]:
    """One that is subscribed; it is stopped at the end if it still runs."""
    process = SinkProcess(port, database, *options)
    try:
        yield process.wait_for("subscribed")
    finally:
        if process.alive:
            process.kill()


def wait_stored(database: str, done: Callable[[Storage], bool], timeout_s: float = 30.0) -> None:
    """Look into the database until it holds what is wanted."""
    until = time.monotonic() + timeout_s
    pause = threading.Event()
    storage = open_storage(database, writing=False)
    try:
        while not done(storage):
            if time.monotonic() > until:
                raise TimeoutError(f"the sink has {report(storage)}")
            pause.wait(0.02)
    finally:
        storage.close()


def count(storage: Storage) -> int:
    return sum(overview.covered for overview in storage.overviews())
