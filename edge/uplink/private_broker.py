"""A broker of our own on loopback, for the demonstration and the benchmark: nothing of it outlives them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from pathlib import Path

from edge.errors import HardwareError

START_S = 10.0


class PrivateBroker:
    """mosquitto on a free loopback port, with its defaults. It keeps sessions over a stop, as the office's would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> None:
        """Start it and wait until it listens. Raises HardwareError."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise HardwareError("mosquitto is not installed", hint="apt-get install mosquitto")
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {self._folder}/\nmax_queued_messages 0\nlog_dest none\n"
            # As root it would go on as a user of its own, who may not enter everybody's folders: no session was stored.
            "user root\n"
        )
        self._process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        pause = threading.Event()
        for _ in range(round(START_S / 0.05)):
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            pause.wait(0.05)
        raise HardwareError("the private broker did not start", hint=f"try: {program} -v -c {config}")

    def stop(self) -> None:
        """An orderly stop, which stores the sessions."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
