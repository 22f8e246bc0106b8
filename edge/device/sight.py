"""What sees people, put together and not started: camera, networks, roster, and pictures for the office.

A gate always has it; a waste station only where residents may be recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.config import Config
from edge.config.cameras import CameraConfig
from edge.device.ground import Ground
from edge.drivers.camera import Frame
from edge.drivers.camera.worker import COMPONENT as CAMERA
from edge.drivers.camera.worker import CameraWorker, Onlooker
from edge.parts.camera import make_camera
from edge.parts.pictures import make_snapshots
from edge.people.falseaccepts import FalseAcceptsWorker
from edge.people.gallery import LoadedGallery
from edge.people.watch import RosterWorker
from edge.runtime.heartbeats import FrameWatch
from edge.runtime.mailbox import LatestSlot
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.vision.liveness.second import COMPONENT as SECOND
from edge.vision.liveness.second import SecondCamera
from edge.vision.manifest import Manifest
from edge.vision.recognition import Recognition
from edge.vision.worker import COMPONENT as VISION
from edge.vision.worker import VisionWorker, Watcher


class Sight:
    """The workers behind `[camera]`. `look` sees every frame with what was made of it; `onlookers`, `beside`: who else
    takes frames of the camera, and of the second one; `also` takes what the roster means to others.
    """

    def __init__(
        self,
        config: Config,
        camera: CameraConfig,
        manifest: Manifest,
        ground: Ground,
        look: Watcher,
        onlookers: Sequence[Onlooker] = (),
        beside: Sequence[Onlooker] = (),
        also: Callable[[LoadedGallery], None] = lambda _loaded: None,
    ) -> None:
        self.driver = camera.driver
        self.recognition = Recognition(manifest, config.face)
        post, submit, clock, faults = ground.post, ground.submit, ground.clock, ground.faults
        told = (faults.fault, faults.recovered)
        slot: LatestSlot[Frame] = LatestSlot()
        self.frames = FrameWatch(slot, faults, frozenset({CAMERA, VISION}))
        self.camera: Renewable[CameraWorker] = Renewable(
            lambda _last: CameraWorker(
                lambda: make_camera(camera),
                slot,
                faults,
                keep_newest=config.office.sealing_key_file is not None,
                onlookers=onlookers,
            )
        )
        second = config.second_camera
        eye: SecondCamera | None = None
        self.second: Renewable[CameraWorker] | None = None
        if second is not None:
            pictures: LatestSlot[Frame] = LatestSlot()
            eye = SecondCamera(pictures.get, infrared=config.liveness.infrared)
            self.second = Renewable(
                lambda _last: CameraWorker(
                    lambda: make_camera(second), pictures, faults, keep_newest=False, name=SECOND, onlookers=beside
                )
            )
        self.snapshots = make_snapshots(config, lambda: self.camera.now.newest, submit, clock)
        self.vision: Renewable[VisionWorker] = Renewable(
            lambda _last: VisionWorker(slot, self.recognition, post, *told, look, eye)
        )

        def deliver(loaded: LoadedGallery) -> None:
            self.recognition.deliver(loaded.matrix, loaded.ids)
            also(loaded)

        self.roster: Renewable[RosterWorker] = Renewable(
            lambda _last: RosterWorker(
                config.store.state_dir,
                self.recognition.model_id,
                self.recognition.dimension,
                deliver,
                post,
                *told,
                ground.alone,
            )
        )
        self.false_accepts: Renewable[FalseAcceptsWorker] = Renewable(
            lambda last: FalseAcceptsWorker(
                self.recognition.impostors,
                config.face.target_fpir,
                config.store.state_dir,
                submit,
                clock,
                *told,
                last,
            )
        )
        self.specs = [
            Spec("false-accepts", self.false_accepts, 30.0),
            Spec("roster", self.roster, 30.0),
            Spec("vision", self.vision, 10.0),
            Spec("camera", self.camera, 12.0),
            *([Spec(SECOND, self.second, 12.0)] if self.second else ()),
            *([Spec("pictures", self.snapshots)] if self.snapshots else ()),
        ]
