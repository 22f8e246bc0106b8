"""The composition root: configuration in, a running device out. Nobody imports this but the commands.

Order of start: what stores, what sends and what speaks come before the brain, the brain before everything that
could tell it something. The stop runs the other way round, so that the last event is still stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge import __version__, resources
from edge.actions import Report
from edge.clock import SystemClock, boot_id
from edge.config import Config
from edge.drivers.camera import Frame
from edge.drivers.camera.worker import CameraWorker
from edge.drivers.door.contacts import ContactsWorker
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.gate.access import Policy
from edge.gate.decision import Gate, GateState
from edge.parts import make_book, make_broker, make_camera, make_door, make_speaker
from edge.people.watch import RosterWorker
from edge.runtime import systemd
from edge.runtime.brain import Brain, Posted
from edge.runtime.dispatch import Dispatcher
from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import Inbox, LatestSlot
from edge.runtime.renewable import Renewable
from edge.runtime.status import StatusBoard, StatusWorker
from edge.runtime.supervisor import Spec, Supervisor
from edge.store.reader import EventReader, NoStoreError
from edge.store.writer import StoreWriter
from edge.uplink.worker import UplinkWorker
from edge.vision.manifest import load_manifest
from edge.vision.recognition import Recognition
from edge.vision.worker import VisionWorker, Watcher
from edge.voice.worker import VoiceWorker

EVENTS = "events.db"
INBOX = 1000

# Said aloud at every start, and shown on the status, until the gate can tell a person from a photograph.
WARNINGS = ("starting_unsafe",)


class Device:
    """One gate, put together and not started.

    `watch` sees every report, and when what it tells of was seen; `look` every frame that was looked at.
    """

    def __init__(
        self,
        config: Config,
        watch: Callable[[Report, float], None] = lambda _report, _seen_s: None,
        look: Watcher = lambda _frame, _faces, _decisions: None,
    ) -> None:
        self.config = config
        state_dir, runtime_dir = config.store.state_dir, config.store.runtime_dir
        for folder in (state_dir, runtime_dir):
            _make(folder)
        site, device = config.device.site, config.device.id
        path = state_dir / EVENTS
        manifest = load_manifest(*resources.manifests(state_dir))
        book = make_book(config)  # a mistake in a site's own phrases is told before anything runs

        self.inbox: Inbox[Posted] = Inbox(INBOX)
        self.clock = SystemClock(_newest_wall_us(EventReader(path)))
        self.faults = FaultDesk(self.post)
        self.door = make_door(config.door)
        self.recognition = Recognition(manifest, config.face)
        told = (self.faults.fault, self.faults.recovered)
        slot: LatestSlot[Frame] = LatestSlot()
        broker = make_broker(config.uplink)
        core = Gate(config.lock, Policy(config.access, config.device.timezone))

        self.writer: Renewable[StoreWriter] = Renewable(
            lambda last: StoreWriter(
                path,
                site,
                device,
                boot_id(),
                lambda: self.uplink.now.wake(),
                *told,
                intake=last.intake if last else None,
            )
        )
        self.uplink: Renewable[UplinkWorker] = Renewable(
            lambda _last: UplinkWorker(
                broker, site, device, path, lambda keys: self.writer.now.acknowledge(keys), *told
            )
        )
        self.voice: Renewable[VoiceWorker] = Renewable(
            lambda _last: VoiceWorker(
                make_speaker(config),
                book,
                state_dir / "voice",
                on_fault=self.faults.fault,
                on_recovered=self.faults.recovered,
                rate_wpm=config.speaker.rate_wpm,
            )
        )
        self.dispatcher = Dispatcher(
            self.door,
            lambda speak: self.voice.now.say(speak),
            lambda report, now: self.writer.now.submit(report, now),
        )
        self.brain: Renewable[Brain[GateState]] = Renewable(
            lambda last: Brain(
                core, last.state if last else GateState(), self.inbox, self.clock, self.dispatcher, watch
            )
        )
        self.vision: Renewable[VisionWorker] = Renewable(
            lambda _last: VisionWorker(slot, self.recognition, self.post, *told, look)
        )
        self.camera: Renewable[CameraWorker] = Renewable(
            lambda _last: CameraWorker(lambda: make_camera(config.camera), slot, self.faults)
        )
        self.roster: Renewable[RosterWorker] = Renewable(
            lambda _last: RosterWorker(
                state_dir,
                self.recognition.model_id,
                self.recognition.dimension,
                lambda loaded: self.recognition.deliver(loaded.matrix, loaded.ids),
                self.post,
                *told,
            )
        )
        self.board = StatusBoard(self.clock, {"device": device, "site": site, "version": __version__})
        self._register(self.board)
        self.supervisor = Supervisor(
            [
                Spec("store", self.writer, 30.0),
                Spec("uplink", self.uplink, 20.0),
                Spec("voice", self.voice),
                Spec("brain", self.brain, 2.0),
                Spec("contacts", lambda: ContactsWorker(self.door, self.post, self.faults)),
                Spec("roster", self.roster, 30.0),
                Spec("vision", self.vision, 10.0),
                Spec("camera", self.camera, 12.0),
                Spec(
                    "status",
                    lambda: StatusWorker(
                        self.board,
                        runtime_dir,
                        lambda state: self.uplink.now.publish_state(state),
                        self.supervisor.healthy,
                        lambda: systemd.notify("WATCHDOG=1"),
                    ),
                ),
            ],
            self._worker_failed,
            self._worker_recovered,
        )

    def post(self, event: Event, seen_s: float | None = None) -> bool:
        """Into the brain's inbox. `seen_s`: when what it tells of happened, if not just now (monotonic)."""
        return self.inbox.put(Posted(event, time.monotonic() if seen_s is None else seen_s))

    def _worker_failed(self, failure: ComponentFailed) -> None:
        if failure.component == "brain" or failure.fatal:
            self.dispatcher.safe()
        self.faults.tell(failure)

    def _worker_recovered(self, recovery: ComponentRecovered) -> None:
        if recovery.component not in self.faults.present():  # it runs again, but its hardware is still missing
            self.faults.tell(recovery)

    def _register(self, board: StatusBoard) -> None:
        config = self.config
        board.register("warnings", lambda: dict.fromkeys(WARNINGS, True))
        board.register("faults", self.faults.present)
        board.register("camera", lambda: {"driver": config.camera.driver, **self.camera.now.status()})
        board.register("vision", lambda: self.vision.now.status())
        board.register("door", self._door)
        board.register(
            "speaker", lambda: {"driver": config.speaker.driver, "figures": asdict(self.voice.now.counters())}
        )
        board.register("store", lambda: _figures(asdict(self.writer.now.status()), "epoch", "fault"))
        board.register("uplink", lambda: _figures(asdict(self.uplink.now.status()), "connected", "last_error"))
        board.register("workers", lambda: {"replaced": self.supervisor.replaced})

    def _door(self) -> dict[str, Any]:
        door = self.brain.now.state.door
        figures = {
            "relay_on": self.dispatcher.relay_on,
            "relay_off": self.dispatcher.relay_off,
            "inbox_refused": self.inbox.refused,
            "too_late": self.brain.now.stale,
            "frame_to_relay": self.brain.now.to_relay_ms.summary(),
        }
        return {
            "driver": self.config.door.driver,
            "unlocked": self.dispatcher.energised,
            "open": door.leaf_open,
            "forced": door.forced,
            "held": door.held_alarmed,
            "figures": figures,
        }


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HardwareError(
            f"{folder} cannot be made: {error.strerror}", hint="see [store] in the configuration, and who owns it"
        ) from error


def _figures(values: dict[str, Any], *lasting: str) -> dict[str, Any]:
    """What changes all the time under `figures`, so that it does not make a new retained state."""
    kept = {name: values.pop(name) for name in lasting}
    return {**kept, "figures": values}


def _newest_wall_us(reader: EventReader) -> int:
    """The newest time this device has stored: an unsynchronised clock before it is certainly wrong."""
    try:
        return reader.newest_wall_us()
    except NoStoreError:  # the first start, or a damaged file, which the writer deals with
        return 0
    finally:
        reader.close()
