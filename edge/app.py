"""The composition root: configuration in, a running device out. Nobody imports it but what runs a device.

Order of start: what stores, what sends and what speaks come before the brain, the brain before everything that
could tell it something. The stop runs the other way round, so that the last event is still stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from edge import resources
from edge.actions import Report
from edge.clock import Now, SystemClock
from edge.config import Config
from edge.config.effective import Effective
from edge.core.roles import RolesState
from edge.device import overview
from edge.device.desk import make_desk
from edge.device.ground import Ground
from edge.device.hands import make_dispatcher, make_watch
from edge.device.line import Line
from edge.device.monitoring import Monitoring
from edge.device.optional import make_credentials, make_office, make_passing, make_sight, make_station_parts
from edge.device.rules import Rules
from edge.device.startup import device_key, newest
from edge.device.wires import Wires
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.local.worker import LocalWorker
from edge.parts.door import make_door
from edge.parts.service import make_service
from edge.parts.store import make_writer
from edge.parts.voice import make_book, make_voice
from edge.runtime.brain import Brain, Posted
from edge.runtime.faults import FaultDesk
from edge.runtime.heartbeats import Heartbeats
from edge.runtime.mailbox import Inbox
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec, Supervisor
from edge.runtime.waiting import WaitingTimes
from edge.store.schema import EVENTS_NAME
from edge.store.statefile import make_folder
from edge.vision.manifest import load_manifest

if TYPE_CHECKING:
    from edge.device.sight import Sight
    from edge.device.station_eyes import StationEyes
    from edge.vision.item_worker import Watcher as ItemWatcher
    from edge.vision.worker import Watcher
    from edge.waste.state import StationState

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
        self.warnings: tuple[str, ...] = ()
        self.restarting = ""  # why the process is to begin anew
        state_dir, runtime_dir = config.store.state_dir, config.store.runtime_dir
        for folder in (state_dir, runtime_dir):
            make_folder(folder)
        manifest = load_manifest(*resources.manifests(state_dir))
        book = make_book(config)  # a mistake in a site's own phrases is told before anything runs
        newest_us, past = newest(state_dir / EVENTS_NAME)
        self.door = make_door(config.door) if config.door else None
        key = device_key(state_dir)

        self.inbox: Inbox[Posted] = Inbox(INBOX)
        self.clock = SystemClock(newest_us)
        self.faults = FaultDesk(self.post)
        ground = Ground(self.post, self.submit, self.clock, self.faults, threading.Lock())
        self.waiting = WaitingTimes()
        self.monitoring = Monitoring(config, past, ground)
        self.local = make_desk(config, ground, lambda: self.monitoring.board.latest, lambda: self.uplink.now)
        self.station = make_station_parts(
            config, manifest, ground, self.local, self._state_of_the_station, key, look_at_items
        )
        self.wires = Wires(self.door, self.station.port if self.station else None, ground)
        self.rules = Rules(config, self.station)
        self.writer = make_writer(
            config, self.clock, self.faults, lambda: self.uplink.now.wake(), lambda: self.uplink.now.look_again()
        )
        self.passing = make_passing(config, ground, lambda *kept: self.line.keep(*kept))
        self.office = make_office(
            effective,
            ground,
            lambda: self.line,
            apply=self._apply,
            restart=self.restart,
            execute=self.passing.execute if self.passing else {},
        )
        if self.office is not None:
            self.local.orders |= self.office.orders_here
        listening = [part.listens_to for part in (self.office, self.station, self.passing) if part]
        heard = {topic: take for topics in listening for topic, take in topics.items()}
        self.line = Line(config, lambda keys: self.writer.now.acknowledge(keys), self.faults, heard, key)
        self.uplink = self.line.uplink
        self.voice = make_voice(config, book, self.clock, self.faults)
        self.credentials = make_credentials(config, ground, key)
        self.sight = make_sight(
            config,
            manifest,
            ground,
            self.local,
            look,
            passes=self.passing.frames if self.passing else None,
            credentials=self.credentials,
        )
        self.dispatcher = make_dispatcher(
            self.door,
            self.voice,
            self.submit,
            self.local,
            office=self.office,
            sight=self.sight,
            station=self.station,
            credentials=self.credentials,
        )
        first = self.rules.first(past, self.clock(), lockdown=self.office is not None and self.office.lockdown)
        watches = make_watch(self.waiting, self.sight, watch)
        self.brain: Renewable[Brain[RolesState]] = Renewable(
            lambda last: Brain(
                lambda: self.rules.roles,
                last.state if last else first,
                self.inbox,
                self.clock,
                self.dispatcher,
                watches,
            )
        )
        self.service = make_service(config, runtime_dir, self.submit, self.faults)
        self.supervisor = Supervisor(self.workers(), self._worker_failed, self._worker_recovered)
        eyes = [eye.frames for eye in self._eyes()]
        self.heartbeats = Heartbeats(self.supervisor.alive, self.supervisor.beats, eyes)
        overview.register(self)

    def workers(self) -> list[Spec]:
        """In the order of their start."""
        told = (self.faults.fault, self.faults.recovered)
        runtime_dir, monitoring = self.config.store.runtime_dir, self.monitoring
        return [
            Spec("store", self.writer, 30.0),
            Spec("uplink", self.line.renew, 20.0),
            Spec("voice", self.voice),
            Spec("brain", self.brain, 2.0),
            *(self.office.specs if self.office else ()),
            monitoring.timekeeper(),
            *self.wires.specs,
            *(self.station.specs if self.station else ()),
            *(self.passing.specs if self.passing else ()),
            *(self.sight.specs if self.sight else ()),
            *(self.credentials.specs if self.credentials else ()),
            monitoring.health(),
            Spec("local", lambda: LocalWorker(runtime_dir, self.local, *told), 20.0),
            monitoring.status(self._publish, lambda: self.heartbeats.alive()),
            *([Spec("service", self.service)] if self.service else ()),
            *monitoring.metrics(),
        ]

    def post(self, event: Event, seen_s: float | None = None) -> bool:
        """Into the brain's inbox. `seen_s`: when what it tells of happened, if not just now (monotonic)."""
        seen_s = time.monotonic() if seen_s is None else seen_s
        self.local.seen.note(event, seen_s)
        return self.inbox.put(Posted(event, seen_s))

    def submit(self, report: Report, now: Now | None = None) -> None:
        """To the event store."""
        self.writer.now.submit(report, self.clock() if now is None else now)

    def seeing(self) -> bool:
        """Whether the first pictures have come from every camera."""
        return all(eye.camera.now.frames > 0 for eye in self._eyes())

    def restart(self, why: str) -> None:
        """Let the process end in good order and begin anew."""
        self.restarting = why

    def _eyes(self) -> list[Sight | StationEyes]:
        return [eye for eye in (self.sight, self.station.eyes if self.station else None) if eye]

    def _apply(self, config: Config) -> bool:
        """Let another configuration hold while the device runs."""
        self.config = config
        self.rules.apply(config)
        return True

    def _state_of_the_station(self) -> StationState:
        state = self.brain.now.state.station
        assert state is not None  # there are station parts, so there is a station
        return state

    def _publish(self, state: bytes) -> None:
        """The retained state, and what the neighbouring stations are told."""
        self.line.show(state)
        if self.station:
            self.line.keep(self.line.topics.levels, self.station.levels())

    def _worker_failed(self, failure: ComponentFailed) -> None:
        if failure.component == "brain" or failure.fatal:
            self.dispatcher.safe()
        self.faults.tell(failure)

    def _worker_recovered(self, recovery: ComponentRecovered) -> None:
        if recovery.component not in self.faults.present():  # it runs again, but its hardware is still missing
            self.faults.tell(recovery)
