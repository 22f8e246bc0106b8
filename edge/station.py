"""The waste station, put together and not started: its rules, wires, level sensors and eyes, and what it keeps."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge import resources
from edge.actions import KeepClip, KeepItem, Report
from edge.clock import Clock, Now
from edge.config import Config
from edge.config.station import Station as Settings
from edge.drivers.camera import Frame
from edge.drivers.camera.clip import ClipWorker
from edge.drivers.camera.worker import CameraWorker, Onlooker
from edge.drivers.level.worker import LevelWorker
from edge.drivers.station.worker import StationInputsWorker
from edge.parts.camera import make_camera
from edge.parts.level import make_level_sensor
from edge.parts.pictures import make_clips
from edge.parts.station import make_scene, make_station
from edge.runtime.faults import FaultDesk
from edge.runtime.heartbeats import FrameWatch
from edge.runtime.mailbox import LatestSlot
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.item_keeper import ItemKeeper
from edge.store.items import ItemStore
from edge.store.keys import DeviceKey
from edge.store.memory import MemoryWorker, read_memory
from edge.uplink.inbound import Handler
from edge.uplink.neighbours import BinLevel, levels, listener
from edge.uplink.topics import Topics
from edge.vision.classify import ROLE, open_item_classifier
from edge.vision.item_worker import COMPONENT as ITEM_VISION
from edge.vision.item_worker import ItemWorker, Watcher
from edge.vision.manifest import Manifest
from edge.waste import memory
from edge.waste.decision import Station
from edge.waste.forecast import Forecast
from edge.waste.hours import DeliveryHours
from edge.waste.levels import LevelRules
from edge.waste.rules import Rules
from edge.waste.sorting import Rules as Sorting
from edge.waste.sorting import load_rules, vote
from edge.waste.state import StationState

MEMORY = "station-memory.json"
CAMERA = "station-camera"


@dataclass(frozen=True, slots=True)
class Lent:
    """What the device lends a station. None of it blocks. `state`: the station's part of the brain's memory now."""

    post: Callable[..., bool]
    submit: Callable[[Report, Now], object]
    clock: Clock
    faults: FaultDesk
    state: Callable[[], StationState]
    key: DeviceKey | None
    boot: str


class StationParts:
    """The workers of a station. `look` sees every frame of its camera, with what came of it; `onlookers` take frames
    when they want one.
    """

    def __init__(
        self,
        config: Config,
        settings: Settings,
        manifest: Manifest,
        lent: Lent,
        look: Watcher = lambda _frame, _facts, _events: None,
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self._onlookers = onlookers
        self.bins = config.bins
        self._lent = lent
        self._path = config.store.state_dir / MEMORY
        self._remembered = memory.read(read_memory(self._path))
        self._topics = Topics(config.device.site, config.device.id)
        self.port = make_station(settings, config.bins)
        self.rules = self._rules(config, settings, manifest)
        self.inputs: Renewable[StationInputsWorker] = Renewable(
            lambda _last: StationInputsWorker(self.port, config.bins, lent.post, lent.faults)
        )
        self.sensors: dict[str, Renewable[LevelWorker]] = {
            f"{name}.{sensor}": Renewable(partial(self._level, name, sensor, one.sensors[sensor]))
            for name, one in config.bins.items()
            for sensor in one.sensors
        }
        self.memory: Renewable[MemoryWorker] = Renewable(
            lambda _last: MemoryWorker(self._path, lambda: memory.of(lent.state()))
        )
        self.specs = [
            Spec("memory", self.memory, 30.0),
            Spec("station", self.inputs),
            *(Spec(f"level.{name}", worker, 10.0) for name, worker in self.sensors.items()),
        ]
        self.camera: Renewable[CameraWorker] | None = None
        self.frames: FrameWatch | None = None
        self.items: Renewable[ItemWorker] | None = None
        self.keeper: Renewable[ItemKeeper] | None = None
        self.clips: Renewable[ClipWorker] | None = None
        if settings.camera is not None:
            self._open_eyes(config, settings, manifest, look)

    def core(self) -> Station:
        """The rules of the station."""
        return Station(self.rules)

    def first(self) -> StationState:
        """What the brain begins with."""
        return memory.begin(self.core().first(), self._remembered)

    def keep_item(self, order: KeepItem) -> bool:
        """For the dispatcher."""
        return self.keeper is not None and self.keeper.now.take(order)

    def keep_clip(self, order: KeepClip) -> bool:
        """For the dispatcher."""
        return self.clips is not None and self.clips.now.take(order)

    def listens_to(self) -> dict[str, Handler]:
        """The topics of the neighbours, and who takes what comes there."""
        return {
            self._topics.levels_of(name): listener(name, self._lent.post, self._lent.clock)
            for name in self.rules.station.neighbours
        }

    def levels(self) -> bytes:
        """What the neighbours are told, as it is now."""
        state = self._lent.state()
        return levels({name: self._level_of(state, name) for name in self.bins}, self._lent.clock().wall_us)

    def show(self) -> dict[str, Any]:
        """For the status board: every bin, by name."""
        state = self._lent.state()
        return {name: self._shown(state, name) for name in self.bins}

    def _rules(self, config: Config, settings: Settings, manifest: Manifest) -> Rules:
        sorting, point = self._sorting(settings, manifest)
        timezone = config.device.timezone
        return Rules(
            settings,
            config.bins,
            {
                name: LevelRules(
                    name, one, timezone, settings.holidays, self._remembered.forecasts.get(name, Forecast())
                )
                for name, one in config.bins.items()
            },
            DeliveryHours(settings, timezone),
            lambda looks, _parts: vote(looks, sorting, *point),
            # A boot may see several runs of the daemon, and each counts its drops from nothing.
            f"{self._lent.boot[:8]}{secrets.token_hex(2)}",
            identifies=config.camera is not None and config.door is None,
        )

    @staticmethod
    def _sorting(settings: Settings, manifest: Manifest) -> tuple[Sorting, tuple[float, float]]:
        """The sorting rules, and the operating point of the answers; without a camera nothing is ever asked."""
        file = settings.sorting or resources.sorting()
        if settings.camera is None:
            return load_rules(file), (1.0, 1.0)
        spec = manifest.default(ROLE).as_classifier()
        return load_rules(file, spec.classes), (spec.sure_from, spec.hazardous_from)

    def _level(self, name: str, sensor: str, settings: Any, _last: LevelWorker | None) -> LevelWorker:
        return LevelWorker(
            name,
            sensor,
            lambda: make_level_sensor(settings),
            self._lent.post,
            self._lent.faults,
            settings.period_s,
        )

    def _open_eyes(self, config: Config, settings: Settings, manifest: Manifest, look: Watcher) -> None:
        lent, camera = self._lent, settings.camera
        assert camera is not None
        slot: LatestSlot[Frame] = LatestSlot()
        self.frames = FrameWatch(slot, lent.faults, frozenset({CAMERA, ITEM_VISION}))
        clips = config.office.sealing_key_file is not None
        self.camera = eyes = Renewable(
            lambda _last: CameraWorker(
                lambda: make_camera(camera),
                slot,
                lent.faults,
                keep_newest=clips,
                name=CAMERA,
                onlookers=self._onlookers,
            )
        )
        self.clips = make_clips(
            config, settings, manifest, lambda: eyes.now.newest, lent.submit, lent.clock, lent.faults
        )
        openings = {name: one.opening for name, one in config.bins.items() if one.opening}
        self.items = items = Renewable(
            lambda last: ItemWorker(
                slot,
                lambda: open_item_classifier(manifest),
                openings,
                settings.item_zone,
                lent.post,
                lent.faults.fault,
                lent.faults.recovered,
                look,
                make_scene(settings, config.bins),
                counted=last.counted if last else 0,
            )
        )
        self.specs += [Spec("item-vision", items, 10.0), Spec(CAMERA, self.camera, 12.0)]
        if self.clips is not None:
            self.specs.append(Spec("clips", self.clips, 20.0))
        if lent.key is not None:
            store = ItemStore(config.store.state_dir, lent.key, settings.keep_items_days)
            self.keeper = Renewable(lambda _last: ItemKeeper(store, lambda item: items.now.pictures(item), lent.clock))
            self.specs.append(Spec("items", self.keeper, 30.0))

    def _level_of(self, state: StationState, name: str) -> BinLevel:
        one, rules = state.bins[name], self.rules.levels[name]
        burning = state.smoke.burning or one.fire.burning
        return BinLevel(self.bins[name].category, rules.percent(one.level), not (rules.full(one.level) or burning))

    def _shown(self, state: StationState, name: str) -> Mapping[str, Any]:
        one, rules = state.bins[name], self.rules.levels[name]
        percent = rules.percent(one.level)
        return {
            "category": self.bins[name].category,
            "percent": None if percent is None else round(percent / 5) * 5,
            "stage": one.level.stage.value,
            "full": rules.full(one.level),
            "fire": state.smoke.burning or one.fire.burning,
            "scene": one.scene.value,
            "lid": one.lid.position.value if one.lid.position else None,
            "lamp": one.lamp.value,
            "figures": {} if percent is None else {"percent": round(percent, 1)},
        }
