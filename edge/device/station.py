"""The waste station, put together and not started: its rules, wires, level sensors and eyes, and what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from edge.config import Config
from edge.config.station import Station as Settings
from edge.device.ground import Ground
from edge.device.station_eyes import StationEyes
from edge.device.station_rules import station_rules
from edge.drivers.camera.worker import Onlooker
from edge.drivers.level.worker import LevelWorker
from edge.drivers.station.worker import StationInputsWorker
from edge.parts.level import make_level_sensor
from edge.parts.station import make_station
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.keys import DeviceKey
from edge.store.memory import MemoryWorker, read_memory
from edge.uplink.inbound import Handler
from edge.uplink.neighbours import BinLevel, levels, listener
from edge.uplink.topics import Topics
from edge.vision.item_worker import Watcher
from edge.vision.manifest import Manifest
from edge.waste import memory
from edge.waste.decision import Station
from edge.waste.state import StationState

MEMORY = "station-memory.json"


class StationParts:
    """The workers of a station. `state` gives the station's part of the brain's memory; `key`: the device's, if there
    is one, without which no pictures are kept. `look` sees every frame of its camera, with what came of it;
    `onlookers` take frames when they want one.
    """

    def __init__(
        self,
        config: Config,
        settings: Settings,
        manifest: Manifest,
        ground: Ground,
        state: Callable[[], StationState],
        key: DeviceKey | None,
        look: Watcher = lambda _frame, _facts, _events: None,
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self.bins = config.bins
        self._ground = ground
        self._state = state
        self._path = config.store.state_dir / MEMORY
        self._remembered = memory.read(read_memory(self._path))
        self.port = make_station(settings, config.bins)
        self.rules = station_rules(config, settings, manifest, self._remembered.forecasts)
        self.inputs: Renewable[StationInputsWorker] = Renewable(
            lambda _last: StationInputsWorker(self.port, config.bins, ground.post, ground.faults)
        )
        self.sensors: dict[str, Renewable[LevelWorker]] = {
            f"{name}.{sensor}": Renewable(partial(self._level, name, sensor, one.sensors[sensor]))
            for name, one in config.bins.items()
            for sensor in one.sensors
        }
        self.memory: Renewable[MemoryWorker] = Renewable(
            lambda _last: MemoryWorker(self._path, lambda: memory.of(state()))
        )
        self.specs = [
            Spec("memory", self.memory, 30.0),
            Spec("station", self.inputs),
            *(Spec(f"level.{name}", worker, 10.0) for name, worker in self.sensors.items()),
        ]
        topics = Topics(config.device.site, config.device.id)
        self.listens_to: dict[str, Handler] = {
            topics.levels_of(name): listener(name, ground.post, ground.clock) for name in settings.neighbours
        }
        self.eyes: StationEyes | None = None
        if settings.camera is not None:
            self.eyes = StationEyes(config, settings, settings.camera, manifest, ground, key, look, onlookers)
            self.specs += self.eyes.specs

    def core(self) -> Station:
        """The rules of the station."""
        return Station(self.rules)

    def first(self) -> StationState:
        """What the brain begins with."""
        return memory.begin(self.core().first(), self._remembered)

    def hands(self) -> dict[str, Any]:
        """Who carries out the brain's orders about bins, by the dispatcher's names for them."""
        kept = {"keep_clip": self.eyes.keep_clip, "keep_item": self.eyes.keep_item} if self.eyes else {}
        return {"station": self.port, **kept}

    def levels(self) -> bytes:
        """What the neighbours are told, as it is now."""
        state = self._state()
        return levels({name: self._level_of(state, name) for name in self.bins}, self._ground.clock().wall_us)

    def show(self) -> dict[str, Any]:
        """For the status board: every bin, by name."""
        state = self._state()
        return {name: self._shown(state, name) for name in self.bins}

    def _level(self, name: str, sensor: str, settings: Any, _last: LevelWorker | None) -> LevelWorker:
        return LevelWorker(
            name,
            sensor,
            lambda: make_level_sensor(settings),
            self._ground.post,
            self._ground.faults,
            settings.period_s,
        )

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
