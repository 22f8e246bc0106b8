"""The composition root: configuration in, a running device out. Nobody imports this but the commands.

Order of start: what stores, what sends and what speaks come before the brain, the brain before everything that
could tell it something. The stop runs the other way round, so that the last event is still stored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edge import __version__, overview, resources
from edge.actions import Answer, Report, TakePicture
from edge.clock import Now, SystemClock, boot_id
from edge.config import Config
from edge.config.effective import Effective
from edge.core.roles import Roles, RolesState
from edge.credentials import Credentials
from edge.drivers.board.watch import BoardWatch
from edge.drivers.door.contacts import ContactsWorker
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.gate.access import Policy
from edge.gate.decision import Gate
from edge.line import Line
from edge.local.desk import ACCEPTANCE, Lent, LocalDesk
from edge.local.worker import LocalWorker
from edge.parts.door import make_door
from edge.parts.service import make_service
from edge.parts.voice import make_book, make_loudness, make_speaker
from edge.passing import make_passing
from edge.runtime import systemd
from edge.runtime.brain import Brain, Posted
from edge.runtime.dispatch import Dispatcher
from edge.runtime.duties import FOLDER, HEALTH_FOLDER, Duties, expected
from edge.runtime.faults import FaultDesk
from edge.runtime.health import HealthWorker
from edge.runtime.heartbeats import Heartbeats
from edge.runtime.mailbox import Inbox
from edge.runtime.renewable import Renewable
from edge.runtime.status import StatusBoard, StatusWorker
from edge.runtime.supervisor import Spec, Supervisor
from edge.runtime.timekeeper import ClockWatch, Timekeeper, left_unplaced, read
from edge.runtime.waiting import WaitingTimes
from edge.sight import Sight
from edge.startup import device_key, first_of_the_gate, make_folder, newest
from edge.store.checkpoint import device_signer
from edge.store.upkeep import Upkeep
from edge.store.writer import StoreWriter
from edge.vision.manifest import load_manifest
from edge.vision.worker import Watcher
from edge.voice.worker import VoiceWorker

if TYPE_CHECKING:
    from edge.drivers.camera.snapshot import SnapshotWorker
    from edge.office import Office
    from edge.station import StationParts
    from edge.store.keys import DeviceKey
    from edge.vision.item_worker import Watcher as ItemWatcher
    from edge.vision.manifest import Manifest
    from edge.waste.state import StationState

log = logging.getLogger("edge")

EVENTS = "events.db"
INBOX = 1000


class Device:
    """One device, put together and not started.

    `watch` sees every report, and when what it tells of was seen; `look` every frame that was looked at. Without
    `effective` (where the configuration came from) the office cannot change it, nor give any other order.
    """

    def __init__(
        self,
        config: Config,
        watch: Callable[[Report, float], None] = lambda _report, _seen_s: None,
        look: Watcher = lambda _frame, _faces, _decisions: None,
        look_at_items: ItemWatcher = lambda _frame, _facts, _events: None,
        *,
        effective: Effective | None = None,
    ) -> None:
        self.config = config
        state_dir, runtime_dir = config.store.state_dir, config.store.runtime_dir
        for folder in (state_dir, runtime_dir):
            make_folder(folder)
        site, device = config.device.site, config.device.id
        path = state_dir / EVENTS
        manifest = load_manifest(*resources.manifests(state_dir))
        book = make_book(config)  # a mistake in a site's own phrases is told before anything runs

        self.inbox: Inbox[Posted] = Inbox(INBOX)
        newest_us, past = newest(path)
        self.clock = SystemClock(newest_us)
        self.faults = FaultDesk(self.post)
        self.door = make_door(config.door) if config.door else None
        key = device_key(state_dir)
        lent = Lent(
            self.post,
            self.submit,
            self.clock,
            lambda: self.board.latest,
            lambda seconds: self.uplink.now.cut(seconds),
            device_signer(state_dir, device, ACCEPTANCE),
            lambda begin: self.uplink.now.probe(begin=begin),
        )
        self.local = LocalDesk(f"{site}/{device}", state_dir, runtime_dir, lent)
        self.station = self._make_station(config, manifest, key, look_at_items)
        self.warnings: tuple[str, ...] = ()
        self.waiting = WaitingTimes()
        self.restarting = ""  # why the process is to begin anew
        told = (self.faults.fault, self.faults.recovered)
        alone = threading.Lock()
        clock_watch = ClockWatch(boot_id(), read(self.clock), owed=left_unplaced(past[0] if past else b"", boot_id()))
        board_watch = BoardWatch(state_dir, path, config.store.quota_mb)
        self._core = self._roles(config)

        self.writer: Renewable[StoreWriter] = Renewable(
            lambda last: StoreWriter(
                path,
                site,
                device,
                boot_id(),
                lambda: self.uplink.now.wake(),
                *told,
                intake=last.intake if last else None,
                maintenance=Upkeep(
                    path,
                    config.store,
                    f"{site}/{device}",
                    self.clock,
                    device_signer(state_dir, device),
                    lambda: self.uplink.now.look_again(),
                ),
            )
        )
        self.passing = make_passing(config, self.post, lambda *kept: self.line.keep(*kept), self.clock, self.faults)
        self.office = self._make_office(effective, alone)
        if self.office is not None:
            self.local.orders |= {"configure": self.office.configure_here, "update": self.office.update_here}
        heard = (self.office.subscriptions if self.office else {}) | (self.station.listens_to() if self.station else {})
        heard |= self.passing.listens_to if self.passing else {}
        self.line = Line(config, path, lambda keys: self.writer.now.acknowledge(keys), self.faults, heard)
        self.uplink = self.line.uplink
        if key is not None:
            self.line.introduce_keys(key)
        self.voice: Renewable[VoiceWorker] = Renewable(
            lambda _last: VoiceWorker(
                make_speaker(config),
                book,
                state_dir / "voice",
                on_fault=self.faults.fault,
                on_recovered=self.faults.recovered,
                rate_wpm=config.speaker.rate_wpm,
                loudness=make_loudness(config, self.clock),
            )
        )
        ways_in = bool(config.readers or config.keypad)
        credentials = Credentials(config, self.post, self.faults, alone) if ways_in else None
        self.credentials = credentials
        self.sight = (
            Sight(
                config,
                config.camera,
                manifest,
                self.post,
                self.submit,
                self.clock,
                self.faults,
                alone,
                _both(look, (shown := self.local.show("people")).faces),
                onlookers=(shown, *((self.passing.frames,) if self.passing else ())),
                **({"also": credentials.deliver} if credentials else {}),
            )
            if config.camera
            else None
        )
        self.dispatcher = Dispatcher(
            self.door,
            lambda speak: self.voice.now.say(speak),
            self.submit,
            lambda announce: self.voice.now.announce(announce),
            self._photograph,
            self._answered,
            **self._kept_by_the_station(),
            check_pin=lambda order: credentials is not None and credentials.check_pin(order),
            keep_failures=lambda order: credentials is not None and credentials.keep_failures(order),
        )
        first = RolesState(
            first_of_the_gate(config, past, self.clock(), lockdown=self.office is not None and self.office.lockdown),
            self.station.first() if self.station else None,
        )
        self.brain: Renewable[Brain[RolesState]] = Renewable(
            lambda last: Brain(
                lambda: self._core,
                last.state if last else first,
                self.inbox,
                self.clock,
                self.dispatcher,
                self._watched(watch),
            )
        )
        self.board = StatusBoard(self.clock, {"device": device, "site": site, "version": __version__})
        door = self.door
        duties = Duties((state_dir / FOLDER, HEALTH_FOLDER), expected(config), *told)
        specs = [
            Spec("store", self.writer, 30.0),
            Spec("uplink", self.line.renew, 20.0),
            Spec("voice", self.voice),
            Spec("brain", self.brain, 2.0),
            *(self.office.specs if self.office else ()),
            Spec("timekeeper", lambda: Timekeeper(clock_watch, self.clock, self.faults.tell)),
            *([Spec("contacts", lambda: ContactsWorker(door, self.post, self.faults))] if door else ()),
            *(self.station.specs if self.station else ()),
            *(self.passing.specs if self.passing else ()),
            *(self.sight.specs if self.sight else ()),
            *(credentials.specs if credentials else ()),
            Spec(
                "health",
                lambda: HealthWorker(
                    lambda: self.board.latest, board_watch.hottest_c, self.submit, self.clock, duties.look
                ),
            ),
            Spec("local", lambda: LocalWorker(runtime_dir, self.local, *told), 20.0),
            Spec(
                "status",
                lambda: StatusWorker(
                    self.board,
                    runtime_dir,
                    self._publish,
                    self.heartbeats.alive,
                    lambda: systemd.notify("WATCHDOG=1"),
                ),
            ),
        ]
        self.service = make_service(config, runtime_dir, self.submit, self.faults)
        if self.service is not None:
            specs.append(Spec("service", self.service))
        if config.metrics.port:
            from edge.runtime.metrics import MetricsWorker

            specs.append(Spec("metrics", lambda: MetricsWorker(config.metrics.port, lambda: self.board.latest, *told)))
        self.supervisor = Supervisor(specs, self._worker_failed, self._worker_recovered)
        frames = [part.frames for part in (self.sight, self.station) if part and part.frames]
        self.heartbeats = Heartbeats(self.supervisor.alive, self.supervisor.beats, frames)
        overview.register(self, board_watch, clock_watch)

    def post(self, event: Event, seen_s: float | None = None) -> bool:
        """Into the brain's inbox. `seen_s`: when what it tells of happened, if not just now (monotonic)."""
        seen_s = time.monotonic() if seen_s is None else seen_s
        self.local.seen.note(event, seen_s)
        return self.inbox.put(Posted(event, seen_s))

    def submit(self, report: Report, now: Now | None = None) -> None:
        """To the event store."""
        self.writer.now.submit(report, self.clock() if now is None else now)

    def open_wires(self) -> None:
        """Before any worker runs: from here on the lock relay is at its safe level. Raises HardwareError."""
        if self.door:
            self.door.open()
        if self.station is None:
            return
        try:
            self.station.port.open()
        except HardwareError as error:
            if self.door is None:
                raise
            log.critical("the gate goes on without the bins: %s", error)  # whose worker tells the fault

    def close_wires(self) -> None:
        """The last that is driven: lock relay off, lids free. Raises HardwareError, after both were tried."""
        try:
            if self.door:
                self.door.close()
        finally:
            if self.station:
                self.station.port.close()

    def seeing(self) -> bool:
        """Whether the first pictures have come from every camera."""
        cameras = [one.camera for one in (self.sight, self.station) if one and one.camera]
        return all(camera.now.frames > 0 for camera in cameras)

    def restart(self, why: str) -> None:
        """Let the process end in good order and begin anew."""
        self.restarting = why

    def _apply(self, config: Config) -> bool:
        """Let another configuration hold while the device runs; the door's rules from the next event on."""
        self.config = config
        self._core = self._roles(config)
        return True

    def _roles(self, config: Config) -> Roles:
        gate = Gate(config.lock, Policy(config.access, config.device.timezone)) if config.door else None
        return Roles(gate, self.station.core() if self.station else None)

    def _make_station(
        self, config: Config, manifest: Manifest, key: DeviceKey | None, look: ItemWatcher
    ) -> StationParts | None:
        if config.station is None:
            return None
        from edge.station import Lent, StationParts

        lent = Lent(self.post, self.submit, self.clock, self.faults, self._state_of_the_station, key, boot_id())
        view = self.local.show("station", {name: one.opening for name, one in config.bins.items() if one.opening})
        return StationParts(config, config.station, manifest, lent, _both(look, view.items), (view,))

    def _state_of_the_station(self) -> StationState:
        state = self.brain.now.state.station
        assert state is not None  # there are station parts, so there is a station
        return state

    def _kept_by_the_station(self) -> dict[str, Any]:
        station = self.station
        if station is None:
            return {}
        return {"station": station.port, "keep_clip": station.keep_clip, "keep_item": station.keep_item}

    def _publish(self, state: bytes) -> None:
        """The retained state, and what the neighbouring stations are told."""
        self.line.show(state)
        if self.station:
            self.line.keep(self.line.topics.levels, self.station.levels())

    def _make_office(self, effective: Effective | None, alone: threading.Lock) -> Office | None:
        if effective is None or not self.config.office.keys:
            return None
        from edge.office import Office, Ties

        ties = Ties(
            post=self.post,
            submit=self.submit,
            reply=lambda topic, payload, correlation: self.line.reply(topic, payload, correlation),
            keep=lambda topic, payload: self.line.keep(topic, payload),
            say=lambda topic, payload: self.line.say(topic, payload),
            connected=lambda: self.line.reached(),
            apply=self._apply,
            restart=self.restart,
            alone=alone,
            execute=self.passing.execute if self.passing else {},
        )
        return Office(effective, ties, self.clock, self.faults)

    def _answered(self, answer: Answer) -> bool:
        if self.local.answered(answer):
            return True
        return self.office is not None and self.office.commands.now.answered(answer)

    def _photograph(self, order: TakePicture) -> bool:
        return self.snapshots is not None and self.snapshots.now.take(order)

    @property
    def snapshots(self) -> Renewable[SnapshotWorker] | None:
        """Who takes pictures for the office, if anybody does."""
        return self.sight.snapshots if self.sight else None

    def _watched(self, watch: Callable[[Report, float], None]) -> Callable[[Report, float], None]:
        snapshots = self.snapshots

        def all_of_them(report: Report, seen_s: float) -> None:
            self.waiting.note(report)
            if snapshots is not None:
                snapshots.now.reported(report)
            watch(report, seen_s)

        return all_of_them

    def _worker_failed(self, failure: ComponentFailed) -> None:
        if failure.component == "brain" or failure.fatal:
            self.dispatcher.safe()
        self.faults.tell(failure)

    def _worker_recovered(self, recovery: ComponentRecovered) -> None:
        if recovery.component not in self.faults.present():  # it runs again, but its hardware is still missing
            self.faults.tell(recovery)


def _both(first: Callable[..., None], second: Callable[..., None]) -> Callable[..., None]:
    """Two who watch what was made of each frame."""

    def watch(*made: Any) -> None:
        first(*made)
        second(*made)

    return watch
