"""What the demonstrations share: a folder of their own, a private broker with a subscriber, and what is left behind."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.actions import Priority
from edge.app import Device
from edge.daemon import Process
from edge.demo.broker import Office
from edge.errors import DataError
from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.schema import EVENTS_NAME
from edge.uplink.private_broker import PrivateBroker

MARK = ".edge-demo"
ARRIVE_S = 20.0
DRAIN_S = 60.0  # the uplink's jitter may hold off its next attempt for longer than the broker was away
MOST_WAITING = 1000
LEFT_AT_THE_STOP = 5
"""The stop's own two events, and what a bin or a sensor tells in the same second; more were not drained."""


def prepare(out: Path, name: str) -> None:
    """Empty the folder `out`, or make it. Raises DataError for one that holds something else."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file", hint="give an empty or new folder with --out")
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise DataError(f"{out} holds something else", hint="give an empty or new folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    (out / "shown").mkdir(parents=True)
    (out / MARK).write_text(f"made by edge demo {name}, which empties this folder at each run\n")


@contextmanager
def private_broker(out: Path) -> Iterator[tuple[PrivateBroker, Office]]:
    """A broker of the demonstration's own, and the office that listens to everything."""
    broker = PrivateBroker(out / "broker")
    broker.start()
    try:
        office = Office(broker.port)
        office.start()
        try:
            yield broker, office
        finally:
            office.stop()
    finally:
        broker.stop()


class Director:
    """Runs the story beside the device, and ends it. `tell` hears it line by line."""

    def __init__(self, process: Process, device: Device, tell: Callable[[str], None]) -> None:
        self._process = process
        self._device = device
        self._tell = tell
        self._pause = threading.Event()

    def until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Wait until it holds, at most so long; returns whether it does. Ends early when the device stops."""
        end = time.monotonic() + limit_s
        while not done() and time.monotonic() < end and not self._process.stopping:
            self._pause.wait(0.05)
        return done()

    def at(self, moment_s: float) -> None:
        """Wait until a moment of the monotonic clock."""
        self.until(lambda: time.monotonic() >= moment_s, max(0.0, moment_s - time.monotonic()) + 0.1)

    @property
    def waiting(self) -> int:
        """Events that have not left."""
        with closing(EventReader(self._device.config.store.state_dir / EVENTS_NAME)) as reader:
            return sum(reader.backlog().values())

    def perform(self, story: Callable[[], None]) -> int:
        """Play the story on a thread of its own while the device runs on this one; returns the exit code."""
        thread = threading.Thread(target=self._play, args=(story,), daemon=True)
        thread.start()
        code = self._process.run()
        thread.join(10.0)
        return code

    def _play(self, story: Callable[[], None]) -> None:
        try:
            self.until(lambda: self._process.ready_s is not None, 20.0)
            story()
            drained = self.until(lambda: not self.waiting, DRAIN_S)
            self._tell("every event is acknowledged by the broker" if drained else "events are still waiting")
        finally:
            self._process.stop("the demonstration is over")


@dataclass(frozen=True, slots=True)
class Left:
    """What a performance leaves. `figures`: those that both demonstrations print."""

    stored: list[dict[str, Any]]
    received: list[dict[str, Any]]
    figures: dict[str, Any]

    def count(self, kind: str) -> int:
        """Stored events of one type."""
        return sum(event["type"] == kind for event in self.stored)


def collect(device: Device, office: Office, out: Path, code: int) -> Left:
    """Compare what was stored with what the subscriber received, and put voice and events into the folder."""
    with closing(EventReader(device.config.store.state_dir / EVENTS_NAME)) as reader:
        stored = [json.loads(event.body) for event in History(reader).export()]
        # What is stored after the last drain, the stop's own events at least, and did not leave, does at the next
        # start.
        waiting = {row.id for priority in Priority for row in reader.outbox(priority, 0, MOST_WAITING)}
    sent = [event for event in stored if event["id"] not in waiting]
    office.wait_for({event["id"] for event in sent}, ARRIVE_S)
    received = office.received()
    arrived = {event["id"] for event in received}
    missing = [event for event in sent if event["id"] not in arrived]
    voice = device.config.store.state_dir / "spoken" / "spoken.jsonl"
    spoken = [json.loads(line) for line in voice.read_text().splitlines()] if voice.exists() else []
    if voice.parent.is_dir():
        shutil.copytree(voice.parent, out / "spoken", dirs_exist_ok=True)
    with (out / "events.jsonl").open("w") as log:
        log.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in received)
    figures = {
        "spoken": [line["text"] for line in spoken],
        "events_stored": len(stored),
        "events_received": len(received),
        "events_waiting": len(waiting),
        "events_missing": len(missing),
        "messages_received": office.messages,
        "exit_code": code,
        "folder": str(out),
    }
    return Left(stored, received, figures)
