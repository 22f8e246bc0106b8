"""The parts of the status board: what each component says of itself, for `edge status` and the retained state."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from edge.config import Config
from edge.core.roles import RolesState
from edge.device.monitoring import Monitoring
from edge.events import Way
from edge.gate.decision import CONTACTS
from edge.runtime.brain import Brain, Posted
from edge.runtime.dispatch import Dispatcher
from edge.runtime.faults import FaultDesk
from edge.runtime.heartbeats import Heartbeats
from edge.runtime.mailbox import Inbox
from edge.runtime.queues import QueuePart
from edge.runtime.renewable import Renewable
from edge.runtime.status import StatusBoard
from edge.runtime.supervisor import Supervisor
from edge.runtime.waiting import WaitingTimes
from edge.store.writer import StoreWriter
from edge.uplink.worker import UplinkWorker
from edge.voice.worker import VoiceWorker

if TYPE_CHECKING:
    from edge.device.credentials import Credentials
    from edge.device.office import Office
    from edge.device.passing import Passing
    from edge.device.sight import Sight
    from edge.device.station import StationParts
    from edge.drivers.service.worker import ServiceButtonWorker


class Shown(Protocol):
    """The device, as far as it is shown."""

    monitoring: Monitoring
    config: Config
    faults: FaultDesk
    warnings: tuple[str, ...]
    sight: Sight | None
    credentials: Credentials | None
    station: StationParts | None
    dispatcher: Dispatcher
    inbox: Inbox[Posted]
    supervisor: Supervisor
    heartbeats: Heartbeats
    writer: Renewable[StoreWriter]
    uplink: Renewable[UplinkWorker]
    voice: Renewable[VoiceWorker]
    waiting: WaitingTimes
    brain: Renewable[Brain[RolesState]]
    office: Office | None
    passing: Passing | None
    service: Renewable[ServiceButtonWorker] | None


def register(device: Shown) -> None:
    """Give the device's board all its parts."""
    monitoring, config, faults = device.monitoring, device.config, device.faults
    board = monitoring.board
    board.register("warnings", lambda: dict.fromkeys(device.warnings, True))
    board.register("faults", faults.present)
    board.register("last_errors", faults.last)
    board.register("brain", lambda: {"figures": _brain(device)})
    if device.sight is not None:
        _register_sight(board, device.sight)
    if (credentials := device.credentials) is not None:
        board.register("credentials", credentials.status)
    if device.station is not None:
        _register_station(board, device.station)
    if config.door is not None:
        driver = config.door.driver
        board.register("door", lambda: _door(device, driver))
        board.register("sensors", lambda: {CONTACTS: CONTACTS not in faults.present()})
        board.register("access", lambda: {"ways": _ways(device), **device.waiting.status()})
    board.register("speaker", lambda: {"driver": config.speaker.driver, "figures": asdict(device.voice.now.counters())})
    board.register("store", lambda: _figures(_store(device), "epoch", "fault"))
    board.register("queue", QueuePart(lambda: device.writer.now.status().waiting_to_send))
    board.register(
        "uplink", lambda: _figures(asdict(device.uplink.now.status()), "connected", "listening", "mqtt", "last_error")
    )
    board.register("disk", monitoring.board_watch.disk)
    board.register("board", monitoring.board_watch.status)
    board.register("timekeeper", monitoring.clock_watch.status)
    board.register("workers", lambda: {"replaced": device.supervisor.replaced, "figures": device.heartbeats.status()})
    if (service := device.service) is not None:
        board.register("service", lambda: service.now.status())
    if device.passing is not None:
        board.register("passes", device.passing.status)
    if device.office is not None:
        board.register("office", device.office.status)


def _register_sight(board: StatusBoard, sight: Sight) -> None:
    model = sight.recognition.model
    board.register("camera", lambda: {"driver": sight.driver, **sight.camera.now.status()})
    if (second := sight.second) is not None:
        board.register("second_camera", lambda: second.now.status())
    board.register("model", lambda: model)
    board.register("vision", lambda: {**sight.vision.now.status(), "false_accepts": sight.false_accepts.now.status()})
    board.register("roster", lambda: _roster(sight))
    if (snapshots := sight.snapshots) is not None:
        board.register("pictures", lambda: snapshots.now.status())


def _register_station(board: StatusBoard, station: StationParts) -> None:
    board.register("bins", station.show)
    board.register("station", lambda: station.inputs.now.status())
    board.register("levels", lambda: {name: worker.now.status() for name, worker in station.sensors.items()})
    if (eyes := station.eyes) is not None:
        board.register("station_camera", lambda: eyes.camera.now.status())
        board.register("items", lambda: eyes.items.now.status())
        if (clips := eyes.clips) is not None:
            board.register("clips", lambda: clips.now.status())


def _brain(device: Shown) -> dict[str, Any]:
    brain = device.brain.now
    return {
        "inbox_refused": device.inbox.refused,
        "too_late": brain.stale,
        "frame_to_relay": brain.to_relay_ms.summary(),
    }


def _door(device: Shown, driver: str) -> dict[str, Any]:
    gate, dispatcher = device.brain.now.state.gate, device.dispatcher
    return {
        "driver": driver,
        "unlocked": dispatcher.energised,
        "open": gate.door.leaf_open,
        "forced": gate.door.forced,
        "held": gate.door.held_alarmed,
        "lockdown": gate.lockdown,
        "freed": gate.freed,
        "fire_line": str(gate.fire),
        "fire": gate.burning,
        "tampered": gate.tampered,
        "other_door": gate.other_open,
        "figures": {"relay_on": dispatcher.relay_on, "relay_off": dispatcher.relay_off},
    }


def _ways(device: Shown) -> list[str]:
    """Those that are open to some at this hour, written as in the configuration."""
    ways = device.brain.now.state.gate.ways
    return ["+".join(factor for factor in Way if factor in way) for way in ways]


def _roster(sight: Sight) -> dict[str, Any]:
    loaded = sight.roster.now.loaded
    return {"people": len(loaded.ids) if loaded else 0, "to_renew": len(loaded.needs_renewal) if loaded else 0}


def _store(device: Shown) -> dict[str, Any]:
    status = asdict(device.writer.now.status())
    del status["waiting_to_send"]  # the queue has it
    return status


def _figures(values: dict[str, Any], *lasting: str) -> dict[str, Any]:
    """What changes all the time under `figures`, so that it does not make a new retained state."""
    kept = {name: values.pop(name) for name in lasting}
    return {**kept, "figures": values}
