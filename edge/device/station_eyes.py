"""What sees the items at a waste station, put together and not started: camera, classifier, who keeps pictures."""

from __future__ import annotations

from collections.abc import Sequence

from edge.actions import KeepClip, KeepItem
from edge.config import Config
from edge.config.cameras import CameraConfig
from edge.config.station import Station
from edge.device.ground import Ground
from edge.drivers.camera import Frame
from edge.drivers.camera.worker import CameraWorker, Onlooker
from edge.parts.camera import make_camera
from edge.parts.pictures import make_clips
from edge.parts.station import make_scene
from edge.runtime.heartbeats import FrameWatch
from edge.runtime.mailbox import LatestSlot
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.item_keeper import ItemKeeper
from edge.store.items import ItemStore
from edge.store.keys import DeviceKey
from edge.vision.classify import open_item_classifier
from edge.vision.item_worker import COMPONENT as ITEM_VISION
from edge.vision.item_worker import ItemWorker, Watcher
from edge.vision.manifest import Manifest

CAMERA = "station-camera"


class StationEyes:
    """The workers behind `[station.camera]`. `key`: the device's, without which no pictures of items are kept."""

    def __init__(
        self,
        config: Config,
        settings: Station,
        camera: CameraConfig,
        manifest: Manifest,
        ground: Ground,
        key: DeviceKey | None,
        look: Watcher,
        onlookers: Sequence[Onlooker],
    ) -> None:
        post, submit, clock, faults = ground.post, ground.submit, ground.clock, ground.faults
        slot: LatestSlot[Frame] = LatestSlot()
        self.frames = FrameWatch(slot, faults, frozenset({CAMERA, ITEM_VISION}))
        self.camera: Renewable[CameraWorker] = Renewable(
            lambda _last: CameraWorker(
                lambda: make_camera(camera),
                slot,
                faults,
                keep_newest=config.office.sealing_key_file is not None,
                name=CAMERA,
                onlookers=onlookers,
            )
        )
        self.clips = make_clips(config, settings, manifest, lambda: self.camera.now.newest, submit, clock, faults)
        openings = {name: one.opening for name, one in config.bins.items() if one.opening}
        self.items: Renewable[ItemWorker] = Renewable(
            lambda last: ItemWorker(
                slot,
                lambda: open_item_classifier(manifest),
                openings,
                settings.item_zone,
                post,
                faults.fault,
                faults.recovered,
                look,
                make_scene(settings, config.bins),
                counted=last.counted if last else 0,
            )
        )
        self.keeper: Renewable[ItemKeeper] | None = None
        if key is not None:
            store = ItemStore(config.store.state_dir, key, settings.keep_items_days)
            self.keeper = Renewable(lambda _last: ItemKeeper(store, lambda item: self.items.now.pictures(item), clock))
        self.specs = [
            Spec("item-vision", self.items, 10.0),
            Spec(CAMERA, self.camera, 12.0),
            *([Spec("clips", self.clips, 20.0)] if self.clips else ()),
            *([Spec("items", self.keeper, 30.0)] if self.keeper else ()),
        ]

    def keep_item(self, order: KeepItem) -> bool:
        """For the dispatcher."""
        return self.keeper is not None and self.keeper.now.take(order)

    def keep_clip(self, order: KeepClip) -> bool:
        """For the dispatcher."""
        return self.clips is not None and self.clips.now.take(order)
