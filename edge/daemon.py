"""The life of the daemon's process: signals, readiness, watching, and a stop that takes less than two seconds."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from edge import __version__
from edge.app import Device
from edge.errors import HardwareError
from edge.events import Started, Stopping
from edge.runtime import systemd
from edge.runtime.memory import trim

log = logging.getLogger("edge")

WATCH_S = 0.05
# Together they bound the stop in the worst case, with a margin below two seconds.
LAST_WORD_S, WORKERS_S = 0.3, 1.3
EXIT_FATAL = 3
STDERR = 2


class Process:
    """Runs one device until a signal or a fatal failure. Made on the main thread."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._signals: list[str] = []
        self._pause = threading.Event()
        self.ready_s: float | None = None

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        # Only a note: the main thread looks at it between two short waits.
        self._signals.append(signal.Signals(number).name)

    def stop(self, why: str) -> None:
        """What a signal does, from within the process."""
        self._signals.append(why)

    @property
    def stopping(self) -> bool:
        """Whether a signal has come."""
        return bool(self._signals)

    def run(self) -> int:
        """Returns the exit code: 0 after a signal, 3 when the device could not go on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        faulthandler.register(signal.SIGUSR1, all_threads=True)
        device = self._device
        device.wires.open()
        try:
            device.supervisor.start()
            began_s = time.monotonic()
            while not self._signals and not device.supervisor.fatal and not device.restarting:
                device.supervisor.watch()
                device.faults.retry()
                if self.ready_s is None and self._is_ready():
                    self._announce(time.monotonic() - began_s)
                self._pause.wait(WATCH_S)
            code = self._end()
        finally:
            self._close()
        if device.restarting:
            self._let_signals_win()
        return code

    def _is_ready(self) -> bool:
        device = self._device
        return (device.seeing() or bool(device.faults.present())) and device.supervisor.working()

    def _announce(self, took_s: float) -> None:
        self.ready_s = took_s
        self._device.faults.tell(Started(__version__, self._device.warnings))
        log.info("ready after %.2f s; edge %s", took_s, __version__)
        for warning in self._device.warnings:
            log.warning("%s: a photograph of a resident can open this door; keep a second factor or a guard", warning)
        systemd.notify("READY=1")
        trim()

    def _end(self) -> int:
        device, fatal = self._device, self._device.supervisor.fatal
        why = fatal or (self._signals[0] if self._signals else f"restart: {device.restarting}")
        device.dispatcher.safe()
        if fatal:
            log.critical("giving up: %s", fatal)
        else:
            log.info("stopping: %s", why)
        if not device.restarting:
            systemd.notify("STOPPING=1")
        device.faults.tell(Stopping(why))
        deadline = time.monotonic() + LAST_WORD_S
        while not device.brain.now.state.stopping and time.monotonic() < deadline and not self._hurried():
            self._pause.wait(0.01)
        device.supervisor.stop(WORKERS_S, self._hurried)
        return EXIT_FATAL if fatal else 0

    def _let_signals_win(self) -> None:
        """Who asks for the end while the process is about to begin anew gets the end; also from here on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        if self._signals:
            self._device.restarting = ""

    def _hurried(self) -> bool:
        return len(self._signals) > 1

    def _close(self) -> None:
        """The safe level of every wire is the last thing that is driven, whatever happened before."""
        try:
            self._device.wires.close()
        except HardwareError as error:
            log.critical("not everything could be made safe: %s", error)
        else:
            log.info("ended with everything safe")


def leave(code: int) -> NoReturn:
    """End the process now: threads stuck in a library's call must not hold it up."""
    logging.shutdown()
    os._exit(code)


def begin_anew() -> NoReturn:
    """Become a fresh process of the same command, under the same number; no file or line stays open.

    Python's own files do not outlive an exec, but a library's may, and a camera that a stuck thread still holds
    would be busy for ever.
    """
    logging.shutdown()
    for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if number > STDERR:
            with contextlib.suppress(OSError):  # closed by now, as the listing's own is
                os.set_inheritable(number, False)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
