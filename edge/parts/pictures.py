"""From `[pictures]` and the office's sealing keys to who keeps pictures for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.actions import Report
from edge.clock import Clock, Now
from edge.config import Config
from edge.config.station import Station
from edge.drivers.camera import Frame
from edge.runtime.renewable import Renewable
from edge.store.identity import read_recipient, seal_to

if TYPE_CHECKING:
    from edge.drivers.camera.clip import ClipWorker
    from edge.drivers.camera.snapshot import SnapshotWorker
    from edge.runtime.faults import FaultDesk
    from edge.vision.manifest import Manifest


def make_snapshots(
    config: Config, newest: Callable[[], Frame | None], submit: Callable[[Report, Now], object], clock: Clock
) -> Renewable[SnapshotWorker] | None:
    """Who takes pictures; nobody where the office has given no key to seal them to."""
    if config.office.sealing_key_file is None:
        return None
    from edge.drivers.camera.snapshot import SnapshotWorker, about

    recipient = read_recipient(config.office.sealing_key_file)
    bound_to = about(f"/{config.device.site}/{config.device.id}")
    return Renewable(
        lambda _last: SnapshotWorker(
            newest,
            lambda jpeg: seal_to(recipient, jpeg, bound_to),
            submit,
            clock,
            width_px=config.pictures.width_px,
            quality=config.pictures.quality,
            after=config.pictures.of,
        )
    )


def make_clips(
    config: Config,
    station: Station,
    manifest: Manifest,
    newest: Callable[[], Frame | None],
    submit: Callable[[Report, Now], object],
    clock: Clock,
    faults: FaultDesk,
) -> Renewable[ClipWorker] | None:
    """Who keeps clips for supervision; nobody where the office has given no key to seal them to."""
    if config.office.sealing_key_file is None:
        return None
    from edge.drivers.camera.clip import ClipWorker
    from edge.drivers.camera.snapshot import about
    from edge.vision.blur import open_face_blur

    bound_to = about(f"/{config.device.site}/{config.device.id}")
    office = read_recipient(config.office.sealing_key_file)
    supervision = config.office.supervision_key_file
    entitled = read_recipient(supervision) if supervision else None
    return Renewable(
        lambda _last: ClipWorker(
            newest,
            lambda: open_face_blur(manifest),
            lambda jpeg: seal_to(office, jpeg, bound_to),
            submit,
            clock,
            faults.fault,
            faults.recovered,
            keep_days=station.keep_clips_days,
            width_px=config.pictures.width_px,
            quality=config.pictures.quality,
            seal_original=(lambda jpeg: seal_to(entitled, jpeg, bound_to)) if entitled else None,
        )
    )
