"""What a configuration may leave out: made, and the code of it loaded, only where it asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from edge.config import Config
from edge.config.effective import Effective
from edge.device.ground import Ground
from edge.local.desk import LocalDesk
from edge.runtime.mailbox import NextSlot
from edge.vision.manifest import Manifest

if TYPE_CHECKING:
    from edge.commands.outcome import Executor
    from edge.device.credentials import Credentials
    from edge.device.line import Line
    from edge.device.office import Office
    from edge.device.passing import Passing
    from edge.device.sight import Sight
    from edge.device.station import StationParts
    from edge.drivers.camera import Frame
    from edge.store.keys import DeviceKey
    from edge.vision.item_worker import Watcher as ItemWatcher
    from edge.vision.worker import Watcher
    from edge.waste.state import StationState


def make_credentials(config: Config, ground: Ground, key: DeviceKey | None) -> Credentials | None:
    """Card readers, keypad, and who compares PINs."""
    if not (config.readers or config.keypad):
        return None
    from edge.device.credentials import Credentials

    return Credentials(config, ground, key)


def make_sight(
    config: Config,
    manifest: Manifest,
    ground: Ground,
    desk: LocalDesk,
    look: Watcher,
    *,
    passes: NextSlot[Frame] | None,
    credentials: Credentials | None,
) -> Sight | None:
    """What sees people. `passes`: where frames go in which passes are looked for; `credentials` learn from it
    whose card is whose.
    """
    if config.camera is None:
        return None
    from edge.device.sight import Sight

    shown = desk.show("people")
    onlookers = (shown, *((passes,) if passes else ()))
    beside = (desk.show("second"),) if config.second_camera else ()
    also = {"also": credentials.deliver} if credentials else {}
    return Sight(config, config.camera, manifest, ground, _both(look, shown.faces), onlookers, beside, **also)


def make_passing(config: Config, ground: Ground, keep: Callable[[str, bytes], None]) -> Passing | None:
    """The reader of passes, where there is a door, a camera that looks at people, and a key to know a pass by."""
    if config.door is None or "pass" not in config.fitted:
        return None
    from edge.device.passing import Passing

    return Passing(config, ground, keep)


def make_station_parts(
    config: Config,
    manifest: Manifest,
    ground: Ground,
    desk: LocalDesk,
    state: Callable[[], StationState],
    key: DeviceKey | None,
    look: ItemWatcher,
) -> StationParts | None:
    """The waste station."""
    if config.station is None:
        return None
    from edge.device.station import StationParts

    shown = desk.show("station", {name: one.opening for name, one in config.bins.items() if one.opening})
    watch = _both(look, shown.items)
    return StationParts(config, config.station, manifest, ground, state, key, watch, (shown,))


def make_office(
    effective: Effective | None,
    ground: Ground,
    line: Callable[[], Line],
    *,
    apply: Callable[[Config], bool],
    restart: Callable[[str], None],
    execute: Mapping[str, Executor],
) -> Office | None:
    """What obeys the office, where there is a key to know it by. `execute`: commands that other parts carry out."""
    if effective is None or not effective.config.office.keys:
        return None
    from edge.device.office import Office, Ties

    ties = Ties(
        reply=lambda topic, payload, correlation: line().reply(topic, payload, correlation),
        keep=lambda topic, payload: line().keep(topic, payload),
        say=lambda topic, payload: line().say(topic, payload),
        connected=lambda: line().reached(),
        apply=apply,
        restart=restart,
        execute=execute,
    )
    return Office(effective, ties, ground)


def _both(first: Callable[..., None], second: Callable[..., None]) -> Callable[..., None]:
    """Two who watch what was made of each frame."""

    def watch(*made: Any) -> None:
        first(*made)
        second(*made)

    return watch
